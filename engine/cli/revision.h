// The git repository that a command line's manifests lie in: --rev reads them as a commit has them, and what
// is read from the work tree is compared with HEAD. The only part of the command line that knows of git.
//
// A path stands for the same manifests on both sides. With --repo it is relative to the root of that
// repository; without, to the current folder, as everywhere. Files that a manifest names (ldif:, caFile, …)
// are no manifests: they are looked for on disk, where a checkout has them, whichever revision names them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/cli/options.h"
#include "engine/manifest/load.h"
#include "engine/report/plan_json.h"
#include "providers/git/repository.h"

namespace gmsactl::cli {

/// Code of the warning that a submodule was left out.
inline constexpr std::string_view submodule_left_out = "GMSA0160";

class ManifestRepository {
 public:
  /// --repo, or the one that the first of the paths lies in; nothing where there is none.
  [[nodiscard]] static Result<std::optional<ManifestRepository>> find(const Options& options);
  /// The same for those who need one.
  [[nodiscard]] static Result<ManifestRepository> require(const Options& options);

  const git::Repository& git() const { return repository_; }
  /// The manifests' paths, as they are on disk.
  std::vector<std::string> paths_on_disk() const;
  /// Those of them that the commit does not have; without one, the work tree.
  [[nodiscard]] Result<std::vector<std::string>> missing_paths(
      const std::optional<git::Commit>& commit) const;

  /// What to do about a path that the commit does not have.
  enum class Missing { is_an_error, is_empty };
  /// The manifests of a commit. A file is called "REVISION:PATH", as git calls it.
  [[nodiscard]] Result<manifest::Manifests> load(const git::Commit& commit, const std::string& revision,
                                                 Missing missing) const;

  /// Manifest files and the ids of their contents, by their path from the root.
  using Files = std::map<std::string, std::string>;
  [[nodiscard]] Result<Files> files_of(const git::Commit& commit) const;
  /// Those that were read from the work tree, with the id that git would keep them under. A file outside of
  /// it is called as it was when it was read. `committed` is what they are about to be compared with.
  [[nodiscard]] Result<Files> files_of(const manifest::Sources& sources, const Files& committed) const;

 private:
  struct Place {
    std::string on_disk;  ///< relative to the current folder, or absolute
    std::string in_tree;  ///< from the root; "" is the root
  };
  ManifestRepository(git::Repository repository, std::vector<Place> places);

  git::Repository repository_;
  std::vector<Place> places_;
};

/// Paths of one that are missing in the other, or have other contents there.
std::vector<std::string> differing(const ManifestRepository::Files& a, const ManifestRepository::Files& b);

/// Manifests, and where in git they came from.
struct ReadManifests {
  manifest::Manifests manifests;
  std::optional<git::Commit> commit;  ///< of --rev
};

/// As the command line says: from files, standard input, or a commit.
[[nodiscard]] Result<ReadManifests> read_manifests(const Options& options);

/// What --require-clean and --verify-signature have against these manifests. Whatever can't be found out is
/// held against them.
Diagnostics refusals(const Options& options, const ReadManifests& read);

/// What plans and reports say of the manifests' origin: the commit of --rev, or HEAD and whether they differ
/// from it. Nothing where they lie in no repository; a warning in the log where that can't be told.
std::optional<report::SourceCommit> source_of(const Options& options, const ReadManifests& read);

}  // namespace gmsactl::cli
