#include "engine/cli/comparison.h"

#include <algorithm>
#include <iostream>
#include <iterator>

#include "engine/base/text.h"
#include "engine/cli/revision.h"
#include "engine/cli/terminal.h"
#include "engine/plan/declared_changes.h"

namespace gmsactl::cli {

namespace {

Result<manifest::Manifests> manifests_since(const Options& options) {
  const auto repository = GMSACTL_TRY(ManifestRepository::require(options));
  const auto commit = GMSACTL_TRY(repository.git().resolve(options.since));
  return repository.load(commit, options.since, ManifestRepository::Missing::is_empty);
}

Diagnostic note(std::string_view code, std::string summary, std::string detail, std::string hint) {
  return {Severity::note, code, std::move(summary), std::move(detail), std::move(hint), std::nullopt, {}};
}

Limit limit_to(const model::DeclaredChanges& changes, const std::string& since) {
  Limit limit;
  for (const auto* ids : {&changes.added, &changes.changed})
    for (const auto& id : *ids) limit.targets.push_back(model::address(id));
  if (!changes.removed.empty()) {
    std::vector<std::string> removed;
    for (const auto& id : changes.removed) removed.push_back(model::address(id));
    limit.notes.push_back(
        note("GMSA0162", "Removed since the revision",
             "Since " + since +
                 " these are no longer declared, and --since leaves them out: " + join(removed, ", ") + ".",
             ""));
  }
  if (limit.targets.empty()) {
    limit.nothing_differs = true;
    limit.targets.emplace_back();
    limit.notes.push_back(note("GMSA0161", "Nothing differs since the revision",
                               "No address that is declared differs from what " + since +
                                   " declares, so nothing is planned, whatever the live state is.",
                               "Plan without --since to compare everything with the live state."));
  }
  return limit;
}

}  // namespace

report::SourceLines lines_of(const manifest::Manifests& manifests) {
  const auto& sources = manifests.sources();
  return [&sources](std::string_view file, uint32_t line) { return sources.line(file, line); };
}

std::optional<std::map<std::string, model::Desired>> resolve_all(const Options& options,
                                                                 const manifest::Manifests& manifests,
                                                                 std::span<const std::string> environments) {
  Diagnostics found = manifests.diagnostics();
  const auto defined = manifests.environment_names();
  std::map<std::string, model::Desired> resolved;
  for (const auto& name : environments)
    if (std::find(defined.begin(), defined.end(), name) != defined.end())
      resolved.emplace(name, manifests.resolve(name, found));
  if (!has_errors(found)) return resolved;
  print_diagnostics(options, found, lines_of(manifests));
  std::cerr << report::diagnostics_summary(found) << '\n';
  return std::nullopt;
}

std::optional<std::map<std::string, Limit>> limits_since(const Options& options,
                                                         std::span<const model::Desired> environments) {
  const auto manifests = manifests_since(options);
  if (!manifests) {
    print_error(options, "the manifests of --since could not be read", manifests.error());
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (const auto& desired : environments) names.push_back(desired.environment.name);
  const auto before = resolve_all(options, *manifests, names);
  if (!before) return std::nullopt;
  std::map<std::string, Limit> limits;
  for (const auto& desired : environments) {
    const auto found = before->find(desired.environment.name);
    const auto changes =
        plan::declared_changes(found == before->end() ? model::Desired{} : found->second, desired);
    limits.emplace(desired.environment.name, limit_to(changes, options.since));
  }
  return limits;
}

}  // namespace gmsactl::cli
