// Plans and results that the renderers' tests share.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "engine/model/plan.h"
#include "engine/report/render.h"

namespace gmsactl::report::sample {

inline model::Dn dn(std::string_view text) { return *model::Dn::parse(text); }

inline model::Plan empty_plan() {
  model::Plan plan;
  plan.environment = "prod";
  plan.domain = "contoso.com";
  plan.domain_sid = "S-1-5-21-1-2-3";
  plan.server = "dc01.contoso.com";
  for (int i = 0; i < 41; ++i) plan.unchanged.push_back({model::Kind::gmsa, "Same" + std::to_string(i)});
  return plan;
}

inline model::Change new_group() {
  model::Change change;
  change.id = {model::Kind::host_group, "WebApp01Hosts"};
  change.action = model::Action::create;
  change.dn = dn("CN=WebApp01Hosts,CN=Users,DC=contoso,DC=com");
  change.cause = "new";
  change.fields = {{"samAccountName", {}, std::string("WebApp01Hosts"), {}, {}},
                   {"members", {}, std::vector<std::string>{"CONTOSO\\HOST01$"}, {"CONTOSO\\HOST01$"}, {}}};
  change.reasons = {"no group has sAMAccountName WebApp01Hosts"};
  change.declared_at = {"groups.yaml", 3, 1};
  return change;
}

inline model::Change updated_account() {
  model::Change change;
  change.id = {model::Kind::gmsa, "WebApp01"};
  change.action = model::Action::update;
  change.dn = dn("CN=WebApp01,CN=Managed Service Accounts,DC=contoso,DC=com");
  change.guid = *model::Guid::parse("56d9b66c-d746-4f87-bd26-26760cfdca2e");
  change.fields = {{"servicePrincipalNames",
                    std::vector<std::string>{"host/web01", "http/old"},
                    std::vector<std::string>{"host/web01", "http/a", "http/b"},
                    {"http/a", "http/b"},
                    {"http/old"}},
                   {"description", std::string("Web"), {}, {}, {}},
                   {"displayName", {}, std::string("The web"), {}, {}},
                   {"enabled", false, true, {}, {}},
                   {"kerberosEncryptionTypes", int64_t{28}, int64_t{24}, {}, {}}};
  change.guards = {{"description", "0123456789abcdef", "fedcba9876543210"}};
  change.reasons = {"the SPNs differ", "the description differs"};
  change.requires_ = {{model::Kind::host_group, "WebApp01Hosts"}};
  change.declared_at = {"accounts.yaml", 12, 1};
  return change;
}

inline model::Plan plan() {
  auto plan = empty_plan();
  plan.changes = {new_group(), updated_account()};
  plan.inputs.manifests = {{"accounts.yaml", "", 12, "kind: GMSA\n"}};
  plan.inputs.paths = {"accounts.yaml"};
  return plan;
}

inline Diagnostic diagnostic() {
  return {Severity::error,
          "GMSA0113",
          "Unknown key",
          "GMSA/WebApp01 has no field \"dnsHostNam\".",
          "Did you mean \"dnsHostName\"?",
          SourceRange{"accounts.yaml", 2, 3},
          "GMSA/WebApp01"};
}

/// Every outcome in turn.
inline std::vector<model::ChangeResult> results_of(const model::Plan& plan) {
  std::vector<model::ChangeResult> results;
  for (const auto& change : plan.changes) {
    const auto outcome = static_cast<model::Outcome>(results.size() % 8);
    results.push_back({change.id, change.action, outcome, {}, {"wrote \xff"}});
    if (outcome != model::Outcome::applied)
      results.back().error =
          Error{ErrorKind::denied, "no", "ask", NativeCode{50, "insufficientAccessRights", 5U}};
  }
  return results;
}

/// A report of plans that outlive it.
inline RunReport run(const std::vector<model::Plan>& plans) {
  RunReport report;
  for (const auto& plan : plans) report.environments.push_back(planned(plan));
  report.started_at = report.finished_at = "2026-01-31T12:00:00Z";
  return report;
}
inline RunReport applied_run(const model::Plan& plan, const std::vector<model::ChangeResult>& results) {
  RunReport report;
  report.command = Command::apply;
  report.environments = {applied(plan, results)};
  report.started_at = "2026-01-31T12:00:00Z";
  report.finished_at = "2026-01-31T12:00:01Z";
  return report;
}
/// Every outcome in turn, in each environment.
inline RunReport applied_run(const std::vector<model::Plan>& plans) {
  RunReport report = run(plans);
  report.command = Command::apply;
  for (auto& environment : report.environments)
    environment = applied(*environment.plan, results_of(*environment.plan));
  return report;
}

/// As many changes, of every action in turn, with what they usually have.
inline model::Plan big_plan(size_t size) {
  auto plan = empty_plan();
  for (size_t i = 0; i < size; ++i) {
    plan.changes.push_back(i % 6 == 0 ? new_group() : updated_account());
    auto& change = plan.changes.back();
    change.id.name += std::to_string(i);
    change.action = static_cast<model::Action>(i % 6);
    if (change.action == model::Action::create) change.guid = {};
  }
  return plan;
}

/// Any bytes at all, in every place that takes text from outside.
class RandomPlans {
 public:
  explicit RandomPlans(uint32_t seed) : random_(seed) {}

  model::Plan next() {
    model::Plan plan = empty_plan();
    // Environments have different names, whatever else they have in common.
    plan.environment = "e" + std::to_string(++made_) + text();
    plan.inputs.manifests = {{"f" + text(), text(), 1, text()}};
    plan.inputs.targets = {text()};
    plan.server = text();
    if (below(2) == 0) plan.declared_at = place();
    const size_t count = below(8);
    for (size_t i = 0; i < count; ++i) plan.changes.push_back(change(i));
    for (size_t i = below(3); i > 0; --i)
      plan.unreadable.push_back(
          {{model::Kind::gmsa, "u" + std::to_string(i) + text()},
           Error{ErrorKind::unavailable, text(), text(), NativeCode{81, "serverDown", {}}}});
    for (size_t i = below(3); i > 0; --i) {
      auto diagnostic = sample::diagnostic();
      diagnostic.severity = static_cast<Severity>(below(3));
      diagnostic.detail = text();
      diagnostic.hint = text();
      if (below(2) == 0) diagnostic.where = place();
      plan.diagnostics.push_back(diagnostic);
    }
    return plan;
  }

 private:
  size_t below(size_t limit) { return random_() % limit; }
  std::string text() {
    static const std::vector<std::string> pieces = {"a",
                                                    "Z9",
                                                    " ",
                                                    "\x1b[31m",
                                                    "\n",
                                                    "\t",
                                                    "\"",
                                                    "\\",
                                                    "é",
                                                    "\xff",
                                                    "\xe2\x80\xae",
                                                    "界",
                                                    "\x7f",
                                                    "\xc2\x9b",
                                                    std::string(1, '\0'),
                                                    "<b>",
                                                    "\xed\xa0",
                                                    "/",
                                                    "$",
                                                    "|",
                                                    "{}",
                                                    "{0}",
                                                    "]]>",
                                                    "</script>",
                                                    "</code>",
                                                    "-->",
                                                    "`",
                                                    "```",
                                                    "**",
                                                    "](http://evil)",
                                                    "![",
                                                    "@team",
                                                    "::error::",
                                                    "%0A",
                                                    "&amp;",
                                                    "'",
                                                    "\xef\xbf\xbf",
                                                    "\r",
                                                    ",",
                                                    ":",
                                                    "</details>",
                                                    "<!--"};
    std::string result;
    for (size_t i = below(6); i > 0; --i) result += pieces[below(pieces.size())];
    return result;
  }
  model::FieldValue value() {
    switch (below(5)) {
      case 0:
        return std::monostate{};
      case 1:
        return below(2) == 0;
      case 2:
        return static_cast<int64_t>(below(1000)) - 500;
      case 3:
        return text();
      default:
        return std::vector<std::string>{text(), text()};
    }
  }
  SourceRange place() {
    return {intern("f" + text()), static_cast<uint32_t>(below(3)), static_cast<uint32_t>(below(3))};
  }
  std::string_view cause() {
    static constexpr std::string_view causes[] = {"", model::cause::drift, model::cause::pending,
                                                  model::cause::both, model::cause::fresh};
    return causes[below(5)];
  }
  model::Change change(size_t index) {
    model::Change change = updated_account();
    change.id = {static_cast<model::Kind>(below(5)), std::to_string(index) + text()};
    change.action = static_cast<model::Action>(below(6));
    if (change.action == model::Action::create) change.guid = {};
    if (change.id.kind == model::Kind::credential_spec) {
      change.dn = {};
      change.guid = {};
    }
    change.cause = cause();
    change.fields = {{"path", value(), value(), {text()}, {text()}, cause()},
                     {"servicePrincipalNames",
                      std::vector<std::string>{text(), text()},
                      value(),
                      {text()},
                      {text()},
                      cause()},
                     {"members",
                      value(),
                      std::vector<std::string>{text() + "$", text()},
                      {text() + "$"},
                      {text()},
                      cause()},
                     {"description", value(), value(), {}, {}}};
    if (below(2) == 0)
      change.fields[1].last_write = model::LastWrite{static_cast<int64_t>(below(1'000'000)) * 10'000'000,
                                                     text(), static_cast<uint32_t>(below(9))};
    change.reasons = {text()};
    if (below(2) == 0) change.declared_at = place();
    return change;
  }

  std::mt19937 random_;
  size_t made_ = 0;
};

}  // namespace gmsactl::report::sample
