// Who may be in a group by the scopes of both, and who is one and the same member.
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::desired;
using fakes::FakeWorld;
using fakes::group;
using fakes::named;
using model::GroupScope;

constexpr uint32_t security = 0x80000000;
constexpr uint32_t global = security | 2;
constexpr uint32_t domain_local = security | 4;
constexpr uint32_t universal = security | 8;
constexpr uint32_t builtin = security | 5;

/// A group that nobody declares, in contoso.com or elsewhere.
fakes::FakeObject& live_group(FakeWorld& world, std::string_view name, uint32_t type,
                              std::string_view domain = "DC=contoso,DC=com") {
  auto& object =
      world.add_object(name, "CN=" + std::string(name) + ",OU=Groups," + std::string(domain), "group");
  object.principal.group_type = type;
  return object;
}

model::Declaration<model::HostGroup> declared(GroupScope scope, std::vector<std::string_view> members) {
  auto one = group("Web");
  one.spec.scope = scope;
  one.spec.members.emplace();
  for (const auto member : members) one.spec.members->push_back(named(member));
  return one;
}

TEST(Nesting, live_groups_go_by_the_rules_of_active_directory) {
  struct Case {
    GroupScope scope;
    uint32_t member;
    bool allowed;
  };
  const Case cases[] = {
      {GroupScope::domain_local, domain_local, true}, {GroupScope::domain_local, global, true},
      {GroupScope::domain_local, universal, true},    {GroupScope::domain_local, builtin, false},
      {GroupScope::global, domain_local, false},      {GroupScope::global, global, true},
      {GroupScope::global, universal, false},         {GroupScope::global, builtin, false},
      {GroupScope::universal, domain_local, false},   {GroupScope::universal, global, true},
      {GroupScope::universal, universal, true},       {GroupScope::universal, builtin, false}};
  for (const auto& one : cases) {
    SCOPED_TRACE(std::string(name(one.scope)) + " contains " + std::to_string(one.member & 0xF));
    FakeWorld world;
    live_group(world, "Other", one.member);
    const auto plan = plan_for(world, desired({declared(one.scope, {"Other"})}, {}));
    if (one.allowed)
      EXPECT_THAT(findings(plan), IsEmpty());
    else
      EXPECT_THAT(findings(plan), ElementsAre("GMSA0265 HostGroup/Web"));
  }
}

TEST(Nesting, computers_are_in_any_group_of_their_domain) {
  for (const auto scope : {GroupScope::domain_local, GroupScope::global, GroupScope::universal}) {
    FakeWorld world;
    world.add_computer("HOST01");
    EXPECT_THAT(findings(plan_for(world, desired({declared(scope, {"HOST01"})}, {}))), IsEmpty());
  }
}

TEST(Nesting, who_is_of_another_domain_or_forest) {
  FakeWorld world;
  const auto emea = model::Sid::parse("S-1-5-21-7-8-9-1104").value();
  world.add_object("EMEA01$", "CN=EMEA01,OU=Hosts,DC=emea,DC=contoso,DC=com", "computer").principal.id.sid =
      emea;
  const auto all = [&](GroupScope scope, std::string_view member) {
    return findings(plan_for(world, desired({declared(scope, {member})}, {})));
  };
  const std::string known = emea.text();
  const std::string unknown = "S-1-5-21-1-1-1-500";
  EXPECT_THAT(all(GroupScope::domain_local, known), IsEmpty());
  EXPECT_THAT(all(GroupScope::universal, known), IsEmpty());
  EXPECT_THAT(all(GroupScope::global, known), ElementsAre("GMSA0265 HostGroup/Web"));
  EXPECT_THAT(all(GroupScope::domain_local, unknown), IsEmpty());
  EXPECT_THAT(all(GroupScope::universal, unknown), ElementsAre("GMSA0265 HostGroup/Web"));
  EXPECT_THAT(all(GroupScope::global, unknown), ElementsAre("GMSA0265 HostGroup/Web"));
  EXPECT_THAT(all(GroupScope::domain_local, "S-1-5-11"), IsEmpty()) << "Authenticated Users";
  EXPECT_THAT(all(GroupScope::domain_local, "S-1-5-32-544"), ElementsAre("GMSA0265 HostGroup/Web"));
}

TEST(Nesting, a_changed_scope_is_judged_by_the_members_that_are_there) {
  FakeWorld world;
  const auto other = live_group(world, "Other", domain_local);
  auto& live = world.add_group("Web");
  live.members = {other.principal.id.dn.text()};
  auto wanted = declared(GroupScope::universal, {});
  wanted.spec.membership = model::Membership::additive;
  EXPECT_THAT(findings(plan_for(world, desired({wanted}, {}))), ElementsAre("GMSA0265 HostGroup/Web"));
  wanted.spec.membership = model::Membership::exact;
  EXPECT_THAT(findings(plan_for(world, desired({wanted}, {}))), ElementsAre("GMSA0265 HostGroup/Web"))
      << "it goes, but stands there when the new scope is judged";
}

TEST(Nesting, a_changed_scope_is_judged_by_the_groups_around) {
  FakeWorld world;
  auto& live = world.add_group("Web");
  live.group_type = global;
  auto& around = world.add_group("Around");
  around.group_type = global;
  around.members = {live.id.dn.text()};
  around.marker.reset();
  const auto plan = plan_for(world, desired({declared(GroupScope::universal, {})}, {}));
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0265 HostGroup/Web"));
  EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("is a member of CN=Around"));
}

TEST(Members, an_account_and_the_object_that_stands_for_it_are_one) {
  FakeWorld world;
  const auto sid = model::Sid::parse("S-1-5-21-7-8-9-1104").value();
  auto& live = world.add_group("Web");
  live.members = {"CN=" + sid.text() + ",CN=ForeignSecurityPrincipals,DC=contoso,DC=com"};
  const auto wanted = desired({declared(GroupScope::domain_local, {sid.text()})}, {});
  EXPECT_THAT(actions(plan_for(world, wanted)), IsEmpty()) << "by its name alone";
  world.add_object("EMEA01$", "CN=EMEA01,OU=Hosts,DC=emea,DC=contoso,DC=com", "computer").principal.id.sid =
      sid;
  EXPECT_THAT(actions(plan_for(world, wanted)), IsEmpty()) << "though the account is known by its own DN";
  world.find_group("Web")->members = {"CN=EMEA01,OU=Hosts,DC=emea,DC=contoso,DC=com"};
  EXPECT_THAT(actions(plan_for(world, wanted)), IsEmpty());
}

TEST(Members, a_name_like_a_sid_elsewhere_stands_for_nobody) {
  FakeWorld world;
  auto& live = world.add_group("Web");
  live.members = {"CN=S-1-5-21-7-8-9-1104,OU=Hosts,DC=contoso,DC=com"};
  const auto plan =
      plan_for(world, desired({declared(GroupScope::domain_local, {"S-1-5-21-7-8-9-1104"})}, {}));
  ASSERT_THAT(actions(plan), ElementsAre("update HostGroup/Web"));
  EXPECT_THAT(field_of(plan.changes[0], "members").added, ElementsAre("S-1-5-21-7-8-9-1104"));
}

TEST(Names, another_spelling_is_no_change) {
  FakeWorld world;
  world.add_group("École");
  world.add_account("web01");
  auto school = group("ÉCOLE");
  auto account = fakes::account("WEB01");
  EXPECT_THAT(actions(plan_for(world, desired({school}, {account}))), IsEmpty());
}

}  // namespace
}  // namespace gmsactl
