#include "engine/report/plan_json.h"

#include <gmsactl/version.h>

#include <nlohmann/json.hpp>

#include "engine/base/digest.h"
#include "engine/report/document_json.h"
#include "engine/report/render.h"

namespace gmsactl::report {

Json summary_json(const Summary& summary) {
  return {{"create", summary.create},       {"update", summary.update},
          {"replace", summary.replace},     {"delete", summary.remove},
          {"move", summary.move},           {"adopt", summary.adopt},
          {"unchanged", summary.unchanged}, {"unreadable", summary.unreadable}};
}

Json change_json(const model::Change& change) {
  Json entry;
  entry["address"] = model::address(change.id);
  entry["kind"] = name(change.id.kind);
  entry["name"] = change.id.name;
  entry["action"] = name(change.action);
  entry["dn"] = text_or_null(change.dn.text());
  entry["objectGuid"] = change.guid.empty() ? Json(nullptr) : Json(change.guid.text());
  entry["cause"] = text_or_null(change.cause);
  entry["fields"] = fields_json(change.fields);
  entry["guards"] = Json::array();
  for (const auto& guard : change.guards)
    entry["guards"].push_back({{"path", guard.path}, {"before", guard.before}, {"after", guard.after}});
  entry["reasons"] = change.reasons;
  entry["requires"] = Json::array();
  for (const auto& id : change.requires_) entry["requires"].push_back(model::address(id));
  entry["declaredAt"] = place_json(change.declared_at);
  return entry;
}

Json unreadable_json(const model::UnreadableResource& resource) {
  Json entry;
  entry["address"] = model::address(resource.id);
  entry["kind"] = name(resource.id.kind);
  entry["name"] = resource.id.name;
  entry["error"] = error_json(resource.why);
  return entry;
}

namespace {

/// What `apply FILE` makes the plan from again.
Json inputs_json(const model::PlanInputs& inputs) {
  Json json;
  json["validForSeconds"] = inputs.valid_for.count();
  json["paths"] = inputs.paths;
  json["servers"] = inputs.servers;
  json["targets"] = inputs.targets;
  json["excludes"] = inputs.excludes;
  if (!inputs.shard.empty()) json["shard"] = inputs.shard;
  json["allowReplace"] = inputs.allow_replace;
  json["adopt"] = inputs.adopt;
  json["prune"] = inputs.prune;
  json["allowDeletes"] = inputs.allow_deletes ? Json(*inputs.allow_deletes) : Json(nullptr);
  if (inputs.removals) json["removals"] = *inputs.removals;
  json["notApplicable"] = text_or_null(inputs.not_applicable);
  json["manifests"] = Json::array();
  for (const auto& text : inputs.manifests)
    json["manifests"].push_back(
        {{"file", text.file}, {"folder", text.folder}, {"line", text.line}, {"text", text.text}});
  return json;
}

Json document_json(const model::Plan& plan, const Summary& summary, const PlanStamp& stamp,
                   const std::string& tool_version) {
  Json document;
  document["formatVersion"] = format_version;
  document["tool"] = tool_json(tool_version);
  document["environment"] = plan.environment;
  document["domain"] = plan.domain;
  document["domainSid"] = plan.domain_sid;
  document["server"] = plan.server;
  document["declaredAt"] = place_json(plan.declared_at);
  document["createdAt"] = stamp.created_at;
  if (stamp.source) document["source"] = source_json(*stamp.source);
  document["digest"] = "";  // keeps its place among the keys
  document["summary"] = summary_json(summary);
  document["changes"] = Json::array();
  for (const auto& change : plan.changes) document["changes"].push_back(change_json(change));
  document["unreadable"] = Json::array();
  for (const auto& resource : plan.unreadable) document["unreadable"].push_back(unreadable_json(resource));
  document["diagnostics"] = diagnostics_json(plan.diagnostics);
  document["inputs"] = inputs_json(plan.inputs);
  document["digest"] = document_digest(document);
  return document;
}

Json document_json(const model::Plan& plan, const PlanStamp& stamp) {
  return document_json(plan, summarise(plan), stamp, version);
}

}  // namespace

std::string document_digest(const Json& document) {
  Json rest = document;
  rest.erase("digest");
  return "sha256:" + sha256(canonical_text(rest));
}

std::string plan_json(const model::Plan& plan, const PlanStamp& stamp) {
  return document_text(document_json(plan, stamp));
}

std::string plan_json(const PlanDocument& document) {
  return document_text(document_json(document.plan, document.summary, document.stamp, document.tool_version));
}

std::string plans_json(std::span<const model::Plan> plans, const PlanStamp& stamp) {
  RunReport report;
  for (const auto& plan : plans) report.environments.push_back(planned(plan));
  report.started_at = stamp.created_at;
  report.source = stamp.source;
  return plans_json(report);
}

std::string plans_json(const RunReport& report) {
  const auto document_of = [&](const EnvironmentReport& one) {
    return document_json(*one.plan, one.summary, {report.started_at, report.source}, report.tool_version);
  };
  if (report.environments.size() == 1) return document_text(document_of(report.environments.front()));
  Json document;
  document["formatVersion"] = format_version;
  document["plans"] = Json::array();
  for (const auto& one : report.environments) document["plans"].push_back(document_of(one));
  return document_text(document);
}

std::string plan_digest(const model::Plan& plan, const PlanStamp& stamp) {
  return plan.document_digest.empty() ? document_json(plan, stamp)["digest"].get<std::string>()
                                      : plan.document_digest;
}

}  // namespace gmsactl::report
