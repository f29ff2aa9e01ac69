// The schedule: order, concurrency, what a failure and an interrupt leave undone. Nothing here waits for time
// to pass: changes meet at gates that the tests open.
#include "engine/apply/applier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <set>

namespace gmsactl {
namespace {

using model::Change;
using model::ChangeResult;
using model::Kind;
using model::Outcome;
using model::Plan;
using testing::Each;
using testing::ElementsAre;

/// A provider in which everything works at once, but for what a test says.
class Recorder : public ports::Provider, public ports::EventSink {
 public:
  std::function<void(const Change&)> during;
  std::map<std::string, Outcome> outcomes;

  Result<model::Observations> observe(const model::Desired&, ports::EventSink&) override {
    return model::Observations{};
  }
  Result<model::LastWrites> last_writes(std::span<const model::Guid>) override { return {}; }
  Result<void> begin_writes() override { return {}; }
  Result<void> flush() override { return {}; }
  ChangeResult apply(const Change& change) override {
    {
      const std::lock_guard lock(mutex);
      for (const auto& id : change.requires_)
        if (!done.contains(id)) early.push_back(model::address(change.id));
      most_at_once = std::max(most_at_once, ++at_once);
      order.push_back(change.id.name);
    }
    if (during) during(change);
    const std::lock_guard lock(mutex);
    --at_once;
    done.insert(change.id);
    const auto outcome = outcomes.find(change.id.name);
    return {change.id,
            change.action,
            outcome == outcomes.end() ? Outcome::applied : outcome->second,
            std::nullopt,
            {}};
  }
  void progress(std::string_view, size_t finished, size_t) override { last_progress = finished; }
  void change_started(const Change&) override { ++started; }
  void change_finished(const Change&, const ChangeResult&) override { ++finished_events; }

  std::mutex mutex;
  std::set<model::ResourceId> done;
  std::vector<std::string> early;  ///< begun before what they require
  std::vector<std::string> order;
  size_t at_once = 0;
  size_t most_at_once = 0;
  size_t last_progress = 0;
  std::atomic<size_t> started{0};
  std::atomic<size_t> finished_events{0};
};

Change change(std::string name, std::vector<std::string> required = {}) {
  Change one;
  one.id = {Kind::gmsa, std::move(name)};
  for (auto& other : required) one.requires_.push_back({Kind::gmsa, std::move(other)});
  one.detail = model::GmsaChange{};
  return one;
}

Plan plan_of(std::vector<Change> changes) {
  Plan plan;
  plan.changes = std::move(changes);
  return plan;
}

std::vector<Outcome> outcomes(const std::vector<ChangeResult>& results) {
  std::vector<Outcome> list;
  for (const auto& result : results) list.push_back(result.outcome);
  return list;
}

std::vector<ChangeResult> run(const Plan& plan, Recorder& recorder, size_t parallelism,
                              std::stop_token stop = {}) {
  auto results = apply::run(plan, recorder, {parallelism}, std::move(stop), recorder);
  EXPECT_EQ(results.size(), plan.changes.size());
  for (size_t i = 0; i < std::min(results.size(), plan.changes.size()); ++i) {
    EXPECT_EQ(results[i].id, plan.changes[i].id);
    EXPECT_EQ(results[i].action, plan.changes[i].action);
  }
  EXPECT_EQ(recorder.started, recorder.finished_events);
  EXPECT_EQ(recorder.last_progress, recorder.finished_events);
  return results;
}

/// Lets nobody past until `count` are there.
class Gate {
 public:
  explicit Gate(size_t count) : missing_(count) {}
  void arrive() {
    std::unique_lock lock(mutex_);
    if (missing_ > 0) --missing_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return missing_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t missing_;
};

TEST(Apply, nothing_to_do_is_done_at_once) {
  Recorder recorder;
  EXPECT_TRUE(run(plan_of({}), recorder, 4).empty());
}

TEST(Apply, one_at_a_time_keeps_the_plans_order) {
  Recorder recorder;
  const auto results = run(plan_of({change("a"), change("b"), change("c", {"a"}), change("d")}), recorder, 1);
  EXPECT_THAT(outcomes(results), Each(Outcome::applied));
  EXPECT_THAT(recorder.order, ElementsAre("a", "b", "c", "d"));
}

TEST(Apply, a_parallelism_of_zero_still_works) {
  Recorder recorder;
  EXPECT_THAT(outcomes(run(plan_of({change("a"), change("b")}), recorder, 0)), Each(Outcome::applied));
  EXPECT_EQ(recorder.most_at_once, 1U);
}

TEST(Apply, independent_changes_run_at_the_same_time) {
  Recorder recorder;
  Gate gate(3);  // opens only when all three are under way
  recorder.during = [&](const Change&) { gate.arrive(); };
  EXPECT_THAT(outcomes(run(plan_of({change("a"), change("b"), change("c")}), recorder, 3)),
              Each(Outcome::applied));
  EXPECT_EQ(recorder.most_at_once, 3U);
}

TEST(Apply, a_failure_skips_what_requires_it_and_nothing_else) {
  for (const auto bad : {Outcome::failed, Outcome::conflict, Outcome::partial}) {
    Recorder recorder;
    recorder.outcomes["b"] = bad;
    const auto results = run(plan_of({change("a"), change("b"), change("c", {"b"}), change("d", {"a", "c"}),
                                      change("e", {"a"}), change("f", {"b", "d"})}),
                             recorder, 4);
    EXPECT_THAT(outcomes(results), ElementsAre(Outcome::applied, bad, Outcome::skipped, Outcome::skipped,
                                               Outcome::applied, Outcome::skipped));
    ASSERT_TRUE(results[2].error.has_value());
    EXPECT_EQ(results[2].error->message, bad == Outcome::partial
                                             ? "it requires GMSA/b, which was applied only in part"
                                             : "it requires GMSA/b, which was not applied");
    EXPECT_EQ(results[2].error->kind, ErrorKind::cancelled);
    EXPECT_EQ(results[3].error->message, "it requires GMSA/c, which was not applied");
  }
}

TEST(Apply, what_another_hand_did_already_counts_as_done) {
  Recorder recorder;
  recorder.outcomes["a"] = Outcome::already_done;
  EXPECT_THAT(outcomes(run(plan_of({change("a"), change("b", {"a"})}), recorder, 2)),
              ElementsAre(Outcome::already_done, Outcome::applied));
}

TEST(Apply, a_stop_lets_those_under_way_finish_and_begins_no_other) {
  Recorder recorder;
  std::stop_source stop;
  Gate gate(2);
  recorder.during = [&](const Change&) {
    gate.arrive();
    stop.request_stop();
  };
  const auto results = run(plan_of({change("a"), change("b"), change("c"), change("d", {"a"})}), recorder, 2,
                           stop.get_token());
  EXPECT_THAT(outcomes(results),
              ElementsAre(Outcome::applied, Outcome::applied, Outcome::stopped, Outcome::stopped));
  EXPECT_EQ(recorder.started, 2U);
}

TEST(Apply, a_stop_wakes_those_who_wait_for_a_requirement) {
  Recorder recorder;
  std::stop_source stop;
  recorder.during = [&](const Change&) { stop.request_stop(); };  // the second worker waits for a meanwhile
  const auto results = run(plan_of({change("a"), change("b", {"a"})}), recorder, 2, stop.get_token());
  EXPECT_THAT(outcomes(results), ElementsAre(Outcome::applied, Outcome::stopped));
}

TEST(Apply, a_stop_before_the_start_begins_nothing) {
  Recorder recorder;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(outcomes(run(plan_of({change("a"), change("b", {"a"})}), recorder, 2, stop.get_token())),
              Each(Outcome::stopped));
  EXPECT_EQ(recorder.started, 0U);
}

TEST(Apply, changes_that_wait_for_each_other_are_skipped_and_nobody_hangs) {
  Recorder recorder;
  const auto results =
      run(plan_of({change("a", {"b"}), change("b", {"a"}), change("c"), change("d", {"b"})}), recorder, 3);
  EXPECT_THAT(outcomes(results),
              ElementsAre(Outcome::skipped, Outcome::skipped, Outcome::applied, Outcome::skipped));
  ASSERT_TRUE(results[0].error.has_value());
  EXPECT_THAT(results[0].error->message, testing::HasSubstr("wait for each other"));
}

TEST(Apply, a_lost_server_is_not_asked_again) {
  Recorder recorder;
  recorder.outcomes["b"] = Outcome::unknown;
  const auto results = run(
      plan_of({change("a"), change("b"), change("c"), change("d", {"c"}), change("e", {"b"})}), recorder, 1);
  EXPECT_THAT(outcomes(results), ElementsAre(Outcome::applied, Outcome::unknown, Outcome::skipped,
                                             Outcome::skipped, Outcome::skipped));
  EXPECT_THAT(results[2].error->message, testing::HasSubstr("the server was lost"));
  EXPECT_EQ(recorder.order, (std::vector<std::string>{"a", "b"}));
}

TEST(Apply, requirements_outside_the_plan_are_met_already) {
  Recorder recorder;
  auto one = change("a");
  one.requires_.push_back({Kind::host_group, "Live"});
  auto results = apply::run(plan_of({one}), recorder, {2}, {}, recorder);
  EXPECT_THAT(outcomes(results), ElementsAre(Outcome::applied));
}

TEST(Apply, random_graphs_keep_every_promise) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](size_t count) {
      return std::uniform_int_distribution<size_t>(0, count - 1)(random);
    };
    Recorder recorder;
    std::vector<Change> changes;
    const size_t count = 1 + below(60);
    for (size_t i = 0; i < count; ++i) {
      std::vector<std::string> required;
      for (size_t n = below(3); n > 0 && i > 0; --n) required.push_back(std::to_string(below(i)));
      changes.push_back(change(std::to_string(i), required));
      if (below(10) == 0) recorder.outcomes[std::to_string(i)] = Outcome::failed;
    }
    const size_t parallelism = 1 + below(8);
    const Plan plan = plan_of(std::move(changes));
    const auto results = run(plan, recorder, parallelism);
    EXPECT_LE(recorder.most_at_once, parallelism);
    EXPECT_TRUE(recorder.early.empty());
    for (size_t i = 0; i < results.size(); ++i) {
      const auto& required = plan.changes[i].requires_;
      const bool blocked = std::any_of(required.begin(), required.end(), [&](const auto& id) {
        return results[std::stoul(id.name)].outcome != Outcome::applied;
      });
      EXPECT_EQ(results[i].outcome == Outcome::skipped, blocked) << i;
    }
  }
}

/// A gives http/shop up for B.
Plan handing_over() {
  using Texts = std::vector<std::string>;
  Change giver;
  giver.id = {Kind::gmsa, "A"};
  giver.fields = {
      {"servicePrincipalNames", Texts{"host/A", "http/shop"}, Texts{"host/A"}, {}, {"http/shop"}, {}}};
  Change taker;
  taker.id = {Kind::gmsa, "B"};
  taker.fields = {{"servicePrincipalNames",
                   Texts{"host/B"},
                   Texts{"HTTP/shop", "host/B", "http/b"},
                   {"HTTP/shop", "http/b"},
                   {},
                   {}}};
  taker.requires_ = {giver.id};
  Plan plan;
  plan.changes = {giver, taker};
  return plan;
}

std::string told(const ChangeResult& result) { return result.error ? result.error->message : ""; }

TEST(Apply, an_spn_that_its_taker_did_not_get_is_said_to_be_registered_by_nobody) {
  const std::string nobody = "registered by nobody now: http/shop, which GMSA/A gave up for it";
  for (const auto outcome : {Outcome::failed, Outcome::conflict, Outcome::partial, Outcome::unknown}) {
    Recorder recorder;
    recorder.outcomes["B"] = outcome;
    const auto results = apply::run(handing_over(), recorder, {}, {}, recorder);
    ASSERT_EQ(results[0].outcome, Outcome::applied);
    EXPECT_EQ(results[1].outcome, outcome);
    const bool certain = outcome == Outcome::failed || outcome == Outcome::conflict;
    EXPECT_THAT(told(results[1]), testing::HasSubstr((certain ? "; " : "perhaps ") + nobody));
    EXPECT_THAT(results[1].error->hint, testing::HasSubstr("Apply again"));
  }
}

TEST(Apply, so_is_one_whose_taker_was_not_begun) {
  Recorder recorder;
  std::stop_source stop;
  recorder.during = [&](const Change&) { stop.request_stop(); };
  const auto results = apply::run(handing_over(), recorder, {}, stop.get_token(), recorder);
  ASSERT_EQ(results[1].outcome, Outcome::stopped);
  EXPECT_THAT(told(results[1]), testing::HasSubstr("it was not begun; registered by nobody now: http/shop"));
}

TEST(Apply, nothing_is_said_of_an_spn_that_somebody_has) {
  Recorder all_well;
  for (const auto& result : apply::run(handing_over(), all_well, {}, {}, all_well))
    EXPECT_EQ(told(result), "");
  Recorder kept;  // the giver has it still
  kept.outcomes["A"] = Outcome::failed;
  for (const auto& result : apply::run(handing_over(), kept, {}, {}, kept))
    EXPECT_THAT(told(result), testing::Not(testing::HasSubstr("nobody")));
  Recorder partly;  // the change that takes it is another one
  auto plan = handing_over();
  plan.changes[1].fields[0].path = "description";
  partly.outcomes["B"] = Outcome::failed;
  EXPECT_EQ(told(apply::run(plan, partly, {}, {}, partly)[1]), "");
}

TEST(Apply, what_stepped_aside_for_a_change_that_failed_then_is_said_too) {
  Recorder recorder;
  recorder.outcomes["B"] = Outcome::partial;
  Change taker;
  taker.id = {Kind::gmsa, "B"};
  model::SetAside step;
  step.id = {Kind::gmsa, "A"};
  step.service_principal_names = {"http/shop"};
  taker.set_aside = {step};
  Plan plan;
  plan.changes = {taker};
  EXPECT_THAT(told(apply::run(plan, recorder, {}, {}, recorder)[0]),
              testing::HasSubstr("perhaps registered by nobody now: http/shop, which GMSA/A gave up for it"));
}

}  // namespace
}  // namespace gmsactl
