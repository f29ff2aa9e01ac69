// Create, update and move of host groups; who is a member.
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::desired;
using fakes::FakeWorld;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using model::FieldValue;
using model::GroupChange;
using model::HostGroup;
using model::LiveGroup;

TEST(PlanGroup, an_absent_group_is_created_with_its_members) {
  FakeWorld world;
  world.add_computer("HOST01");
  const auto plan = plan_for(world, desired({group("Web", {named("HOST01")})}, {}));
  ASSERT_THAT(actions(plan), ElementsAre("create HostGroup/Web"));
  EXPECT_THAT(findings(plan), IsEmpty());
  const auto& change = plan.changes[0];
  EXPECT_THAT(paths(change), ElementsAre("samAccountName", "commonName", "path", "scope", "members"));
  EXPECT_EQ(field_of(change, "scope").after, FieldValue(std::string("DomainLocal")));
  EXPECT_EQ(field_of(change, "members").before, FieldValue{});
  EXPECT_EQ(field_of(change, "members").after, FieldValue(Texts{"HOST01$"}));
  EXPECT_EQ(std::get<GroupChange>(change.detail).group_type, 0x80000004U);
}

struct Case {
  std::string_view path;
  void (*declare)(HostGroup&);
  void (*live)(LiveGroup&);
  FieldValue before;
  FieldValue after;
};

TEST(PlanGroup, every_managed_field_differs_alone) {
  const Case cases[] = {
      {"samAccountName", [](HostGroup& w) { w.sam_account_name = "WebNew"; }, [](LiveGroup&) {},
       std::string("Web"), std::string("WebNew")},
      {"scope", [](HostGroup& w) { w.scope = model::GroupScope::universal; }, [](LiveGroup&) {},
       std::string("DomainLocal"), std::string("Universal")},
      {"scope", [](HostGroup&) {}, [](LiveGroup& l) { l.group_type = 4; },
       std::string("DomainLocal (distribution)"), std::string("DomainLocal")},
      {"description", [](HostGroup& w) { w.description = "new"; }, [](LiveGroup&) {}, {}, std::string("new")},
      {"description",
       [](HostGroup& w) { w.description = ""; },
       [](LiveGroup& l) { l.description = "old"; },
       std::string("old"),
       {}},
      {"members", [](HostGroup& w) { w.members = {named("HOST01")}; }, [](LiveGroup&) {}, Texts{},
       Texts{"HOST01$"}},
      {"members", [](HostGroup&) {}, [](LiveGroup& l) { l.members = {"CN=X,DC=contoso,DC=com"}; }, Texts{"X"},
       Texts{}}};
  for (const auto& one : cases) {
    SCOPED_TRACE(one.path);
    FakeWorld world;
    world.add_computer("HOST01");
    world.add_object("X", "CN=X,DC=contoso,DC=com", "user");
    auto declared = group("Web");
    one.live(world.add_group("Web"));
    one.declare(declared.spec);
    const auto plan = plan_for(world, desired({declared}, {}));
    ASSERT_THAT(actions(plan), ElementsAre("update HostGroup/Web"));
    ASSERT_THAT(paths(plan.changes[0]), ElementsAre(one.path));
    EXPECT_EQ(plan.changes[0].fields[0].before, one.before);
    EXPECT_EQ(plan.changes[0].fields[0].after, one.after);
    EXPECT_THAT(plan.changes[0].reasons, testing::Not(IsEmpty()));
  }
}

TEST(PlanGroup, members_whose_object_is_gone_stay_unless_they_are_to_go) {
  FakeWorld world;
  world.add_computer("HOST01");
  world.add_group("Web").members = {"CN=HOST01,OU=Hosts,DC=contoso,DC=com",
                                    "CN=Gone,OU=Hosts,DC=contoso,DC=com", "CN=Far,DC=fabrikam,DC=com"};
  auto declared = group("Web", {named("HOST01")});
  const auto kept = plan_for(world, desired({declared}, {}));
  EXPECT_THAT(findings(kept), ElementsAre("GMSA0275 HostGroup/Web"));
  EXPECT_THAT(field_of(kept.changes.at(0), "members").removed, ElementsAre("CN=Far,DC=fabrikam,DC=com"))
      << "what lies in another domain is not looked up, and so is not known to be gone";
  declared.spec.keep_orphaned_members = false;
  plan::Options options;
  options.allow_deletes = 9;
  const auto removed = plan_for(world, desired({declared}, {}), options);
  EXPECT_THAT(field_of(removed.changes.at(0), "members").removed,
              ElementsAre("CN=Far,DC=fabrikam,DC=com", "CN=Gone,OU=Hosts,DC=contoso,DC=com"));
}

TEST(PlanGroup, one_deleted_host_keeps_out_what_needs_it_and_every_deletion) {
  FakeWorld world;
  world.add_computer("HOST01");
  world.add_group("Old");
  plan::Options options;
  options.prune = true;
  options.allow_deletes = 5;
  auto web = fakes::account("Web", {fakes::group_ref("New")});
  auto other = fakes::account("Other", {named("HOST01")});
  const auto plan =
      plan_for(world,
               desired({group("New", {named("HOST01"), named("GONE")}), group("Fine", {named("HOST01")})},
                       {web, other}),
               options);
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0201 HostGroup/New"));
  EXPECT_THAT(actions(plan), ElementsAre("create HostGroup/Fine", "create GMSA/Other"));
  EXPECT_THAT(unreadable(plan), UnorderedElementsAre("HostGroup/New", "GMSA/Web", "HostGroup/Old"));
}

TEST(PlanGroup, differences_that_mean_nothing_are_no_changes) {
  FakeWorld world;
  auto& host = world.add_computer("HOST01");
  auto& live = world.add_group("Web");
  live.sam_account_name = "WEB";
  live.description = "somebody's";
  live.group_type |= 1U;
  live.members = {"cn=host01, ou=HOSTS,dc=contoso,dc=com"};
  EXPECT_THAT(actions(plan_for(world, desired({group("Web", {named("host01")})}, {}))), IsEmpty());
  EXPECT_THAT(actions(plan_for(world, desired({group("Web", {named("CONTOSO\\HOST01$")})}, {}))), IsEmpty());
  EXPECT_THAT(actions(plan_for(world, desired({group("Web", {named(host.principal.id.sid.text())})}, {}))),
              IsEmpty());
  EXPECT_THAT(actions(plan_for(world, desired({group("Web", {named(host.principal.id.dn.text())})}, {}))),
              IsEmpty());
}

TEST(PlanGroup, members_that_are_not_managed_stand) {
  FakeWorld world;
  world.add_group("Web").members = {"CN=X,DC=contoso,DC=com"};
  auto declared = group("Web");
  declared.spec.members.reset();
  EXPECT_THAT(actions(plan_for(world, desired({declared}, {}))), IsEmpty());
}

TEST(PlanGroup, additive_membership_removes_nobody) {
  FakeWorld world;
  world.add_computer("HOST01");
  world.add_group("Web").members = {"CN=X,DC=contoso,DC=com"};
  auto declared = group("Web", {named("HOST01")});
  declared.spec.membership = model::Membership::additive;
  const auto plan = plan_for(world, desired({declared}, {}));
  ASSERT_EQ(plan.changes.size(), 1U);
  const auto& detail = std::get<GroupChange>(plan.changes[0].detail);
  EXPECT_THAT(detail.remove, IsEmpty());
  EXPECT_EQ(detail.add.size(), 1U);
  declared.spec.members = std::vector<model::PrincipalRef>{};
  EXPECT_TRUE(plan_for(world, desired({declared}, {})).empty());
}

TEST(PlanGroup, one_principal_named_in_two_ways_is_one_member) {
  FakeWorld world;
  auto& host = world.add_computer("HOST01");
  const auto plan = plan_for(
      world,
      desired({group("Web", {named("HOST01"), named("HOST01$"), named(host.principal.id.sid.text())})}, {}));
  ASSERT_EQ(plan.changes.size(), 1U);
  EXPECT_EQ(std::get<GroupChange>(plan.changes[0].detail).add.size(), 1U);
  EXPECT_THAT(field_of(plan.changes[0], "members").added, ElementsAre("HOST01$"));
}

TEST(PlanGroup, a_principal_of_another_domain_is_recognised_by_the_object_that_stands_for_it) {
  FakeWorld world;
  const std::string foreign = "S-1-5-21-7-8-9-1234";
  world.add_group("Web").members = {"CN=" + foreign + ",CN=ForeignSecurityPrincipals,DC=contoso,DC=com"};
  EXPECT_THAT(actions(plan_for(world, desired({group("Web", {named(foreign)})}, {}))), IsEmpty());
}

TEST(PlanGroup, a_group_of_the_same_plan_goes_first) {
  FakeWorld world;
  const auto plan = plan_for(world, desired({group("Outer", {group_ref("Inner")}), group("Inner")}, {}));
  ASSERT_THAT(actions(plan), ElementsAre("create HostGroup/Inner", "create HostGroup/Outer"));
  EXPECT_THAT(addresses(plan.changes[1].requires_), ElementsAre("HostGroup/Inner"));
  EXPECT_THAT(field_of(plan.changes[1], "members").added, ElementsAre("Inner"));
}

TEST(PlanGroup, a_group_that_exists_is_not_waited_for) {
  FakeWorld world;
  world.add_group("Inner");
  const auto plan = plan_for(world, desired({group("Outer", {group_ref("Inner")}), group("Inner")}, {}));
  ASSERT_THAT(actions(plan), ElementsAre("create HostGroup/Outer"));
  EXPECT_THAT(plan.changes[0].requires_, IsEmpty());
}

TEST(PlanGroup, a_nested_host_group_is_shown_by_its_name) {
  FakeWorld world;
  world.add_computer("HOST01");
  auto& inner = world.add_group("Inner");
  world.add_group("Outer").members = {inner.id.dn.text()};
  const auto plan =
      plan_for(world, desired({group("Outer", {group_ref("Inner"), named("HOST01")}), group("Inner")}, {}));
  ASSERT_THAT(actions(plan), ElementsAre("update HostGroup/Outer"));
  EXPECT_EQ(field_of(plan.changes[0], "members").before, FieldValue(Texts{"Inner"}));
  EXPECT_EQ(field_of(plan.changes[0], "members").after, FieldValue(Texts{"HOST01$", "Inner"}));
}

TEST(PlanGroup, place_and_common_name_move_it) {
  FakeWorld world;
  auto& live = world.add_group("Web");
  world.rename(live.id.guid, fakes::dn("CN=Old,OU=Hosts,DC=contoso,DC=com"));
  const auto plan = plan_for(world, desired({group("Web")}, {}));
  ASSERT_THAT(actions(plan), ElementsAre("move HostGroup/Web"));
  EXPECT_THAT(paths(plan.changes[0]), ElementsAre("path", "commonName"));
}

TEST(PlanGroup, a_move_with_members_is_an_update) {
  FakeWorld world;
  world.add_computer("HOST01");
  auto& live = world.add_group("Web");
  world.rename(live.id.guid, fakes::dn("CN=Web,OU=Hosts,DC=contoso,DC=com"));
  const auto plan = plan_for(world, desired({group("Web", {named("HOST01")})}, {}));
  ASSERT_THAT(actions(plan), ElementsAre("update HostGroup/Web"));
  EXPECT_THAT(paths(plan.changes[0]), ElementsAre("path", "members"));
}

TEST(PlanGroup, members_are_written_under_the_name_that_they_have_before_a_move) {
  FakeWorld world;
  auto& inner = world.add_group("Inner");
  world.add_group("Loses").members = {inner.id.dn.text()};
  auto moved = group("Inner");
  moved.spec.common_name = "Renamed";
  const auto plan =
      plan_for(world, desired({moved, group("Gains", {group_ref("Inner")}), group("Loses")}, {}));
  ASSERT_THAT(actions(plan),
              ElementsAre("create HostGroup/Gains", "update HostGroup/Loses", "move HostGroup/Inner"));
  EXPECT_THAT(addresses(plan.changes[2].requires_), ElementsAre("HostGroup/Gains", "HostGroup/Loses"));
}

TEST(PlanGroup, unknown_and_ambiguous_members_are_errors) {
  FakeWorld world;
  const auto unknown = plan_for(world, desired({group("Web", {named("NOBODY")})}, {}));
  EXPECT_THAT(findings(unknown), ElementsAre("GMSA0201 HostGroup/Web"));
  EXPECT_THAT(unknown.diagnostics[0].detail, HasSubstr("\"NOBODY\""));
  world.add_object("Twice", "CN=A,CN=Users,DC=contoso,DC=com", "user");
  world.add_object("Twice", "CN=B,CN=Users,DC=contoso,DC=com", "user");
  const auto ambiguous = plan_for(world, desired({group("Web", {named("Twice")})}, {}));
  EXPECT_THAT(findings(ambiguous), ElementsAre("GMSA0202 HostGroup/Web"));
  EXPECT_THAT(ambiguous.diagnostics[0].detail, HasSubstr("CN=A,CN=Users,DC=contoso,DC=com (user)"));
}

}  // namespace
}  // namespace gmsactl
