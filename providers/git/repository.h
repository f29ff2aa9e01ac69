// A git repository, opened to be read: which commit a revision means, the facts of a commit, and what git
// would call the contents of a file. What a commit's tree holds is in tree.h, who signed it in signature.h.
// Nothing is ever written, checked out or fetched, and no hook or filter program runs. Knows nothing of
// manifests; called by the command line. Not for several threads at once.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

struct git_repository;

namespace gmsactl::git {

struct Commit {
  std::string id;  ///< hexadecimal, in full
  std::string author_name;
  std::string author_email;
  std::chrono::sys_seconds time;  ///< when it was committed
  std::string summary;            ///< the first line of its message
  bool operator==(const Commit&) const = default;
};

class Repository {
 public:
  /// The one at this very place: the root of a work tree, its `.git`, or a bare repository.
  [[nodiscard]] static Result<Repository> open(const std::string& path);
  /// The one that the folder is in, as git finds it (GIT_CEILING_DIRECTORIES is heeded); nothing where there
  /// is none. One that can't be opened is an error, be it for its owner (denied).
  [[nodiscard]] static Result<std::optional<Repository>> discover(const std::string& folder);
  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;
  ~Repository();

  /// Root of the work tree, without symbolic links and without a slash at the end; empty of a bare
  /// repository.
  const std::string& work_tree() const { return work_tree_; }
  bool is_bare() const { return work_tree_.empty(); }

  /// A branch, a tag, an id or its beginning, HEAD~2: what `git rev-parse` takes for a commit.
  /// not_found and invalid say which names are near, or that the repository is shallow.
  [[nodiscard]] Result<Commit> resolve(const std::string& revision) const;
  /// What is checked out; nothing where nothing has been committed yet.
  [[nodiscard]] Result<std::optional<Commit>> head() const;

  /// The id that git gives to these contents.
  static std::string blob_id(std::string_view contents);
  /// The id that `git add` would give to a file of the work tree with these contents: line ends converted as
  /// its attributes say. `path` is from the root.
  [[nodiscard]] Result<std::string> stored_id(const std::string& path, std::string_view contents) const;

  /// Of libgit2; for the other files of this folder.
  git_repository* handle() const { return handle_; }

 private:
  explicit Repository(git_repository* handle);
  Error no_such_revision(const std::string& revision, int code) const;
  std::vector<std::string> branches_and_tags() const;

  git_repository* handle_;
  std::string work_tree_;
};

}  // namespace gmsactl::git
