#include "providers/git/checkout.h"

#include <git2.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "providers/git/libgit2.h"

namespace gmsactl::git {

namespace fs = std::filesystem;

namespace {

/// The path as seen from `folder`; nothing where it is not below it.
std::optional<std::string_view> below(std::string_view folder, std::string_view path) {
  if (folder.empty()) return path;
  if (path == folder) return path.substr(path.rfind('/') + 1);
  if (!path.starts_with(folder) || path[folder.size()] != '/') return std::nullopt;
  return path.substr(folder.size() + 1);
}

bool in_hidden_folder(std::string_view path) {
  for (size_t at = 0;; ++at) {
    const size_t slash = path.find('/', at);
    if (slash == std::string_view::npos) return false;
    if (path[at] == '.') return true;
    at = slash;
  }
}

bool is_empty_folder(const fs::path& path) {
  std::error_code failure;
  return fs::is_directory(path, failure) && fs::is_empty(path, failure) && !failure;
}

bool is_text_of_a_dead_link(const fs::path& path) {
  constexpr size_t longest = 4096;
  std::error_code failure;
  if (fs::symlink_status(path, failure).type() != fs::file_type::regular) return false;
  if (fs::file_size(path, failure) > longest || failure) return false;
  std::ifstream stream(path, std::ios::binary);
  const std::string target((std::istreambuf_iterator<char>(stream)), {});
  return !target.empty() && target.find('\n') == std::string::npos &&
         !fs::exists(path.parent_path() / target, failure);
}

Result<void> look(const Repository& repository, std::string_view folder, const std::string& prefix,
                  bool (*is_wanted)(std::string_view), std::vector<LeftOut>& found) {
  git_index* raw = nullptr;
  if (const int code = git_repository_index(&raw, repository.handle()); code < 0)
    return fail(libgit2_error(code, "reading the index"));
  const Handle<git_index, git_index_free> index(raw);
  const fs::path root = repository.work_tree();
  for (size_t i = 0; i < git_index_entrycount(raw); ++i) {
    const git_index_entry& entry = *git_index_get_byindex(raw, i);
    const std::string_view path = entry.path;
    const auto seen = below(folder, path);
    if (!seen || in_hidden_folder(*seen)) continue;
    const auto name = path.substr(path.rfind('/') + 1);
    const bool hidden = name.starts_with('.');
    std::error_code failure;
    if (entry.mode == GIT_FILEMODE_COMMIT) {
      if (hidden) continue;
      if (is_empty_folder(root / path)) {
        found.push_back({LeftOut::What::submodule, prefix + std::string(path)});
      } else if (fs::exists(root / path / ".git", failure)) {
        const auto inner = GMSACTL_TRY(Repository::open((root / path).string()));
        GMSACTL_TRY(look(inner, {}, prefix + std::string(path) + "/", is_wanted, found));
      }
    } else if ((entry.flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) != 0) {
      if (is_wanted(name) && !fs::exists(root / path, failure))
        found.push_back({LeftOut::What::sparse, prefix + std::string(path)});
    } else if (entry.mode == GIT_FILEMODE_LINK && !hidden && !is_wanted(name) &&
               is_text_of_a_dead_link(root / path)) {
      found.push_back({LeftOut::What::link, prefix + std::string(path)});
    }
  }
  return {};
}

}  // namespace

Result<std::vector<LeftOut>> left_out(const Repository& repository, const std::string& path,
                                      bool (*is_wanted)(std::string_view name)) {
  std::vector<LeftOut> found;
  if (!repository.is_bare()) GMSACTL_TRY(look(repository, path, {}, is_wanted, found));
  return found;
}

}  // namespace gmsactl::git
