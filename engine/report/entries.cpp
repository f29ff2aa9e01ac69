#include "engine/report/entries.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/report/apply_text.h"
#include "engine/report/words.h"

namespace gmsactl::report {

using model::Action;
using model::Outcome;

std::vector<Entry> entries(const EnvironmentReport& environment) {
  std::vector<Entry> list;
  const auto& changes = environment.plan->changes;
  for (size_t i = 0; i < changes.size(); ++i)
    list.push_back(
        {&environment, &changes[i], environment.results.empty() ? nullptr : &environment.results[i]});
  return list;
}

std::vector<Entry> entries(const RunReport& report) {
  std::vector<Entry> all;
  for (const auto& environment : report.environments) {
    const auto list = entries(environment);
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

std::vector<Entry> by_danger(std::vector<Entry> list) {
  const auto danger = [](const Entry& entry) {
    if (entry.result != nullptr && severity(entry) != Severity::note) return 0;
    switch (entry.change->action) {
      case Action::remove:
        return 1;
      case Action::replace:
        return 2;
      case Action::update:
        return 3;
      case Action::move:
        return 4;
      case Action::adopt:
        return 5;
      case Action::create:
        return 6;
    }
    return 7;
  };
  std::stable_sort(list.begin(), list.end(),
                   [&](const Entry& a, const Entry& b) { return danger(a) < danger(b); });
  return list;
}

Severity severity(const Entry& entry) {
  if (entry.result != nullptr) switch (entry.result->outcome) {
      case Outcome::applied:
      case Outcome::already_done:
        return Severity::note;
      case Outcome::skipped:
      case Outcome::stopped:
        return Severity::warning;
      case Outcome::failed:
      case Outcome::partial:
      case Outcome::conflict:
      case Outcome::unknown:
        return Severity::error;
    }
  const bool loses = entry.change->action == Action::remove || entry.change->action == Action::replace;
  return loses || is_drift(entry.change->cause) ? Severity::warning : Severity::note;
}

std::string sentence(const Entry& entry) {
  const auto& change = *entry.change;
  std::string text = std::string(name(change.action)) + " " + printable(model::address(change.id));
  if (entry.result != nullptr) {
    text += ": " + std::string(outcome_words(*entry.result));
    if (entry.result->error) text += ": " + printable(entry.result->error->message);
    return text;
  }
  if (is_drift(change.cause)) text += " (" + std::string(cause_words(change.cause)) + ")";
  std::vector<std::string> fields;
  for (const auto& field : change.fields)
    fields.push_back(printable(field.path) + " " + field_words(change, field));
  return text + ": " + join(fields, "; ");
}

size_t count(const Diagnostics& diagnostics, Severity severity) {
  return static_cast<size_t>(
      std::count_if(diagnostics.begin(), diagnostics.end(),
                    [severity](const Diagnostic& d) { return d.severity == severity; }));
}

size_t drifted(const model::Plan& plan) {
  return static_cast<size_t>(std::count_if(plan.changes.begin(), plan.changes.end(),
                                           [](const auto& change) { return is_drift(change.cause); }));
}

namespace {

std::string titled(Command command, const std::string& what) {
  return std::string(name(command)) +
         (command == Command::apply   ? " to "
          : command == Command::drift ? " of "
                                      : " for ") +
         what;
}

}  // namespace

std::string title(Command command, const EnvironmentReport& environment) {
  return titled(command, printable(environment.plan->environment));
}

std::string title(const RunReport& report) {
  if (report.environments.size() == 1) return title(report.command, report.environments.front());
  return titled(report.command, plural(report.environments.size(), "environment"));
}

std::string counts_words(const EnvironmentReport& environment) {
  if (environment.results.empty()) return plan_counts(environment.summary);
  return apply_counts(count(environment.results), environment.summary.unchanged);
}

SourceRange in_repository(SourceRange where, const RunReport& report, const EnvironmentReport& environment) {
  const auto colon = where.file.find(':');
  // The inputs have paths where the manifests were read from files as they are.
  const bool at_revision = report.source && environment.plan->inputs.paths.empty();
  if (at_revision && colon != std::string_view::npos) where.file.remove_prefix(colon + 1);
  return where;
}

std::string commit_words(const SourceCommit& source) {
  return source.commit + (source.author.empty() ? "" : " by " + source.author) +
         (source.dirty ? ", with changes that are not committed" : "");
}

std::string seconds_words(std::chrono::milliseconds time) {
  const std::string rest = std::to_string(time.count() % 1000);
  return std::to_string(time.count() / 1000) + "." + std::string(3 - rest.size(), '0') + rest;
}

}  // namespace gmsactl::report
