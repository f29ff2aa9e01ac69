#include "engine/report/render.h"

#include <map>

#include "engine/report/apply_json.h"
#include "engine/report/apply_text.h"
#include "engine/report/drift_text.h"
#include "engine/report/formats.h"

namespace gmsactl::report {

using model::ChangeResult;
using model::Outcome;

std::string_view name(Format format) {
  switch (format) {
    case Format::text:
      return "text";
    case Format::json:
      return "json";
    case Format::jsonl:
      return "jsonl";
    case Format::markdown:
      return "markdown";
    case Format::html:
      return "html";
    case Format::junit:
      return "junit";
    case Format::sarif:
      return "sarif";
    case Format::prometheus:
      return "prometheus";
    case Format::github:
      return "github";
  }
  return "";
}

std::string_view name(Command command) {
  switch (command) {
    case Command::plan:
      return "plan";
    case Command::apply:
      return "apply";
    case Command::drift:
      return "drift";
  }
  return "";
}

EnvironmentReport planned(const model::Plan& plan) { return planned(plan, summarise(plan)); }

EnvironmentReport planned(const model::Plan& plan, const Summary& summary) { return {&plan, summary, {}}; }

EnvironmentReport applied(const model::Plan& plan, std::span<const ChangeResult> results) {
  EnvironmentReport report = planned(plan);
  std::map<model::ResourceId, const ChangeResult*> known;
  for (const auto& result : results) known.emplace(result.id, &result);
  for (const auto& change : plan.changes) {
    const auto found = known.find(change.id);
    report.results.push_back(found != known.end()
                                 ? *found->second
                                 : ChangeResult{change.id, change.action, Outcome::stopped, {}, {}});
  }
  return report;
}

namespace {

std::string text_of(const RunReport& report, const PlanTextOptions& options) {
  std::string text;
  for (const auto& environment : report.environments) {
    if (!text.empty()) text += "\n";
    if (report.command == Command::drift) {
      text += drift_text(*environment.plan, options.color);
      continue;
    }
    text += plan_text(*environment.plan, environment.summary, options);
    if (environment.results.empty()) continue;
    text += "\n";
    for (const auto& result : environment.results) text += apply_line(result, options.color) + "\n";
    text += "\n" + apply_text(environment.summary, environment.results, options.color);
  }
  return text;
}

}  // namespace

RunReport saved(std::span<const PlanDocument> documents) {
  RunReport report;
  for (const auto& document : documents) {
    report.environments.push_back(planned(document.plan, document.summary));
    report.started_at = report.finished_at = document.stamp.created_at;
    report.source = document.stamp.source;
    report.tool_version = document.tool_version;
  }
  return report;
}

std::string render(Format format, const RunReport& report, const PlanTextOptions& text) {
  switch (format) {
    case Format::text:
      return text_of(report, text);
    case Format::json:
      return report.command == Command::apply ? applies_json(report) : plans_json(report);
    case Format::jsonl:
      return jsonl(report);
    case Format::markdown:
      return markdown(report);
    case Format::html:
      return html(report);
    case Format::junit:
      return junit(report);
    case Format::sarif:
      return sarif(report);
    case Format::prometheus:
      return prometheus(report);
    case Format::github:
      return github(report);
  }
  return {};
}

}  // namespace gmsactl::report
