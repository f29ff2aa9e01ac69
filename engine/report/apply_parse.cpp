#include <set>

#include "engine/report/apply_json.h"
#include "engine/report/json_reading.h"

namespace gmsactl::report {

using model::Outcome;

namespace {

constexpr std::string_view what = "result of an apply";
constexpr std::string_view hint = "gmsactl apply writes one with -o json or --report json=FILE.";

Outcome outcome_of(const Value& value) {
  const auto text = value.text();
  for (const Outcome outcome : {Outcome::applied, Outcome::already_done, Outcome::failed, Outcome::partial,
                                Outcome::conflict, Outcome::unknown, Outcome::skipped, Outcome::stopped})
    if (text == outcome_key(outcome)) return outcome;
  value.refuse("has a value that this version doesn't know");
}

model::Change change_of(const Value& entry) {
  model::Change change;
  change.id = id_of(entry);
  change.action = action_of(entry["action"]);
  if (!entry["dn"].is_null()) change.dn = entry["dn"].checked(model::Dn::parse(entry["dn"].required_text()));
  const auto guid = entry["objectGuid"];
  if (!guid.is_null()) change.guid = guid.checked(model::Guid::parse(guid.text()));
  for (const auto& field : entry["fields"].elements()) change.fields.push_back(field_of(field));
  return change;
}

model::ChangeResult result_of(const Value& entry, const model::Change& change) {
  model::ChangeResult result{change.id, change.action, outcome_of(entry["outcome"]), {}, {}};
  if (!entry["error"].is_null()) result.error = error_of(entry["error"]);
  result.written = entry["written"].texts();
  return result;
}

ApplyDocument document_of(const Value& root) {
  checked_version(root["formatVersion"]);
  if (root["tool"]["name"].text() != tool_name) root["tool"].refuse("is another program");
  ApplyDocument document;
  document.tool_version = root["tool"]["version"].required_text();
  model::Plan& plan = document.plan;
  plan.environment = root["environment"].required_text();
  plan.domain = root["domain"].required_text();
  plan.domain_sid = root["domainSid"].text();
  plan.server = root["server"].text();
  document.started_at = root["startedAt"].text();
  document.finished_at = root["finishedAt"].text();
  for (const char* key : {"startedAt", "finishedAt"})
    if (!is_time(root[key].text())) root[key].refuse("is not a time in UTC");
  if (root.has("source")) document.source = source_of(root["source"]);
  document.unchanged = static_cast<size_t>(root["summary"]["unchanged"].count(UINT32_MAX));
  std::set<model::ResourceId> seen;
  for (const auto& entry : root["results"].elements()) {
    plan.changes.push_back(change_of(entry));
    const auto& change = plan.changes.back();
    if (!seen.insert(change.id).second)
      root["results"].refuse("lists " + model::address(change.id) + " twice");
    document.results.push_back(result_of(entry, change));
  }
  for (const auto& diagnostic : root["diagnostics"].elements())
    plan.diagnostics.push_back(diagnostic_of(diagnostic));
  return document;
}

}  // namespace

Result<std::vector<ApplyDocument>> parse_applies_json(std::string_view text) {
  return guarded(text, what, hint,
                 [](const Value& root) { return each_document(root, "runs", document_of); });
}

bool looks_like_apply_report(std::string_view text) {
  const auto found =
      guarded(text, what, hint, [](const Value& root) { return root.has("results") || root.has("runs"); });
  return found && *found;
}

RunReport saved(std::span<const ApplyDocument> documents) {
  RunReport report;
  report.command = Command::apply;
  for (const auto& document : documents) {
    report.environments.push_back(applied(document.plan, document.results));
    report.environments.back().summary.unchanged = document.unchanged;
  }
  if (!documents.empty()) {
    report.started_at = documents.front().started_at;
    report.finished_at = documents.front().finished_at;
    report.source = documents.front().source;
    report.tool_version = documents.front().tool_version;
  }
  return report;
}

}  // namespace gmsactl::report
