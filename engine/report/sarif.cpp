#include <map>
#include <nlohmann/json.hpp>

#include "engine/base/text.h"
#include "engine/report/entries.h"
#include "engine/report/formats.h"
#include "engine/report/json_values.h"
#include "engine/report/words.h"

namespace gmsactl::report {

namespace {

/// A reference by RFC 3986, relative to where the manifests were named from.
std::string uri(std::string_view file) {
  static constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  while (file.starts_with("./")) file.remove_prefix(2);
  std::string text = file.starts_with('/') ? "file://" : "";
  for (const char c : file)
    if (plain.find(c) != std::string_view::npos)
      text += c;
    else
      text += "%" + hex({&c, 1});
  return text;
}

/// In a plain text message braces stand for arguments, and [text](uri) is a link (SARIF 3.11.5, 3.11.6).
Json message(std::string_view text) {
  std::string safe;
  for (const auto line : split(text, '\n')) {
    if (!safe.empty()) safe += '\n';
    for (const char c : printable(line)) {
      if (c == '(' && safe.ends_with(']')) safe += ' ';
      if (c == '{' || c == '}') safe += c;
      safe += c;
    }
  }
  return {{"text", safe}};
}

std::string_view level(Severity severity) { return name(severity); }

Json region(const SourceRange& where) {
  Json region{{"startLine", where.line}};
  if (where.column != 0) region["startColumn"] = where.column;
  return region;
}

/// One environment's results, and the rules that they refer to.
class Run {
 public:
  Run(const RunReport& report, const EnvironmentReport& environment)
      : report_(report), environment_(environment), plan_(*environment.plan) {
    for (const auto& diagnostic : plan_.diagnostics) add(diagnostic);
    for (const auto& entry : entries(environment)) add(entry);
    for (const auto& resource : plan_.unreadable) add(resource);
  }

  Json document() && {
    Json run;
    run["tool"]["driver"] = {{"name", tool_name}, {"version", report_.tool_version}, {"rules", rules_}};
    // GitHub keeps runs apart by what stands before the last slash.
    run["automationDetails"]["id"] =
        std::string(tool_name) + " " + std::string(name(report_.command)) + "/" + plan_.environment + "/";
    run["invocations"] =
        Json::array({{{"executionSuccessful", count(plan_.diagnostics, Severity::error) == 0},
                      {"startTimeUtc", report_.started_at},
                      {"endTimeUtc", report_.finished_at}}});
    run["columnKind"] = "unicodeCodePoints";
    run["results"] = std::move(results_);
    run["properties"] = {
        {"environment", plan_.environment}, {"domain", plan_.domain}, {"server", plan_.server}};
    if (report_.source) run["properties"]["commit"] = report_.source->commit;
    return run;
  }

 private:
  void add(const Entry& entry) {
    const auto& change = *entry.change;
    const std::string address = model::address(change.id);
    Json result = begin(name(change.action), rule_text(change.action), severity(entry), sentence(entry));
    if (entry.result != nullptr && severity(entry) == Severity::note) {
      result["kind"] = "pass";
      result["level"] = "none";
    }
    place(result, change.declared_at, address);
    result["properties"] = {{"address", address},
                            {"action", name(change.action)},
                            {"cause", text_or_null(change.cause)},
                            {"fields", fields_json(change.fields)}};
    results_.push_back(std::move(result));
  }

  void add(const model::UnreadableResource& resource) {
    const std::string address = model::address(resource.id);
    Json result = begin("unreadable", "A resource could not be judged.", Severity::warning,
                        printable(address) + " is unreadable: " + resource.why.message);
    place(result, {}, address);
    results_.push_back(std::move(result));
  }

  void add(const Diagnostic& diagnostic) {
    std::string text = diagnostic.summary + ". " + diagnostic.detail;
    if (!diagnostic.hint.empty()) text += "\n" + diagnostic.hint;
    Json result = begin(diagnostic.code, diagnostic.summary, diagnostic.severity, text);
    place(result, diagnostic.where.value_or(SourceRange{}), diagnostic.address);
    results_.push_back(std::move(result));
  }

  static std::string_view rule_text(model::Action action) {
    switch (action) {
      case model::Action::create:
        return "A declared resource is not there.";
      case model::Action::update:
        return "A resource is not as declared.";
      case model::Action::replace:
        return "A resource is not as declared, and only a new one with a new SID can be.";
      case model::Action::remove:
        return "A managed resource is declared no longer.";
      case model::Action::move:
        return "A resource is not where it is declared.";
      case model::Action::adopt:
        return "A resource exists and nobody manages it.";
    }
    return "";
  }

  Json begin(std::string_view rule, std::string_view about, Severity severity, std::string_view text) {
    const auto [known, added] = rule_index_.emplace(rule, rules_.size());
    if (added)
      rules_.push_back(
          {{"id", rule},
           {"shortDescription", {{"text", printable(about)}}},
           {"fullDescription", {{"text", printable(about)}}},
           {"help",
            {{"text", "Each result says what to do. More: docs/reports.md and docs/diagnostics.md."}}},
           {"defaultConfiguration", {{"level", level(severity)}}}});
    return {{"ruleId", rule},
            {"ruleIndex", known->second},
            {"level", level(severity)},
            {"message", message(text)}};
  }

  /// GitHub refuses a whole file for one result without a physical place. What has none in the manifests, a
  /// deletion say, is put down to the declaration of its environment.
  void place(Json& result, SourceRange where, const std::string& address) const {
    if (where.file.empty()) where = plan_.declared_at;
    where = in_repository(where, report_, environment_);
    Json location = Json::object();
    if (!where.file.empty()) {
      location["physicalLocation"]["artifactLocation"]["uri"] = uri(where.file);
      if (where.line != 0) location["physicalLocation"]["region"] = region(where);
    }
    if (!address.empty()) location["logicalLocations"] = Json::array({{{"fullyQualifiedName", address}}});
    if (!location.empty()) result["locations"] = Json::array({std::move(location)});
    if (!address.empty()) result["partialFingerprints"]["address/v1"] = plan_.environment + "/" + address;
  }

  const RunReport& report_;
  const EnvironmentReport& environment_;
  const model::Plan& plan_;
  Json rules_ = Json::array();
  Json results_ = Json::array();
  std::map<std::string, size_t, std::less<>> rule_index_;
};

}  // namespace

std::string sarif(const RunReport& report) {
  Json document{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}};
  document["runs"] = Json::array();
  for (const auto& environment : report.environments)
    document["runs"].push_back(Run(report, environment).document());
  return document_text(document);
}

}  // namespace gmsactl::report
