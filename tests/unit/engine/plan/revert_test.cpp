// What has to be declared to take an apply back, and what can't be taken back.
#include "engine/plan/revert.h"

#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using model::ChangeResult;
using model::Outcome;
using testing::Contains;
using testing::Not;

class Revert : public testing::Test {
 protected:
  Revert() {
    for (const auto* host : {"HOST01", "HOST02", "HOST03"}) world.add_computer(host);
    EXPECT_TRUE(bring_about(before()));
  }
  static model::Desired before() {
    auto hosts = group("Hosts", {named("HOST01"), named("HOST02")});
    auto web = account("Web01", {group_ref("Hosts")});
    web.spec.description = "before";
    return desired({hosts}, {web});
  }
  static model::Desired after() {
    auto hosts = group("Hosts", {named("HOST01"), named("HOST03")});
    hosts.spec.scope = model::GroupScope::universal;
    auto web = account("Web01", {named("HOST03")});
    web.spec.description = "after";
    web.spec.enabled = false;
    web.spec.service_principal_names = fakes::located({"host/Web01", "http/fresh"});
    web.protect = true;
    return desired({hosts}, {web, account("New01")});
  }
  /// Remembers what was done, and what came of it.
  bool bring_about(const model::Desired& wanted, const plan::Options& options = {}) {
    const auto plan = plan_for(world, wanted, options);
    done = plan.changes;
    results.clear();
    for (const auto& change : done) results.push_back(world.apply(change));
    return !has_errors(plan.diagnostics) && std::all_of(results.begin(), results.end(), [](const auto& each) {
      return each.outcome == Outcome::applied;
    });
  }
  plan::Reversal reversal() {
    fakes::NoEvents events;
    return plan::reverse(done, results, world.observe(desired({}, {}), events).value());
  }
  /// The plan that undoes it, as the command makes it.
  model::Plan undoing(const plan::Reversal& reversal) {
    auto wanted = desired(reversal.host_groups, reversal.accounts);
    plan::Options options;
    options.removals = reversal.removals;
    options.allow_deletes = 100;
    return plan_for(world, wanted, options);
  }
  static std::vector<std::string> remarks(const plan::Reversal& reversal) {
    std::vector<std::string> all;
    for (const auto& each : reversal.remarks)
      all.push_back(std::string(name(each.severity)) + " " + each.detail);
    return all;
  }

  FakeWorld world;
  std::vector<model::Change> done;
  std::vector<ChangeResult> results;
};

TEST_F(Revert, everything_that_was_changed_is_as_it_was_and_what_was_made_is_gone) {
  ASSERT_TRUE(bring_about(after()));
  const auto reversed = reversal();
  EXPECT_THAT(remarks(reversed), IsEmpty());
  EXPECT_THAT(reversed.removals, ElementsAre("GMSA/New01"));
  const auto plan = undoing(reversed);
  EXPECT_FALSE(has_errors(plan.diagnostics));
  for (const auto& change : plan.changes) EXPECT_EQ(world.apply(change).outcome, Outcome::applied);
  EXPECT_THAT(actions(plan_for(world, before())), IsEmpty());
  EXPECT_EQ(world.find_account("New01"), nullptr);
}

TEST_F(Revert, what_was_not_written_is_not_taken_back) {
  ASSERT_TRUE(bring_about(after()));
  for (auto& result : results) {
    result.outcome = result.id.name == "Hosts" ? Outcome::conflict : Outcome::skipped;
    result.written.clear();
  }
  const auto reversed = reversal();
  EXPECT_THAT(reversed.host_groups, IsEmpty());
  EXPECT_THAT(reversed.accounts, IsEmpty());
  EXPECT_THAT(reversed.removals, IsEmpty());
}

TEST_F(Revert, what_may_have_been_written_or_was_in_part_is) {
  ASSERT_TRUE(bring_about(after()));
  for (auto& result : results)
    result.outcome = result.id.name == "Hosts" ? Outcome::partial : Outcome::unknown;
  for (auto& result : results) result.written = {"something"};
  EXPECT_THAT(actions(undoing(reversal())),
              UnorderedElementsAre("update HostGroup/Hosts", "update GMSA/Web01", "delete GMSA/New01"));
}

TEST_F(Revert, of_what_was_deleted_or_replaced_the_sid_does_not_come_back) {
  plan::Options options;
  options.prune = true;
  options.allow_deletes = 10;
  auto wanted = before();
  wanted.accounts = {account("Other")};
  ASSERT_TRUE(bring_about(wanted, options));
  EXPECT_THAT(remarks(reversal()),
              ElementsAre("error GMSA/Web01 was deleted, and its SID does not come back by itself."));
  options = {};
  options.allow_replace = {"GMSA/Other"};
  wanted.accounts[0].spec.password_interval_days = 7;
  ASSERT_TRUE(bring_about(wanted, options));
  EXPECT_THAT(remarks(reversal()),
              ElementsAre("error GMSA/Other was replaced, and the old SID does not come back."));
}

TEST_F(Revert, what_went_or_is_another_object_since_is_left_alone) {
  ASSERT_TRUE(bring_about(after()));
  world.remove(world.find_account("Web01")->id.guid);
  world.remove(world.find_account("New01")->id.guid);
  auto reversed = reversal();
  EXPECT_THAT(
      remarks(reversed),
      ElementsAre("error GMSA/Web01 is not there any more, or not managed by this environment any more."));
  EXPECT_THAT(reversed.removals, IsEmpty()) << "it is gone already";
  world.add_account("Web01");
  EXPECT_THAT(remarks(reversal()),
              ElementsAre("error GMSA/Web01 is another object now: it was deleted and made again since."));
}

TEST_F(Revert, what_somebody_changed_after_the_apply_is_told) {
  ASSERT_TRUE(bring_about(after()));
  EXPECT_THAT(plan::changed_since(done, undoing(reversal())), IsEmpty());
  world.find_account("Web01")->description = "by somebody else";
  const auto stale = plan::changed_since(done, undoing(reversal()));
  ASSERT_EQ(stale.size(), 1U);
  EXPECT_EQ(stale[0].field, "description");
  EXPECT_EQ(stale[0].planned, model::FieldValue(std::string("after")));
  EXPECT_EQ(stale[0].live, model::FieldValue(std::string("by somebody else")));
}

TEST_F(Revert, a_field_that_the_apply_did_not_touch_stays_as_somebody_set_it) {
  ASSERT_TRUE(bring_about(after()));
  world.find_account("Web01")->display_name = "by somebody else";
  const auto plan = undoing(reversal());
  EXPECT_THAT(paths(change_of(plan, "GMSA/Web01")), Not(Contains("displayName")));
  EXPECT_THAT(plan::changed_since(done, plan), IsEmpty());
}

TEST_F(Revert, a_declaration_gets_its_former_name_back) {
  auto wanted = before();
  auto& hosts = wanted.host_groups[0];
  auto& web = wanted.accounts[0];
  hosts.name = "ShopHosts";
  hosts.spec.common_name = "ShopHosts";
  web.name = "Shop01";  // the sAMAccountName stays, by which the object is known
  web.spec.principals = {group_ref("ShopHosts")};
  web.spec.description = "after";
  const auto guid = world.find_account("Web01")->id.guid;
  ASSERT_TRUE(bring_about(wanted));
  ASSERT_THAT(paths(done[0]), Contains("metadata.name"));
  const auto reversed = reversal();
  EXPECT_THAT(remarks(reversed), IsEmpty());
  const auto plan = undoing(reversed);
  EXPECT_THAT(findings(plan), IsEmpty());
  EXPECT_THAT(plan::changed_since(done, plan), IsEmpty());
  ASSERT_THAT(actions(plan), UnorderedElementsAre("update HostGroup/Hosts", "update GMSA/Web01"));
  const auto renamed_back = change_of(plan, "GMSA/Web01");
  EXPECT_EQ(field_of(renamed_back, "metadata.name").after, model::FieldValue(std::string("Web01")));
  for (const auto& change : plan.changes) EXPECT_EQ(world.apply(change).outcome, Outcome::applied);
  EXPECT_EQ(world.find_account("Web01")->id.guid, guid);
  EXPECT_THAT(actions(plan_for(world, before())), IsEmpty());
  EXPECT_THAT(actions(undoing(reversal())), IsEmpty()) << "taken back once already";
}

TEST_F(Revert, what_somebody_changed_after_a_declaration_got_another_name_is_told) {
  auto wanted = before();
  wanted.accounts[0].name = "Shop01";
  wanted.accounts[0].spec.description = "after";
  ASSERT_TRUE(bring_about(wanted));
  world.find_account("Web01")->description = "by somebody else";
  const auto stale = plan::changed_since(done, undoing(reversal()));
  ASSERT_EQ(stale.size(), 1U);
  EXPECT_EQ(stale[0].field, "description");

  const auto first = done;
  const auto first_results = results;
  wanted.accounts[0].name = "Shop02";
  ASSERT_TRUE(bring_about(wanted)) << "a later apply";
  done = first;
  results = first_results;
  const auto renamed_again = plan::changed_since(done, undoing(reversal()));
  ASSERT_THAT(renamed_again, Contains(testing::Field(&plan::StaleField::field, "metadata.name")));
}

TEST_F(Revert, a_common_name_that_no_declaration_asks_for_does_not_come_back) {
  auto& web = *world.find_account("Web01");
  web.id.dn = web.id.dn.parent().child("CN", "by somebody else");
  ASSERT_TRUE(bring_about(before()));
  ASSERT_THAT(paths(done[0]), ElementsAre("name"));
  EXPECT_THAT(
      remarks(reversal()),
      ElementsAre(HasSubstr("error GMSA/Web01 had a value of name before that no manifest can ask for")));
}

}  // namespace
}  // namespace gmsactl
