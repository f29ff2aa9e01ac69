#include "engine/cli/apply_run.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <utility>

#include "engine/apply/applier.h"
#include "engine/base/text.h"
#include "engine/cli/audit_file.h"
#include "engine/cli/interrupt.h"
#include "engine/cli/logging.h"
#include "engine/cli/planned.h"
#include "engine/cli/run_identity.h"
#include "engine/cli/terminal.h"
#include "engine/plan/saved_plan.h"
#include "engine/plan/world.h"
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

/// A write that has no line is said, whatever else the run achieved.
ExitCode report_incomplete_audit(const Options& options, ports::AuditLog& audit) {
  const auto ready = audit.ready();
  if (ready) return ExitCode::done;
  const auto missing = audit.unrecorded();
  Error error = ready.error();
  if (!missing.empty()) error.message += "; these writes have no line in it: " + join(missing, ", ");
  print_error(options, "the audit log is incomplete", error);
  return ExitCode::unforeseen;
}

/// Everything that can stand in the way before the first write: the lock, what was planned before it was had,
/// the audit log, a server that answers.
ExitCode make_ready(const Options& options, Prepared& one, const report::PlanStamp& stamp) {
  if (one.plan.empty()) return ExitCode::done;
  report::Progress progress(std::cerr, std::cerr, progress_options(options));
  if (const ExitCode code = take_lock(options, one, progress, one.lock); code != ExitCode::done) return code;
  if (one.lock && one.lock->waited())
    if (const ExitCode code = check_still_the_same(options, one, progress); code != ExitCode::done)
      return code;
  if (!options.audit_log.empty()) {
    auto opened = open_audit_log(options.audit_log, one.plan, stamp);
    if (!opened) {
      print_error(options, "nothing was written to environment " + one.plan.environment, opened.error());
      return ExitCode::unforeseen;
    }
    one.audit = std::move(*opened);
    one.run.audit_to(one.audit.get());
  }
  const auto begin = [&] { return one.run.provider().begin_writes(); };
  return on_a_living_server(options, one, progress, begin);
}

/// A directory in a file is held in memory from when it was opened; what another environment saved since is
/// in the file only.
ExitCode open_anew(const Options& options, Prepared& one) {
  Options connecting = options;
  connecting.servers = {one.directory};
  auto run = EnvironmentRun::start(connecting, one.run.desired(), one.run.planned_with());
  if (run) {
    one.run = std::move(*run);
    if (one.audit) one.run.audit_to(one.audit.get());
    if (auto ready = one.run.provider().begin_writes(); ready) return ExitCode::done;
  }
  print_error(
      options, "nothing was written to environment " + one.plan.environment,
      run ? Error{ErrorKind::unavailable, "the directory cannot be read again", {}, {}} : run.error());
  return ExitCode::live_system;
}

/// The plans of all environments are made before the first is written. What that changed in the directory
/// must not be taken for what this one was planned against.
ExitCode check_after_others(const Options& options, Prepared& one, const std::vector<std::string>& written) {
  if (written.empty()) return ExitCode::done;
  if (one.directory.starts_with("ldif:"))
    if (const ExitCode code = open_anew(options, one); code != ExitCode::done) return code;
  report::Progress progress(std::cerr, std::cerr, progress_options(options));
  const ExitCode code = check_still_the_same(options, one, progress);
  progress.clear();
  if (code == ExitCode::stale)
    std::cerr << "Nothing was written to environment " << one.plan.environment << ". This run wrote to "
              << join(written, ", ") << " in the same domain just before, which may be the reason.\n";
  return code;
}

/// `stream` may be null.
ExitCode write(const Options& options, Prepared& one, report::EventStream* stream,
               const std::vector<std::string>& written) {
  const bool leaves_out = !one.plan.unreadable.empty();
  if (one.plan.empty()) return leaves_out ? ExitCode::live_system : ExitCode::done;
  if (const ExitCode code = check_after_others(options, one, written); code != ExitCode::done) return code;
  auto settings = progress_options(options);
  const bool text = options.output == Output::text;
  settings.color = color_for(options, text ? STDOUT_FILENO : STDERR_FILENO);
  report::Progress progress(std::cerr, text ? std::cout : std::cerr, settings);
  one.run.report_to(&progress);
  const Writing writing;
  std::optional<BothSinks> both;
  if (stream != nullptr) both.emplace(progress, *stream);
  ports::EventSink& events = both ? static_cast<ports::EventSink&>(*both) : progress;
  one.results = apply::run(one.plan, one.run.provider(), {options.parallelism}, stop_requested(), events);
  one.run.report_to(nullptr);
  auto flushed = one.run.provider().flush();
  progress.clear();
  if (!flushed) {
    // Credential specs are in places of their own, and what was written there stands.
    bool specs_written = false;
    for (auto& result : one.results) {
      if (result.id.kind == model::Kind::credential_spec)
        specs_written |= !result.written.empty();
      else
        result = {result.id, result.action, Outcome::failed, flushed.error(), {}};
    }
    print_error(options,
                (specs_written ? "only credential specs were written to environment "
                               : "nothing was written to environment ") +
                    one.plan.environment,
                flushed.error());
    return specs_written ? ExitCode::partly_applied : exit_code(flushed.error().kind);
  }
  ExitCode code = exit_code_of(one.results);
  if (one.audit) code = worst(code, report_incomplete_audit(options, *one.audit));
  if (code == ExitCode::done) code = verify(options, one, progress);
  if (code == ExitCode::done && leaves_out) code = ExitCode::partly_applied;
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
  for (auto& planned : plan_and_show_all(options, loaded, Severity::error, code)) {
    prepared.push_back({std::move(planned.run), std::move(planned.plan), loaded.source_lines()});
    prepared.back().directory = std::move(planned.directory);
  }
  if (prepared.size() == 1 && options.output == Output::text) std::cout << '\n' << std::flush;
  return code;
}

/// Whether anything of it was, or may have been, written.
bool touched(const Prepared& one) {
  return std::any_of(one.results.begin(), one.results.end(), [](const ChangeResult& result) {
    return !result.written.empty() || result.outcome == Outcome::unknown ||
           result.outcome == Outcome::applied;
  });
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

ExitCode check_together(const Options& options, std::vector<Prepared>& prepared) {
  std::vector<plan::Member> members;
  std::vector<size_t> said;
  for (auto& one : prepared) {
    said.push_back(one.plan.diagnostics.size());
    members.push_back({one.directory, &one.run.desired(), one.run.seen(), &one.plan});
  }
  plan::check_world(members);
  ExitCode code = ExitCode::done;
  for (size_t i = 0; i < prepared.size(); ++i) {
    const auto& all = prepared[i].plan.diagnostics;
    const Diagnostics found(all.begin() + static_cast<std::ptrdiff_t>(std::min(said[i], all.size())),
                            all.end());
    print_diagnostics(options, found, prepared[i].source);
    code = worst(code, exit_code(found));
  }
  return code;
}

ExitCode write_all(const Options& options, std::vector<Prepared>& prepared, Reporting& reporting,
                   const std::optional<report::SourceCommit>& source) {
  ExitCode code = ExitCode::done;
  // In one order in every run, so that two runs never wait for each other's locks.
  std::vector<Prepared*> by_name;
  for (auto& one : prepared) by_name.push_back(&one);
  std::stable_sort(by_name.begin(), by_name.end(), [](const Prepared* a, const Prepared* b) {
    return std::pair(a->directory, a->plan.environment) < std::pair(b->directory, b->plan.environment);
  });
  for (auto* one : by_name)
    if (const ExitCode wrong = make_ready(options, *one, reporting.stamp(source)); wrong != ExitCode::done) {
      code = wrong;
      break;
    }
  auto* stream = reporting.stream(reports_of(prepared));
  const bool ready = code == ExitCode::done;
  if (!ready && prepared.size() > 1) std::cerr << "Nothing was written to any environment.\n";
  std::map<std::string, std::vector<std::string>> written;  // environments, by directory
  for (auto& one : prepared) {
    if (stream != nullptr) stream->begin(one.plan);
    if (stop_requested().stop_requested())
      code = worst(code, ExitCode::interrupted);
    else if (ready)
      code = worst(code, write(options, one, stream, written[one.directory]));
    if (touched(one)) written[one.directory].push_back(one.plan.environment);
    if (stream != nullptr) stream->end(report::applied(one.plan, one.results));
  }
  if (code == ExitCode::live_system && ready && std::none_of(prepared.begin(), prepared.end(), touched))
    std::cerr << "Nothing was written.\n";
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
