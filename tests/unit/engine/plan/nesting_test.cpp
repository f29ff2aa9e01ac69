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
  const auto plan = plan_for(world, desired({wanted}, {}));
  EXPECT_THAT(findings(plan), IsEmpty());
  EXPECT_TRUE(std::get<model::GroupChange>(plan.changes.at(0).detail).members_first)
      << "it goes, but stands there when the new scope is judged";
}

/// Groups of one plan in each other: as they are, and as they are to be.
struct Nest {
  FakeWorld world;
  model::Desired wanted;
  std::map<std::string, uint32_t> types;

  void group(const std::string& name, uint32_t before, GroupScope after, std::vector<std::string> in_before,
             std::vector<std::string> in_after) {
    auto& live = world.add_group(name);
    live.group_type = before;
    for (const auto& one : in_before) live.members.push_back(world.find_group(one)->id.dn.text());
    auto declared = fakes::group(name);
    declared.spec.scope = after;
    for (const auto& one : in_after) declared.spec.members->push_back(fakes::group_ref(one));
    wanted.host_groups.push_back(std::move(declared));
  }

  /// Whether a controller that judges each request by what is there allows every step of the plan.
  void expect_allowed() {
    plan::Options options;
    options.allow_deletes = 99;
    wanted = fakes::desired(std::move(wanted.host_groups), {});
    const auto plan = plan_for(world, wanted, options);
    for (const auto& one : plan.diagnostics) ADD_FAILURE() << one.code << ' ' << one.detail;
    expect_valid("before");
    for (const auto& change : plan.changes) {
      const auto& detail = std::get<model::GroupChange>(change.detail);
      if (!detail.members_first) {
        // All of it is one request, or one after the scope between: the members that go count.
        const auto live = *world.find_group(change.id.name);
        world.find_group(change.id.name)->group_type = detail.group_type;
        expect_valid(change.id.name + " before its members go");
        world.find_group(change.id.name)->group_type = live.group_type;
      }
      EXPECT_EQ(world.apply(change).outcome, model::Outcome::applied);
      expect_valid(change.id.name);
    }
    EXPECT_THAT(actions(plan_for(world, wanted, options)), IsEmpty());
  }

  void expect_valid(const std::string& when) {
    const auto has = [](const model::LiveGroup& group, const model::LiveGroup& member) {
      return std::find(group.members.begin(), group.members.end(), member.id.dn.text()) !=
             group.members.end();
    };
    for (const auto& [guid, group] : world.groups)
      for (const auto& [other, member] : world.groups)
        EXPECT_TRUE(!has(group, member) || may_contain(group.group_type, member.group_type))
            << when << ": " << group.sam_account_name << " contains " << member.sam_account_name;
  }

  static bool may_contain(uint32_t group, uint32_t member) {
    if ((group & 4U) != 0) return true;                // DomainLocal
    if ((group & 2U) != 0) return (member & 2U) != 0;  // Global
    return (member & 4U) == 0;                         // Universal
  }
};

TEST(Nesting, memberships_and_scopes_change_in_an_order_in_which_each_step_is_allowed) {
  constexpr std::array<std::pair<uint32_t, GroupScope>, 3> scopes{{{domain_local, GroupScope::domain_local},
                                                                   {global, GroupScope::global},
                                                                   {universal, GroupScope::universal}}};
  size_t tried = 0;
  for (const auto& inner_before : scopes)
    for (const auto& outer_before : scopes)
      for (const auto& inner_after : scopes)
        for (const auto& outer_after : scopes)
          for (const bool before : {false, true})
            for (const bool after : {false, true}) {
              if (before && !Nest::may_contain(outer_before.first, inner_before.first)) continue;
              if (after && !Nest::may_contain(outer_after.first, inner_after.first)) continue;
              SCOPED_TRACE(std::to_string(tried));
              // In both orders of declaration.
              for (const bool swapped : {false, true}) {
                Nest nest;
                nest.group("Inner", inner_before.first, inner_after.second, {}, {});
                nest.group("Outer", outer_before.first, outer_after.second,
                           before ? std::vector<std::string>{"Inner"} : std::vector<std::string>{},
                           after ? std::vector<std::string>{"Inner"} : std::vector<std::string>{});
                if (swapped) std::swap(nest.wanted.host_groups[0], nest.wanted.host_groups[1]);
                nest.expect_allowed();
              }
              ++tried;
              if (testing::Test::HasFailure()) return;
            }
  EXPECT_GT(tried, 100u);
}

TEST(Nesting, a_group_that_leaves_another_waits_for_that) {
  FakeWorld world;
  auto& live = world.add_group("Web");
  live.group_type = global;
  auto& around = world.add_group("Around");
  around.group_type = global;
  around.members = {live.id.dn.text()};
  auto outer = group("Around");
  outer.spec.scope = GroupScope::global;
  const auto wanted = desired({declared(GroupScope::universal, {}), outer}, {});
  const auto plan = plan_for(world, wanted);
  EXPECT_THAT(findings(plan), IsEmpty());
  EXPECT_THAT(actions(plan), ElementsAre("update HostGroup/Around", "update HostGroup/Web"));
  plan::Options only;
  only.targets = {"HostGroup/Web"};
  EXPECT_THAT(findings(plan_for(world, wanted, only)), ElementsAre("GMSA0265 HostGroup/Web"))
      << "which is not planned here";
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
