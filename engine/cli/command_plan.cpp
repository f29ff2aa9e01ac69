#include <iostream>

#include "engine/base/text.h"
#include "engine/cli/commands.h"
#include "engine/cli/files.h"
#include "engine/cli/planned.h"
#include "engine/cli/reporting.h"
#include "engine/cli/terminal.h"

namespace gmsactl::cli {

ExitCode plan(const Options& options) {
  Reporting reporting(options, report::Command::plan);
  if (!reporting.possible()) return ExitCode::invalid;
  const auto loaded = load(options);
  if (!loaded) return loaded.error();
  print_diagnostics(options, loaded->warnings, loaded->source_lines());

  ExitCode code = ExitCode::done;
  std::vector<model::Plan> plans;
  for (auto& planned : plan_and_show_all(options, *loaded, Severity::warning, code)) {
    planned.run.log_requests();
    auto& plan = planned.plan;
    code = worst(code, planned.confined);
    if (leaves_out_specs(plan)) code = worst(code, ExitCode::live_system);
    if (options.detailed_exit_code && !plan.empty()) code = worst(code, ExitCode::changes);
    plan.diagnostics.insert(plan.diagnostics.begin(), loaded->warnings.begin(), loaded->warnings.end());
    plans.push_back(std::move(plan));
  }
  // A report of some of the environments could be taken for one of all.
  if (plans.size() != loaded->environments.size()) return code;
  return worst(code, show_and_save(options, reporting, plans, source_of(options, loaded->read)));
}

}  // namespace gmsactl::cli
