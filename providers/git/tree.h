// The files of a commit, without a checkout: which there are below a path, and what is in them. Symbolic
// links are followed inside of the commit and nowhere else; submodules are named, since what is in them is
// another repository's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "providers/git/repository.h"

namespace gmsactl::git {

struct TreeFile {
  std::string path;       ///< from the root of the repository, as it was come upon
  std::string real_path;  ///< the same, unless symbolic links lead to it
  std::string blob;       ///< id of its contents
  bool operator==(const TreeFile&) const = default;
};

struct TreeFiles {
  std::vector<TreeFile> files;  ///< in no particular order
  std::vector<std::string> submodules;
  /// Symbolic links by their path, and why they lead to no file of the commit, "leads out of the repository".
  std::vector<std::pair<std::string, std::string>> bad_links;
  /// The same for links whose own names are not wanted, and which may stand for folders.
  std::vector<std::pair<std::string, std::string>> links_left_out;
  bool is_one_file = false;  ///< the path named a file
};

/// Below a folder, those whose name `is_wanted`, but not below folders whose name begins with a dot; folders
/// of the commit that symbolic links lead to are looked through as well, each once. Of a file, that one
/// whatever its name. `path` is from the root, "" the root itself. not_found where the commit has no such
/// path.
[[nodiscard]] Result<TreeFiles> files_below(const Repository& repository, const Commit& commit,
                                            const std::string& path,
                                            bool (*is_wanted)(std::string_view name));

/// unsupported where the commit has no more than a Git LFS pointer.
[[nodiscard]] Result<std::string> contents(const Repository& repository, const TreeFile& file);

}  // namespace gmsactl::git
