// Everything is planned and every check passed before the first write, in all environments; only then one
// environment after the other is written. What is planned comes from manifests, or from a file that `plan`
// made.
#include <algorithm>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/base/text.h"
#include "engine/cli/apply_run.h"
#include "engine/cli/commands.h"
#include "engine/cli/files.h"
#include "engine/cli/planned.h"
#include "engine/cli/saved_plan.h"
#include "engine/cli/terminal.h"
#include "engine/report/plan_text.h"

namespace gmsactl::cli {

namespace {

/// One saved plan, made again on what is live now.
ExitCode prepare_saved(const Options& options, const report::PlanDocument& document, SavedInputs& saved,
                       bool with_others, std::vector<Prepared>& prepared) {
  const auto& desired = saved.loaded.environments.front();
  const auto source = saved.loaded.source_lines();
  report::Progress progress(std::cerr, std::cerr, progress_options(options));
  Options connecting = options;
  if (connecting.servers.empty()) connecting.servers = document.plan.inputs.servers;
  auto run = EnvironmentRun::start(connecting, desired, saved.planning);
  if (!run) {
    progress.clear();
    print_error(options, "environment " + desired.environment.name + " could not be planned", run.error());
    return exit_code(run.error().kind);
  }
  if (with_others) run->keep_observations();
  Prepared one{std::move(*run), document.plan, source};
  one.plan.document_digest = document.digest;
  const ExitCode code = check_still_the_same(options, one, progress);
  progress.clear();
  if (code != ExitCode::done) return code;
  one.plan.diagnostics.clear();  // those of the saved plan were shown
  auto checked = one.run.check_permissions(one.plan, Severity::error);
  if (!checked) {
    print_error(options, "environment " + desired.environment.name + " could not be planned",
                checked.error());
    return exit_code(checked.error().kind);
  }
  print_diagnostics(options, one.plan.diagnostics, source);
  if (has_errors(one.plan.diagnostics)) return exit_code(one.plan.diagnostics);
  if (one.plan.domain_sid != document.plan.domain_sid) {
    print_error(options, "the plan of environment " + one.plan.environment + " is stale",
                {ErrorKind::conflict,
                 "it was made in a domain with the SID " + document.plan.domain_sid + ", and this one has " +
                     one.plan.domain_sid,
                 "Plan again.",
                 {}});
    return ExitCode::stale;
  }
  one.directory = directory_of(connecting, desired.environment, one.plan);
  prepared.push_back(std::move(one));
  return ExitCode::done;
}

/// A plan in a file says itself what it is about and what it may do. What asks for anything else must not
/// look as if it were heeded. Empty where there is no such flag.
std::string_view flag_of_another_plan(const Options& options) {
  const std::pair<bool, std::string_view> given[] = {
      {!options.manifests.empty(), "--manifests"},
      {!options.environments.empty(), "--env"},
      {options.all_environments, "--all-envs"},
      {!options.targets.empty(), "--target"},
      {!options.excludes.empty(), "--exclude"},
      {!options.since.empty(), "--since"},
      {options.shard.has_value(), "--shard"},
      {options.adopt, "--adopt"},
      {options.prune, "--prune"},
      {options.allow_deletes.has_value(), "--allow-deletes"},
      {!options.allow_replace.empty(), "--allow-replace"},
      {options.verify_signature && !options.verify_by_variable, "--verify-signature"}};
  for (const auto& [is_given, flag] : given)
    if (is_given) return flag;
  return {};
}

/// With --require-clean: the plan was made from manifests as a commit has them.
bool is_as_committed(const Options& options, const report::PlanDocument& document) {
  if (!options.require_clean) return true;
  const auto& source = document.stamp.source;
  if (source && !source->dirty) return true;
  print_diagnostics(options,
                    {{Severity::error,
                      "GMSA0311",
                      "Manifests are not as committed",
                      "The plan of environment " + document.plan.environment + " was made from manifests " +
                          (source ? "that are not as commit " + source->commit + " has them."
                                  : std::string("of no commit.")),
                      "Commit them and plan again.",
                      {},
                      {}}},
                    {});
  return false;
}

/// To review a plan in a file is to approve it, so nobody is asked again.
ExitCode apply_file(const Options& options) {
  if (const auto flag = flag_of_another_plan(options); !flag.empty()) {
    print_usage_error(options,
                      std::string(flag) + " does not go with a saved plan, which is carried out as it is",
                      "Leave it out, or make another plan.");
    return ExitCode::invalid;
  }
  Reporting reporting(options, report::Command::apply);
  if (!reporting.possible()) return ExitCode::invalid;
  const auto text = read_file(options.file);
  const auto documents =
      text ? report::parse_plans_json(*text) : Result<std::vector<report::PlanDocument>>(fail(text.error()));
  if (!documents) {
    print_error(options, options.file, documents.error());
    return ExitCode::invalid;
  }
  ExitCode code = ExitCode::done;
  std::vector<SavedInputs> inputs;
  inputs.reserve(documents->size());  // plans point into them
  std::vector<Prepared> prepared;
  for (const auto& document : *documents) {
    print_diagnostics(options, document.plan.diagnostics, {});
    if (const ExitCode wrong = exit_code(document.plan.diagnostics); wrong != ExitCode::done) {
      print_error(options, "the plan of environment " + document.plan.environment + " can't be carried out",
                  {ErrorKind::invalid, "it was made with errors", "Mend them and plan again.", {}});
      code = worst(code, wrong);
      continue;
    }
    if (!is_as_committed(options, document)) {
      code = worst(code, ExitCode::refused);
      continue;
    }
    auto saved = reopen(document);
    if (!saved) {
      print_error(options, "the plan of environment " + document.plan.environment + " can't be carried out",
                  saved.error());
      code = worst(code, saved.error().kind == ErrorKind::conflict ? ExitCode::stale : ExitCode::refused);
      continue;
    }
    inputs.push_back(std::move(*saved));
    code = worst(code, prepare_saved(options, document, inputs.back(), documents->size() > 1, prepared));
  }
  if (code == ExitCode::done && prepared.size() > 1) code = check_together(options, prepared);
  if (code != ExitCode::done) {
    std::cerr << "Nothing was written.\n";
    return code;
  }
  for (const auto& one : prepared) {
    if (options.output != Output::text) continue;
    if (one.plan.empty() && one.plan.unreadable.empty())
      std::cout << "Environment " << printable(one.plan.environment) << ": already applied.\n";
    else
      std::cout << report::plan_text(one.plan, {color_for(options, STDOUT_FILENO), options.explain}) << '\n'
                << std::flush;
  }
  return write_all(options, prepared, reporting, documents->front().stamp.source);
}

}  // namespace

ExitCode apply(const Options& options) {
  return options.file.empty() ? plan_and_write(options) : apply_file(options);
}

}  // namespace gmsactl::cli
