#include "engine/cli/apply_run.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>

#include "engine/apply/applier.h"
#include "engine/base/text.h"
#include "engine/cli/audit_file.h"
#include "engine/cli/interrupt.h"
#include "engine/cli/logging.h"
#include "engine/cli/planned.h"
#include "engine/cli/run_identity.h"
#include "engine/cli/terminal.h"
#include "engine/plan/saved_plan.h"
#include "engine/report/apply_text.h"
#include "engine/report/plan_text.h"
#include "engine/report/stale_text.h"
#include "engine/report/value_text.h"

namespace gmsactl::cli {

using model::ChangeResult;
using model::Outcome;

namespace {

using LockResult = Result<std::unique_ptr<ports::Lock>>;

/// The server may have gone between plan and apply. Another one may be used as long as it gives the same
/// plan: `attempt` is then made again there.
template <typename Attempt>
ExitCode on_a_living_server(const Options& options, Prepared& one, ports::EventSink& events,
                            const Attempt& attempt) {
  auto done = attempt();
  if (!done && outcome_unknown(done.error().kind)) {
    if (const ExitCode code = check_still_the_same(options, one, events); code != ExitCode::done) return code;
    done = attempt();
  }
  if (done) return ExitCode::done;
  print_error(options, "nothing was written to environment " + one.plan.environment, done.error());
  return exit_code(done.error().kind);
}

/// Nothing in `lock` where none is to be had and none is needed; a code where another run has it.
ExitCode take_lock(const Options& options, Prepared& one, report::Progress& events,
                   std::unique_ptr<ports::Lock>& lock) {
  if (options.no_lock) return ExitCode::done;
  const auto acquire = [&]() -> LockResult {
    auto locks = GMSACTL_TRY(one.run.locks());
    auto holder = run_identity();
    holder.shard = one.plan.inputs.shard;
    const auto begins = [&](const Error& held) {
      events.clear();
      if (!options.quiet) std::cerr << "Waiting for the lock: " << held.message << ".\n" << std::flush;
    };
    return locks->acquire(holder, {options.lock_timeout, process_gone, begins}, stop_requested());
  };
  LockResult taken;
  const auto attempt = [&]() -> Result<void> {
    taken = acquire();
    if (!taken && outcome_unknown(taken.error().kind)) return fail(taken.error());
    return {};
  };
  if (const ExitCode code = on_a_living_server(options, one, events, attempt); code != ExitCode::done)
    return code;
  if (taken) {
    lock = std::move(*taken);
    return ExitCode::done;
  }
  switch (taken.error().kind) {
    case ErrorKind::unsupported:  // a directory in a file
      return ExitCode::done;
    case ErrorKind::already_exists:
      print_error(options, "nothing was written to environment " + one.plan.environment, taken.error());
      return ExitCode::locked;
    case ErrorKind::cancelled:
      return ExitCode::interrupted;
    case ErrorKind::not_found:  // the container is yet to be made
    case ErrorKind::denied:
    case ErrorKind::constraint:
      log(LogLevel::warn, "no lock could be taken; going on without",
          {{"environment", one.plan.environment}, {"reason", taken.error().message}});
      return ExitCode::done;
    default:
      print_error(options, "nothing was written to environment " + one.plan.environment, taken.error());
      return exit_code(taken.error().kind);
  }
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
ExitCode verify(const Options& options, Prepared& one, ports::EventSink& events) {
  auto again = one.run.plan_again(one.plan, events);
  if (!again) {
    print_error(options, "what was written could not be read back", again.error());
    return ExitCode::partly_applied;
  }
  if (again->empty() && again->unreadable.empty() && !has_errors(again->diagnostics)) return ExitCode::done;
  std::cerr << "error: what was read back differs from what was written; a second plan is not empty:\n";
  std::cerr << report::plan_text(*again, {color_for(options, STDERR_FILENO), true});
  print_diagnostics(options, again->diagnostics, one.source);
  return ExitCode::partly_applied;
}

/// `stream` may be null.
ExitCode write(const Options& options, Prepared& one, report::EventStream* stream,
               const std::optional<report::SourceCommit>& source) {
  if (one.plan.empty()) return leaves_out_specs(one.plan) ? ExitCode::live_system : ExitCode::done;
  auto settings = progress_options(options);
  const bool text = options.output == Output::text;
  settings.color = color_for(options, text ? STDOUT_FILENO : STDERR_FILENO);
  report::Progress progress(std::cerr, text ? std::cout : std::cerr, settings);
  std::unique_ptr<ports::Lock> lock;
  if (const ExitCode code = take_lock(options, one, progress, lock); code != ExitCode::done) return code;
  if (lock && lock->waited())
    if (const ExitCode code = check_still_the_same(options, one, progress); code != ExitCode::done)
      return code;
  std::unique_ptr<ports::AuditLog> audit;
  if (!options.audit_log.empty()) {
    auto opened = open_audit_log(options.audit_log, one.plan, source);
    if (!opened) {
      print_error(options, "nothing was written to environment " + one.plan.environment, opened.error());
      return ExitCode::unforeseen;
    }
    audit = std::move(*opened);
    one.run.audit_to(audit.get());
  }
  const Writing writing;
  const auto begin = [&] { return one.run.provider().begin_writes(); };
  if (const ExitCode code = on_a_living_server(options, one, progress, begin); code != ExitCode::done)
    return code;
  std::optional<BothSinks> both;
  if (stream != nullptr) both.emplace(progress, *stream);
  ports::EventSink& events = both ? static_cast<ports::EventSink&>(*both) : progress;
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
  if (code == ExitCode::done) code = verify(options, one, progress);
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

/// Plans every environment; what stops an apply is printed and returned.
ExitCode prepare(const Options& options, const Loaded& loaded, std::vector<Prepared>& prepared) {
  ExitCode code = ExitCode::done;
  for (const auto& desired : loaded.environments) {
    auto planned = plan_and_show(options, loaded, desired, Severity::error, code);
    if (!planned) continue;
    if (options.output == Output::text) std::cout << '\n' << std::flush;
    prepared.push_back({std::move(planned->run), std::move(planned->plan), loaded.source_lines()});
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

}  // namespace

void print_stale(const Options& options, const std::vector<plan::StaleField>& stale, const model::Plan& plan,
                 EnvironmentRun& run) {
  std::map<model::ResourceId, model::Guid> objects;
  for (const auto& change : plan.changes)
    if (!change.guid.empty()) objects.emplace(change.id, change.guid);
  std::vector<model::Guid> guids;
  for (const auto& field : stale)
    if (const auto object = objects.find(field.id); object != objects.end()) guids.push_back(object->second);
  const auto writes = run.provider().last_writes(guids).value_or(model::LastWrites());
  std::vector<report::StaleRow> rows;
  for (const auto& field : stale) {
    std::string changed;
    if (const auto object = objects.find(field.id); object != objects.end())
      if (const auto of_object = writes.find(object->second); of_object != writes.end())
        if (const auto write = of_object->second.find(field.field); write != of_object->second.end())
          changed = report::last_write_text(write->second);
    rows.push_back({model::address(field.id), field.field, field.planned, field.live, std::move(changed)});
  }
  std::cerr << report::stale_text(rows, color_for(options, STDERR_FILENO));
}

ExitCode check_still_the_same(const Options& options, Prepared& one, ports::EventSink& events) {
  auto fresh = one.run.plan(events);
  if (!fresh) {
    print_error(options, "nothing was written to environment " + one.plan.environment, fresh.error());
    return exit_code(fresh.error().kind);
  }
  auto check = plan::compare_with_saved(one.plan, std::move(*fresh));
  // What is wrong with the plan made again may follow from what changed, so that comes first.
  if (!check.stale.empty()) {
    print_error(options, "the plan of environment " + one.plan.environment + " is stale",
                {ErrorKind::conflict, "what it is about changed after it was made", {}, {}});
    print_stale(options, check.stale, one.plan, one.run);
    std::cerr << "  help: Plan again and review the difference.\n";
  }
  print_diagnostics(options, check.errors, one.source);
  if (!check.stale.empty() || !check.errors.empty()) return ExitCode::stale;
  check.rest.inputs = std::move(one.plan.inputs);
  check.rest.document_digest = std::move(one.plan.document_digest);
  one.plan = std::move(check.rest);
  return ExitCode::done;
}

ExitCode write_all(const Options& options, std::vector<Prepared>& prepared, Reporting& reporting,
                   const std::optional<report::SourceCommit>& source) {
  ExitCode code = ExitCode::done;
  auto* stream = reporting.stream(reports_of(prepared));
  for (auto& one : prepared) {
    if (stream != nullptr) stream->begin(one.plan);
    if (stop_requested().stop_requested())
      code = worst(code, ExitCode::interrupted);
    else
      code = worst(code, write(options, one, stream, source));
    if (stream != nullptr) stream->end(report::applied(one.plan, one.results));
  }
  return worst(code, reporting.show(reporting.ended(reports_of(prepared), source)));
}

ExitCode plan_and_write(const Options& options) {
  if (!options.auto_approve && !can_ask()) {
    print_usage_error(options, "gmsactl asks before it writes, and there is no terminal to ask on",
                      "Pass --auto-approve in a pipeline.");
    return ExitCode::invalid;
  }
  Reporting reporting(options, report::Command::apply);
  if (!reporting.possible()) return ExitCode::invalid;
  const auto loaded = load(options);
  if (!loaded) return loaded.error();
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
  // Before the first write, since that may change the work tree.
  return write_all(options, prepared, reporting, source_of(options, loaded->read));
}

}  // namespace gmsactl::cli
