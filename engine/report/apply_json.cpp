#include "engine/report/apply_json.h"

#include <nlohmann/json.hpp>

#include "engine/report/document_json.h"

namespace gmsactl::report {

using model::Outcome;

Json summary_json(const ApplyCounts& counts, const Summary& planned) {
  return {{"created", counts.created},
          {"updated", counts.updated},
          {"replaced", counts.replaced},
          {"deleted", counts.removed},
          {"moved", counts.moved},
          {"adopted", counts.adopted},
          {"alreadyDone", counts.already_done},
          {"failed", counts.failed},
          {"partial", counts.partial},
          {"conflict", counts.conflict},
          {"unknown", counts.unknown},
          {"skipped", counts.skipped},
          {"notBegun", counts.stopped},
          {"unchanged", planned.unchanged},
          {"unreadable", planned.unreadable}};
}

Json result_json(const Entry& entry) {
  const auto& change = *entry.change;
  const auto& result = *entry.result;
  Json json;
  json["address"] = model::address(change.id);
  json["kind"] = name(change.id.kind);
  json["name"] = change.id.name;
  json["action"] = name(change.action);
  json["outcome"] = outcome_key(result.outcome);
  json["dn"] = text_or_null(change.dn.text());
  json["objectGuid"] = change.guid.empty() ? Json(nullptr) : Json(change.guid.text());
  json["fields"] = fields_json(change.fields);
  json["written"] = result.written;
  json["error"] = result.error ? error_json(*result.error) : Json(nullptr);
  return json;
}

namespace {

Json document_json(const EnvironmentReport& environment, const RunReport& report) {
  const model::Plan& plan = *environment.plan;
  const ApplyCounts counts = count(environment.results);

  Json document;
  document["formatVersion"] = format_version;
  document["tool"] = tool_json(report.tool_version);
  document["environment"] = plan.environment;
  document["domain"] = plan.domain;
  document["domainSid"] = plan.domain_sid;
  document["server"] = plan.server;
  document["startedAt"] = report.started_at;
  document["finishedAt"] = report.finished_at;
  if (report.source) document["source"] = source_json(*report.source);
  document["planDigest"] = plan_digest(plan, {report.started_at, report.source});
  document["complete"] = counts.complete();
  document["summary"] = summary_json(counts, environment.summary);
  document["results"] = Json::array();
  for (const auto& entry : entries(environment)) document["results"].push_back(result_json(entry));
  document["diagnostics"] = diagnostics_json(plan.diagnostics);
  return document;
}

}  // namespace

std::string_view outcome_key(Outcome outcome) {
  switch (outcome) {
    case Outcome::applied:
      return "applied";
    case Outcome::already_done:
      return "alreadyDone";
    case Outcome::failed:
      return "failed";
    case Outcome::partial:
      return "partial";
    case Outcome::conflict:
      return "conflict";
    case Outcome::unknown:
      return "unknown";
    case Outcome::skipped:
      return "skipped";
    case Outcome::stopped:
      return "notBegun";
  }
  return "";
}

std::string applies_json(const RunReport& report) {
  if (report.environments.size() == 1)
    return document_text(document_json(report.environments.front(), report));
  Json document;
  document["formatVersion"] = format_version;
  document["runs"] = Json::array();
  for (const auto& environment : report.environments)
    document["runs"].push_back(document_json(environment, report));
  return document_text(document);
}

}  // namespace gmsactl::report
