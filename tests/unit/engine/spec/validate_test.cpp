#include "engine/spec/validate.h"

#include <gtest/gtest.h>

namespace gmsactl::spec {
namespace {

constexpr std::string_view right = R"({
  "CmsPlugins": ["ActiveDirectory"],
  "DomainJoinConfig": {
    "Sid": "S-1-5-21-702590844-1001920913-2680819671",
    "MachineAccountName": "webapp01",
    "Guid": "56d9b66c-d746-4f87-bd26-26760cfdca2e",
    "DnsTreeName": "contoso.com",
    "DnsName": "contoso.com",
    "NetBiosName": "CONTOSO"
  },
  "ActiveDirectoryConfig": {
    "GroupManagedServiceAccounts": [
      {"Name": "webapp01", "Scope": "contoso.com"},
      {"Name": "webapp01", "Scope": "CONTOSO"}
    ],
    "HostAccountConfig": {
      "PortableCcgVersion": "1",
      "PluginGUID": "{859E1386-BDB4-49E8-85C7-3070B13920E1}",
      "PluginInput": "{\"credentialArn\": \"arn:aws:ssm:x\"}"
    }
  }
}
)";

/// "GMSA0504 9:5" of each finding, for the right text with one thing replaced.
std::string found(std::string_view what, std::string_view by) {
  std::string text(right);
  const size_t at = text.find(what);
  if (at == std::string::npos) return "the text has no " + std::string(what);
  text.replace(at, what.size(), by);
  std::string all;
  for (const auto& one : validate(text, "a.json", nullptr))
    all += (all.empty() ? "" : ", ") + std::string(one.code) + " " + std::to_string(one.where->line) + ":" +
           std::to_string(one.where->column);
  return all;
}

TEST(SpecValidate, a_right_spec_has_no_findings) { EXPECT_TRUE(validate(right, "a.json", nullptr).empty()); }

TEST(SpecValidate, each_mistake_has_its_code_and_place) {
  EXPECT_EQ(found("-2680819671", "-2680819671-1104"), "GMSA0516 4:12");
  EXPECT_EQ(found("S-1-5-21-702590844", "S-1-5-x"), "GMSA0506 4:12");
  EXPECT_EQ(found("56d9b66c-d746-4f87-bd26-26760cfdca2e", "{56d9b66c-d746-4f87-bd26-26760cfdca2e}"),
            "GMSA0507 6:13");
  EXPECT_EQ(found("56d9b66c", "56d9"), "GMSA0515 6:13");
  EXPECT_EQ(found("\"NetBiosName\"", "\"NetBIOSName\"").substr(0, 13), "GMSA0504 9:20");
  EXPECT_EQ(found("\"CmsPlugins\": [\"ActiveDirectory\"],", ""), "GMSA0503 1:1");
  EXPECT_EQ(found("[\"ActiveDirectory\"]", "[]"), "GMSA0514 2:17");
  EXPECT_EQ(found("\"MachineAccountName\": \"webapp01\"", "\"MachineAccountName\": \"other\""),
            "GMSA0510 12:36");
  EXPECT_EQ(found("\"Scope\": \"CONTOSO\"", "\"Scope\": \"FABRIKAM\""), "GMSA0509 14:37, GMSA0517 12:36");
  EXPECT_EQ(found("\"PortableCcgVersion\": \"1\"", "\"PortableCcgVersion\": 1"), "GMSA0511 17:29");
  EXPECT_EQ(found("credentialArn", "CredentialArn"), "GMSA0512 19:22");
  EXPECT_EQ(found("\"CmsPlugins\"", "CmsPlugins"), "GMSA0501 0:0");
}

TEST(SpecValidate, a_password_and_a_dollar_sign_are_found) {
  EXPECT_NE(
      found("{\\\"credentialArn\\\": \\\"arn:aws:ssm:x\\\"}", "contoso.com:ccg:Passw0rd").find("GMSA0513"),
      std::string::npos);
  EXPECT_NE(found("\"webapp01\"", "\"webapp01$\"").find("GMSA0508 5:27"), std::string::npos);
}

TEST(SpecValidate, a_byte_order_mark_is_a_warning) {
  const auto all = validate("\xEF\xBB\xBF" + std::string(right), "a.json", nullptr);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].code, "GMSA0502");
  EXPECT_EQ(all[0].severity, Severity::warning);
}

TEST(SpecValidate, facts_of_another_domain_are_told) {
  model::DirectoryFacts facts;
  facts.dns_domain = facts.forest = "contoso.com";
  facts.netbios_domain = "FABRIKAM";
  facts.domain_sid = *model::Sid::parse("S-1-5-21-702590844-1001920913-2680819671");
  facts.domain_guid = *model::Guid::parse("56d9b66c-d746-4f87-bd26-26760cfdca2e");
  const auto all = validate(right, "a.json", &facts);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].code, "GMSA0518");
  EXPECT_EQ(all[0].where->line, 9U);
}

}  // namespace
}  // namespace gmsactl::spec
