// Which addresses two revisions of the manifests ask for differently.
#include "engine/plan/declared_changes.h"

#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using testing::ElementsAre;
using testing::IsEmpty;

/// One environment with a group, two accounts, and the spec of one of them delivered to SpecTarget "place".
class DeclaredChanges : public testing::Test {
 protected:
  DeclaredChanges()
      : before(fakes::desired({group("Hosts", {named("HOST01")})},
                              {account("Web01", {group_ref("Hosts")}), account("Db01")})) {
    before.environment.owner = "team";
    before.accounts[0].spec.credential_spec.emplace();
    before.accounts[0].spec.credential_spec->targets = fakes::located({"place"});
    model::Declaration<model::SpecTarget> target;
    target.name = "place";
    target.spec.place = model::DirectoryTarget{"specs", model::DirectoryTarget::Format::docker, {}};
    before.spec_targets = {target};
    after = before;
  }
  model::DeclaredChanges compare() const { return plan::declared_changes(before, after); }
  std::vector<std::string> changed() const { return addresses(compare().changed); }
  std::vector<std::string> settings() const {
    const auto found = compare().settings;
    return {found.begin(), found.end()};
  }
  void deliver_to(decltype(model::SpecTarget::place) place) {
    before.spec_targets[0].spec.place = place;
    after.spec_targets[0].spec.place = std::move(place);
  }

  model::Desired before;
  model::Desired after;
};

constexpr const char* spec = "CredentialSpec/place/Web01";

TEST_F(DeclaredChanges, of_the_same_are_none) { EXPECT_TRUE(compare().empty()); }

TEST_F(DeclaredChanges, places_in_files_do_not_matter) {
  after.accounts[0].declared_at = {"moved.yaml", 7, 1};
  after.accounts[0].spec.principals[0].where = {"moved.yaml", 9, 1};
  std::swap(after.accounts[0], after.accounts[1]);
  EXPECT_TRUE(compare().empty());
}

TEST_F(DeclaredChanges, a_field_protection_and_labels_count) {
  after.accounts[1].spec.description = "Database";
  EXPECT_THAT(changed(), ElementsAre("GMSA/Db01"));
  after = before;
  after.accounts[1].protect = true;
  EXPECT_THAT(changed(), ElementsAre("GMSA/Db01"));
  after = before;
  after.host_groups[0].labels["team"] = "web";
  EXPECT_THAT(changed(), ElementsAre("HostGroup/Hosts"));
}

TEST_F(DeclaredChanges, what_came_and_what_went) {
  after.accounts[1].name = "Db02";
  EXPECT_THAT(addresses(compare().added), ElementsAre("GMSA/Db02"));
  EXPECT_THAT(addresses(compare().removed), ElementsAre("GMSA/Db01"));
  EXPECT_THAT(changed(), IsEmpty());
}

TEST_F(DeclaredChanges, a_whole_environment_came_or_went) {
  before = {};
  const auto came = compare();
  EXPECT_THAT(addresses(came.added),
              ElementsAre("KdsRootKey/contoso.com", "HostGroup/Hosts", "GMSA/Db01", "GMSA/Web01", spec));
  EXPECT_THAT(came.changed, IsEmpty());
  std::swap(before, after);
  EXPECT_EQ(compare().removed, came.added);
}

TEST_F(DeclaredChanges, another_place_of_the_environment_concerns_those_that_name_none) {
  after.environment.accounts_path = fakes::dn("OU=New,DC=contoso,DC=com");
  after.accounts[1].spec.path = before.accounts[1].spec.path = fakes::dn("OU=Own,DC=contoso,DC=com");
  EXPECT_THAT(changed(), ElementsAre("GMSA/Web01"));
  EXPECT_THAT(settings(), ElementsAre("accountsPath"));
  // Written out or taken from the environment, it is one place.
  before.accounts[0].spec.path = after.environment.accounts_path;
  EXPECT_THAT(changed(), IsEmpty());
}

TEST_F(DeclaredChanges, another_owner_concerns_everything) {
  after.environment.owner = "other";
  EXPECT_THAT(changed(),
              ElementsAre("KdsRootKey/contoso.com", "HostGroup/Hosts", "GMSA/Db01", "GMSA/Web01", spec));
  EXPECT_THAT(settings(), ElementsAre("owner"));
}

TEST_F(DeclaredChanges, another_server_or_policy_concerns_no_address) {
  after.environment.servers = fakes::located({"ldap://dc02.contoso.com"});
  after.environment.policy.max_deletes = 7;
  EXPECT_THAT(changed(), IsEmpty());
  EXPECT_THAT(settings(), ElementsAre("directory", "policy"));
  EXPECT_FALSE(compare().empty());
}

TEST_F(DeclaredChanges, the_root_key_has_an_address_of_its_own) {
  after.environment.create_kds_root_key = true;
  EXPECT_THAT(changed(), ElementsAre("KdsRootKey/contoso.com"));
  EXPECT_THAT(settings(), ElementsAre("kdsRootKey"));
}

TEST_F(DeclaredChanges, a_spec_differs_where_what_goes_into_it_does) {
  after.accounts[0].spec.sam_account_name = "Web01New";
  EXPECT_THAT(changed(), ElementsAre("GMSA/Web01", spec));
  after = before;
  after.accounts[0].spec.credential_spec->file_name = "web.json";
  EXPECT_THAT(changed(), ElementsAre("GMSA/Web01", spec));
  after = before;
  after.accounts[0].spec.description = "Web";
  EXPECT_THAT(changed(), ElementsAre("GMSA/Web01"));
}

TEST_F(DeclaredChanges, a_spec_names_other_accounts_by_the_name_they_have) {
  before.accounts[0].spec.credential_spec->additional_accounts = {{"Db01", "", "", {}}};
  after = before;
  after.accounts[1].spec.sam_account_name = "Db01New";
  EXPECT_THAT(changed(), ElementsAre("GMSA/Db01", spec));
}

TEST_F(DeclaredChanges, a_spec_differs_where_its_place_does) {
  std::get<model::DirectoryTarget>(after.spec_targets[0].spec.place).path = "elsewhere";
  EXPECT_THAT(changed(), ElementsAre(spec));
}

TEST_F(DeclaredChanges, one_more_place_is_a_spec_more) {
  after.spec_targets.push_back(after.spec_targets[0]);
  after.spec_targets[1].name = "second";
  after.accounts[0].spec.credential_spec->targets = fakes::located({"place", "second"});
  EXPECT_THAT(addresses(compare().added), ElementsAre("CredentialSpec/second/Web01"));
  EXPECT_THAT(changed(), ElementsAre("GMSA/Web01"));
}

TEST_F(DeclaredChanges, specs_on_hosts_are_written_with_a_star) {
  deliver_to(model::DockerTarget{{group_ref("Hosts")}, {}, {}, {}, {}, {}, {}});
  after.host_groups[0].spec.members->push_back(named("HOST02"));
  EXPECT_THAT(changed(), ElementsAre("HostGroup/Hosts", "CredentialSpec/place/Web01@*"));
}

TEST_F(DeclaredChanges, groups_that_hold_each_other_are_gone_through_once) {
  deliver_to(model::DockerTarget{{group_ref("Hosts")}, {}, {}, {}, {}, {}, {}});
  for (auto* side : {&before, &after}) {
    side->host_groups[0].spec.members = {group_ref("Inner")};
    side->host_groups.push_back(group("Inner", {group_ref("Hosts")}));
  }
  after.host_groups[1].spec.members->push_back(named("HOST02"));
  EXPECT_THAT(changed(), ElementsAre("HostGroup/Inner", "CredentialSpec/place/Web01@*"));
}

}  // namespace
}  // namespace gmsactl
