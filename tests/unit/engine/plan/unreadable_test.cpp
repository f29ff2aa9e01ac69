// A failed read never looks like "absent", and what depends on it is not planned.
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::group;
using fakes::group_ref;
using fakes::named;

TEST(PlanUnreadable, an_account_is_neither_created_nor_changed) {
  FakeWorld world;
  world.unreadable = {"GMSA/Web01"};
  const auto plan = plan_for(world, desired({}, {account("Web01"), account("Web02")}));
  EXPECT_THAT(actions(plan), ElementsAre("create GMSA/Web02"));
  EXPECT_THAT(unreadable(plan), ElementsAre("GMSA/Web01"));
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0209 GMSA/Web01"));
  EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("insufficient access rights"));
  EXPECT_EQ(plan.diagnostics[0].hint, "Ask for more.");
}

TEST(PlanUnreadable, what_an_unreadable_group_is_part_of_waits) {
  FakeWorld world;
  world.unreadable = {"HostGroup/Inner"};
  const auto plan =
      plan_for(world, desired({group("Outer", {group_ref("Inner")}), group("Inner"), group("Other")},
                              {account("Web01", {group_ref("Inner")}), account("Web02", {group_ref("Outer")}),
                               account("Web03")}));
  EXPECT_THAT(actions(plan), ElementsAre("create HostGroup/Other", "create GMSA/Web03"));
  EXPECT_THAT(unreadable(plan),
              UnorderedElementsAre("HostGroup/Inner", "HostGroup/Outer", "GMSA/Web01", "GMSA/Web02"));
  EXPECT_TRUE(has_errors(plan.diagnostics));
}

TEST(PlanUnreadable, an_existing_group_with_an_unreadable_member_does_not_hold_up_accounts) {
  FakeWorld world;
  world.add_group("Outer");
  world.unreadable = {"HostGroup/Inner"};
  const auto plan = plan_for(world, desired({group("Outer", {group_ref("Inner")}), group("Inner")},
                                            {account("Web02", {group_ref("Outer")})}));
  EXPECT_THAT(actions(plan), ElementsAre("create GMSA/Web02"));
}

TEST(PlanUnreadable, a_principal_that_could_not_be_looked_up_is_not_unknown) {
  FakeWorld world;
  world.unreadable = {"principal:name:host01"};
  const auto plan =
      plan_for(world, desired({group("Hosts", {named("HOST01")})}, {account("Web01", {named("HOST01")})}));
  EXPECT_TRUE(plan.empty());
  EXPECT_THAT(unreadable(plan), UnorderedElementsAre("HostGroup/Hosts", "GMSA/Web01"));
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0209 HostGroup/Hosts", "GMSA0209 GMSA/Web01"));
}

TEST(PlanUnreadable, members_are_not_removed_while_one_could_not_be_looked_up) {
  FakeWorld world;
  world.add_group("Hosts").members = {world.add_computer("HOST02").principal.id.dn.text()};
  world.unreadable = {"principal:name:host01"};
  EXPECT_TRUE(plan_for(world, desired({group("Hosts", {named("HOST01")})}, {})).empty());
}

TEST(PlanUnreadable, spns_are_not_added_while_their_holders_are_not_known) {
  FakeWorld world;
  world.unreadable = {"spns"};
  world.add_account("Web01").service_principal_names = {"host/Web01"};
  world.add_account("Web02").service_principal_names.emplace_back("http/gone");
  const auto plan = plan_for(world, desired({}, {account("Web01"), account("Web02"), account("Web03")}));
  EXPECT_THAT(actions(plan), ElementsAre("update GMSA/Web02")) << "which takes one away only";
  EXPECT_THAT(unreadable(plan), UnorderedElementsAre("GMSA/Web01", "GMSA/Web03"));
  EXPECT_THAT(findings(plan), UnorderedElementsAre("GMSA0211 GMSA/Web01", "GMSA0211 GMSA/Web03"));
}

TEST(PlanUnreadable, nothing_is_created_in_a_container_that_could_not_be_read) {
  FakeWorld world;
  world.unreadable = {"OU=Svc,DC=contoso,DC=com"};
  for (const bool nested : {false, true}) {
    SCOPED_TRACE(nested);
    auto declared = account("Web01");
    declared.spec.path = fakes::dn(nested ? "OU=Web,OU=Svc,DC=contoso,DC=com" : "OU=Svc,DC=contoso,DC=com");
    auto wanted = desired({}, {declared, account("Web02")});
    wanted.environment.create_paths = true;
    const auto plan = plan_for(world, wanted);
    EXPECT_THAT(actions(plan), ElementsAre("create GMSA/Web02"));
    EXPECT_THAT(unreadable(plan), ElementsAre("GMSA/Web01"));
    EXPECT_THAT(findings(plan), ElementsAre("GMSA0209 GMSA/Web01"));
  }
}

}  // namespace
}  // namespace gmsactl
