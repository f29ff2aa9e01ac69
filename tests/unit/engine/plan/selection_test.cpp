// --target, --exclude, globs, and that the manifests' order decides nothing but the order of what is printed.
#include "engine/base/glob.h"
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::group;
using fakes::group_ref;
using fakes::named;

TEST(Glob, matches_as_a_shell_does_without_case) {
  struct Case {
    std::string_view pattern;
    std::string_view text;
    bool matches;
  };
  const Case cases[] = {{"GMSA/Web01", "GMSA/Web01", true},
                        {"gmsa/web01", "GMSA/Web01", true},
                        {"GMSA/*", "GMSA/Web01", true},
                        {"*01", "GMSA/Web01", true},
                        {"*/*", "GMSA/Web01", true},
                        {"GMSA/Web?1", "GMSA/Web01", true},
                        {"GMSA/Web0?", "GMSA/Web0", false},
                        {"GMSA/Web", "GMSA/Web01", false},
                        {"Web01", "GMSA/Web01", false},
                        {"", "", true},
                        {"", "x", false},
                        {"*", "", true},
                        {"**", "x", true},
                        {"*a*b*c", "xxaxxbxxbxxc", true},
                        {"*a*b*c", "xxaxxcxxb", false},
                        {"?", "*", true},
                        {"a*", "*", false},
                        {"*aab", "aaaaaaaaab", true}};
  for (const auto& one : cases)
    EXPECT_EQ(glob_match(one.pattern, one.text), one.matches) << one.pattern << " on " << one.text;
}

model::Desired estate() {
  return desired({group("All", {group_ref("Web")}), group("Web", {named("HOST01")}), group("Unrelated")},
                 {account("Web01", {group_ref("All")}), account("Db01")});
}

TEST(PlanSelection, a_target_brings_what_it_requires_and_nothing_else) {
  FakeWorld world;
  world.add_computer("HOST01");
  const auto plan = plan_for(world, estate(), {{{"GMSA/Web*"}, {}, {}}});
  EXPECT_THAT(actions(plan),
              ElementsAre("create HostGroup/Web", "create HostGroup/All", "create GMSA/Web01"));
  EXPECT_THAT(findings(plan), IsEmpty());
}

TEST(PlanSelection, a_target_that_matches_nothing_plans_nothing) {
  FakeWorld world;
  world.add_computer("HOST01");
  world.facts.kds_root_keys = model::Absent{};
  auto wanted = estate();
  wanted.environment.create_kds_root_key = true;
  const auto plan = plan_for(world, wanted, {{{""}, {}, {}}});
  EXPECT_THAT(actions(plan), IsEmpty());
  EXPECT_THAT(findings(plan), IsEmpty());
}

TEST(PlanSelection, a_target_brings_the_key) {
  FakeWorld world;
  world.facts.kds_root_keys = model::Absent{};
  auto wanted = estate();
  wanted.environment.create_kds_root_key = true;
  wanted.environment.kds_root_key_effective_immediately = true;
  EXPECT_THAT(actions(plan_for(world, wanted, {{{"GMSA/Db01"}, {}, {}}})),
              ElementsAre("create KdsRootKey/contoso.com", "create GMSA/Db01"));
}

TEST(PlanSelection, what_is_left_out_is_not_counted_as_unchanged) {
  FakeWorld world;
  world.add_computer("HOST01");
  world.add_group("Unrelated");
  EXPECT_THAT(plan_for(world, estate(), {{{"GMSA/Db01"}, {}, {}}}).unchanged, IsEmpty());
  EXPECT_THAT(addresses(plan_for(world, estate(), {{{}, {"GMSA/*"}, {}}}).unchanged),
              ElementsAre("HostGroup/Unrelated"));
}

TEST(PlanSelection, an_exclude_wins_over_a_target) {
  FakeWorld world;
  world.add_computer("HOST01");
  EXPECT_THAT(actions(plan_for(world, estate(), {{{"GMSA/*"}, {"gmsa/web*"}, {}}})),
              ElementsAre("create GMSA/Db01"));
}

TEST(PlanSelection, leaving_out_a_group_that_is_needed_and_absent_is_an_error) {
  FakeWorld world;
  world.add_computer("HOST01");
  const auto plan = plan_for(world, estate(), {{{}, {"HostGroup/All"}, {}}});
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0217 GMSA/Web01"));
  world.add_group("All");
  EXPECT_THAT(findings(plan_for(world, estate(), {{{}, {"HostGroup/All"}, {}}})), IsEmpty());
}

TEST(PlanSelection, the_order_of_declarations_decides_nothing) {
  FakeWorld world;
  world.add_computer("HOST01");
  auto wanted = estate();
  auto first = plan_for(world, wanted);
  std::reverse(wanted.host_groups.begin(), wanted.host_groups.end());
  std::reverse(wanted.accounts.begin(), wanted.accounts.end());
  auto second = plan_for(world, wanted);
  auto left = actions(first);
  auto right = actions(second);
  std::sort(left.begin(), left.end());
  std::sort(right.begin(), right.end());
  EXPECT_EQ(left, right);
  for (const auto& change : first.changes) {
    const auto& other = change_of(second, model::address(change.id));
    EXPECT_EQ(change.fields, other.fields);
    EXPECT_EQ(change.reasons, other.reasons);
    EXPECT_EQ(change.requires_, other.requires_);
  }
}

TEST(PlanSelection, the_same_inputs_give_the_same_plan) {
  FakeWorld world;
  world.add_computer("HOST01");
  const auto first = plan_for(world, estate());
  const auto second = plan_for(world, estate());
  EXPECT_EQ(actions(first), actions(second));
}

TEST(PlanSelection, head_of_the_plan_tells_where_it_is_for) {
  FakeWorld world;
  const auto plan = plan_for(world, desired({}, {}));
  EXPECT_EQ(plan.environment, "test");
  EXPECT_EQ(plan.domain, "contoso.com");
  EXPECT_EQ(plan.domain_sid, fakes::domain_sid().text());
  EXPECT_EQ(plan.server, "dc01.contoso.com");
  EXPECT_TRUE(plan.empty());
}

}  // namespace
}  // namespace gmsactl
