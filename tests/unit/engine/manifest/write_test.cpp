// Manifests that a program writes read back as what they were written from, whatever texts are in them.
#include "engine/manifest/write.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "engine/base/text.h"
#include "engine/manifest/load.h"

namespace gmsactl::manifest {
namespace {

using model::Declaration;
using model::Gmsa;
using model::HostGroup;
using model::PrincipalRef;

constexpr std::string_view environment =
    "apiVersion: gmsactl/v1\nkind: Environment\nmetadata: {name: prod}\n"
    "spec: {domain: contoso.com, owner: team, variables: {x: \"of the environment\"}}\n";

/// What `text` declares in the environment, and no diagnostic but a warning.
model::Desired read_back(const std::string& text) {
  Sources sources;
  sources.add({intern("environment.yaml"), "", std::string(environment), true});
  sources.add({intern("written.yaml"), "", text, true});
  const auto manifests = load(std::move(sources));
  Diagnostics found = manifests.diagnostics();
  auto desired = manifests.resolve("prod", found);
  for (const auto& each : found) EXPECT_NE(each.severity, Severity::error) << each.detail << "\nin\n" << text;
  return desired;
}

const std::vector<std::string> hostile{"${x}",
                                       "$${x}",
                                       "$$${x}",
                                       "a$",
                                       "$",
                                       "${",
                                       "${environment} ${x}",
                                       "\"quoted\"",
                                       "'quoted'",
                                       "a: b",
                                       "a #b",
                                       "# no comment",
                                       "- a",
                                       "{a: b}",
                                       "[a]",
                                       "*a",
                                       "&a",
                                       "!a",
                                       "%a",
                                       "@a",
                                       "`a`",
                                       " leading",
                                       "trailing ",
                                       "a\\nb",
                                       "back\\slash",
                                       "null",
                                       "~",
                                       "no",
                                       "0x10",
                                       "010",
                                       "1e3",
                                       "2026-01-31",
                                       "---",
                                       "...",
                                       "| a",
                                       "> a",
                                       "? a",
                                       "J\u00f6rg M\u00fcller",
                                       "\u65e5\u672c\u8a9e",
                                       "\U0001F600",
                                       "a\u00a0b",
                                       "e\u0301",
                                       "<<"};

Declaration<Gmsa> account(const std::string& text) {
  Declaration<Gmsa> declared;
  declared.name = "Web01";
  declared.spec.sam_account_name = "Web01";
  declared.spec.dns_host_name = "web01.contoso.com";
  declared.spec.service_principal_names = {{"host/Web01", {}}, {"MSSQLSvc/web01.contoso.com:1433", {}}};
  declared.spec.principals = {{PrincipalRef::Form::name, "HOST01", {}}};
  declared.spec.description = text;
  declared.spec.display_name = text;
  return declared;
}
Declaration<HostGroup> group(const std::string& text) {
  Declaration<HostGroup> declared;
  declared.name = "Hosts";
  declared.spec.sam_account_name = "Hosts";
  declared.spec.common_name = "Hosts";
  declared.spec.description = text;
  return declared;
}
void expect_same(const Declaration<Gmsa>& declared) {
  const auto text = manifest_text(declared);
  const auto again = read_back(text);
  ASSERT_EQ(again.accounts.size(), 1U) << text;
  EXPECT_EQ(again.accounts[0], declared) << text;
  EXPECT_EQ(again.accounts[0].protect, declared.protect);
}
void expect_same(const Declaration<HostGroup>& declared) {
  const auto text = manifest_text(declared);
  const auto again = read_back(text);
  ASSERT_EQ(again.host_groups.size(), 1U) << text;
  EXPECT_EQ(again.host_groups[0], declared) << text;
  EXPECT_EQ(again.host_groups[0].protect, declared.protect);
}

TEST(ManifestText, reads_back_whatever_is_in_a_description) {
  for (const auto& text : hostile) {
    SCOPED_TRACE(text);
    expect_same(account(text));
    expect_same(group(text));
  }
}

TEST(ManifestText, reads_back_texts_put_together_at_random) {
  std::mt19937 random(4711);
  const std::vector<std::string> parts{"$", "{", "}", "x", "\"", "'", ":", " ", "#", "\\", "-", "\u00e4",
                                       ",", "[", "]", "&", "*",  "!", "|", ">", "%", "@",  "`"};
  for (int round = 0; round < 150; ++round) {
    std::string text;
    for (auto length = random() % 12 + 1; length > 0; --length) text += parts[random() % parts.size()];
    if (trim(text).empty()) text += "x";  // blanks alone are no text
    SCOPED_TRACE(text);
    expect_same(account(text));
  }
}

TEST(ManifestText, of_an_account_has_all_that_can_be_declared) {
  auto declared = account("");
  declared.protect = true;
  Gmsa& spec = declared.spec;
  spec.display_name.reset();
  spec.sam_account_name = "ANameThatIsLonger01";
  spec.service_principal_names = {};
  spec.principals = {{PrincipalRef::Form::host_group, "Hosts", {}},
                     {PrincipalRef::Form::qualified, "CONTOSO\\HOST01$", {}},
                     {PrincipalRef::Form::sid, "S-1-5-21-1-2-3-1104", {}},
                     {PrincipalRef::Form::dn, "CN=A\\, \\\"B\\\" #\\+,OU=x,DC=contoso,DC=com", {}}};
  spec.keep_orphaned_principals = false;
  spec.password_interval_days = 7;
  spec.encryption_types = model::encryption::aes256;
  spec.enabled = false;
  spec.path = model::Dn::parse("OU=a\\, b \\\"c\\\",DC=contoso,DC=com").value();
  spec.trusted_for_delegation = false;
  spec.trusted_to_auth_for_delegation = true;
  spec.account_not_delegated = false;
  spec.allowed_to_delegate_to = {"host/back01"};
  const auto text = manifest_text(declared) + manifest_text(group("x"));
  const auto again = read_back(text);
  ASSERT_EQ(again.accounts.size(), 1U);
  EXPECT_EQ(again.accounts[0], declared) << text;
  EXPECT_TRUE(again.accounts[0].protect);
}

TEST(ManifestText, of_a_group_tells_no_members_from_members_that_are_not_managed) {
  auto declared = group("x");
  declared.spec.scope = model::GroupScope::universal;
  declared.spec.membership = model::Membership::additive;
  declared.spec.members.reset();
  expect_same(declared);
  declared.spec.members.emplace();
  expect_same(declared);
  declared.spec.members->push_back({PrincipalRef::Form::name, "HOST01", {}});
  declared.spec.common_name = "Hosts, \"all\" of #1";
  expect_same(declared);
}

/// A description of more than one line, or with what no terminal should get: whether the reader takes it is
/// its own matter; what is written must be the text or refused, never another one.
TEST(ManifestText, control_characters_never_become_another_text) {
  for (const std::string text :
       {"a\nb", "a\tb", "\x1b[31m", "a\rb", "\x7f", "a\u2028b", "\u202e", "\ufeffa", "a\u0085b"}) {
    SCOPED_TRACE(printable(text));
    Sources sources;
    sources.add({intern("environment.yaml"), "", std::string(environment), true});
    sources.add({intern("written.yaml"), "", manifest_text(account(text)), true});
    const auto manifests = load(std::move(sources));
    Diagnostics found = manifests.diagnostics();
    const auto again = manifests.resolve("prod", found);
    if (has_errors(found)) continue;
    ASSERT_EQ(again.accounts.size(), 1U);
    EXPECT_EQ(again.accounts[0].spec.description, text);
  }
}

}  // namespace
}  // namespace gmsactl::manifest
