#include <unistd.h>

#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/environment_run.h"
#include "engine/cli/loading.h"
#include "engine/cli/terminal.h"
#include "engine/report/plan_json.h"
#include "engine/report/plan_text.h"

namespace gmsactl::cli {

ExitCode plan(const Options& options) {
  const auto loaded = load(options);
  if (!loaded) return ExitCode::invalid;
  print_diagnostics(options, loaded->warnings, loaded->source_lines());

  ExitCode code = ExitCode::done;
  std::vector<model::Plan> plans;
  for (const auto& desired : loaded->environments) {
    report::Progress progress(std::cerr, std::cerr, progress_options(options));
    auto run = EnvironmentRun::start(options, desired);
    auto plan = run ? run->plan(progress) : Result<model::Plan>(fail(std::move(run).error()));
    progress.clear();
    if (!plan) {
      print_error(options, "environment " + desired.environment.name + " could not be planned", plan.error());
      code = worst(code, exit_code(plan.error().kind));
      continue;
    }
    run->log_requests();
    print_diagnostics(options, plan->diagnostics, loaded->source_lines());
    code = worst(code, exit_code(plan->diagnostics));
    if (options.detailed_exit_code && !plan->empty()) code = worst(code, ExitCode::changes);
    plan->diagnostics.insert(plan->diagnostics.begin(), loaded->warnings.begin(), loaded->warnings.end());
    if (options.output == Output::text) {
      std::cout << report::plan_text(*plan, {color_for(options, STDOUT_FILENO), options.explain});
      if (loaded->environments.size() > 1) std::cout << '\n';
    }
    plans.push_back(std::move(*plan));
  }
  // A document that lists some of the environments could be taken for one that lists all.
  if (options.output == Output::json && plans.size() == loaded->environments.size())
    std::cout << report::plans_json(plans, {utc_now(), std::nullopt});
  return code;
}

}  // namespace gmsactl::cli
