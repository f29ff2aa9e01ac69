#include "engine/report/events.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "engine/base/text.h"
#include "tests/unit/engine/report/estate.h"
#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

using nlohmann::json;

std::vector<json> lines(const std::string& text) {
  EXPECT_TRUE(text.ends_with('\n'));
  std::vector<json> events;
  for (const auto line : split(text, '\n'))
    if (!line.empty()) events.push_back(json::parse(line));
  return events;
}

std::vector<std::string> types(const std::vector<json>& events) {
  std::vector<std::string> list;
  list.reserve(events.size());
  for (const auto& event : events) list.push_back(event["type"]);
  return list;
}

using Types = std::vector<std::string>;

class Events : public testing::Test {
 protected:
  std::string next_stamp() { return "2026-01-31T12:00:0" + std::to_string(seconds_++) + ".000Z"; }

  int seconds_ = 0;
  std::ostringstream out_;
  EventStream stream_{out_, [this] { return next_stamp(); }};
  model::Plan plan_ = sample::plan();
};

TEST_F(Events, the_first_line_tells_the_versions_and_each_line_its_time) {
  stream_.planned(Command::plan, planned(plan_));
  const auto events = lines(out_.str());
  EXPECT_EQ(types(events), (Types{"version", "planned_change", "planned_change", "change_summary"}));
  EXPECT_EQ(events[0]["formatVersion"], "1.0");
  EXPECT_EQ(events[0]["@timestamp"], "2026-01-31T12:00:00.000Z");
  EXPECT_EQ(events[3]["@timestamp"], "2026-01-31T12:00:03.000Z");
  EXPECT_EQ(events[1]["change"]["address"], "HostGroup/WebApp01Hosts");
  EXPECT_EQ(events[1]["@message"],
            "create HostGroup/WebApp01Hosts: samAccountName \"WebApp01Hosts\"; members 1 added");
  EXPECT_EQ(events[3]["summary"]["update"], 1);
}

TEST_F(Events, an_apply_is_told_as_it_happens) {
  const auto& [group, account] = std::pair(plan_.changes[0], plan_.changes[1]);
  const std::vector<model::ChangeResult> results{
      {group.id, group.action, model::Outcome::failed, Error{ErrorKind::denied, "access denied", "", {}}, {}},
      {account.id,
       account.action,
       model::Outcome::skipped,
       Error{ErrorKind::cancelled, "it requires it", "", {}},
       {}}};
  stream_.begin(plan_);
  stream_.change_started(group);
  stream_.change_finished(group, results[0]);
  stream_.progress("applying", 1, 2);
  stream_.end(applied(plan_, results));
  const auto events = lines(out_.str());
  EXPECT_EQ(types(events), (Types{"version", "apply_start", "apply_errored", "apply_progress",
                                  "apply_errored", "change_summary"}));
  EXPECT_EQ(events[2]["@level"], "error");
  EXPECT_EQ(events[2]["result"]["outcome"], "failed");
  EXPECT_EQ(events[2]["environment"], "prod");
  EXPECT_EQ(events[4]["result"]["address"], "GMSA/WebApp01") << "never begun, and told all the same";
  EXPECT_EQ(events[5]["complete"], false);
}

TEST_F(Events, a_long_phase_has_a_hundred_events) {
  for (size_t i = 1; i <= 10'000; ++i) stream_.progress("applying", i, 10'000);
  EXPECT_LE(lines(out_.str()).size(), 102U);
}

TEST_F(Events, lines_from_many_threads_stay_whole) {
  stream_.begin(plan_);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([this] {
      for (int k = 0; k < 100; ++k) stream_.change_started(plan_.changes[1]);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(lines(out_.str()).size(), 401U);
}

}  // namespace
}  // namespace gmsactl::report
