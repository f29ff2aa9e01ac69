// Environments of one run that meet in one domain, and names and SPNs that change hands in and between them.
#include "tests/unit/engine/plan/together.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::FakeWorld;
using fakes::located;
using model::Desired;
using model::Outcome;

// --- one environment ------------------------------------------------------------------------------------

TEST(Handover, a_name_is_given_up_before_it_is_taken) {
  FakeWorld world;
  world.add_account("x").marker = fakes::marker(model::Kind::gmsa, "A").text();
  auto a = account("A");
  a.spec.sam_account_name = "z";
  auto b = account("B");
  b.spec.sam_account_name = "x";
  b.spec.service_principal_names = located({"host/x"});
  const auto plan = plan_for(world, fakes::desired({}, {b, a}));
  EXPECT_THAT(findings(plan), testing::Not(testing::Contains(HasSubstr("GMSA0207"))));
  EXPECT_THAT(actions(plan), ElementsAre("update GMSA/A", "create GMSA/B"));
  EXPECT_THAT(addresses(change_of(plan, "GMSA/B").requires_), testing::Contains("GMSA/A"));
  for (const auto& change : plan.changes) EXPECT_EQ(world.apply(change).outcome, Outcome::applied);
  EXPECT_THAT(actions(plan_for(world, fakes::desired({}, {b, a}))), IsEmpty());
}

struct Swap {
  FakeWorld world;
  Desired wanted;
  Swap() {
    world.add_account("A");
    world.add_account("B");
    auto a = account("A");
    auto b = account("B");
    std::swap(a.spec.sam_account_name, b.spec.sam_account_name);
    std::swap(a.spec.dns_host_name, b.spec.dns_host_name);
    std::swap(a.spec.service_principal_names, b.spec.service_principal_names);
    wanted = fakes::desired({}, {a, b});
  }
};

TEST(Handover, a_swap_goes_through_a_temporary_name) {
  Swap swap;
  const auto plan = plan_for(swap.world, swap.wanted);
  ASSERT_FALSE(has_errors(plan.diagnostics));
  ASSERT_THAT(actions(plan), ElementsAre("update GMSA/B", "update GMSA/A"));
  ASSERT_EQ(plan.changes[0].set_aside.size(), 1U);
  const auto& step = plan.changes[0].set_aside[0];
  EXPECT_EQ(model::address(step.id), "GMSA/A");
  EXPECT_EQ(step.sam_account_name, "A$");
  EXPECT_LE(step.temporary_name.size(), 16U);
  EXPECT_THAT(step.service_principal_names, UnorderedElementsAre("host/A", "host/a.contoso.com"));
  for (const auto& change : plan.changes) {
    const auto result = swap.world.apply(change);
    ASSERT_EQ(result.outcome, Outcome::applied) << result.error->message;
  }
  EXPECT_THAT(actions(plan_for(swap.world, swap.wanted)), IsEmpty());
}

TEST(Handover, a_run_that_ends_in_the_middle_of_a_swap_is_resumed) {
  Swap swap;
  swap.world.dies_after_stepping_aside = true;
  const auto first = plan_for(swap.world, swap.wanted);
  EXPECT_EQ(swap.world.apply(first.changes[0]).outcome, Outcome::failed);
  ASSERT_EQ(swap.world.find_account("A"), nullptr) << "it has its temporary name";
  swap.world.dies_after_stepping_aside = false;
  const auto plan = plan_for(swap.world, swap.wanted);
  ASSERT_FALSE(has_errors(plan.diagnostics));
  for (const auto& change : plan.changes) EXPECT_EQ(swap.world.apply(change).outcome, Outcome::applied);
  EXPECT_THAT(actions(plan_for(swap.world, swap.wanted)), IsEmpty());
}

TEST(Handover, what_is_not_ours_yet_never_gets_a_temporary_name) {
  Swap swap;
  for (auto& [guid, live] : swap.world.accounts) live.marker.reset();
  // Nobody but the marker says which is which.
  plan::Options options;
  options.adopt = true;
  for (const auto& change : plan_for(swap.world, swap.wanted, options).changes)
    EXPECT_THAT(change.set_aside, IsEmpty());
}

TEST(Handover, a_name_that_nobody_gives_up_is_refused) {
  FakeWorld world;
  world.add_account("A");
  auto b = account("B");
  b.spec.sam_account_name = "A";
  b.spec.service_principal_names = located({"http/b"});
  auto a = account("A");
  a.spec.description = "and keeps its name";
  const auto plan = plan_for(world, environment("test", {}, {b, a}));
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0207 GMSA/B"));
  EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("which is GMSA/A"));
  EXPECT_THAT(actions(plan), ElementsAre("update GMSA/A"));
}

TEST(Handover, spns_that_the_server_would_turn_into_those_of_others_go_first) {
  FakeWorld world;
  world.add_account("A").service_principal_names.emplace_back("http/a.contoso.com");
  world.add_account("B");
  auto a = account("A");
  a.spec.dns_host_name = "new.contoso.com";
  a.spec.service_principal_names = located({"host/A", "host/new.contoso.com"});
  auto b = account("B");
  for (const auto& spn : located({"http/new.contoso.com"})) b.spec.service_principal_names.push_back(spn);
  const auto wanted = fakes::desired({}, {a, b});
  const auto plan = plan_for(world, wanted);
  // host/new… and http/new… of two accounts are one service, which is refused; without aliases it is not.
  EXPECT_TRUE(has_errors(plan.diagnostics));
  world.facts.spn_mappings = {};
  const auto allowed = plan_for(world, wanted);
  ASSERT_FALSE(has_errors(allowed.diagnostics));
  ASSERT_THAT(change_of(allowed, "GMSA/A").set_aside, testing::SizeIs(1));
  for (const auto& change : allowed.changes) {
    const auto result = world.apply(change);
    EXPECT_EQ(result.outcome, Outcome::applied) << result.error->message;
  }
}

// --- several environments -------------------------------------------------------------------------------

TEST(World, one_spn_or_alias_of_two_environments_is_refused) {
  for (const std::string_view second : {"http/web", "host/web", "www/web"}) {
    FakeWorld world;
    auto a = account("A");
    a.spec.service_principal_names = located({second == "www/web" ? "host/web" : "http/web"});
    auto b = account("B");
    b.spec.service_principal_names = located({second});
    std::vector<Desired> environments{environment("test", {}, {a}), environment("two", {}, {b})};
    Together run{world, environments};
    run.plan();
    EXPECT_THAT(findings(run.plans[1]), testing::Contains("GMSA0278 GMSA/B")) << second;
  }
}

TEST(World, one_object_or_place_of_two_environments_is_refused) {
  FakeWorld world;
  world.add_account("A").marker.reset();
  std::vector<Desired> environments{environment("test", {}, {account("A")}),
                                    environment("two", {}, {account("A")})};
  Together run{world, environments};
  run.options.adopt = true;
  run.plan();
  EXPECT_THAT(findings(run.plans[1]), testing::Contains("GMSA0278 GMSA/A"));
}

TEST(World, what_one_environment_frees_another_takes_in_the_next_run) {
  FakeWorld world;
  world.add_account("A").service_principal_names.emplace_back("http/web");
  auto b = account("B");
  b.spec.service_principal_names.push_back({"http/web", {}});
  std::vector<Desired> environments{environment("test", {}, {account("A")}), environment("two", {}, {b})};
  Together run{world, environments};
  run.plan();
  ASSERT_THAT(findings(run.plans[1]), ElementsAre("GMSA0279 GMSA/B"));
  EXPECT_THAT(run.plans[1].diagnostics[0].hint, HasSubstr("Apply environment test first"));
  for (const auto& change : run.plans[0].changes) world.apply(change);
  run.plan();
  EXPECT_FALSE(run.refused()) << run.errors();
}

TEST(World, names_handed_over_between_environments_say_the_order) {
  FakeWorld world;
  world.add_account("x").marker = fakes::marker(model::Kind::gmsa, "A").text();
  auto a = account("A");
  a.spec.sam_account_name = "z";
  auto b = account("B");
  b.spec.sam_account_name = "x";
  std::vector<Desired> environments{environment("two", {}, {b}), environment("test", {}, {a})};
  Together run{world, environments};
  run.plan();
  EXPECT_THAT(findings(run.plans[0]), testing::Contains("GMSA0279 GMSA/B"));
  EXPECT_THAT(findings(run.plans[0]), testing::Not(testing::Contains("GMSA0207 GMSA/B")));
}

TEST(World, what_one_environment_deletes_another_may_still_name) {
  FakeWorld world;
  world.add_group("Old");
  auto b = account("B", {fakes::named("Old")});
  std::vector<Desired> environments{environment("test", {fakes::group("New")}, {}),
                                    environment("two", {}, {b})};
  Together run{world, environments};
  run.options.prune = true;
  run.options.allow_deletes = 5;
  run.plan();
  EXPECT_THAT(findings(run.plans[0]), testing::Contains("GMSA0310 HostGroup/Old"));
}

}  // namespace
}  // namespace gmsactl
