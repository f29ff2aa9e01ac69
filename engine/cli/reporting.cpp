#include "engine/cli/reporting.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "engine/cli/terminal.h"

namespace gmsactl::cli {

namespace fs = std::filesystem;
using report::Format;

namespace {

Error file_error(const std::string& path, const std::string& why) {
  return {ErrorKind::invalid, path + ": " + why, "Check the path given with --report.", std::nullopt};
}

/// Standard output, beside what -o prints there: annotations beside the text, in a workflow of GitHub.
constexpr std::string_view standard_output = "-";

/// A pipe, a device and what a link leads to take what is written to them. None of them may become a file:
/// /dev/stdout is a link, too.
bool replaceable(const fs::path& path) {
  std::error_code ignored;
  const auto status = fs::symlink_status(path, ignored);
  return !fs::exists(status) || fs::is_regular_file(status);
}

Result<void> check_writable(const std::string& path) {
  if (path == standard_output) return {};
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return fail(file_error(path, "is a folder"));
  fs::path folder = fs::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const fs::path& written = replaceable(path) ? folder : fs::path(path);
  if (access(written.c_str(), W_OK) != 0) return fail(file_error(written.string(), std::strerror(errno)));
  return {};
}

Result<void> write_file(const fs::path& path, const std::string& text) {
  if (path == standard_output) {
    std::cout << text << std::flush;
    return {};  // main() says so where it could not be written
  }
  const bool replaces = replaceable(path);
  // Beside it, so that the rename stays within a file system, and hidden from collectors of *.prom.
  const fs::path beside =
      path.parent_path() / ("." + path.filename().string() + "." + std::to_string(getpid()));
  std::ofstream file(replaces ? beside : path, std::ios::binary);
  file << text << std::flush;
  if (!file) {
    const std::string why = std::strerror(errno);
    if (replaces) unlink(beside.c_str());
    return fail(file_error(path.string(), why));
  }
  file.close();
  std::error_code error;
  if (replaces) fs::rename(beside, path, error);
  if (!error) return {};
  unlink(beside.c_str());
  return fail(file_error(path.string(), error.message()));
}

}  // namespace

Reporting::Reporting(const Options& options, report::Command command)
    : options_(options),
      command_(command),
      started_at_(utc_now()),
      began_(std::chrono::steady_clock::now()) {}

bool Reporting::possible() const {
  for (const auto& file : options_.reports)
    if (const auto writable = check_writable(file.path); !writable) {
      print_error(options_, "a report can't be written", writable.error());
      return false;
    }
  return true;
}

report::EventStream* Reporting::stream(std::span<const report::EnvironmentReport> planned) {
  if (options_.output != Format::jsonl) return nullptr;
  stream_.emplace(std::cout, utc_now_exactly);
  for (const auto& environment : planned) stream_->planned(command_, environment);
  return &*stream_;
}

ExitCode Reporting::finish(std::vector<report::EnvironmentReport> environments,
                           std::optional<report::SourceCommit> source) {
  report::RunReport report;
  report.command = command_;
  report.environments = std::move(environments);
  report.started_at = started_at_;
  report.finished_at = utc_now();
  report.took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began_);
  report.source = std::move(source);
  if (options_.output != Format::text && !stream_)
    std::cout << report::render(options_.output, report) << std::flush;
  ExitCode code = ExitCode::done;
  for (const auto& file : options_.reports)
    if (const auto written = write_file(file.path, report::render(file.format, report)); !written) {
      print_error(options_, "the report could not be written", written.error());
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
