// A saved plan against the plan of now: the same, stale, or done already; and what of the manifests it needs.
#include "engine/plan/saved_plan.h"

#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using testing::Contains;
using testing::Not;

class SavedPlan : public testing::Test {
 protected:
  SavedPlan() {
    world.add_computer("HOST01");
    world.add_computer("HOST02");
    world.add_group("Hosts");
    world.add_account("Web01").description = "before";
    auto declared = account("Web01", {group_ref("Hosts")});
    declared.spec.description = "after";
    wanted = desired({group("Hosts", {named("HOST01")})}, {declared, account("New01")});
  }
  model::Plan plan() { return plan_for(world, wanted); }
  plan::SavedCheck check(const model::Plan& saved) { return plan::compare_with_saved(saved, plan()); }
  static std::vector<std::string> stale(const plan::SavedCheck& check) {
    std::vector<std::string> all;
    for (const auto& one : check.stale) all.push_back(model::address(one.id) + " " + one.field);
    return all;
  }

  FakeWorld world;
  model::Desired wanted;
};

TEST_F(SavedPlan, of_a_world_that_stood_still_is_left_to_do_as_a_whole) {
  const auto saved = plan();
  const auto result = check(saved);
  EXPECT_THAT(stale(result), IsEmpty());
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.done, IsEmpty());
  EXPECT_EQ(actions(result.rest), actions(saved));
}

TEST_F(SavedPlan, a_field_that_is_neither_as_read_nor_as_wanted_is_stale_with_both_values) {
  const auto saved = plan();
  world.find_account("Web01")->description = "by somebody else";
  const auto result = check(saved);
  ASSERT_THAT(stale(result), ElementsAre("GMSA/Web01 description"));
  EXPECT_EQ(result.stale[0].planned, model::FieldValue(std::string("before")));
  EXPECT_EQ(result.stale[0].live, model::FieldValue(std::string("by somebody else")));
}

TEST_F(SavedPlan, so_is_a_field_that_was_as_declared_and_is_not_any_more) {
  const auto saved = plan();
  world.find_account("Web01")->dns_host_name = "other.contoso.com";
  EXPECT_THAT(stale(check(saved)), Contains("GMSA/Web01 dnsHostName"));
}

TEST_F(SavedPlan, what_an_earlier_attempt_has_done_is_no_change_by_somebody_else) {
  const auto saved = plan();
  EXPECT_EQ(world.apply(change_of(saved, "HostGroup/Hosts")).outcome, model::Outcome::applied);
  EXPECT_EQ(world.apply(change_of(saved, "GMSA/New01")).outcome, model::Outcome::applied);
  const auto result = check(saved);
  EXPECT_THAT(stale(result), IsEmpty());
  EXPECT_THAT(addresses(result.done), UnorderedElementsAre("HostGroup/Hosts", "GMSA/New01"));
  EXPECT_THAT(actions(result.rest), ElementsAre("update GMSA/Web01"));
}

TEST_F(SavedPlan, an_object_that_came_went_or_was_made_again_is_stale) {
  const auto saved = plan();
  world.add_account("New01").dns_host_name = "other.contoso.com";
  world.remove(world.find_account("Web01")->id.guid);
  auto found = stale(check(saved));
  EXPECT_THAT(found, Contains("GMSA/New01 object"));
  EXPECT_THAT(found, Contains("GMSA/Web01 object"));
  world.add_account("Web01").description = "before";
  EXPECT_THAT(stale(check(saved)), Contains("GMSA/Web01 object")) << "of the same name, with another GUID";
}

TEST_F(SavedPlan, what_it_does_not_touch_may_change) {
  world.add_account("Other").description = "x";
  const auto saved = plan();
  wanted.accounts.push_back(account("Other"));
  wanted.accounts.back().spec.description = "y";
  const auto result = check(saved);
  EXPECT_THAT(stale(result), IsEmpty());
  EXPECT_EQ(actions(result.rest), actions(saved));
}

TEST_F(SavedPlan, another_wish_for_a_field_is_stale_too) {
  const auto saved = plan();
  wanted.accounts[0].spec.description = "after all";
  EXPECT_THAT(stale(check(saved)), ElementsAre("GMSA/Web01 description"));
}

TEST_F(SavedPlan, an_error_that_it_had_not_is_an_error_and_one_about_others_is_none) {
  const auto saved = plan();
  world.add_object("New01$", "CN=New01,OU=x,DC=contoso,DC=com", "computer");
  world.add_object("holder", "CN=holder,OU=x,DC=contoso,DC=com", "computer");
  wanted.accounts.push_back(account("Later", {named("NOBODY")}));
  const auto result = check(saved);
  ASSERT_FALSE(result.errors.empty());
  for (const auto& each : result.errors) EXPECT_EQ(each.address, "GMSA/New01") << each.detail;
}

TEST_F(SavedPlan, what_can_not_be_read_any_more_is_stale_and_not_done) {
  const auto saved = plan();
  world.unreadable.insert("GMSA/Web01");
  const auto result = check(saved);
  EXPECT_THAT(stale(result), ElementsAre("GMSA/Web01 object"));
  EXPECT_THAT(addresses(result.done), Not(Contains("GMSA/Web01")));
}

TEST_F(SavedPlan, carries_the_declarations_that_its_changes_refer_to_directly_or_not) {
  wanted.host_groups.push_back(group("Outer", {group_ref("Hosts")}));
  wanted.host_groups.push_back(group("Unrelated"));
  wanted.accounts[0].spec.principals = {group_ref("Outer")};
  auto all = plan();
  EXPECT_THAT(plan::declarations_behind(wanted, {change_of(all, "GMSA/Web01")}),
              UnorderedElementsAre("GMSA/Web01", "HostGroup/Outer", "HostGroup/Hosts"));
  EXPECT_THAT(plan::declarations_behind(wanted, {change_of(all, "GMSA/New01")}),
              UnorderedElementsAre("GMSA/New01"));
  EXPECT_THAT(plan::declarations_behind(wanted, {}), IsEmpty());
}

}  // namespace
}  // namespace gmsactl
