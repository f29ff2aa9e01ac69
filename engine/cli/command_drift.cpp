// Compares and says what differs, when that came about and why. What it works with has no way to write.
#include <unistd.h>

#include <chrono>
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/drift_cache.h"
#include "engine/cli/inspection.h"
#include "engine/cli/planned.h"
#include "engine/cli/reporting.h"
#include "engine/cli/terminal.h"
#include "engine/report/drift_text.h"

namespace gmsactl::cli {

namespace {

Result<model::Plan> compare(const Options& options, const Loaded& loaded, model::Desired& desired,
                            ports::EventSink& events) {
  const auto begin = std::chrono::steady_clock::now();
  const DriftCache cache(options.cache, desired.environment.name, options.shard);
  auto memory = cache.read();
  auto settings = check_options(options, loaded, desired);
  settings.remember = !options.cache.empty();
  auto inspection = GMSACTL_TRY(Inspection::start(options, desired.environment, settings.planning,
                                                  {memory ? memory->position.server : std::string(), false}));
  drift::Check check(inspection.observer(), inspection.feed(), desired, std::move(settings),
                     std::move(memory));
  auto look = GMSACTL_TRY(check.look(events));
  cache.write(check.memory());
  report_look(
      options, desired.environment.name, look,
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin));
  inspection.log_requests();
  return std::move(look.plan);
}

ExitCode exit_code_of(const Options& options, const model::Plan& plan) {
  ExitCode code = exit_code(plan.diagnostics);
  if (leaves_out_specs(plan)) code = worst(code, ExitCode::live_system);
  const auto counts = report::count_drift(plan);
  const bool differs = options.ignore_pending ? counts.not_only_pending() != 0 : counts.differences() != 0;
  return differs ? worst(code, ExitCode::changes) : code;
}

}  // namespace

ExitCode drift(const Options& options) {
  Reporting reporting(options, report::Command::drift);
  if (!reporting.possible()) return ExitCode::invalid;
  auto loaded = load(options);
  if (!loaded) return loaded.error();
  print_diagnostics(options, loaded->warnings, loaded->source_lines());

  ExitCode code = ExitCode::done;
  std::vector<model::Plan> plans;
  for (auto& desired : loaded->environments) {
    report::Progress progress(std::cerr, std::cerr, progress_options(options));
    auto plan = compare(options, *loaded, desired, progress);
    progress.clear();
    if (!plan) {
      print_error(options, "environment " + desired.environment.name + " could not be compared",
                  plan.error());
      code = worst(code, exit_code(plan.error().kind));
      continue;
    }
    if (options.shard) plan->inputs.shard = options.shard->text();
    print_diagnostics(options, plan->diagnostics, loaded->source_lines());
    code = worst(code, exit_code_of(options, *plan));
    if (options.output == Output::text) {
      if (!plans.empty()) std::cout << '\n';
      std::cout << report::drift_text(*plan, color_for(options, STDOUT_FILENO)) << std::flush;
    }
    plan->inputs.not_applicable = "it was made by drift, which only compares";
    plan->diagnostics.insert(plan->diagnostics.begin(), loaded->warnings.begin(), loaded->warnings.end());
    plans.push_back(std::move(*plan));
  }
  // A report of some of the environments could be taken for one of all.
  if (plans.size() != loaded->environments.size()) return code;
  std::vector<report::EnvironmentReport> compared;
  for (const auto& plan : plans) compared.push_back(report::planned(plan));
  return worst(code, reporting.show(reporting.ended(std::move(compared), source_of(options, loaded->read))));
}

}  // namespace gmsactl::cli
