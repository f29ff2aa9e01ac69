// Keeps looking: whenever the directory says that something changed, and now and then in any case. One thread
// for each environment, and one beside it that listens. What they work with has no way to write.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <thread>

#include "engine/cli/commands.h"
#include "engine/cli/inspection.h"
#include "engine/cli/interrupt.h"
#include "engine/cli/planned.h"
#include "engine/cli/terminal.h"
#include "engine/drift/news.h"
#include "engine/report/drift_text.h"
#include "engine/report/watch_events.h"

namespace gmsactl::cli {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// What belongs together comes together: a look waits until nothing more is told for a moment, but not for
// long.
constexpr auto quiet = 200ms;
constexpr auto longest_quiet = 2s;
// What happens between the first look and the moment from which the server tells is found by a second one.
constexpr auto until_listening = 2s;
constexpr auto first_pause = 1s;
constexpr auto longest_pause = 30s;
// In a busy domain most changes are none of ours (logons, DNS records). Each look that finds nothing doubles
// the pause before the next one; the first that finds something ends it.
constexpr auto first_rest = 500ms;
constexpr auto longest_rest = 10s;

/// What the listening thread tells the looking one.
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    changed_.notify_all();
  }
  void broke(Error why) {
    const std::lock_guard lock(mutex_);
    why_ = std::move(why);
    changed_.notify_all();
  }

  /// Returns when it rang and has been quiet since, when it broke, when it is `until`, or when told to stop;
  /// for a ring alone not before `rested`.
  void wait(Clock::time_point until, const std::stop_token& stop, Clock::time_point rested = {}) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, stop, std::min(until, rested), [&] { return why_.has_value(); });
    changed_.wait_until(lock, stop, until, [&] { return rung_ || why_; });
    const auto latest = std::min(until, Clock::now() + longest_quiet);
    while (std::exchange(rung_, false) && !why_ && Clock::now() < latest)
      changed_.wait_until(lock, stop, std::min(latest, Clock::now() + quiet), [&] { return rung_ || why_; });
  }
  std::optional<Error> broken() {
    const std::lock_guard lock(mutex_);
    return why_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool rung_ = false;
  std::optional<Error> why_;
};

/// What all threads print on.
class Stream {
 public:
  explicit Stream(report::WatchEvents::Format format) : events(format) { print(events.opening()); }
  void print(const std::string& text) {
    const std::lock_guard lock(mutex_);
    std::cout << text << std::flush;
  }
  void print(const Options& options, const Diagnostics& diagnostics, const report::SourceLines& source) {
    const std::lock_guard lock(mutex_);
    print_diagnostics(options, diagnostics, source);
  }

  const report::WatchEvents events;

 private:
  std::mutex mutex_;
};

class EnvironmentWatch {
 public:
  EnvironmentWatch(const Options& options, const Loaded& loaded, model::Desired& desired, Stream& stream,
                   Clock::time_point end)
      : options_(options), loaded_(loaded), desired_(desired), stream_(stream), end_(end) {}

  /// Until it is told to stop or its time is over; an environment that can't be watched at all ends at once.
  ExitCode run(const std::stop_token& stop) {
    auto pause = std::chrono::milliseconds(first_pause);
    while (!over(stop)) {
      auto ended = watch_one_connection(stop);
      if (ended) break;
      // A password that is refused once must not be tried until the account is locked, and what can't tell of
      // changes never will, however quick the first look was.
      if (!looked_ || ended.error().kind == ErrorKind::unauthenticated ||
          ended.error().kind == ErrorKind::unsupported) {
        print_error(options_, "environment " + desired_.environment.name + " can't be watched",
                    ended.error());
        return exit_code(ended.error().kind);
      }
      stream_.print(stream_.events.lost(now(), ended.error()));
      if (connected_) pause = first_pause;
      Bell().wait(std::min(end_, Clock::now() + pause), stop);
      pause = std::min<std::chrono::milliseconds>(pause * 2, longest_pause);
    }
    return code_;
  }

 private:
  bool over(const std::stop_token& stop) const { return stop.stop_requested() || Clock::now() >= end_; }
  report::WatchEvents::Moment now() const { return {utc_now(), desired_.environment.name}; }

  /// The error with which the connection ended; none where it was told to stop.
  Result<void> watch_one_connection(const std::stop_token& stop) {
    connected_ = false;
    auto settings = check_options(options_, loaded_, desired_);
    // What was seen of one server says nothing about the next.
    auto inspection =
        GMSACTL_TRY(Inspection::start(options_, desired_.environment, settings.planning, {server_, true}));
    Bell bell;
    const std::jthread listener([&](const std::stop_token& end_of_connection) {
      auto ended = inspection.feed().watch([&] { bell.ring(); }, end_of_connection);
      if (!ended && !end_of_connection.stop_requested()) bell.broke(std::move(ended).error());
    });
    drift::Check check(inspection.observer(), inspection.feed(), desired_, std::move(settings), std::nullopt);
    report::Progress silent(std::cerr, std::cerr, {.quiet = true});
    std::chrono::milliseconds rest{0};
    for (;;) {
      const auto begin = Clock::now();
      const auto look = GMSACTL_TRY(check.look(silent));
      if (auto broken = bell.broken()) return fail(std::move(*broken));
      const bool first = !connected_;
      const bool news =
          tell(look, std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin));
      rest = news || first ? std::chrono::milliseconds(0)
                           : std::clamp<std::chrono::milliseconds>(rest * 2, first_rest, longest_rest);
      const auto patience =
          first ? std::min<std::chrono::milliseconds>(until_listening, options_.interval) : options_.interval;
      bell.wait(std::min(end_, Clock::now() + patience), stop, Clock::now() + rest);
      if (auto broken = bell.broken()) return fail(std::move(*broken));
      if (over(stop)) {
        inspection.log_requests();
        return {};
      }
    }
  }

  /// Whether there was anything to tell.
  bool tell(const drift::Look& look, std::chrono::milliseconds took) {
    const auto& plan = look.plan;
    const auto news = newsroom_.compare(plan);
    stream_.print(options_, news.diagnostics, loaded_.source_lines());
    report_look(options_, desired_.environment.name, look, took, /*with_notes=*/!looked_);
    std::string text;
    const auto& events = stream_.events;
    for (const auto* change : news.different) text += events.different(now(), *change);
    for (const auto* resource : news.unreadable) text += events.unreadable(now(), *resource);
    for (const auto& id : news.in_sync) text += events.in_sync(now(), id);
    if (!connected_)
      text += events.watching(now(), plan);
    else if (news.any())
      text += events.counts(now(), plan);
    stream_.print(text);
    connected_ = true;
    looked_ = true;
    server_ = plan.server;
    code_ = exit_code(plan.diagnostics);
    if (leaves_out_specs(plan)) code_ = worst(code_, ExitCode::live_system);
    if (report::count_drift(plan).differences() != 0) code_ = worst(code_, ExitCode::changes);
    return news.any();
  }

  const Options& options_;
  const Loaded& loaded_;
  model::Desired& desired_;
  Stream& stream_;
  const Clock::time_point end_;
  drift::Newsroom newsroom_;
  std::string server_;
  bool connected_ = false;          ///< the present connection has led to a look
  bool looked_ = false;             ///< some connection has
  ExitCode code_ = ExitCode::done;  ///< of the last look
};

}  // namespace

ExitCode watch(const Options& options) {
  auto loaded = load(options);
  if (!loaded) return loaded.error();
  print_diagnostics(options, loaded->warnings, loaded->source_lines());

  const auto end =
      options.watch_for.count() == 0 ? Clock::time_point::max() : Clock::now() + options.watch_for;
  Stream stream(options.output == Output::jsonl ? report::WatchEvents::Format::jsonl
                                                : report::WatchEvents::Format::text);
  const Endless until_interrupted;
  std::stop_source stop;
  const std::stop_callback on_interrupt(stop_requested(), [&] { stop.request_stop(); });
  std::vector<ExitCode> codes(loaded->environments.size(), ExitCode::done);
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < codes.size(); ++i)
      threads.emplace_back([&, i] {
        codes[i] =
            EnvironmentWatch(options, *loaded, loaded->environments[i], stream, end).run(stop.get_token());
        stop.request_stop();  // to watch a part of what was asked for would look like watching all of it
      });
  }
  if (stop_requested().stop_requested()) return ExitCode::interrupted;
  ExitCode code = ExitCode::done;
  for (const ExitCode one : codes) code = worst(code, one);
  return code;
}

}  // namespace gmsactl::cli
