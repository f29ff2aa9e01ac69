#include <set>

#include "engine/base/text.h"
#include "engine/report/json_reading.h"

namespace gmsactl::report {

using model::Action;
using model::ResourceId;

namespace {

ResourceId id_of_address(const Value& value) {
  const auto text = value.text();
  const auto slash = text.find('/');
  for (const auto kind : {model::Kind::kds_root_key, model::Kind::container, model::Kind::host_group,
                          model::Kind::gmsa, model::Kind::credential_spec})
    if (slash != std::string::npos && slash + 1 < text.size() && text.substr(0, slash) == model::name(kind))
      return {kind, text.substr(slash + 1)};
  value.refuse("is no address");
}

/// Where something is declared, which may not be known.
SourceRange declared_at_of(const Value& value) {
  return value.is_null() ? SourceRange{} : place_of(value["file"], value["line"], value["column"]);
}

std::string guard_of(const Value& value) {
  auto text = value.text();
  if (text.size() != 16 || !all_of(text, "0123456789abcdef")) value.refuse("is no hash of a value");
  return text;
}

model::PlanInputs inputs_of(const Value& entry) {
  constexpr uint64_t longest = uint64_t{366} * 24 * 3600;
  model::PlanInputs inputs;
  inputs.valid_for = std::chrono::seconds(entry["validForSeconds"].count(longest));
  inputs.paths = entry["paths"].texts();
  inputs.servers = entry["servers"].texts();
  inputs.targets = entry["targets"].texts();
  inputs.excludes = entry["excludes"].texts();
  if (entry.has("shard")) inputs.shard = entry["shard"].required_text();
  for (auto& address : entry["allowReplace"].texts()) inputs.allow_replace.insert(std::move(address));
  inputs.adopt = entry["adopt"].boolean();
  inputs.prune = entry["prune"].boolean();
  if (!entry["allowDeletes"].is_null())
    inputs.allow_deletes = static_cast<size_t>(entry["allowDeletes"].count(UINT32_MAX));
  if (entry.has("removals")) {
    inputs.removals.emplace();
    for (const auto& address : entry["removals"].elements())
      inputs.removals->insert(model::address(id_of_address(address)));
  }
  inputs.not_applicable = entry["notApplicable"].text_or_empty();
  for (const auto& text : entry["manifests"].elements())
    inputs.manifests.push_back({text["file"].required_text(), text["folder"].text(),
                                static_cast<uint32_t>(text["line"].count(10'000'000)), text["text"].text()});
  return inputs;
}

model::Change change_of(const Value& entry) {
  model::Change change;
  change.id = id_of(entry);
  change.action = action_of(entry["action"]);
  const bool in_directory = change.id.kind != model::Kind::credential_spec;
  if (entry["dn"].is_null() == in_directory) entry["dn"].refuse("does not go with the kind");
  if (in_directory) change.dn = entry["dn"].checked(model::Dn::parse(entry["dn"].required_text()));
  const auto guid = entry["objectGuid"];
  if (!guid.is_null()) change.guid = guid.checked(model::Guid::parse(guid.text()));
  if (in_directory ? change.guid.empty() != (change.action == Action::create) : !change.guid.empty())
    guid.refuse("does not go with the action");
  change.cause = cause_of(entry["cause"]);
  for (const auto& field : entry["fields"].elements()) change.fields.push_back(field_of(field));
  for (const auto& guard : entry["guards"].elements())
    change.guards.push_back(
        {guard["path"].required_text(), guard_of(guard["before"]), guard_of(guard["after"])});
  change.reasons = entry["reasons"].texts();
  for (const auto& address : entry["requires"].elements()) change.requires_.push_back(id_of_address(address));
  change.declared_at = declared_at_of(entry["declaredAt"]);
  return change;
}

Summary summary_of(const Value& entry) {
  const auto count = [&](const char* key) { return static_cast<size_t>(entry[key].count(UINT32_MAX)); };
  return {.create = count("create"),
          .update = count("update"),
          .replace = count("replace"),
          .remove = count("delete"),
          .move = count("move"),
          .adopt = count("adopt"),
          .unchanged = count("unchanged"),
          .unreadable = count("unreadable")};
}

void check_consistency(const PlanDocument& document, const Value& root) {
  auto counted = summarise(document.plan);
  counted.unchanged = document.summary.unchanged;
  if (!(counted == document.summary)) root["summary"].refuse("does not count what is listed");
  std::set<ResourceId> seen;
  for (const auto& change : document.plan.changes)
    if (!seen.insert(change.id).second)
      root["changes"].refuse("lists " + model::address(change.id) + " twice");
  for (const auto& resource : document.plan.unreadable)
    if (!seen.insert(resource.id).second)
      root["unreadable"].refuse("lists " + model::address(resource.id) + " again");
}

PlanDocument document_of(const Value& root) {
  PlanDocument document;
  document.format_version = checked_version(root["formatVersion"]);
  if (root["tool"]["name"].text() != tool_name) root["tool"].refuse("is another program");
  document.tool_version = root["tool"]["version"].required_text();
  model::Plan& plan = document.plan;
  plan.environment = root["environment"].required_text();
  plan.domain = root["domain"].required_text();
  plan.domain_sid = root["domainSid"].text();
  plan.server = root["server"].text();
  plan.declared_at = declared_at_of(root["declaredAt"]);
  document.stamp.created_at = root["createdAt"].text();
  if (!is_time(document.stamp.created_at)) root["createdAt"].refuse("is not a time in UTC");
  if (root.has("source")) document.stamp.source = source_of(root["source"]);
  document.digest = root["digest"].text();
  if (document.digest != document_digest(root.json()))
    root["digest"].refuse("does not fit: the document was changed after it was written");
  document.summary = summary_of(root["summary"]);
  for (const auto& change : root["changes"].elements()) plan.changes.push_back(change_of(change));
  for (const auto& entry : root["unreadable"].elements())
    plan.unreadable.push_back({id_of(entry), error_of(entry["error"])});
  for (const auto& diagnostic : root["diagnostics"].elements())
    plan.diagnostics.push_back(diagnostic_of(diagnostic));
  plan.inputs = inputs_of(root["inputs"]);
  // A plan of an environment whose domain could not be reached has no SID, and nothing to carry out.
  if (!plan.domain_sid.empty() || !plan.changes.empty()) {
    const auto sid = root["domainSid"].checked(model::Sid::parse(plan.domain_sid));
    if (!sid.is_domain()) root["domainSid"].refuse("is not a domain's SID");
  }
  check_consistency(document, root);
  return document;
}

constexpr std::string_view what = "plan";
constexpr std::string_view hint = "Make the plan again with gmsactl plan --out FILE.";

}  // namespace

Result<PlanDocument> parse_plan_json(std::string_view text) { return guarded(text, what, hint, document_of); }

Result<std::vector<PlanDocument>> parse_plans_json(std::string_view text) {
  return guarded(text, what, hint,
                 [](const Value& root) { return each_document(root, "plans", document_of); });
}

}  // namespace gmsactl::report
