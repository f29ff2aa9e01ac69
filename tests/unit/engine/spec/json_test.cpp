#include "engine/spec/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gmsactl::spec {
namespace {

/// The complete example of Microsoft's article on gMSAs for containers.
constexpr std::string_view article = R"({
    "CmsPlugins": [
        "ActiveDirectory"
    ],
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
            {
                "Name": "webapp01",
                "Scope": "contoso.com"
            },
            {
                "Name": "webapp01",
                "Scope": "CONTOSO"
            }
        ]
    }
}
)";

model::CredentialSpec webapp01() {
  model::CredentialSpec spec;
  spec.machine_account_name = "webapp01";
  spec.sid = "S-1-5-21-702590844-1001920913-2680819671";
  spec.guid = "56d9b66c-d746-4f87-bd26-26760cfdca2e";
  spec.dns_tree_name = "contoso.com";
  spec.dns_name = "contoso.com";
  spec.netbios_name = "CONTOSO";
  spec.accounts = {{"webapp01", "contoso.com"}, {"webapp01", "CONTOSO"}};
  return spec;
}

model::CredentialSpec with_vault() {
  auto spec = webapp01();
  spec.host_account_config = model::HostAccountConfig{"{859E1386-BDB4-49E8-85C7-3070B13920E1}",
                                                      R"({"CredentialArn":"arn:aws:ssm:x"})", true, "1"};
  return spec;
}

TEST(SpecJson, what_is_rendered_equals_the_article_in_keys_order_and_values) {
  // ordered_json compares the order of keys too.
  EXPECT_EQ(nlohmann::ordered_json::parse(render(webapp01())), nlohmann::ordered_json::parse(article));
  EXPECT_EQ(render(webapp01()).back(), '\n');
}

TEST(SpecJson, what_is_rendered_is_read_back) {
  for (const auto& spec : {webapp01(), with_vault()}) {
    const auto read = parse(render(spec));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, spec);
  }
}

TEST(SpecJson, a_byte_order_mark_is_passed_over) {
  const auto read = parse("\xEF\xBB\xBF" + std::string(article));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, webapp01());
}

TEST(SpecJson, a_broken_text_is_refused_with_its_place) {
  const auto read = parse("{\n  \"CmsPlugins\": [,]\n}");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::corrupt);
  EXPECT_NE(read.error().message.find("line 2, column 18"), std::string::npos) << read.error().message;
}

TEST(SpecJson, a_mis_cased_key_is_not_the_key) {
  std::string text(article);
  text.replace(text.find("NetBiosName"), 11, "NetBIOSName");
  const auto read = parse(text);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("lacks NetBiosName"), std::string::npos) << read.error().message;
}

TEST(SpecJson, nesting_has_a_bound) { EXPECT_FALSE(parse(std::string(100000, '['))); }

TEST(SpecJson, merging_leaves_unknown_keys_where_they_are) {
  std::string text(article);
  text.insert(text.find("\"Sid\""), "\"Note\": \"kept\", ");
  auto wanted = webapp01();
  wanted.netbios_name = "FABRIKAM";
  const auto merged = nlohmann::ordered_json::parse(merge(text, wanted));
  EXPECT_EQ(merged["DomainJoinConfig"].begin().key(), "Note");
  EXPECT_EQ(merged["DomainJoinConfig"]["Note"], "kept");
  EXPECT_EQ(merged["DomainJoinConfig"]["NetBiosName"], "FABRIKAM");
}

TEST(SpecJson, merging_leaves_equal_scopes_in_their_order) {
  auto wanted = webapp01();
  std::swap(wanted.accounts[0], wanted.accounts[1]);
  const auto merged = parse(merge(article, wanted));
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->accounts, webapp01().accounts);
}

TEST(SpecJson, merging_into_what_is_no_spec_writes_it_anew) {
  EXPECT_EQ(merge("no JSON", webapp01()), render(webapp01()));
  EXPECT_EQ(merge("[]", webapp01()), render(webapp01()));
}

TEST(SpecJson, merging_adds_and_removes_the_host_account) {
  const auto added = parse(merge(article, with_vault()));
  ASSERT_TRUE(added);
  EXPECT_EQ(*added, with_vault());
  const auto removed = parse(merge(render(with_vault()), webapp01()));
  ASSERT_TRUE(removed);
  EXPECT_EQ(*removed, webapp01());
}

TEST(SpecJson, scopes_compare_as_a_set) {
  auto other = webapp01();
  std::swap(other.accounts[0], other.accounts[1]);
  EXPECT_TRUE(equal(webapp01(), other));
  other.accounts.pop_back();
  EXPECT_FALSE(equal(webapp01(), other));
}

TEST(SpecJson, names_compare_without_case_and_plugin_input_with_it) {
  auto other = with_vault();
  other.guid = "56D9B66C-D746-4F87-BD26-26760CFDCA2E";
  other.netbios_name = "Contoso";
  EXPECT_TRUE(equal(with_vault(), other));
  other.host_account_config->plugin_input = R"({"credentialArn":"arn:aws:ssm:x"})";
  EXPECT_FALSE(equal(with_vault(), other));
}

TEST(SpecJson, an_object_and_a_text_that_holds_it_differ) {
  auto text = with_vault();
  text.host_account_config->plugin_input_is_object = false;
  EXPECT_FALSE(equal(with_vault(), text));
}

}  // namespace
}  // namespace gmsactl::spec
