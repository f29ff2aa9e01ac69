// Readers and members that no manifest declares and of whom nothing is found: orphans of what was declared,
// or somebody's addition since the last apply.
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::group;
using fakes::named;

constexpr std::string_view principals = "principalsAllowedToRetrieveManagedPassword";
const model::Sid evil = fakes::sid(6661);
const std::string evil_dn = "CN=evil,OU=Hidden,DC=contoso,DC=com";

/// An account and a group with a host, as applied; then somebody puts another one in.
class Intruder : public testing::Test {
 protected:
  Intruder() {
    world.add_computer("HOST01");
    world.add_computer("HOST02");
    wanted = desired({group("Hosts", {named("HOST01")})}, {account("Web", {named("HOST01")})});
  }
  void bring_about() {
    for (const auto& change : plan_for(world, wanted).changes)
      ASSERT_EQ(world.apply(change).outcome, model::Outcome::applied);
  }
  void add(const model::Sid& sid, const std::string& dn) {
    auto& web = *world.find_account("Web");
    auto readers = model::SecurityDescriptor::decode(*web.group_msa_membership)->readers();
    readers.push_back(sid);
    web.group_msa_membership = descriptor(readers);
    world.find_group("Hosts")->members.push_back(dn);
  }
  /// `hidden`: part of the domain is out of sight.
  model::Plan plan(bool hidden, bool keep) {
    wanted.accounts[0].spec.keep_orphaned_principals = keep;
    wanted.host_groups[0].spec.keep_orphaned_members = keep;
    fakes::NoEvents events;
    auto seen = world.observe(wanted, events).value();
    if (hidden) seen.blind_spot = Error{ErrorKind::denied, "this user may not list OU=Hidden", "", {}};
    return plan::make_plan(wanted, seen, {});
  }
  void expect_drift(const model::Plan& plan) {
    EXPECT_THAT(findings(plan), IsEmpty());
    ASSERT_THAT(actions(plan), ElementsAre("update HostGroup/Hosts", "update GMSA/Web"));
    for (const auto& change : plan.changes) EXPECT_EQ(change.cause, model::cause::drift);
    EXPECT_THAT(field_of(change_of(plan, "HostGroup/Hosts"), "members").removed, ElementsAre(evil_dn));
    EXPECT_THAT(field_of(change_of(plan, "GMSA/Web"), principals).removed, ElementsAre(evil.text()));
  }

  FakeWorld world;
  model::Desired wanted;
};

TEST_F(Intruder, who_was_added_since_the_last_apply_is_drift_whether_anybody_is_found_or_not) {
  bring_about();
  add(evil, evil_dn);
  for (const bool hidden : {true, false})
    for (const bool keep : {true, false}) {
      SCOPED_TRACE(std::string(hidden ? "hidden " : "gone ") + (keep ? "keep" : "remove"));
      expect_drift(plan(hidden, keep));
    }
  for (const auto& change : plan(true, true).changes)
    ASSERT_EQ(world.apply(change).outcome, model::Outcome::applied);
  EXPECT_TRUE(plan(true, true).empty());
}

TEST_F(Intruder, is_told_from_an_orphan_that_was_kept_before) {
  const auto dead = fakes::sid(4711);
  const std::string dead_dn = "CN=DEAD,OU=Hosts,DC=contoso,DC=com";
  bring_about();
  add(dead, dead_dn);
  // Accepted as orphans: the next apply that writes remembers them.
  for (auto* marker : {&world.find_account("Web")->marker, &world.find_group("Hosts")->marker}) {
    auto noted = model::Marker::parse(**marker).value();
    noted.applied.clear();
    *marker = noted.text();
  }
  wanted.accounts[0].spec.description = "x";
  wanted.host_groups[0].spec.description = "x";
  bring_about();
  ASSERT_THAT(findings(plan(false, true)), ElementsAre("GMSA0275 HostGroup/Hosts", "GMSA0214 GMSA/Web"));
  add(evil, evil_dn);
  const auto both = plan(false, true);
  EXPECT_THAT(field_of(change_of(both, "HostGroup/Hosts"), "members").removed, ElementsAre(evil_dn));
  EXPECT_THAT(field_of(change_of(both, "GMSA/Web"), principals).removed, ElementsAre(evil.text()));
  EXPECT_EQ(change_of(both, "GMSA/Web").cause, model::cause::drift);
  EXPECT_EQ(std::get<model::GmsaChange>(change_of(both, "GMSA/Web").detail).kept_orphans,
            std::vector<model::Sid>{dead});
}

TEST_F(Intruder, nothing_is_concluded_where_the_manifest_changed_too) {
  bring_about();
  add(evil, evil_dn);
  wanted.accounts[0].spec.principals.push_back(named("HOST02"));
  wanted.host_groups[0].spec.members->push_back(named("HOST02"));
  const auto unknown = plan(true, false);
  ASSERT_THAT(findings(unknown), ElementsAre("GMSA0285 HostGroup/Hosts", "GMSA0285 GMSA/Web"));
  EXPECT_THAT(actions(unknown), IsEmpty());
  EXPECT_THAT(unknown.diagnostics[0].detail, HasSubstr("Then it is a member without a declaration."));
  EXPECT_THAT(unknown.diagnostics[1].detail,
              HasSubstr("Then it is a principal that may retrieve the managed password"));
  EXPECT_THAT(findings(plan(false, true)), ElementsAre("GMSA0275 HostGroup/Hosts", "GMSA0214 GMSA/Web"));
}

TEST_F(Intruder, a_declared_host_that_was_deleted_is_an_orphan) {
  wanted.accounts[0].spec.principals.push_back(named("HOST02"));
  wanted.host_groups[0].spec.members->push_back(named("HOST02"));
  bring_about();
  wanted.accounts[0].spec.principals.pop_back();
  wanted.host_groups[0].spec.members->pop_back();
  std::erase_if(world.objects,
                [](const auto& entry) { return entry.second.principal.sam_account_name == "HOST02$"; });
  EXPECT_THAT(findings(plan(true, true)), ElementsAre("GMSA0285 HostGroup/Hosts", "GMSA0285 GMSA/Web"));
  EXPECT_THAT(findings(plan(false, true)), ElementsAre("GMSA0275 HostGroup/Hosts", "GMSA0214 GMSA/Web"));
  for (const auto& change : plan(false, false).changes) EXPECT_EQ(change.cause, model::cause::pending);
}

}  // namespace
}  // namespace gmsactl
