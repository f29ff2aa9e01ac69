#include "engine/cli/interrupt.h"

#include <unistd.h>
#include <csignal>

#include <atomic>
#include <string_view>
#include <thread>

namespace gmsactl::cli {

namespace {

std::stop_source stop_source;
enum class Doing { reading, writing, waiting };
std::atomic<Doing> doing{Doing::reading};

void say(std::string_view text) {
  // Whether it could be written changes nothing: the program is being ended.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

[[noreturn]] void wait_for_signals() {
  const sigset_t set = watched();
  for (;;) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) continue;
    const Doing now = doing;
    if (now == Doing::reading) {
      say("\ninterrupted: nothing was written\n");
      _exit(130);
    }
    const bool first = stop_source.request_stop();
    if (now == Doing::waiting) {
      if (!first) _exit(130);
      continue;
    }
    if (first) {
      say("\ninterrupted: finishing what is under way, beginning nothing new (once more to stop at once)\n");
      continue;
    }
    say("\ninterrupted again: what was under way may or may not have been carried out; run plan to see\n");
    _exit(130);
  }
}

}  // namespace

void watch_signals() {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::thread(wait_for_signals).detach();
}

std::stop_token stop_requested() { return stop_source.get_token(); }

Writing::Writing() { doing = Doing::writing; }
Writing::~Writing() { doing = Doing::reading; }

Endless::Endless() { doing = Doing::waiting; }
Endless::~Endless() { doing = Doing::reading; }

}  // namespace gmsactl::cli
