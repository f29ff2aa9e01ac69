// What a command that plans or applies reports of its run: in the format of -o on standard output, and in the
// files of --report, each put in its place whole. Times and clocks are taken here, since renderers have none.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/cli/exit_code.h"
#include "engine/cli/options.h"
#include "engine/ports/provider.h"
#include "engine/report/events.h"
#include "engine/report/render.h"

namespace gmsactl::cli {

class Reporting {
 public:
  /// When the run begins.
  Reporting(const Options& options, report::Command command);

  /// Before anything is done: whether the files of --report can be written. Prints why not.
  [[nodiscard]] bool possible() const;

  /// What a document of this run says beside its plan: the same in its report and in the audit log.
  [[nodiscard]] report::PlanStamp stamp(std::optional<report::SourceCommit> source) const;

  /// Of an apply with -o jsonl, before the first write: what was planned, in the stream that then takes the
  /// events. Null with another format.
  report::EventStream* stream(std::span<const report::EnvironmentReport> planned);

  /// The report of a run that ends now.
  report::RunReport ended(std::vector<report::EnvironmentReport> environments,
                          std::optional<report::SourceCommit> source) const;
  /// On standard output, where text and a stream are already, and in files. Prints what could not be written;
  /// the code is for that alone.
  ExitCode show(const report::RunReport& report) const;
  /// In files only.
  ExitCode save(const report::RunReport& report) const;

 private:
  const Options& options_;
  report::Command command_;
  std::string started_at_;
  std::chrono::steady_clock::time_point began_;
  std::optional<report::EventStream> stream_;
};

/// Tells two sinks.
class BothSinks final : public ports::EventSink {
 public:
  BothSinks(ports::EventSink& first, ports::EventSink& second) : first_(first), second_(second) {}
  void progress(std::string_view phase, size_t done, size_t total) override;
  void change_started(const model::Change& change) override;
  void change_finished(const model::Change& change, const model::ChangeResult& result) override;

 private:
  ports::EventSink& first_;
  ports::EventSink& second_;
};

}  // namespace gmsactl::cli
