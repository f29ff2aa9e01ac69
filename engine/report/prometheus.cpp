#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <tuple>

#include "engine/base/text.h"
#include "engine/report/apply_json.h"
#include "engine/report/entries.h"
#include "engine/report/formats.h"

namespace gmsactl::report {

namespace {

/// Label values may hold any UTF-8; these three are escaped (Prometheus text format 0.0.4).
std::string label_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : printable(text)) {
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// Seconds since 1970 of "2026-01-31T12:00:00Z"; absent where it is no such text.
std::optional<int64_t> unix_time(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(text.c_str(), "%4d-%2u-%2uT%2u:%2u:%2u", &year, &month, &day, &hour, &minute, &second) != 6)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  const auto time = std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                    std::chrono::seconds(second);
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

using Labels = std::vector<std::pair<std::string_view, std::string>>;

/// All of them are gauges: each run writes the file anew, and nothing in it only grows.
class Metrics {
 public:
  explicit Metrics(std::string_view command) : command_(command) {}

  void family(std::string_view name, std::string_view help) {
    name_ = "gmsactl_" + std::string(name);
    text_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " gauge\n";
  }
  void sample(const Labels& labels, const std::string& value) {
    text_ += name_ + "{command=\"" + command_ + "\"";
    for (const auto& [label, content] : labels)
      text_ += "," + std::string(label) + "=\"" + label_escaped(content) + "\"";
    text_ += "} " + value + "\n";
  }
  void sample(const Labels& labels, size_t value) { sample(labels, std::to_string(value)); }
  std::string take() { return std::move(text_); }

 private:
  std::string command_;
  std::string name_;
  std::string text_;
};

void changes(Metrics& metrics, const RunReport& report) {
  using Key = std::tuple<std::string, std::string, std::string, std::string>;
  std::map<Key, size_t> counts;
  for (const auto& entry : entries(report)) {
    const auto& change = *entry.change;
    ++counts[{entry.environment->plan->environment, std::string(name(change.id.kind)),
              std::string(name(change.action)),
              std::string(change.cause.empty() ? "unknown" : change.cause)}];
  }
  metrics.family("changes", "Changes that the run planned.");
  for (const auto& [key, number] : counts) {
    const auto& [environment, kind, action, cause] = key;
    metrics.sample({{"environment", environment}, {"kind", kind}, {"action", action}, {"cause", cause}},
                   number);
  }
}

void outcomes(Metrics& metrics, const RunReport& report) {
  using model::Outcome;
  metrics.family("results", "What became of the changes.");
  for (const auto& environment : report.environments)
    for (const auto outcome : {Outcome::applied, Outcome::already_done, Outcome::failed, Outcome::partial,
                               Outcome::conflict, Outcome::unknown, Outcome::skipped, Outcome::stopped}) {
      const auto number = std::count_if(environment.results.begin(), environment.results.end(),
                                        [&](const auto& result) { return result.outcome == outcome; });
      metrics.sample(
          {{"environment", environment.plan->environment}, {"outcome", std::string(outcome_key(outcome))}},
          static_cast<size_t>(number));
    }
}

}  // namespace

std::string prometheus(const RunReport& report) {
  Metrics metrics(name(report.command));
  const auto each = [&](std::string_view family, std::string_view help, auto value) {
    metrics.family(family, help);
    for (const auto& environment : report.environments)
      metrics.sample({{"environment", environment.plan->environment}}, value(environment));
  };
  if (const auto time = unix_time(report.finished_at))
    each("last_run_timestamp_seconds", "When the run ended, as Unix time.",
         [&](const auto&) { return std::to_string(*time); });
  if (report.took) {
    metrics.family("last_run_duration_seconds", "How long the run took.");
    metrics.sample({}, seconds_words(*report.took));
  }
  changes(metrics, report);
  each("drifted_resources", "Resources that somebody changed since they were applied.",
       [](const auto& environment) { return drifted(*environment.plan); });
  each("unchanged_resources", "Resources that are as declared.",
       [](const auto& environment) { return environment.summary.unchanged; });
  each("unreadable_resources", "Resources that could not be judged.",
       [](const auto& environment) { return environment.summary.unreadable; });
  metrics.family("diagnostics", "Errors, warnings and notes of the run.");
  for (const auto& environment : report.environments)
    for (const auto severity : {Severity::error, Severity::warning, Severity::note})
      metrics.sample(
          {{"environment", environment.plan->environment}, {"severity", std::string(name(severity))}},
          count(environment.plan->diagnostics, severity));
  if (report.command == Command::apply) outcomes(metrics, report);
  metrics.family("build_info", "The version that ran.");
  metrics.sample({{"version", report.tool_version}}, 1);
  return metrics.take();
}

}  // namespace gmsactl::report
