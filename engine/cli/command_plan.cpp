#include <iostream>

#include "engine/base/text.h"
#include "engine/cli/commands.h"
#include "engine/cli/files.h"
#include "engine/cli/planned.h"
#include "engine/cli/terminal.h"
#include "engine/report/plan_json.h"

namespace gmsactl::cli {

ExitCode plan(const Options& options) {
  const auto loaded = load(options);
  if (!loaded) return loaded.error();
  print_diagnostics(options, loaded->warnings, loaded->source_lines());

  ExitCode code = ExitCode::done;
  const bool several = loaded->environments.size() > 1;
  std::vector<model::Plan> plans;
  for (const auto& desired : loaded->environments) {
    auto planned = plan_and_show(options, *loaded, desired, Severity::warning, code);
    if (!planned) continue;
    if (several && options.output == Output::text) std::cout << '\n';
    planned->run.log_requests();
    auto& plan = planned->plan;
    if (leaves_out_specs(plan)) code = worst(code, ExitCode::live_system);
    if (options.detailed_exit_code && !plan.empty()) code = worst(code, ExitCode::changes);
    plan.diagnostics.insert(plan.diagnostics.begin(), loaded->warnings.begin(), loaded->warnings.end());
    plans.push_back(std::move(plan));
  }
  // A document that lists some of the environments could be taken for one that lists all.
  if (plans.size() != loaded->environments.size()) return code;
  if (options.output != Output::json && options.out.empty()) return code;
  const std::string document = report::plans_json(plans, {utc_now(), source_of(options, loaded->read)});
  if (options.output == Output::json) std::cout << document;
  if (options.out.empty()) return code;
  if (auto written = write_file(options.out, document); !written) {
    print_error(options, "the plan could not be saved", written.error());
    return worst(code, ExitCode::unforeseen);
  }
  if (options.output == Output::text && !options.quiet)
    std::cerr << "Saved to " << printable(options.out) << ". To carry out exactly this plan: gmsactl apply "
              << printable(options.out) << '\n';
  return code;
}

}  // namespace gmsactl::cli
