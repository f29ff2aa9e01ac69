#include "engine/cli/planned.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "engine/base/text.h"
#include "engine/cli/files.h"
#include "engine/cli/saved_plan.h"
#include "engine/cli/terminal.h"
#include "engine/model/confined.h"
#include "engine/plan/world.h"
#include "engine/report/plan_text.h"

namespace gmsactl::cli {

namespace {

/// Plans, and prints why that was not possible.
std::optional<Planned> plan_one(const Options& options, const Loaded& loaded, const model::Desired& desired,
                                Severity missing_permission, bool with_others, ExitCode& code) {
  report::Progress progress(std::cerr, std::cerr, progress_options(options));
  const auto asked = planning(options, loaded, desired);
  auto run = EnvironmentRun::start(options, desired, asked);
  if (run && with_others) run->keep_observations();
  auto plan = run ? run->plan(progress) : Result<model::Plan>(fail(run.error()));
  if (plan)
    if (auto checked = run->check_permissions(*plan, missing_permission); !checked)
      plan = fail(std::move(checked).error());
  progress.clear();
  if (!plan) {
    print_error(options, "environment " + desired.environment.name + " could not be planned", plan.error());
    code = worst(code, exit_code(plan.error().kind));
    return std::nullopt;
  }
  plan->inputs = inputs_of(options, asked, loaded, desired, *plan);
  if (const auto limit = loaded.limits.find(desired.environment.name); limit != loaded.limits.end())
    plan->diagnostics.insert(plan->diagnostics.begin(), limit->second.notes.begin(),
                             limit->second.notes.end());
  std::string directory = directory_of(options, desired.environment, *plan);
  return Planned{std::move(*run), std::move(*plan), std::move(directory)};
}

void show(const Options& options, const Loaded& loaded, Planned& planned, ExitCode& code) {
  auto& plan = planned.plan;
  print_diagnostics(options, plan.diagnostics, loaded.source_lines());
  auto rest = model::without_confined(plan.diagnostics);
  planned.confined = rest.size() == plan.diagnostics.size() ? ExitCode::done : ExitCode::live_system;
  code = worst(code, exit_code(rest));
  if (options.output != Output::text) return;
  const auto limit = loaded.limits.find(plan.environment);
  if (limit != loaded.limits.end() && limit->second.nothing_differs && plan.changes.empty())
    std::cout << "Environment " << plan.environment << ": no address that is declared differs since "
              << printable(options.since) << ", so nothing is planned.\n"
              << std::flush;
  else
    std::cout << report::plan_text(plan, {color_for(options, STDOUT_FILENO), options.explain}) << std::flush;
}

}  // namespace

std::string directory_of(const Options& options, const model::Environment& environment,
                         const model::Plan& plan) {
  // One file has many paths.
  const auto file = [](const std::string& url) {
    std::error_code unknown;
    const auto path = std::filesystem::weakly_canonical(url.substr(5), unknown);
    return "ldif:" + (unknown ? url.substr(5) : path.string());
  };
  for (const auto& server : options.servers)
    if (server.starts_with("ldif:")) return file(server);
  if (options.servers.empty())
    for (const auto& server : environment.servers)
      if (server.text.starts_with("ldif:")) return file(server.text);
  return plan.domain_sid;
}

std::optional<Planned> plan_and_show(const Options& options, const Loaded& loaded,
                                     const model::Desired& desired, Severity missing_permission,
                                     ExitCode& code) {
  auto planned = plan_one(options, loaded, desired, missing_permission, false, code);
  if (!planned) return std::nullopt;
  show(options, loaded, *planned, code);
  code = worst(code, planned->confined);
  return planned;
}

std::vector<Planned> plan_and_show_all(const Options& options, const Loaded& loaded,
                                       Severity missing_permission, ExitCode& code) {
  const bool several = loaded.environments.size() > 1;
  std::vector<Planned> all;
  for (const auto& desired : loaded.environments)
    if (auto planned = plan_one(options, loaded, desired, missing_permission, several, code))
      all.push_back(std::move(*planned));
  if (several && options.aim == plan::Aim::as_declared) {
    std::vector<plan::Member> members;
    for (auto& one : all) members.push_back({one.directory, &one.run.desired(), one.run.seen(), &one.plan});
    plan::check_world(members);
  }
  for (auto& one : all) {
    show(options, loaded, one, code);
    if (several && options.output == Output::text) std::cout << '\n' << std::flush;
  }
  return all;
}

ExitCode show_and_save(const Options& options, const Reporting& reporting,
                       const std::vector<model::Plan>& plans,
                       const std::optional<report::SourceCommit>& source) {
  std::vector<report::EnvironmentReport> environments;
  environments.reserve(plans.size());
  for (const auto& plan : plans) environments.push_back(report::planned(plan));
  const auto report = reporting.ended(std::move(environments), source);
  const ExitCode code = reporting.show(report);
  if (options.out.empty()) return code;
  if (auto written = write_file(options.out, report::render(Output::json, report)); !written) {
    print_error(options, "the plan could not be saved", written.error());
    return worst(code, ExitCode::unforeseen);
  }
  if (options.output != Output::text || options.quiet) return code;
  const bool possible = std::none_of(plans.begin(), plans.end(), [](const auto& plan) {
    return has_errors(plan.diagnostics) || !plan.inputs.not_applicable.empty();
  });
  std::cerr << "Saved to " << printable(options.out)
            << (possible ? ". To carry out exactly this plan: gmsactl apply "
                         : ". It can't be applied. To look at it: gmsactl show ")
            << printable(options.out) << '\n';
  return code;
}

bool leaves_out_specs(const model::Plan& plan) {
  return std::any_of(plan.unreadable.begin(), plan.unreadable.end(),
                     [](const auto& resource) { return resource.id.kind == model::Kind::credential_spec; });
}

}  // namespace gmsactl::cli
