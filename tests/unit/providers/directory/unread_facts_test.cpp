// Facts of the domain and its forest that a user may not read, and objects of which he reads a part: what a
// plan depends on is named, nothing is guessed, and what is truly absent stays absent.
#include "tests/unit/providers/directory/veiled_world.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::group;
using fakes::named;
using model::Desired;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string domain = "DC=contoso,DC=com";
const std::string configuration = "CN=Configuration," + domain;
const std::string service = "CN=Directory Service,CN=Windows NT,CN=Services," + configuration;
const std::string partitions = "CN=Partitions," + configuration;
const std::string sites = "CN=Servers,CN=Here,CN=Sites," + configuration;

class UnreadFacts : public VeiledWorld {
 protected:
  std::shared_ptr<fakes::VeiledDirectory> veil() {
    auto attributes = all_attributes();
    for (const auto* name :
         {"sPNMappings", "systemFlags", "wellKnownObjects", "otherWellKnownObjects", "nETBIOSName"})
      attributes.emplace_back(name);
    auto file = ldap::open_ldif(path_).value();
    return std::make_shared<fakes::VeiledDirectory>(*file, domain, attributes);
  }

  static void drop(ldap::Entry& object, const std::string& attribute) {
    std::erase_if(object.attributes, [&](const auto& one) { return equal_folded(one.name, attribute); });
  }

  static void cross_ref(fakes::VeiledDirectory& veiled, const std::string& name, const std::string& context) {
    veiled.objects.push_back({"CN=" + name + "," + partitions,
                              {{"objectClass", {"top", "crossRef"}},
                               {"objectGUID", {model::Guid{{9, 9}}.encode()}},
                               {"nCName", {context}},
                               {"dnsRoot", {"emea.contoso.com"}},
                               {"nETBIOSName", {name}},
                               {"systemFlags", {"3"}}}});
  }

  static void controller(fakes::VeiledDirectory& veiled, const std::string& name) {
    const std::string server = "CN=" + name + "," + sites;
    veiled.objects.push_back({server, {{"objectClass", {"top", "server"}}}});
    veiled.objects.push_back(
        {"CN=NTDS Settings," + server, {{"objectClass", {"top", "applicationSettings", "nTDSDSA"}}}});
  }

  /// That exactly these are unreadable, and that what is said names all `words`.
  void expect_unread(const Result<model::Plan>& plan, const std::string& address,
                     std::initializer_list<const char*> words) {
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_THAT(addresses(plan->unreadable), ElementsAre(address));
    std::string said;
    for (const auto& one : plan->diagnostics) said += one.detail + " " + one.hint + "\n";
    for (const auto* word : words) EXPECT_THAT(said, HasSubstr(word));
  }

  void expect_fine(const Result<model::Plan>& plan, size_t changes) {
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_THAT(plan->unreadable, IsEmpty());
    EXPECT_THAT(plan->diagnostics, IsEmpty());
    EXPECT_THAT(plan->changes, SizeIs(changes));
  }
};

TEST_F(UnreadFacts, hidden_mappings_are_named_where_an_spn_is_added_and_only_there) {
  auto wanted = desired({}, {account("Web")});
  bring_about(wanted);
  auto veiled = veil();
  veiled->hidden = {{key(service), "spnmappings"}};
  expect_fine(plan_of(veiled, wanted), 0);
  wanted.accounts[0].spec.service_principal_names.push_back({"http/web.contoso.com", {}});
  expect_unread(plan_of(veiled, wanted), "GMSA/Web",
                {"sPNMappings", "this user may not read it", service.c_str()});
  veiled->hidden.clear();
  drop(*veiled->find(service), "sPNMappings");  // cleared, and that can be seen
  expect_fine(plan_of(veiled, wanted), 1);
  veiled->blind = {key(service)};
  expect_unread(plan_of(veiled, wanted), "GMSA/Web", {"sPNMappings"});
}

TEST_F(UnreadFacts, a_cross_ref_that_does_not_say_what_it_is_may_be_a_domain) {
  auto wanted = desired({}, {account("Web")});
  bring_about(wanted);
  auto veiled = veil();
  cross_ref(*veiled, "EMEA", "DC=emea," + domain);
  const std::string emea = "CN=EMEA," + partitions;
  veiled->hidden = {{key(emea), "systemflags"}};
  expect_fine(plan_of(veiled, wanted), 0);
  wanted.accounts[0].spec.service_principal_names.push_back({"http/other", {}});
  expect_unread(plan_of(veiled, wanted), "GMSA/Web", {"systemFlags", emea.c_str()});
  veiled->hidden.clear();
  drop(*veiled->find(emea), "systemFlags");  // as of a reference to a directory outside
  expect_fine(plan_of(veiled, wanted), 1);
  veiled->find(emea)->attributes.push_back({"systemFlags", {"3"}});
  for (const auto* reader :
       {"S-1-5-21-9-9-9-1000", "CN=A,DC=emea,DC=contoso,DC=com", "OTHER\\A$", "A@other.org"}) {
    auto ref = named(reader);
    if (ref.text == "A@other.org") ref.form = model::PrincipalRef::Form::qualified;
    const auto read = desired({}, {account("Web", {ref})});
    veiled->hidden = {{key(emea), "systemflags"}};
    expect_unread(plan_of(veiled, read), "GMSA/Web", {"systemFlags"});
  }
}

TEST_F(UnreadFacts, a_container_that_is_not_known_is_not_guessed) {
  const auto wanted = desired({group("Hosts", {named("HOST01")})}, {account("Web")});
  bring_about(wanted);
  for (const bool there : {true, false}) {
    for (const bool groups : {true, false}) {
      auto veiled = veil();
      if (!there)
        std::erase_if(veiled->objects,
                      [&](const auto& one) { return one.dn == web_dn || one.dn == hosts_dn; });
      const std::string attribute = groups ? "wellKnownObjects" : "otherWellKnownObjects";
      veiled->hidden = {{key(domain), fold(attribute)}};
      const auto plan = plan_of(veiled, wanted);
      expect_unread(plan, groups ? "HostGroup/Hosts" : "GMSA/Web", {attribute.c_str(), domain.c_str()});
      EXPECT_THAT(plan->changes, SizeIs(there ? 0 : 1)) << attribute;
      auto placed = wanted;
      placed.environment.host_groups_path = model::Dn::parse(groups_dn).value();
      placed.environment.accounts_path = model::Dn::parse(accounts_dn).value();
      EXPECT_THAT(plan_of(veiled, placed)->unreadable, IsEmpty());
    }
  }
  auto veiled = veil();
  drop(*veiled->find(domain), "otherWellKnownObjects");  // a schema that was never extended has none
  expect_fine(plan_of(veiled, wanted), 0);
}

TEST_F(UnreadFacts, a_time_that_is_not_known_is_neither_too_early_nor_late_enough) {
  auto wanted = desired({}, {});
  auto veiled = veil();
  drop(veiled->root_dse, "currentTime");
  expect_fine(plan_of(veiled, wanted), 0);
  wanted.accounts.push_back(account("Web"));
  const auto plan = plan_of(veiled, wanted);
  expect_unread(plan, "KdsRootKey/contoso.com", {"currentTime"});
  for (const auto& one : plan->diagnostics) EXPECT_NE(one.code, "GMSA0204");
}

TEST_F(UnreadFacts, a_domain_without_a_readable_netbios_name_may_be_the_one_that_is_named) {
  auto wanted = desired({}, {account("Web", {named("contoso.com\\HOST01")})});
  bring_about(wanted);
  auto veiled = veil();
  veiled->hidden = {{key("CN=CONTOSO," + partitions), "netbiosname"}};
  expect_fine(plan_of(veiled, wanted), 0);
  wanted.accounts[0].spec.principals = {named("CONTOSO\\HOST01")};
  expect_unread(plan_of(veiled, wanted), "GMSA/Web", {"nETBIOSName", "CN=CONTOSO,CN=Partitions"});
}

TEST_F(UnreadFacts, controllers_that_are_not_seen_are_not_absent) {
  auto wanted = desired({}, {});
  wanted.environment.create_kds_root_key = true;
  wanted.environment.kds_root_key_effective_immediately = true;
  auto veiled = veil();
  std::erase_if(veiled->objects, [](const auto& one) {
    return one.find("objectClass") != nullptr && one.find("msKds-UseStartTime") != nullptr;
  });
  expect_unread(plan_of(veiled, wanted), "KdsRootKey/contoso.com", {"NTDS Settings", "GR"});
  controller(*veiled, "DC01");
  expect_fine(plan_of(veiled, wanted), 1);
  controller(*veiled, "DC02");
  EXPECT_THAT(plan_of(veiled, wanted)->changes, IsEmpty());
  veiled->blind = {key("CN=NTDS Settings,CN=DC02," + sites)};
  expect_unread(plan_of(veiled, wanted), "KdsRootKey/contoso.com",
                {"CN=NTDS Settings,CN=DC02", "not readable"});
  wanted.environment.kds_root_key_effective_immediately = false;
  EXPECT_THAT(plan_of(veiled, wanted)->changes, SizeIs(1)) << "after ten hours their number does not matter";
}

TEST_F(UnreadFacts, who_holds_an_spn_holds_it_whatever_can_be_read_of_him) {
  auto wanted = desired({}, {account("Web"), account("Other")});
  bring_about(wanted);
  wanted.accounts.pop_back();
  wanted.accounts[0].spec.service_principal_names.push_back({"host/Other", {}});
  for (const auto* attribute : {"objectguid", "objectsid", "samaccountname"}) {
    auto veiled = veil();
    veiled->hidden = {{key("CN=Other," + accounts_dn), attribute}};
    const auto plan = plan_of(veiled, wanted).value();
    ASSERT_THAT(plan.diagnostics, testing::Not(IsEmpty())) << attribute;
    EXPECT_EQ(plan.diagnostics.front().code, "GMSA0205") << attribute;
  }
}

TEST_F(UnreadFacts, a_principal_is_there_without_its_guid) {
  const auto wanted = desired({}, {account("Web", {named("HOST01")})});
  bring_about(wanted);
  auto veiled = veil();
  veiled->hidden = {{key("CN=HOST01,OU=Hosts," + domain), "objectguid"}};
  expect_fine(plan_of(veiled, wanted), 0);
}

}  // namespace
}  // namespace gmsactl
