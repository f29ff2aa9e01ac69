#include "engine/cli/planned.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "engine/base/text.h"
#include "engine/cli/files.h"
#include "engine/cli/saved_plan.h"
#include "engine/cli/terminal.h"
#include "engine/report/plan_text.h"

namespace gmsactl::cli {

std::optional<Planned> plan_and_show(const Options& options, const Loaded& loaded,
                                     const model::Desired& desired, Severity missing_permission,
                                     ExitCode& code) {
  report::Progress progress(std::cerr, std::cerr, progress_options(options));
  const auto asked = planning(options, loaded, desired);
  auto run = EnvironmentRun::start(options, desired, asked);
  const auto limit = loaded.limits.find(desired.environment.name);
  auto plan = run ? run->plan(progress) : Result<model::Plan>(fail(run.error()));
  if (plan)
    if (auto checked = run->check_permissions(*plan, missing_permission); !checked)
      plan = fail(std::move(checked).error());
  progress.clear();
  if (plan) plan->inputs = inputs_of(options, asked, loaded, desired, *plan);
  if (!plan) {
    print_error(options, "environment " + desired.environment.name + " could not be planned", plan.error());
    code = worst(code, exit_code(plan.error().kind));
    return std::nullopt;
  }
  if (limit != loaded.limits.end())
    plan->diagnostics.insert(plan->diagnostics.begin(), limit->second.notes.begin(),
                             limit->second.notes.end());
  print_diagnostics(options, plan->diagnostics, loaded.source_lines());
  code = worst(code, exit_code(plan->diagnostics));
  const bool nothing_differs =
      limit != loaded.limits.end() && limit->second.nothing_differs && plan->changes.empty();
  if (options.output == Output::text && nothing_differs)
    std::cout << "Environment " << desired.environment.name << ": no address that is declared differs since "
              << printable(options.since) << ", so nothing is planned.\n"
              << std::flush;
  else if (options.output == Output::text)
    std::cout << report::plan_text(*plan, {color_for(options, STDOUT_FILENO), options.explain}) << std::flush;
  return Planned{std::move(*run), std::move(*plan)};
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
