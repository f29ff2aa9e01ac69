// One change that another needs although neither reads what the other writes: ways to read a password that
// move from a grant into a group and back, and SPNs and names that are given up for somebody.
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::group;
using fakes::group_ref;
using fakes::named;

/// Web01, which both hosts may read, and the group Nodes, which is empty.
struct Moving {
  FakeWorld world;
  std::vector<model::PrincipalRef> hosts{named("NODE1"), named("NODE2")};

  Moving() {
    std::vector<model::Sid> sids;
    for (const auto* name : {"NODE1", "NODE2"}) sids.push_back(world.add_computer(name).principal.id.sid);
    world.add_group("Nodes");
    world.add_account("Web01").group_msa_membership = descriptor(sids);
  }
  model::Desired into_the_group(std::vector<model::PrincipalRef> members) const {
    return desired({group("Nodes", std::move(members))}, {account("Web01", {group_ref("Nodes")})});
  }
};

TEST(PlanDependences, readers_that_move_into_a_group_keep_their_grant_until_they_are_in_it) {
  Moving moving;
  const auto plan = plan_for(moving.world, moving.into_the_group(moving.hosts));
  ASSERT_THAT(actions(plan), ElementsAre("update HostGroup/Nodes", "update GMSA/Web01"));
  EXPECT_THAT(addresses(plan.changes[1].requires_), ElementsAre("HostGroup/Nodes"));
  EXPECT_THAT(findings(plan), IsEmpty());
}

TEST(PlanDependences, they_keep_it_where_the_group_is_left_as_it_is) {
  Moving moving;
  auto members = moving.hosts;
  members.push_back(named("GONE"));
  const auto plan = plan_for(moving.world, moving.into_the_group(members));
  EXPECT_TRUE(plan.empty());
  EXPECT_THAT(unreadable(plan), UnorderedElementsAre("HostGroup/Nodes", "GMSA/Web01"));
}

TEST(PlanDependences, a_group_in_between_counts_too) {
  Moving moving;
  moving.world.add_group("All");
  auto members = moving.hosts;
  members.push_back(named("GONE"));
  const auto plan =
      plan_for(moving.world, desired({group("Nodes", members), group("All", {group_ref("Nodes")})},
                                     {account("Web01", {group_ref("All")})}));
  EXPECT_THAT(actions(plan), ElementsAre("update HostGroup/All"));
  EXPECT_THAT(unreadable(plan), UnorderedElementsAre("HostGroup/Nodes", "GMSA/Web01"));
}

TEST(PlanDependences, a_group_that_is_left_out_is_missed) {
  Moving moving;
  plan::Options options;
  options.excludes = {"HostGroup/Nodes"};
  auto plan = plan_for(moving.world, moving.into_the_group(moving.hosts), options);
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0217 GMSA/Web01", "GMSA0327 GMSA/Web01"));
  EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("NODE1$, NODE2$"));
  // Where they are in it already, nothing is missed.
  for (auto& [guid, object] : moving.world.objects)
    moving.world.find_group("Nodes")->members.push_back(object.principal.id.dn.text());
  plan = plan_for(moving.world, moving.into_the_group(moving.hosts), options);
  EXPECT_THAT(actions(plan), ElementsAre("update GMSA/Web01"));
  EXPECT_THAT(findings(plan), IsEmpty());
}

TEST(PlanDependences, members_that_become_readers_leave_the_group_afterwards) {
  FakeWorld world;
  const auto& host = world.add_computer("NODE1").principal.id;
  auto& nodes = world.add_group("Nodes");
  nodes.members = {host.dn.text()};
  world.add_account("Web01").group_msa_membership = descriptor({nodes.id.sid});
  auto wanted = desired({group("Nodes")}, {account("Web01", {named("NODE1"), group_ref("Nodes")})});
  wanted.host_groups[0].spec.members.emplace();
  auto plan = plan_for(world, wanted);
  ASSERT_THAT(actions(plan), ElementsAre("update GMSA/Web01", "update HostGroup/Nodes"));
  EXPECT_THAT(addresses(plan.changes[1].requires_), ElementsAre("GMSA/Web01"));

  wanted.accounts[0].spec.principals.push_back(named("GONE"));
  plan = plan_for(world, wanted);
  EXPECT_TRUE(plan.empty());
  EXPECT_THAT(unreadable(plan), UnorderedElementsAre("HostGroup/Nodes", "GMSA/Web01"));
}

/// Each of these groups has one host, which the next is to have, and Web01 reads through all of them.
struct Rotating {
  FakeWorld world;
  std::vector<std::string> groups{"Blue", "Green", "Red"};
  std::vector<std::string> hosts{"NODE1", "NODE2", "NODE3"};
  model::Desired wanted;

  explicit Rotating(size_t count) {
    groups.resize(count);
    hosts.resize(count);
    std::vector<model::Sid> sids;
    std::vector<model::Declaration<model::HostGroup>> declared;
    std::vector<model::PrincipalRef> readers;
    for (size_t i = 0; i < count; ++i) {
      auto& live = world.add_group(groups[i]);
      live.members = {world.add_computer(hosts[i]).principal.id.dn.text()};
      sids.push_back(live.id.sid);
      declared.push_back(group(groups[i], {named(hosts[(i + 1) % count])}));
      readers.push_back(group_ref(groups[i]));
    }
    world.add_account("Web01").group_msa_membership = descriptor(sids);
    wanted = desired(std::move(declared), {account("Web01", readers)});
  }

  /// Who is in some group.
  std::set<std::string> reading() const {
    std::set<std::string> members;
    for (const auto& [guid, live] : world.groups) members.insert(live.members.begin(), live.members.end());
    return members;
  }
};

TEST(PlanDependences, hosts_that_change_places_between_groups_are_always_in_one) {
  for (const size_t count : {size_t{2}, size_t{3}}) {
    SCOPED_TRACE(count);
    Rotating rotating(count);
    auto& world = rotating.world;
    const auto plan = plan_for(world, rotating.wanted);
    EXPECT_THAT(findings(plan), IsEmpty());
    ASSERT_THAT(plan.changes, testing::SizeIs(count));
    // In the plan's order, and after each step the run may end.
    for (const auto& change : plan.changes) {
      ASSERT_EQ(world.apply(change).outcome, model::Outcome::applied);
      EXPECT_THAT(rotating.reading(), testing::SizeIs(count)) << "after " << model::address(change.id);
    }
    EXPECT_TRUE(plan_for(world, rotating.wanted).empty());
    // The order is not by chance: each but the first requires the one before.
    for (size_t i = 1; i < count; ++i)
      EXPECT_THAT(addresses(plan.changes[i].requires_),
                  testing::Contains(model::address(plan.changes[i - 1].id)));
  }
}

TEST(PlanDependences, a_run_that_ends_while_hosts_change_places_is_gone_on_with) {
  Rotating rotating(2);
  auto& world = rotating.world;
  world.dies_after_stepping_aside = true;
  EXPECT_NE(world.apply(plan_for(world, rotating.wanted).changes[0]).outcome, model::Outcome::applied);
  EXPECT_THAT(rotating.reading(), testing::SizeIs(2));
  world.dies_after_stepping_aside = false;
  const auto rest = plan_for(world, rotating.wanted);
  EXPECT_THAT(findings(rest), IsEmpty());
  for (const auto& change : rest.changes) {
    ASSERT_EQ(world.apply(change).outcome, model::Outcome::applied);
    EXPECT_THAT(rotating.reading(), testing::SizeIs(2));
  }
  EXPECT_TRUE(plan_for(world, rotating.wanted).empty());
}

TEST(PlanDependences, a_grant_and_a_group_that_change_hosts_keep_them_too) {
  FakeWorld world;
  const auto& direct = world.add_computer("NODE1").principal.id;
  const auto direct_dn = direct.dn.text();
  const auto direct_sid = direct.sid;
  auto& nodes = world.add_group("Nodes");
  nodes.members = {world.add_computer("NODE2").principal.id.dn.text()};
  world.add_account("Web01").group_msa_membership = descriptor({direct_sid, nodes.id.sid});
  const auto wanted =
      desired({group("Nodes", {named("NODE1")})}, {account("Web01", {named("NODE2"), group_ref("Nodes")})});
  const auto plan = plan_for(world, wanted);
  ASSERT_THAT(actions(plan), ElementsAre("update GMSA/Web01", "update HostGroup/Nodes"));
  ASSERT_EQ(world.apply(plan.changes[0]).outcome, model::Outcome::applied);
  EXPECT_THAT(world.find_group("Nodes")->members, testing::Contains(direct_dn)) << "before its grant went";
  ASSERT_EQ(world.apply(plan.changes[1]).outcome, model::Outcome::applied);
  EXPECT_TRUE(plan_for(world, wanted).empty());
}

TEST(PlanDependences, groups_that_swap_hosts_are_withheld_together) {
  Rotating rotating(2);
  rotating.wanted.host_groups[0].spec.members->push_back(named("GONE"));
  EXPECT_THAT(unreadable(plan_for(rotating.world, rotating.wanted)),
              UnorderedElementsAre("HostGroup/Blue", "HostGroup/Green"));
}

/// A has http/shop, which B is to have.
struct HandingOver {
  FakeWorld world;
  model::Desired wanted = desired({}, {account("A"), account("B")});

  HandingOver() {
    world.add_account("A").service_principal_names.emplace_back("http/shop.contoso.com");
    world.add_account("B");
    wanted.accounts[1].spec.service_principal_names.push_back({"http/shop.contoso.com", {}});
  }
};

TEST(PlanDependences, an_spn_is_kept_while_its_taker_is_left_as_it_is) {
  HandingOver handing;
  ASSERT_THAT(actions(plan_for(handing.world, handing.wanted)),
              ElementsAre("update GMSA/A", "update GMSA/B"));
  handing.wanted.accounts[1].spec.principals = {named("GONE")};
  const auto plan = plan_for(handing.world, handing.wanted);
  EXPECT_TRUE(plan.empty());
  EXPECT_THAT(unreadable(plan), UnorderedElementsAre("GMSA/A", "GMSA/B"));
}

TEST(PlanDependences, so_is_one_that_means_the_same_service) {
  HandingOver handing;
  auto& held = handing.world.find_account("A")->service_principal_names;
  held.back() = "host/shop.contoso.com";
  handing.wanted.accounts[1].spec.principals = {named("GONE")};
  EXPECT_THAT(unreadable(plan_for(handing.world, handing.wanted)), UnorderedElementsAre("GMSA/A", "GMSA/B"));
}

TEST(PlanDependences, who_gives_up_an_spn_waits_for_what_its_taker_waits_for) {
  HandingOver handing;
  handing.wanted.host_groups.push_back(group("New"));
  handing.wanted.accounts[1].spec.principals = {group_ref("New")};
  const auto plan = plan_for(handing.world, handing.wanted);
  ASSERT_THAT(actions(plan), ElementsAre("create HostGroup/New", "update GMSA/A", "update GMSA/B"));
  EXPECT_THAT(addresses(change_of(plan, "GMSA/A").requires_), ElementsAre("HostGroup/New"));
}

TEST(PlanDependences, a_name_is_kept_while_its_taker_is_left_as_it_is) {
  FakeWorld world;
  world.add_account("Old");
  auto wanted = desired({}, {account("Old"), account("New", {named("GONE")})});
  wanted.accounts[0].spec.sam_account_name = "Retired";
  wanted.accounts[1].spec.sam_account_name = "Old";
  const auto plan = plan_for(world, wanted);
  EXPECT_TRUE(plan.empty());
  EXPECT_THAT(unreadable(plan), UnorderedElementsAre("GMSA/Old", "GMSA/New"));
}

}  // namespace
}  // namespace gmsactl
