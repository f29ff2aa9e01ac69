#include "engine/report/apply_json.h"

#include <gmsactl/version.h>

#include <map>
#include <nlohmann/json.hpp>

#include "engine/report/apply_text.h"
#include "engine/report/json_values.h"

namespace gmsactl::report {

using model::ChangeResult;
using model::Outcome;

namespace {

Json summary_json(const ApplyCounts& counts, const model::Plan& plan) {
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
          {"unchanged", plan.unchanged.size()},
          {"unreadable", plan.unreadable.size()}};
}

Json result_json(const ChangeResult& result, const model::Change* change) {
  Json entry;
  entry["address"] = model::address(result.id);
  entry["kind"] = name(result.id.kind);
  entry["name"] = result.id.name;
  entry["action"] = name(result.action);
  entry["outcome"] = outcome_key(result.outcome);
  entry["dn"] = change != nullptr ? text_or_null(change->dn.text()) : Json(nullptr);
  entry["objectGuid"] =
      change != nullptr && !change->guid.empty() ? Json(change->guid.text()) : Json(nullptr);
  entry["fields"] = change != nullptr ? fields_json(change->fields) : Json::array();
  entry["written"] = result.written;
  entry["error"] = result.error ? error_json(*result.error) : Json(nullptr);
  return entry;
}

Json document_json(const ApplyRun& run, const ApplyStamp& stamp) {
  const model::Plan& plan = *run.plan;
  std::map<model::ResourceId, const model::Change*> changes;
  for (const auto& change : plan.changes) changes.emplace(change.id, &change);
  const ApplyCounts counts = count(run.results);

  Json document;
  document["formatVersion"] = format_version;
  document["tool"] = tool_json(version);
  document["environment"] = plan.environment;
  document["domain"] = plan.domain;
  document["domainSid"] = plan.domain_sid;
  document["server"] = plan.server;
  document["startedAt"] = stamp.started_at;
  document["finishedAt"] = stamp.finished_at;
  if (stamp.source) document["source"] = source_json(*stamp.source);
  document["planDigest"] = plan_digest(plan, {stamp.started_at, stamp.source});
  document["complete"] = counts.complete();
  document["summary"] = summary_json(counts, plan);
  document["results"] = Json::array();
  for (const auto& result : run.results) {
    const auto change = changes.find(result.id);
    document["results"].push_back(result_json(result, change == changes.end() ? nullptr : change->second));
  }
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

std::string apply_json(const model::Plan& plan, std::span<const ChangeResult> results,
                       const ApplyStamp& stamp) {
  return document_text(document_json({&plan, results}, stamp));
}

std::string applies_json(std::span<const ApplyRun> runs, const ApplyStamp& stamp) {
  if (runs.size() == 1) return document_text(document_json(runs.front(), stamp));
  Json document;
  document["formatVersion"] = format_version;
  document["runs"] = Json::array();
  for (const auto& run : runs) document["runs"].push_back(document_json(run, stamp));
  return document_text(document);
}

}  // namespace gmsactl::report
