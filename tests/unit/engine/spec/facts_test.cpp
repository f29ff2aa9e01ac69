// A spec from the directory's facts, and the documents that carry one.
#include "engine/spec/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/spec/document.h"
#include "engine/spec/json.h"
#include "tests/fakes/samples.h"

namespace gmsactl::spec {
namespace {

using Format = model::DirectoryTarget::Format;
using testing::HasSubstr;
using testing::Not;

model::DirectoryFacts child_domain() {
  model::DirectoryFacts facts;
  facts.dns_domain = "emea.contoso.com";
  facts.netbios_domain = "EMEA";
  facts.forest = "contoso.com";
  facts.domain_sid = fakes::domain_sid();
  facts.domain_guid = model::Guid::parse("56d9b66c-d746-4f87-bd26-26760cfdca2e").value();
  return facts;
}

TEST(SpecFacts, a_child_domain_has_its_own_names_and_the_forests_tree) {
  const auto account = fakes::account("Web01");
  const auto spec = from_facts(account.spec, fakes::desired({}, {account}), child_domain());
  EXPECT_EQ(spec.dns_tree_name, "contoso.com");
  EXPECT_EQ(spec.dns_name, "emea.contoso.com");
  EXPECT_EQ(spec.netbios_name, "EMEA");
  EXPECT_EQ(spec.sid, fakes::domain_sid().text());
  EXPECT_EQ(spec.accounts,
            (std::vector<model::ScopedAccount>{{"Web01", "emea.contoso.com"}, {"Web01", "EMEA"}}));
}

TEST(SpecFacts, additional_accounts_have_one_entry_each) {
  auto account = fakes::account("Web01");
  auto other = fakes::account("Other");
  other.spec.sam_account_name = "Other01";
  account.spec.credential_spec.emplace();
  account.spec.credential_spec->additional_accounts = {
      {"Other", "", "", {}}, {"", "Legacy", "FABRIKAM", {}}, {"", "Plain", "", {}}};
  const auto spec = from_facts(account.spec, fakes::desired({}, {account, other}), child_domain());
  ASSERT_EQ(spec.accounts.size(), 5U);
  EXPECT_EQ(spec.accounts[2], (model::ScopedAccount{"Other01", "emea.contoso.com"}));
  EXPECT_EQ(spec.accounts[3], (model::ScopedAccount{"Legacy", "FABRIKAM"}));
  EXPECT_EQ(spec.accounts[4], (model::ScopedAccount{"Plain", "emea.contoso.com"}));
}

TEST(SpecFacts, files_are_named_as_the_module_names_them) {
  auto account = fakes::account("WebApp01").spec;
  EXPECT_EQ(file_name(account, child_domain()), "emea_webapp01.json");
  account.credential_spec.emplace();
  account.credential_spec->file_name = "mine.json";
  EXPECT_EQ(file_name(account, child_domain()), "mine.json");
}

TEST(SpecFacts, object_names_are_what_kubernetes_takes) {
  EXPECT_EQ(object_name("", fakes::account("Web_App.01").spec), "web-app.01");
  EXPECT_EQ(object_name("", fakes::account("_odd_").spec), "odd");
  EXPECT_EQ(object_name("chosen", fakes::account("Web01").spec), "chosen");
}

class Document : public testing::Test {
 protected:
  Document() {
    const auto account = fakes::account("Web01");
    spec = from_facts(account.spec, fakes::desired({}, {account}), child_domain());
    source = {"Web01", "prod", "accounts.yaml", "emea_web01.json", "web01", {{"shop", "web"}}};
  }
  model::CredentialSpec spec;
  DocumentSource source;
};

TEST_F(Document, kubernetes_has_the_object_a_role_for_it_alone_and_its_bindings) {
  const std::string text = document(Format::kubernetes, spec, source);
  EXPECT_THAT(text, HasSubstr("# Made by gmsactl from GMSA/Web01 in accounts.yaml, environment prod."));
  EXPECT_THAT(text, HasSubstr("kind: GMSACredentialSpec"));
  EXPECT_THAT(text, HasSubstr("    resourceNames: [\"web01\"]\n    verbs: [\"use\"]"));
  EXPECT_THAT(
      text, HasSubstr("kind: RoleBinding\nmetadata:\n  name: \"gmsactl-web01-web\"\n  namespace: \"shop\""));
}

TEST_F(Document, hostile_names_stay_inside_their_quotes) {
  spec.machine_account_name = "a\"b\nc: d";
  source.account = "x\n---\nkind: ClusterRole";
  source.file_name = "<&>.json";
  const std::string yaml = document(Format::kubernetes, spec, source);
  EXPECT_THAT(yaml, HasSubstr("MachineAccountName: \"a\\\"b\\nc: d\""));
  EXPECT_THAT(yaml, Not(HasSubstr("\nkind: ClusterRole in")));
  const std::string xml = document(Format::service_fabric, spec, source);
  EXPECT_THAT(xml, HasSubstr("file://&lt;&amp;&gt;.json"));
  EXPECT_THAT(xml, HasSubstr("Hostname=\"a&quot;b c: d\""));
}

TEST_F(Document, plug_in_input_is_a_text_in_kubernetes) {
  spec.host_account_config = model::HostAccountConfig{"{1}", "{\"CredentialArn\":\"arn\"}", true, "1"};
  EXPECT_THAT(document(Format::kubernetes, spec, source),
              HasSubstr("PluginInput: \"{\\\"CredentialArn\\\":\\\"arn\\\"}\""));
}

TEST_F(Document, names_follow_the_format) {
  EXPECT_EQ(document_name(Format::docker, "a.json"), "a.json");
  EXPECT_EQ(document_name(Format::kubernetes, "a.json"), "a.yaml");
  EXPECT_EQ(document_name(Format::compose, "a.json"), "a.compose.yaml");
  EXPECT_EQ(document_name(Format::service_fabric, "a.json"), "a.xml");
}

TEST_F(Document, compose_and_docker) {
  EXPECT_THAT(document(Format::compose, spec, source),
              HasSubstr("credential_spec:\n      file: \"emea_web01.json\""));
  EXPECT_EQ(document(Format::docker, spec, source), render(spec));
}

}  // namespace
}  // namespace gmsactl::spec
