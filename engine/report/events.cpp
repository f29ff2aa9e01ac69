#include "engine/report/events.h"

#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "engine/base/text.h"
#include "engine/report/apply_text.h"
#include "engine/report/document_json.h"
#include "engine/report/entries.h"
#include "engine/report/formats.h"
#include "engine/report/json_values.h"

namespace gmsactl::report {

namespace {

std::string_view level(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warn";
    case Severity::note:
      return "info";
  }
  return "";
}

}  // namespace

EventStream::EventStream(std::ostream& out, Stamp stamp, const std::string& tool_version)
    : out_(out), stamp_(std::move(stamp)) {
  write("version", "info", "gmsactl " + tool_version,
        {{"formatVersion", format_version}, {"tool", tool_json(tool_version)}});
}

void EventStream::planned(Command command, const EnvironmentReport& environment) {
  const std::lock_guard lock(mutex_);
  const model::Plan& plan = *environment.plan;
  environment_ = plan.environment;
  for (const auto& diagnostic : diagnostics_json(plan.diagnostics)) {
    const auto severity = diagnostic["severity"].get<std::string>();
    write("diagnostic",
          severity == "warning" ? "warn"
          : severity == "note"  ? "info"
                                : severity,
          diagnostic["summary"].get<std::string>(), {{"diagnostic", diagnostic}});
  }
  for (const auto& change : plan.changes) {
    const Entry entry{&environment, &change, nullptr};
    write("planned_change", level(severity(entry)), sentence(entry), {{"change", change_json(change)}});
  }
  for (const auto& resource : plan.unreadable)
    write("unreadable", "warn", model::address(resource.id) + " is unreadable: " + resource.why.message,
          {{"resource", unreadable_json(resource)}});
  write("change_summary", "info", title(command, environment) + ": " + plan_counts(environment.summary),
        {{"operation", name(command == Command::apply ? Command::plan : command)},
         {"summary", summary_json(environment.summary)}});
}

void EventStream::begin(const model::Plan& plan) {
  const std::lock_guard lock(mutex_);
  environment_ = plan.environment;
  told_.clear();
  phase_.clear();
}

void EventStream::progress(std::string_view phase, size_t done, size_t total) {
  const std::lock_guard lock(mutex_);
  if (total == 0) return;
  const size_t percent = done * 100 / total;
  if (phase == phase_ && percent <= percent_) return;
  phase_ = phase;
  percent_ = percent;
  write("apply_progress", "info",
        std::string(phase) + " " + std::to_string(done) + " of " + std::to_string(total),
        {{"phase", phase}, {"done", done}, {"total", total}});
}

void EventStream::change_started(const model::Change& change) {
  const std::lock_guard lock(mutex_);
  const std::string address = model::address(change.id);
  write("apply_start", "info", std::string(name(change.action)) + " " + address,
        {{"address", address},
         {"kind", name(change.id.kind)},
         {"name", change.id.name},
         {"action", name(change.action)}});
}

void EventStream::change_finished(const model::Change& change, const model::ChangeResult& result) {
  const std::lock_guard lock(mutex_);
  this->result(change, result);
}

void EventStream::end(const EnvironmentReport& environment) {
  const std::lock_guard lock(mutex_);
  for (const auto& entry : entries(environment)) {
    const auto told = told_.find(entry.change->id);
    if (told == told_.end() || told->second != entry.result->outcome) result(*entry.change, *entry.result);
  }
  const ApplyCounts counts = count(environment.results);
  write("change_summary", counts.complete() ? "info" : "error",
        title(Command::apply, environment) + ": " + counts_words(environment),
        {{"operation", name(Command::apply)},
         {"complete", counts.complete()},
         {"summary", summary_json(counts, environment.summary)}});
}

/// Called with the lock held, like write().
void EventStream::result(const model::Change& change, const model::ChangeResult& result) {
  told_[change.id] = result.outcome;
  const bool stands =
      result.outcome == model::Outcome::applied || result.outcome == model::Outcome::already_done;
  const Entry entry{nullptr, &change, &result};
  write(stands ? "apply_complete" : "apply_errored", level(severity(entry)), sentence(entry),
        {{"result", result_json(entry)}});
}

void EventStream::write(std::string_view type, std::string_view level, const std::string& message,
                        const Json& body) {
  Json event{{"@timestamp", stamp_()}, {"@level", level}, {"@message", printable(message)}, {"type", type}};
  if (!environment_.empty()) event["environment"] = environment_;
  event.update(body);
  out_ << line_text(event) << std::flush;
}

std::string jsonl(const RunReport& report) {
  std::ostringstream out;
  EventStream events(
      out, [&] { return report.finished_at; }, report.tool_version);
  for (const auto& environment : report.environments) events.planned(report.command, environment);
  if (report.command != Command::apply) return std::move(out).str();
  for (const auto& environment : report.environments) {
    events.begin(*environment.plan);
    for (const auto& entry : entries(environment)) {
      if (entry.result->outcome == model::Outcome::skipped ||
          entry.result->outcome == model::Outcome::stopped)
        continue;
      events.change_started(*entry.change);
      events.change_finished(*entry.change, *entry.result);
    }
    events.end(environment);
  }
  return std::move(out).str();
}

}  // namespace gmsactl::report
