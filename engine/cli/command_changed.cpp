#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "engine/base/text.h"
#include "engine/cli/commands.h"
#include "engine/cli/comparison.h"
#include "engine/cli/revision.h"
#include "engine/cli/terminal.h"
#include "engine/plan/declared_changes.h"
#include "engine/report/changed.h"

namespace gmsactl::cli {

namespace {

bool contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

/// One revision, or the work tree.
struct Side {
  report::ManifestRevision shown;
  manifest::Manifests manifests;
  ManifestRepository::Files files;
  std::vector<std::string> missing;  ///< paths that it does not have
};

Result<Side> side_at(const ManifestRepository& repository, const std::string& revision) {
  const auto commit = GMSACTL_TRY(repository.git().resolve(revision));
  auto manifests = GMSACTL_TRY(repository.load(commit, revision, ManifestRepository::Missing::is_empty));
  auto files = GMSACTL_TRY(repository.files_of(commit));
  auto missing = GMSACTL_TRY(repository.missing_paths(commit));
  return Side{{revision, commit.id}, std::move(manifests), std::move(files), std::move(missing)};
}

/// Compared with a commit that has `committed`.
Result<Side> side_on_disk(const ManifestRepository& repository, const ManifestRepository::Files& committed) {
  if (repository.git().is_bare())
    return fail(ErrorKind::invalid, "a bare repository has no work tree to compare with",
                "Say with --to what to compare with.");
  auto missing = GMSACTL_TRY(repository.missing_paths(std::nullopt));
  manifest::LoadRequest request{repository.paths_on_disk(), {}};
  std::erase_if(request.paths, [&](const std::string& path) { return contains(missing, path); });
  auto manifests = manifest::load(request);
  auto files = GMSACTL_TRY(repository.files_of(manifests.sources(), committed));
  return Side{{}, std::move(manifests), std::move(files), std::move(missing)};
}

struct Sides {
  Side from;
  Side to;
};

Result<Sides> read(const Options& options) {
  const auto repository = GMSACTL_TRY(ManifestRepository::require(options));
  auto from = GMSACTL_TRY(side_at(repository, options.compare_from));
  auto to = GMSACTL_TRY(options.compare_to.empty() ? side_on_disk(repository, from.files)
                                                   : side_at(repository, options.compare_to));
  Sides sides{std::move(from), std::move(to)};
  for (const auto& path : sides.from.missing)
    if (contains(sides.to.missing, path))
      return fail(ErrorKind::invalid, "neither side has a file or folder " + printable(path),
                  "Check the path given with --manifests.");
  return sides;
}

/// In the order of the later side, and then those that only the earlier one has; all where none is chosen.
std::optional<std::vector<std::string>> environments(const Options& options, const Sides& sides) {
  auto names = sides.to.manifests.environment_names();
  for (auto& name : sides.from.manifests.environment_names())
    if (!contains(names, name)) names.push_back(std::move(name));
  if (names.empty()) {
    print_usage_error(options, "neither side defines an Environment",
                      "Check the paths given with --manifests.");
    return std::nullopt;
  }
  if (options.environments.empty() || options.all_environments) return names;
  for (const auto& name : options.environments)
    if (!contains(names, name)) {
      const std::vector<std::string_view> candidates(names.begin(), names.end());
      const auto near = nearest(name, candidates);
      print_usage_error(options, "neither side has an Environment named \"" + name + "\"",
                        near.empty() ? "" : "Did you mean \"" + std::string(near) + "\"?");
      return std::nullopt;
    }
  std::erase_if(names, [&](const std::string& name) { return !contains(options.environments, name); });
  return names;
}

}  // namespace

ExitCode changed(const Options& options) {
  const auto sides = read(options);
  if (!sides) {
    print_error(options, "the manifests could not be read", sides.error());
    return ExitCode::invalid;
  }
  const auto names = environments(options, *sides);
  if (!names) return ExitCode::invalid;
  const auto before = resolve_all(options, sides->from.manifests, *names);
  const auto after = resolve_all(options, sides->to.manifests, *names);
  if (!before || !after) return ExitCode::invalid;

  report::ManifestDifference difference{
      sides->from.shown, sides->to.shown, differing(sides->from.files, sides->to.files), {}};
  for (const auto& name : *names) {
    const auto was = before->find(name);
    const auto is = after->find(name);
    using Presence = report::EnvironmentDifference::Presence;
    const auto presence = was == before->end() ? Presence::added
                          : is == after->end() ? Presence::removed
                                               : Presence::both;
    auto changes = plan::declared_changes(was == before->end() ? model::Desired{} : was->second,
                                          is == after->end() ? model::Desired{} : is->second);
    if (!changes.empty()) difference.environments.push_back({name, presence, std::move(changes)});
  }
  if (options.output == Output::json)
    std::cout << report::changed_json(difference);
  else
    std::cout << report::changed_text(difference, color_for(options, STDOUT_FILENO));
  return options.detailed_exit_code && !difference.environments.empty() ? ExitCode::changes : ExitCode::done;
}

}  // namespace gmsactl::cli
