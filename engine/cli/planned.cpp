#include "engine/cli/planned.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "engine/base/text.h"
#include "engine/cli/saved_plan.h"
#include "engine/cli/terminal.h"
#include "engine/report/plan_text.h"

namespace gmsactl::cli {

std::optional<Planned> plan_and_show(const Options& options, const Loaded& loaded,
                                     const model::Desired& desired, Severity missing_permission,
                                     ExitCode& code) {
  report::Progress progress(std::cerr, std::cerr, progress_options(options));
  auto run = EnvironmentRun::start(options, desired, planning(options, loaded, desired));
  const auto limit = loaded.limits.find(desired.environment.name);
  auto plan = run ? run->plan(progress) : Result<model::Plan>(fail(std::move(run).error()));
  if (plan)
    if (auto checked = run->check_permissions(*plan, missing_permission); !checked)
      plan = fail(std::move(checked).error());
  progress.clear();
  if (plan) plan->inputs = inputs_of(options, loaded, desired, *plan);
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

bool leaves_out_specs(const model::Plan& plan) {
  return std::any_of(plan.unreadable.begin(), plan.unreadable.end(),
                     [](const auto& resource) { return resource.id.kind == model::Kind::credential_spec; });
}

}  // namespace gmsactl::cli
