// What gmsactl assumes of a domain controller, tried on the one in use: a table or a document of it.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/base/text.h"
#include "engine/cli/commands.h"
#include "engine/cli/environment_run.h"
#include "engine/cli/interrupt.h"
#include "engine/cli/loading.h"
#include "engine/cli/terminal.h"
#include "gmsactl/version.h"
#include "providers/conformance/container.h"
#include "providers/conformance/run.h"

namespace gmsactl::cli {

namespace {

using conformance::Verdict;
using Json = nlohmann::ordered_json;

constexpr std::array verdicts{Verdict::as_assumed, Verdict::different, Verdict::not_allowed,
                              Verdict::not_tried};

size_t count(const conformance::Report& report, Verdict verdict) {
  return static_cast<size_t>(std::count_if(report.findings.begin(), report.findings.end(),
                                           [&](const auto& each) { return each.verdict == verdict; }));
}

/// [MS-ADTS] 6.1.4.2.
std::string level_name(int level) {
  static const std::map<int, std::string> names{{2, "Windows Server 2003"},    {3, "Windows Server 2008"},
                                                {4, "Windows Server 2008 R2"}, {5, "Windows Server 2012"},
                                                {6, "Windows Server 2012 R2"}, {7, "Windows Server 2016"},
                                                {10, "Windows Server 2025"}};
  const auto found = names.find(level);
  return found == names.end() ? "unknown" : found->second;
}

Json level_json(int level) {
  if (level < 0) return nullptr;
  Json json;
  json["number"] = level;
  json["name"] = level_name(level);
  return json;
}

std::string as_json(const model::Environment& environment, const conformance::Report& report) {
  Json json;
  json["formatVersion"] = "1.0";
  json["tool"] = {{"name", "gmsactl"}, {"version", gmsactl::version}};
  json["environment"] = environment.name;
  json["domain"] = environment.domain;
  json["server"] = report.controller.server;
  json["controller"] = {
      {"vendor", report.controller.vendor.empty() ? Json(nullptr) : Json(report.controller.vendor)},
      {"level", level_json(report.controller.level)},
      {"domainLevel", level_json(report.controller.domain_level)},
      {"forestLevel", level_json(report.controller.forest_level)}};
  json["unit"] = report.unit;
  for (const auto verdict : verdicts) json["summary"][std::string(name(verdict))] = count(report, verdict);
  json["checks"] = Json::array();
  for (const auto& finding : report.findings)
    json["checks"].push_back({{"id", finding.id},
                              {"assumes", finding.assumes},
                              {"source", finding.source},
                              {"result", std::string(name(finding.verdict))},
                              {"evidence", finding.evidence}});
  json["leftBehind"] = Json::array();
  for (const auto& each : report.left_behind) json["leftBehind"].push_back(each.dn);
  json["removedOfEarlierRuns"] = report.removed_earlier;
  json["otherRuns"] = report.other_runs;
  return json.dump(2, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string as_text(const conformance::Report& report) {
  size_t widest = 0;
  for (const auto& finding : report.findings) widest = std::max(widest, finding.id.size());
  const auto& controller = report.controller;
  std::string text = "Controller " + printable(controller.server) +
                     (controller.vendor.empty() ? "" : ", " + printable(controller.vendor)) + ", level " +
                     std::to_string(controller.level) + " (" + level_name(controller.level) + ")\n\n";
  for (const auto& finding : report.findings) {
    const std::string verdict(name(finding.verdict));
    text += verdict + std::string(19 - std::min<size_t>(verdict.size(), 18), ' ') + finding.id +
            std::string(widest + 2 - finding.id.size(), ' ') + finding.assumes + "\n";
    // What is as assumed is evidence for those who ask, in the document.
    if (finding.verdict == Verdict::as_assumed) continue;
    for (const auto& each : finding.evidence) text += "    " + printable(each) + "\n";
  }
  text += "\nConformance:";
  for (const auto verdict : verdicts)
    text += (verdict == verdicts.front() ? " " : ", ") + std::to_string(count(report, verdict)) + " " +
            std::string(name(verdict));
  return text + ".\n";
}

bool agreed(const Options& options, const std::string& domain, const std::string& server,
            const std::vector<model::Dn>& left) {
  if (options.auto_approve) return true;
  std::string earlier = left.empty() ? "" : ", and first what earlier runs left there:";
  for (const auto& dn : left) earlier += " " + printable(dn.text());
  std::cerr << "gmsactl makes a container in " << printable(options.unit) << " of " << printable(domain)
            << " through " << printable(server) << ", tries requests in it, and removes it" << earlier
            << ". Go on? Only \"yes\" is accepted: " << std::flush;
  std::string answer;
  return static_cast<bool>(std::getline(std::cin, answer)) && trim(answer) == "yes";
}

/// Containers that the run must keep away from.
std::vector<model::Dn> used_by(const std::vector<model::Desired>& environments) {
  std::vector<model::Dn> used;
  for (const auto& desired : environments)
    for (const auto& path : {desired.environment.accounts_path, desired.environment.host_groups_path})
      if (path) used.push_back(*path);
  return used;
}

/// Another connection to the same controller, by another URL.
Result<void> connects(const Options& options, const model::Environment& environment, const std::string& url) {
  auto other = session_options(options);
  other.servers = {url};
  other.request_timeout =
      std::min<std::chrono::milliseconds>(other.request_timeout, std::chrono::seconds(10));
  model::Environment encrypted = environment;
  encrypted.tls_mode = model::TlsMode::ldaps;
  auto opened = directory::Session::open(encrypted, other);
  if (!opened) return fail(std::move(opened).error());
  return {};
}

ExitCode fails(const Options& options, const Error& error, bool refused) {
  print_error(options,
              refused ? "nothing was written: the unit is refused" : "conformance could not be tried", error);
  return refused ? ExitCode::refused : exit_code(error.kind);
}

ExitCode exit_code_of(const conformance::Report& report) {
  if (stop_requested().stop_requested()) return ExitCode::interrupted;
  if (!report.left_behind.empty()) return ExitCode::partly_applied;
  const bool lost = std::any_of(report.findings.begin(), report.findings.end(), [](const auto& each) {
    return each.verdict == Verdict::not_tried && !each.evidence.empty() &&
           each.evidence.back().starts_with("the connection was lost");
  });
  if (count(report, Verdict::different) != 0) return ExitCode::changes;
  return lost ? ExitCode::live_system : ExitCode::done;
}

}  // namespace

ExitCode conformance_run(const Options& options) {
  const auto unit = model::Dn::parse(options.unit);
  if (!unit || unit->empty()) {
    print_usage_error(options, "--in \"" + options.unit + "\" is not a DN",
                      "Write --in OU=Test,DC=contoso,DC=com.");
    return ExitCode::invalid;
  }
  if (!options.auto_approve && !can_ask()) {
    print_usage_error(options, "conformance writes to the directory and cannot ask without a terminal",
                      "Add --auto-approve.");
    return ExitCode::invalid;
  }
  const auto loaded = load(options);
  if (!loaded) return loaded.error();
  if (loaded->environments.size() != 1) {
    print_usage_error(options, "conformance is tried in one environment", "Name it with --env.");
    return ExitCode::invalid;
  }
  const auto& environment = loaded->environments.front().environment;
  auto session = directory::WritingSession::open(environment, session_options(options));
  if (!session) return fails(options, session.error(), false);
  conformance::Setting setting{*unit, used_by(loaded->environments), environment.marker_attribute,
                               [&](const std::string& url) { return connects(options, environment, url); }};
  const auto usable = conformance::check_unit((*session)->transport(), (*session)->root_dse(), setting);
  if (!usable) return fails(options, usable.error(), usable.error().kind == ErrorKind::invalid);
  const auto left = conformance::left_by_earlier_runs((*session)->transport(), *unit);
  if (!left) return fails(options, left.error(), false);
  if (!agreed(options, environment.domain, (*session)->transport().peer(), *left)) {
    std::cerr << "Nothing was written.\n";
    return ExitCode::refused;
  }
  setting.told = [&](const conformance::Finding& finding) {
    if (!options.quiet && options.output == Output::text && isatty(STDERR_FILENO) != 0)
      std::cerr << finding.id << ": " << name(finding.verdict) << '\n';
  };
  auto report = [&] {
    const Writing writing;
    return conformance::run((*session)->begin_writes(), (*session)->root_dse(), setting, stop_requested());
  }();
  if (!report) return fails(options, report.error(), false);
  std::cout << (options.output == Output::json ? as_json(environment, *report) : as_text(*report))
            << std::flush;
  for (const auto& dn : report->removed_earlier)
    std::cerr << "Removed " << printable(dn) << ", which an earlier run had left\n";
  for (const auto& dn : report->other_runs)
    std::cerr << "warning: " << printable(dn) << " was left alone: another run is at work there\n";
  for (const auto& each : report->left_behind)
    std::cerr
        << "error: could not remove " << printable(each.dn) << ": " << printable(each.why)
        << "\n  help: Run conformance in this unit again, which removes what a run made, or delete it by "
           "hand\n";
  return exit_code_of(*report);
}

}  // namespace gmsactl::cli
