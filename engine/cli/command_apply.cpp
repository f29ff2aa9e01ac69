// Everything is planned and every check passed before the first write, in all environments; only then one
// environment after the other is written.
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>

#include "engine/apply/applier.h"
#include "engine/base/text.h"
#include "engine/cli/commands.h"
#include "engine/cli/interrupt.h"
#include "engine/cli/planned.h"
#include "engine/cli/reporting.h"
#include "engine/cli/terminal.h"
#include "engine/report/apply_text.h"
#include "engine/report/plan_text.h"

namespace gmsactl::cli {

using model::ChangeResult;
using model::Outcome;

namespace {

struct Prepared {
  EnvironmentRun run;
  model::Plan plan;
  std::vector<ChangeResult> results;
};

/// Plans every environment; what stops an apply is printed and returned.
ExitCode prepare(const Options& options, const Loaded& loaded, std::vector<Prepared>& prepared) {
  ExitCode code = ExitCode::done;
  for (const auto& desired : loaded.environments) {
    auto planned = plan_and_show(options, loaded, desired, code);
    if (!planned) continue;
    if (options.output == Output::text) std::cout << '\n' << std::flush;
    prepared.push_back({std::move(planned->run), std::move(planned->plan), {}});
  }
  return code;
}

bool approved(const Options& options, const std::vector<Prepared>& prepared) {
  if (options.auto_approve) return true;
  std::cerr << "\nApply these changes to";
  for (const auto& one : prepared)
    std::cerr << ' ' << one.plan.environment << " (" << printable(one.plan.domain) << " through "
              << printable(one.plan.server) << ")";
  std::cerr << "? Only \"yes\" is taken for a yes: " << std::flush;
  std::string answer;
  return static_cast<bool>(std::getline(std::cin, answer)) && trim(answer) == "yes";
}

bool same_changes(const model::Plan& a, const model::Plan& b) {
  return std::equal(a.changes.begin(), a.changes.end(), b.changes.begin(), b.changes.end(),
                    [](const model::Change& x, const model::Change& y) {
                      return x.id == y.id && x.action == y.action && x.guid == y.guid && x.fields == y.fields;
                    });
}

/// The server may have gone between plan and apply. Another one may be used as long as it gives the same
/// plan.
Result<void> begin_writes(Prepared& one, ports::EventSink& events) {
  auto alive = one.run.provider().begin_writes();
  if (alive || !outcome_unknown(alive.error().kind)) return alive;
  auto plan = one.run.plan(events);
  if (!plan) return fail(std::move(plan).error());
  if (!same_changes(*plan, one.plan) || has_errors(plan->diagnostics))
    return fail(ErrorKind::conflict,
                "the domain controller " + one.plan.server + " was lost before the first write, and " +
                    plan->server + ", which took its place, gives another plan",
                "Plan again and review the difference.");
  one.plan = std::move(*plan);
  return one.run.provider().begin_writes();
}

ExitCode exit_code_of(const std::vector<ChangeResult>& results) {
  bool wrote = false;
  bool failed = false;
  bool stopped = false;
  bool only_conflicts = true;
  ExitCode first = ExitCode::done;
  for (const auto& result : results) {
    wrote |= !result.written.empty();
    if (result.outcome == Outcome::stopped) stopped = true;
    if (result.outcome == Outcome::applied || result.outcome == Outcome::already_done ||
        result.outcome == Outcome::skipped || result.outcome == Outcome::stopped)
      continue;
    failed = true;
    only_conflicts &= result.outcome == Outcome::conflict;
    if (result.outcome == Outcome::unknown) wrote = true;  // it may have been
    if (result.error && first == ExitCode::done) first = exit_code(result.error->kind);
  }
  if (stopped) return ExitCode::interrupted;
  if (!failed) return ExitCode::done;
  if (only_conflicts) return ExitCode::stale;
  return wrote ? ExitCode::partly_applied : first;
}

/// Reads back what was touched: a second plan must be empty.
ExitCode verify(const Options& options, const Loaded& loaded, Prepared& one, ports::EventSink& events) {
  auto again = one.run.plan_again(one.plan, events);
  if (!again) {
    print_error(options, "what was written could not be read back", again.error());
    return ExitCode::partly_applied;
  }
  if (again->empty() && again->unreadable.empty() && !has_errors(again->diagnostics)) return ExitCode::done;
  std::cerr << "error: what was read back differs from what was written; a second plan is not empty:\n";
  std::cerr << report::plan_text(*again, {color_for(options, STDERR_FILENO), true});
  print_diagnostics(options, again->diagnostics, loaded.source_lines());
  return ExitCode::partly_applied;
}

/// `stream` may be null.
ExitCode write(const Options& options, const Loaded& loaded, Prepared& one, report::EventStream* stream) {
  if (one.plan.empty()) return leaves_out_specs(one.plan) ? ExitCode::live_system : ExitCode::done;
  auto settings = progress_options(options);
  const bool text = options.output == Output::text;
  settings.color = color_for(options, text ? STDOUT_FILENO : STDERR_FILENO);
  report::Progress progress(std::cerr, text ? std::cout : std::cerr, settings);
  std::optional<BothSinks> both;
  if (stream != nullptr) both.emplace(progress, *stream);
  ports::EventSink& events = both ? static_cast<ports::EventSink&>(*both) : progress;
  const Writing writing;
  if (auto begun = begin_writes(one, events); !begun) {
    progress.clear();
    print_error(options, "nothing was written to environment " + one.plan.environment, begun.error());
    return exit_code(begun.error().kind);
  }
  one.results = apply::run(one.plan, one.run.provider(), {options.parallelism}, stop_requested(), events);
  auto flushed = one.run.provider().flush();
  progress.clear();
  if (!flushed) {
    for (auto& result : one.results)
      result = {result.id, result.action, Outcome::failed, flushed.error(), {}};
    print_error(options, "nothing was written to environment " + one.plan.environment, flushed.error());
    return exit_code(flushed.error().kind);
  }
  ExitCode code = exit_code_of(one.results);
  if (code == ExitCode::done) code = verify(options, loaded, one, progress);
  if (code == ExitCode::done && leaves_out_specs(one.plan)) code = ExitCode::partly_applied;
  progress.clear();
  if (text)
    std::cout << '\n'
              << report::apply_text(one.plan, one.results, color_for(options, STDOUT_FILENO)) << std::flush;
  one.run.log_requests();
  return code;
}

std::vector<report::EnvironmentReport> reports_of(const std::vector<Prepared>& prepared) {
  std::vector<report::EnvironmentReport> reports;
  reports.reserve(prepared.size());
  for (const auto& one : prepared) reports.push_back(report::applied(one.plan, one.results));
  return reports;
}

}  // namespace

ExitCode apply(const Options& options) {
  if (!options.auto_approve && !can_ask()) {
    print_usage_error(options, "apply asks before it writes, and there is no terminal to ask on",
                      "Pass --auto-approve in a pipeline.");
    return ExitCode::invalid;
  }
  Reporting reporting(options, report::Command::apply);
  if (!reporting.possible()) return ExitCode::invalid;
  const auto loaded = load(options);
  if (!loaded) return ExitCode::invalid;
  print_diagnostics(options, loaded->warnings, loaded->source_lines());

  std::vector<Prepared> prepared;
  if (const ExitCode code = prepare(options, *loaded, prepared); code != ExitCode::done) {
    std::cerr << "Nothing was written.\n";
    return code;
  }
  const bool anything =
      std::any_of(prepared.begin(), prepared.end(), [](const Prepared& one) { return !one.plan.empty(); });
  if (anything && !approved(options, prepared)) {
    std::cerr << "Nothing was written.\n";
    return ExitCode::done;
  }
  ExitCode code = ExitCode::done;
  auto* stream = reporting.stream(reports_of(prepared));
  for (auto& one : prepared) {
    if (stream != nullptr) stream->begin(one.plan);
    if (stop_requested().stop_requested())
      code = worst(code, ExitCode::interrupted);
    else
      code = worst(code, write(options, *loaded, one, stream));
    if (stream != nullptr) stream->end(report::applied(one.plan, one.results));
  }
  return worst(code, reporting.finish(reports_of(prepared)));
}

}  // namespace gmsactl::cli
