#include "engine/cli/reporting.h"

#include <iostream>

#include "engine/cli/files.h"
#include "engine/cli/terminal.h"

namespace gmsactl::cli {

using report::Format;

namespace {

/// Standard output, beside what -o prints there: annotations beside the text, in a workflow of GitHub.
constexpr std::string_view standard_output = "-";

Result<void> write_report(const std::string& path, const std::string& text) {
  if (path != standard_output) return write_file(path, text);
  std::cout << text << std::flush;
  return {};  // main() says so where it could not be written
}

}  // namespace

Reporting::Reporting(const Options& options, report::Command command)
    : options_(options),
      command_(command),
      started_at_(utc_now()),
      began_(std::chrono::steady_clock::now()) {}

bool Reporting::possible() const {
  for (const auto& file : options_.reports) {
    if (file.path == standard_output) continue;
    if (const auto writable = check_writable(file.path); !writable) {
      print_error(options_, "a report can't be written", writable.error());
      return false;
    }
  }
  return true;
}

report::PlanStamp Reporting::stamp(std::optional<report::SourceCommit> source) const {
  return {started_at_, std::move(source)};
}

report::EventStream* Reporting::stream(std::span<const report::EnvironmentReport> planned) {
  if (options_.output != Format::jsonl) return nullptr;
  stream_.emplace(std::cout, utc_now_exactly);
  for (const auto& environment : planned) stream_->planned(command_, environment);
  return &*stream_;
}

report::RunReport Reporting::ended(std::vector<report::EnvironmentReport> environments,
                                   std::optional<report::SourceCommit> source) const {
  report::RunReport report;
  report.command = command_;
  report.environments = std::move(environments);
  report.started_at = started_at_;
  report.finished_at = utc_now();
  report.took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began_);
  report.source = std::move(source);
  return report;
}

ExitCode Reporting::show(const report::RunReport& report) const {
  if (options_.output != Format::text && !stream_)
    std::cout << report::render(options_.output, report) << std::flush;
  return save(report);
}

ExitCode Reporting::save(const report::RunReport& report) const {
  ExitCode code = ExitCode::done;
  for (const auto& file : options_.reports)
    if (const auto written = write_report(file.path, report::render(file.format, report)); !written) {
      print_error(options_, "a report could not be written", written.error());
      code = ExitCode::unforeseen;
    }
  return code;
}

void BothSinks::progress(std::string_view phase, size_t done, size_t total) {
  first_.progress(phase, done, total);
  second_.progress(phase, done, total);
}

void BothSinks::change_started(const model::Change& change) {
  first_.change_started(change);
  second_.change_started(change);
}

void BothSinks::change_finished(const model::Change& change, const model::ChangeResult& result) {
  first_.change_finished(change, result);
  second_.change_finished(change, result);
}

}  // namespace gmsactl::cli
