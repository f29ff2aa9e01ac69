// A plan back from what an apply has done. It goes through the same hands as a plan of manifests: what is to
// be declared is written as manifests, and these are planned, shown and saved.
#include <iostream>

#include "engine/base/glob.h"
#include "engine/base/text.h"
#include "engine/cli/apply_run.h"
#include "engine/cli/commands.h"
#include "engine/cli/files.h"
#include "engine/cli/planned.h"
#include "engine/cli/reporting.h"
#include "engine/cli/terminal.h"
#include "engine/manifest/write.h"
#include "engine/plan/revert.h"
#include "engine/report/apply_json.h"

namespace gmsactl::cli {

namespace {

/// Everything that carries the environment's marker, as if nothing were declared.
Result<model::Observations> observe_ours(const Options& options, const Loaded& loaded,
                                         const model::Environment& environment) {
  model::Desired nothing;
  nothing.environment = environment;
  report::Progress progress(std::cerr, std::cerr, progress_options(options));
  auto run = GMSACTL_TRY(EnvironmentRun::start(options, nothing, planning(options, loaded, nothing)));
  return run.observe(progress);
}

/// The Environment as it is declared, and the declarations of before.
Loaded declared_before(const Options& options, const Loaded& loaded, const std::string& environment,
                       const plan::Reversal& reversal) {
  auto texts = loaded.read.manifests.texts(environment, [](const std::string&) { return false; });
  std::string before;
  for (const auto& group : reversal.host_groups) before += manifest::manifest_text(group);
  for (const auto& account : reversal.accounts) before += manifest::manifest_text(account);
  if (!before.empty()) texts.push_back({"before " + options.file, {}, 1, std::move(before)});
  return {{manifest::load(manifest::sources_of(texts)), std::nullopt}, {}, {}, {}, {}};
}

/// What is not selected counts as not done.
std::vector<model::ChangeResult> selected(const Options& options, const report::ApplyDocument& document) {
  plan::Options selection;
  selection.targets = options.targets;
  selection.excludes = options.excludes;
  auto results = document.results;
  for (size_t i = 0; i < results.size(); ++i)
    if (!plan::is_selected(selection, document.plan.changes[i].id))
      results[i] = {
          document.plan.changes[i].id, document.plan.changes[i].action, model::Outcome::skipped, {}, {}};
  return results;
}

/// Nothing where it can't be planned; what speaks against it makes `code` worse.
std::optional<model::Plan> undo(const Options& options, const Loaded& loaded,
                                const report::ApplyDocument& document, ExitCode& code) {
  const std::string& name = document.plan.environment;
  const auto found = std::find_if(loaded.environments.begin(), loaded.environments.end(),
                                  [&](const auto& desired) { return desired.environment.name == name; });
  const auto seen = observe_ours(options, loaded, found->environment);
  if (!seen) {
    print_error(options, "environment " + name + " could not be planned", seen.error());
    code = worst(code, exit_code(seen.error().kind));
    return std::nullopt;
  }
  auto reversal = plan::reverse(document.plan.changes, selected(options, document), *seen);
  print_diagnostics(options, reversal.remarks, {});
  if (has_errors(reversal.remarks)) {
    std::cerr << "help: --exclude leaves an address as it is, and takes the rest back.\n";
    code = worst(code, ExitCode::refused);
    return std::nullopt;
  }

  auto before = declared_before(options, loaded, name, reversal);
  Diagnostics wrong = before.read.manifests.diagnostics();
  auto desired = before.read.manifests.resolve(name, wrong);
  print_diagnostics(options, wrong, before.source_lines());
  if (has_errors(wrong)) {
    code = worst(code, ExitCode::refused);
    return std::nullopt;
  }
  desired.complete = !reversal.removals.empty();
  Options undoing = options;
  undoing.targets.clear();  // they have chosen already; what is chosen is taken back whole
  undoing.excludes.clear();
  undoing.removals = std::move(reversal.removals);
  auto planned = plan_and_show(undoing, before, desired, Severity::warning, code);
  if (!planned) return std::nullopt;
  if (const auto changed = plan::changed_since(document.plan.changes, planned->plan); !changed.empty()) {
    print_error(options, "environment " + name + " can't be taken back",
                {ErrorKind::conflict, "somebody changed it after the apply", {}, {}});
    print_stale(options, changed, planned->plan, planned->run);
    std::cerr << "  help: Undo by hand what is to be undone, or correct the manifests and apply them.\n";
    code = worst(code, ExitCode::stale);
  }
  planned->plan.diagnostics.insert(planned->plan.diagnostics.begin(), reversal.remarks.begin(),
                                   reversal.remarks.end());
  return std::move(planned->plan);
}

}  // namespace

ExitCode revert(const Options& options) {
  Reporting reporting(options, report::Command::plan);
  if (!reporting.possible()) return ExitCode::invalid;
  const auto text = read_file(options.file);
  const auto documents = text ? report::parse_applies_json(*text)
                              : Result<std::vector<report::ApplyDocument>>(fail(text.error()));
  if (!documents) {
    print_error(options, options.file, documents.error());
    return ExitCode::invalid;
  }
  const auto matches = [&](const std::string& pattern) {
    for (const auto& document : *documents)
      for (const auto& change : document.plan.changes)
        if (glob_match(pattern, model::address(change.id))) return true;
    return false;
  };
  if (!check_patterns(options, matches)) return ExitCode::invalid;
  Options named = options;
  named.targets.clear();
  named.excludes.clear();
  for (const auto& document : *documents) named.environments.push_back(document.plan.environment);
  const auto loaded = load(named);
  if (!loaded) return loaded.error();

  ExitCode code = ExitCode::done;
  std::vector<model::Plan> plans;
  for (const auto& document : *documents) {
    auto plan = undo(options, *loaded, document, code);
    if (!plan) continue;
    if (options.detailed_exit_code && !plan->empty()) code = worst(code, ExitCode::changes);
    plans.push_back(std::move(*plan));
  }
  if (plans.size() != documents->size() || code == ExitCode::stale) return code;
  return worst(code, show_and_save(options, reporting, plans, std::nullopt));
}

}  // namespace gmsactl::cli
