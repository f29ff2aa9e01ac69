// Children: what they get of us, what we read of them, and that none stays.
#include "providers/transport/process/child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "providers/transport/process/descriptor.h"

namespace gmsactl::process {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// What `sh -c SCRIPT` prints.
std::string printed_by(const std::string& script, Command command = {}) {
  auto out = make_pipe().value();
  const std::array handovers{Handover{out.write.get(), STDOUT_FILENO}};
  command.program = "sh";
  command.arguments = {"-c", script};
  auto child = Child::start(command, handovers);
  if (!child) return "not started: " + child.error().message;
  out.write.reset();
  std::string text;
  const std::array sources{Source{out.read.get(), &text, 4096}};
  EXPECT_EQ(read_until(sources, Clock::now() + 30s, [] { return false; }), Reading::ended);
  EXPECT_EQ(child->wait(), 0);
  return text;
}

TEST(Child, arguments_reach_no_shell) {
  auto out = make_pipe().value();
  const std::array handovers{Handover{out.write.get(), STDOUT_FILENO}};
  auto child = Child::start({"printf", {"%s|", "$(id)", "a b", "; exit 3", "'\""}, {}}, handovers).value();
  out.write.reset();
  std::string text;
  const std::array sources{Source{out.read.get(), &text, 4096}};
  EXPECT_EQ(read_until(sources, Clock::now() + 30s, [] { return false; }), Reading::ended);
  EXPECT_EQ(text, "$(id)|a b|; exit 3|'\"|");
}

TEST(Child, variables_are_added_and_replaced) {
  ASSERT_EQ(setenv("GMSACTL_TEST_VARIABLE", "ours", 1), 0);
  Command command;
  command.environment = {{"GMSACTL_TEST_VARIABLE", "theirs"}, {"GMSACTL_TEST_OTHER", "a=b"}};
  EXPECT_EQ(printed_by("env | grep -E '^GMSACTL_TEST_(OTHER|VARIABLE)=' | sort", command),
            "GMSACTL_TEST_OTHER=a=b\nGMSACTL_TEST_VARIABLE=theirs\n");
  unsetenv("GMSACTL_TEST_VARIABLE");
}

TEST(Child, standard_input_is_empty_and_a_descriptor_that_is_not_handed_over_stays_ours) {
  const auto pipe = make_pipe().value();
  EXPECT_EQ(printed_by("cat; [ -e /proc/self/fd/" + std::to_string(pipe.write.get()) + " ] || echo none"),
            "none\n");
}

TEST(Child, descriptors_are_handed_over_whatever_their_numbers) {
  // Ours may well have each other's numbers.
  auto one = make_pipe().value();
  auto two = make_pipe().value();
  const std::array handovers{Handover{one.write.get(), two.write.get()},
                             Handover{two.write.get(), one.write.get()}};
  const std::string script =
      "echo one >&" + std::to_string(two.write.get()) + "; echo two >&" + std::to_string(one.write.get());
  auto child = Child::start({"bash", {"-c", script}, {}}, handovers).value();
  one.write.reset();
  two.write.reset();
  std::string from_one;
  std::string from_two;
  const std::array sources{Source{one.read.get(), &from_one, 99}, Source{two.read.get(), &from_two, 99}};
  EXPECT_EQ(read_until(sources, Clock::now() + 30s, [] { return false; }), Reading::ended);
  EXPECT_EQ(from_one, "one\n");
  EXPECT_EQ(from_two, "two\n");
}

TEST(Child, signals_that_we_block_or_ignore_work_on_it) {
  sigset_t all;
  sigfillset(&all);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &all, &before);
  const auto former = std::signal(SIGPIPE, SIG_IGN);
  const std::string masks = printed_by("sed -n 's/^Sig\\(Blk\\|Ign\\):.//p' /proc/self/status");
  std::signal(SIGPIPE, former);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_EQ(masks.size(), 34U);
  const unsigned long concerned = 1UL << (SIGINT - 1) | 1UL << (SIGTERM - 1) | 1UL << (SIGPIPE - 1);
  EXPECT_EQ(std::stoul(masks.substr(0, 16), nullptr, 16) & concerned, 0U);
  EXPECT_EQ(std::stoul(masks.substr(17, 16), nullptr, 16) & concerned, 0U);
}

TEST(Child, is_in_a_session_of_its_own) {
  EXPECT_NE(printed_by("cut -d' ' -f6 /proc/$$/stat"), std::to_string(getsid(0)) + "\n");
}

TEST(Child, a_program_that_there_is_not_is_not_found) {
  const auto child = Child::start({"gmsactl-no-such-program", {}, {}}, {});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().kind, ErrorKind::not_found);
}

TEST(Child, none_outlives_its_owner) {
  auto out = make_pipe().value();
  const std::array handovers{Handover{out.write.get(), STDOUT_FILENO}};
  std::string text;
  const std::array sources{Source{out.read.get(), &text, 99}};
  {
    auto child = Child::start({"sh", {"-c", "echo $$; exec sleep 600"}, {}}, handovers).value();
    out.write.reset();
    ASSERT_EQ(read_until(sources, Clock::now() + 30s, [&] { return text.ends_with('\n'); }), Reading::enough);
  }
  EXPECT_EQ(kill(std::stoi(text), 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(Child, the_end_by_a_signal_is_no_exit_code) {
  auto child = Child::start({"sh", {"-c", "kill -9 $$"}, {}}, {}).value();
  EXPECT_EQ(child.wait(), std::nullopt);
  auto other = Child::start({"sh", {"-c", "exit 7"}, {}}, {}).value();
  EXPECT_EQ(other.wait(), 7);
}

TEST(ReadUntil, the_time_is_over_whether_or_not_something_comes) {
  auto out = make_pipe().value();
  const std::array handovers{Handover{out.write.get(), STDOUT_FILENO}};
  auto child = Child::start({"sh", {"-c", "while :; do echo more; done"}, {}}, handovers).value();
  std::string text;
  const std::array sources{Source{out.read.get(), &text, 10}};
  EXPECT_EQ(read_until(sources, Clock::now() + 50ms, [] { return false; }), Reading::late);
  EXPECT_EQ(text, "more\nmore\nm");  // and one more than the limit
}

}  // namespace
}  // namespace gmsactl::process
