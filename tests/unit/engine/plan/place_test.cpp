// Names that others hold, declarations that mean one object, and the containers that everything stands in.
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::group;

TEST(PlanNames, a_sam_account_name_of_another_kind_is_never_taken_over) {
  FakeWorld world;
  world.add_computer("Web01");
  world.add_object("Hosts", "CN=Some User,CN=Users,DC=contoso,DC=com", "user");
  const auto plan = plan_for(world, desired({group("Hosts")}, {account("Web01")}));
  EXPECT_TRUE(plan.empty());
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0207 HostGroup/Hosts", "GMSA0207 GMSA/Web01"));
  EXPECT_THAT(
      plan.diagnostics[1].detail,
      HasSubstr("sAMAccountName Web01$ is taken by the computer CN=Web01,OU=Hosts,DC=contoso,DC=com"));
}

TEST(PlanNames, a_place_that_another_object_has_is_never_taken_over) {
  FakeWorld world;
  world.add_object("x", "CN=Web01,CN=Managed Service Accounts,DC=contoso,DC=com", "contact");
  const auto plan = plan_for(world, desired({}, {account("Web01")}));
  EXPECT_TRUE(plan.empty());
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0207 GMSA/Web01"));
  EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("the contact CN=Web01"));
}

TEST(PlanNames, a_place_that_another_object_has_stops_a_move) {
  FakeWorld world;
  world.add_account("Web01");
  world.add_object("x", "CN=Web01,OU=Hosts,DC=contoso,DC=com", "contact");
  auto declared = account("Web01");
  declared.spec.path = fakes::dn("OU=Hosts,DC=contoso,DC=com");
  EXPECT_THAT(findings(plan_for(world, desired({}, {declared}))), ElementsAre("GMSA0207 GMSA/Web01"));
}

TEST(PlanNames, two_declarations_of_one_object_are_an_error) {
  FakeWorld world;
  // Nobody's: what carries our marker belongs to one of them.
  world.add_account("Web01").marker.reset();
  world.add_group("Hosts").marker.reset();
  plan::Options options;
  options.adopt = true;
  auto second_account = account("Other");
  second_account.spec.sam_account_name = "WEB01";
  auto second_group = group("Other");
  second_group.spec.sam_account_name = "HOSTS";
  const auto plan =
      plan_for(world, desired({group("Hosts"), second_group}, {account("Web01"), second_account}), options);
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0216 HostGroup/Other", "GMSA0216 GMSA/Other"));
  EXPECT_THAT(plan.diagnostics[1].detail, HasSubstr("GMSA/Other and GMSA/Web01 both match CN=Web01"));
  EXPECT_THAT(actions(plan), ElementsAre("adopt HostGroup/Hosts", "adopt GMSA/Web01"));
}

TEST(PlanNames, an_organizational_unit_is_not_planned_below_a_container) {
  FakeWorld world;
  auto web = account("Web01");
  web.spec.path = fakes::dn("OU=Web,CN=Svc,DC=contoso,DC=com");
  auto wanted = desired({}, {web});
  wanted.environment.create_paths = true;
  EXPECT_THAT(findings(plan_for(world, wanted)),
              ElementsAre("GMSA0277 Container/OU=Web,CN=Svc,DC=contoso,DC=com"));
  web.spec.path = fakes::dn("CN=Web,OU=Svc,DC=contoso,DC=com");
  wanted.accounts = {web};
  EXPECT_THAT(findings(plan_for(world, wanted)), IsEmpty());
}

model::Desired in_new_paths(bool create_paths) {
  auto web = account("Web01");
  web.spec.path = fakes::dn("OU=Web,OU=Svc,DC=contoso,DC=com");
  auto second = account("Web02");
  second.spec.path = fakes::dn("ou=web,OU=SVC,DC=contoso,DC=com");
  auto hosts = group("Hosts");
  hosts.spec.path = fakes::dn("OU=svc,DC=contoso,DC=com");
  auto wanted = desired({hosts}, {second, web});
  wanted.environment.create_paths = create_paths;
  return wanted;
}

TEST(PlanContainers, a_missing_one_is_an_error_without_create_paths) {
  FakeWorld world;
  const auto plan = plan_for(world, in_new_paths(false));
  EXPECT_THAT(findings(plan),
              UnorderedElementsAre("GMSA0208 HostGroup/Hosts", "GMSA0208 GMSA/Web01", "GMSA0208 GMSA/Web02"));
}

TEST(PlanContainers, missing_ones_are_created_once_outermost_first) {
  FakeWorld world;
  const auto plan = plan_for(world, in_new_paths(true));
  EXPECT_THAT(findings(plan), IsEmpty());
  ASSERT_EQ(plan.changes.size(), 5U);
  const auto& outer = plan.changes[0];
  const auto& inner = plan.changes[1];
  EXPECT_EQ(outer.dn, fakes::dn("OU=Svc,DC=contoso,DC=com"));
  EXPECT_EQ(inner.dn, fakes::dn("OU=Web,OU=Svc,DC=contoso,DC=com"));
  EXPECT_THAT(inner.requires_, ElementsAre(outer.id));
  EXPECT_THAT(change_of(plan, "HostGroup/Hosts").requires_, ElementsAre(outer.id));
  EXPECT_THAT(change_of(plan, "GMSA/Web01").requires_, ElementsAre(inner.id));
  EXPECT_THAT(change_of(plan, "GMSA/Web02").requires_, ElementsAre(inner.id)) << "written in another case";
}

TEST(PlanContainers, one_that_nothing_planned_needs_is_not_created) {
  FakeWorld world;
  const auto plan = plan_for(world, in_new_paths(true), {{{"HostGroup/*"}, {}, {}}});
  ASSERT_EQ(plan.changes.size(), 2U);
  EXPECT_EQ(plan.changes[0].dn, fakes::dn("OU=Svc,DC=contoso,DC=com"));
}

TEST(PlanContainers, those_of_accounts_that_wait_for_the_key_are_not_created) {
  FakeWorld world;
  world.facts.kds_root_keys = model::Absent{};
  auto wanted = in_new_paths(true);
  wanted.environment.create_kds_root_key = true;
  const auto plan = plan_for(world, wanted);
  EXPECT_EQ(plan.changes.size(), 3U) << "the key, one container, one group";
}

}  // namespace
}  // namespace gmsactl
