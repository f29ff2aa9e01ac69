#include "engine/report/progress.h"

#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

using std::chrono::milliseconds;

struct Watch {
  std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
  Progress::Clock clock() {
    return [this] { return now; };
  }
};

model::ChangeResult created() {
  return {{model::Kind::gmsa, "WebApp01"}, model::Action::create, model::Outcome::applied, {}, {}};
}

TEST(Progress, a_terminal_gets_one_line_that_is_redrawn) {
  Watch watch;
  std::ostringstream out;
  Progress progress(out, out, {.terminal = true}, watch.clock());
  progress.progress("reading accounts", 0, 100);
  EXPECT_EQ(out.str(), "reading accounts 0 of 100");
  watch.now += milliseconds(20);
  progress.progress("reading accounts", 5, 100);  // too soon to be worth a redraw
  EXPECT_EQ(out.str(), "reading accounts 0 of 100");
  watch.now += milliseconds(1980);
  progress.progress("reading accounts", 50, 100);
  EXPECT_EQ(out.str(), "reading accounts 0 of 100\r\x1b[Kreading accounts 50 of 100, 25/s");
  progress.progress("reading accounts", 100, 100);
  EXPECT_TRUE(out.str().ends_with("\r\x1b[K"));  // nothing is left of a phase that ended
}

TEST(Progress, a_terminal_sees_what_is_being_changed_and_keeps_what_is_done) {
  Watch watch;
  std::ostringstream status;
  std::ostringstream lines;
  Progress progress(status, lines, {.terminal = true}, watch.clock());
  progress.progress("applying", 0, 2);
  watch.now += milliseconds(200);
  progress.change_started(sample::updated_account());
  EXPECT_TRUE(status.str().ends_with("applying 0 of 2: GMSA/WebApp01"));
  progress.change_finished(sample::updated_account(), created());
  EXPECT_TRUE(status.str().ends_with("\r\x1b[K"));
  EXPECT_EQ(lines.str(), "GMSA/WebApp01: created\n");
}

TEST(Progress, a_log_gets_few_plain_lines) {
  Watch watch;
  std::ostringstream out;
  Progress progress(out, out, {}, watch.clock());
  for (size_t i = 0; i <= 250; ++i) {
    progress.progress("reading accounts", i, 250);
    watch.now += milliseconds(100);
  }
  EXPECT_EQ(out.str(), "reading accounts 100 of 250, 10/s\nreading accounts 200 of 250, 10/s\n");
}

TEST(Progress, a_log_gets_no_status_line_for_each_change) {
  Watch watch;
  std::ostringstream status;
  std::ostringstream lines;
  Progress progress(status, lines, {}, watch.clock());
  for (size_t i = 0; i < 250; ++i) {
    progress.change_started(sample::updated_account());
    progress.change_finished(sample::updated_account(), created());
    progress.progress("applying", i + 1, 250);
    watch.now += milliseconds(100);
  }
  EXPECT_EQ(status.str(), "applying 100 of 250, 10/s\napplying 200 of 250, 10/s\n");
}

TEST(Progress, a_short_run_says_nothing_to_a_log_but_what_it_changed) {
  std::ostringstream out;
  Progress progress(out, out, {});
  progress.progress("reading accounts", 0, 1);
  progress.progress("reading accounts", 1, 1);
  progress.change_started(sample::updated_account());
  progress.change_finished(sample::updated_account(), created());
  EXPECT_EQ(out.str(), "GMSA/WebApp01: created\n");
}

TEST(Progress, quiet_keeps_the_finished_changes) {
  std::ostringstream out;
  Progress progress(out, out, {.terminal = true, .quiet = true});
  progress.progress("applying", 0, 1);
  progress.change_finished(sample::updated_account(), created());
  EXPECT_EQ(out.str(), "GMSA/WebApp01: created\n");
}

TEST(Progress, the_status_line_never_wraps_nor_cuts_a_character) {
  std::ostringstream out;
  Progress progress(out, out, {.terminal = true, .width = 10});
  progress.progress("lesen ää ööö", 0, 0);
  EXPECT_EQ(out.str(), "lesen ä");
}

TEST(Progress, the_end_leaves_no_status_line) {
  std::ostringstream out;
  { Progress(out, out, {.terminal = true}).progress("reading", 0, 0); }
  EXPECT_EQ(out.str(), "reading\r\x1b[K");
}

TEST(Progress, lines_from_many_threads_stay_whole) {
  std::ostringstream out;
  {
    Progress progress(out, out, {.terminal = true, .redraw_every = milliseconds(0)});
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&] {
        for (size_t i = 0; i < 100; ++i) {
          progress.progress("applying", i, 1000);
          progress.change_finished(sample::updated_account(), created());
        }
      });
  }
  size_t count = 0;
  for (size_t at = 0; (at = out.str().find("GMSA/WebApp01: created\n", at)) != std::string::npos; ++at)
    ++count;
  EXPECT_EQ(count, 800U);
}

}  // namespace
}  // namespace gmsactl::report
