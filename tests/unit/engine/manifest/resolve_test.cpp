#include <gtest/gtest.h>

#include "tests/unit/engine/manifest/corpus.h"

namespace gmsactl::manifest {
namespace {

using namespace testing;
using model::PrincipalRef;

model::Desired resolve_case(const std::string& name, const std::string& environment) {
  Diagnostics diagnostics;
  auto desired = load_case(corpus_folder / "valid" / (name + ".yaml")).resolve(environment, diagnostics);
  EXPECT_FALSE(has_errors(diagnostics));
  return desired;
}

TEST(Resolve, defaults_of_an_account_follow_the_contract) {
  const auto desired = resolve_case("minimal-gmsa", "prod");
  ASSERT_EQ(desired.accounts.size(), 1U);
  const auto& account = desired.accounts[0].spec;
  EXPECT_EQ(account.sam_account_name, "WebApp01");
  EXPECT_EQ(account.dns_host_name, "WebApp01.contoso.com");
  ASSERT_EQ(account.service_principal_names.size(), 2U);
  EXPECT_EQ(account.service_principal_names[0].text, "host/WebApp01");
  EXPECT_EQ(account.service_principal_names[1].text, "host/WebApp01.contoso.com");
  EXPECT_EQ(account.password_interval_days, 30U);
  EXPECT_EQ(account.encryption_types, model::encryption::aes128 | model::encryption::aes256);
  EXPECT_TRUE(account.enabled);
  EXPECT_TRUE(account.principals.empty());
  EXPECT_FALSE(account.description || account.display_name || account.path ||
               account.trusted_for_delegation || account.allowed_to_delegate_to);
}

TEST(Resolve, defaults_of_a_group_follow_the_contract) {
  const auto desired = resolve_case("minimal-host-group", "prod");
  const auto& group = desired.host_groups.at(0).spec;
  EXPECT_EQ(group.sam_account_name, "WebHosts");
  EXPECT_EQ(group.common_name, "WebHosts");
  EXPECT_EQ(group.scope, model::GroupScope::domain_local);
  EXPECT_EQ(group.membership, model::Membership::exact);
  EXPECT_FALSE(group.members || group.description || group.path);
}

TEST(Resolve, every_field_of_an_account_arrives) {
  const auto desired = resolve_case("full-gmsa", "test");
  const auto& declaration = desired.accounts.at(0);
  EXPECT_TRUE(declaration.protect);
  EXPECT_EQ(declaration.labels.at("team"), "web");
  EXPECT_EQ(declaration.declared_at, (SourceRange{"full-gmsa.yaml", 1, 1}));
  EXPECT_EQ(declaration.position("enabled").line, 23U);
  const auto& account = declaration.spec;
  EXPECT_EQ(account.dns_host_name, "webapp01.contoso.com");
  EXPECT_EQ(account.service_principal_names.at(2).text, "MSSQLSvc/sql.contoso.com:INST");
  ASSERT_EQ(account.principals.size(), 4U);
  EXPECT_EQ(account.principals[0].form, PrincipalRef::Form::name);
  EXPECT_EQ(account.principals[1].form, PrincipalRef::Form::qualified);
  EXPECT_EQ(account.principals[1].text, "CONTOSO\\Domain Controllers");
  EXPECT_EQ(account.principals[2].form, PrincipalRef::Form::sid);
  EXPECT_EQ(account.principals[3].form, PrincipalRef::Form::dn);
  EXPECT_EQ(account.service_principal_names_mode, model::SpnMode::additive);
  EXPECT_EQ(account.password_interval_days, 7U);
  EXPECT_EQ(account.encryption_types, model::encryption::rc4_hmac | model::encryption::aes256);
  EXPECT_FALSE(account.enabled);
  EXPECT_EQ(account.description, "Runs the web application");
  EXPECT_EQ(account.display_name, "01");
  EXPECT_FALSE(account.path) << "the override for test removes it";
  EXPECT_EQ(account.trusted_for_delegation, false);
  EXPECT_EQ(account.trusted_to_auth_for_delegation, true);
  EXPECT_EQ(account.allowed_to_delegate_to, std::vector<std::string>{"http/backend.contoso.com"});
}

TEST(Resolve, every_field_of_an_environment_arrives) {
  const auto found = resolve_case("full-environment", "prod").environment;
  EXPECT_EQ(found.servers.at(0).text, "ldaps://dc01.contoso.com:636");
  EXPECT_EQ(found.authentication, model::Authentication::simple);
  EXPECT_EQ(found.username, "CONTOSO\\svc");
  EXPECT_EQ(found.password_from,
            (model::SecretSource{model::SecretSource::Kind::environment_variable, "AD_PASSWORD"}));
  EXPECT_EQ(found.tls_mode, model::TlsMode::start_tls);
  EXPECT_EQ(found.tls_ca_file, "ca.pem");
  EXPECT_EQ(found.accounts_path->text(), "OU=gMSA,DC=contoso,DC=com");
  EXPECT_TRUE(found.create_paths && found.create_kds_root_key && found.kds_root_key_effective_immediately);
  EXPECT_EQ(found.variables, (std::map<std::string, std::string>{{"a", "x"}, {"empty", ""}}));
  EXPECT_EQ(found.policy.max_deletes, 0U);
  EXPECT_EQ(found.policy.max_delete_percent, 100U);
  EXPECT_EQ(found.policy.max_members_removed_percent, 50U);
  EXPECT_EQ(found.policy.max_readers_removed_percent, 40U);
  EXPECT_EQ(found.policy.max_spns_removed_percent, 0U);
  EXPECT_EQ(found.policy.severity(model::Rule::weak_encryption), model::RuleSeverity::error);
  EXPECT_EQ(found.policy.severity(model::Rule::broad_principal), model::RuleSeverity::off);
  EXPECT_EQ(found.policy.severity(model::Rule::unconstrained_delegation), model::RuleSeverity::warning);
  ASSERT_EQ(found.accepted_drift.size(), 2U);
  EXPECT_EQ(found.accepted_drift[0],
            (model::AcceptedDrift{"GMSA/Web*", "servicePrincipalNames", "incident 4711", "2026-12-31", {}}));
  EXPECT_EQ(found.accepted_drift[1].until, "2028-02-29");
  EXPECT_EQ(found.marker_attribute, "info");
}

TEST(Resolve, an_environment_without_a_policy_has_the_documented_one) {
  const auto found = resolve_case("minimal-environment", "prod").environment;
  EXPECT_EQ(found.policy.max_deletes, 3U);
  EXPECT_EQ(found.policy.max_delete_percent, 20U);
  EXPECT_EQ(found.policy.max_members_removed_percent, 30U);
  EXPECT_EQ(found.policy.max_readers_removed_percent, 30U);
  EXPECT_EQ(found.policy.max_spns_removed_percent, 30U);
  EXPECT_EQ(found.policy.severity(model::Rule::shared_account), model::RuleSeverity::warning);
  EXPECT_EQ(found.marker_attribute, "adminDescription");
}

TEST(Resolve, an_empty_list_and_null_clear_where_absence_leaves_alone) {
  const auto account = resolve_case("cleared-values", "prod").accounts.at(0).spec;
  EXPECT_TRUE(account.service_principal_names.empty());
  EXPECT_EQ(account.description, "");
  EXPECT_EQ(account.display_name, "");
  ASSERT_TRUE(account.allowed_to_delegate_to);
  EXPECT_TRUE(account.allowed_to_delegate_to->empty());
  const auto group = resolve_case("cleared-group", "prod").host_groups.at(0).spec;
  ASSERT_TRUE(group.members);
  EXPECT_TRUE(group.members->empty());
}

TEST(Resolve, variables_are_those_of_the_environment) {
  EXPECT_EQ(resolve_case("variables", "prod").accounts.at(0).spec.sam_account_name, "webp");
  const auto account = resolve_case("variables", "test").accounts.at(0).spec;
  EXPECT_EQ(account.sam_account_name, "webt");
  EXPECT_EQ(account.description, "${literal} in test of test.contoso.com");
  EXPECT_EQ(account.principals.at(0).text, "HOST-t");
}

TEST(Resolve, overrides_are_those_of_the_environment) {
  const auto prod = resolve_case("override", "prod").accounts.at(0);
  EXPECT_EQ(prod.spec.description, "Production");
  EXPECT_FALSE(prod.spec.enabled);
  EXPECT_EQ(prod.position("description").line, 10U);
  const auto test = resolve_case("override", "test").accounts.at(0).spec;
  EXPECT_FALSE(test.description) << "null in a patch removes the field";
  EXPECT_TRUE(test.enabled);
}

TEST(Resolve, documents_belong_to_the_environments_they_name) {
  EXPECT_EQ(resolve_case("full-host-group", "prod").host_groups.size(), 1U);
  EXPECT_TRUE(resolve_case("full-host-group", "test").host_groups.empty());
}

TEST(Resolve, an_unknown_environment_is_reported_with_its_neighbour) {
  const auto manifests = load_text(content(corpus_folder / "environments.yaml"));
  Diagnostics diagnostics;
  (void)manifests.resolve("prd", diagnostics);
  ASSERT_EQ(diagnostics.size(), 1U);
  EXPECT_EQ(diagnostics[0].detail, "There is no Environment named 'prd'.");
  EXPECT_EQ(diagnostics[0].hint, "Did you mean prod?");
  EXPECT_EQ(manifests.environment_names(), (std::vector<std::string>{"prod", "test"}));
}

TEST(Resolve, without_any_environment_the_hint_says_so) {
  Diagnostics diagnostics;
  (void)load_text("").resolve("prod", diagnostics);
  EXPECT_EQ(diagnostics.at(0).hint, "Add a document of kind Environment.");
}

TEST(Resolve, one_account_missing_its_readers_is_a_warning_with_its_own_code) {
  const auto manifests = load_case(corpus_folder / "valid/minimal-gmsa.yaml");
  Diagnostics diagnostics;
  (void)manifests.resolve("prod", diagnostics);
  ASSERT_EQ(diagnostics.size(), 1U);
  EXPECT_EQ(diagnostics[0].code, "GMSA0107");
  EXPECT_EQ(diagnostics[0].severity, Severity::warning);
  EXPECT_EQ(diagnostics[0].address, "GMSA/WebApp01");
}

}  // namespace
}  // namespace gmsactl::manifest
