#include "providers/git/tree.h"

#include <git2.h>

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "engine/base/text.h"
#include "providers/git/libgit2.h"

namespace gmsactl::git {

namespace {

using Tree = Handle<git_tree, git_tree_free>;

/// As the kernel limits it.
constexpr int most_links = 40;
/// Far more than any work tree has. Without a limit, a few kilobytes of trees that hold each other many times
/// over would keep us busy for ever.
constexpr size_t most_entries = 2'000'000;

constexpr std::string_view lfs_pointer = "version https://git-lfs.github.com/spec/";

std::string in_folder(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : folder + "/" + std::string(name);
}

Result<Tree> tree_of(git_repository* repository, const git_oid& id) {
  git_tree* tree = nullptr;
  if (const int code = git_tree_lookup(&tree, repository, &id); code < 0)
    return fail(libgit2_error(code, "reading a folder of the commit"));
  return Tree(tree);
}

Result<std::string> blob_text(git_repository* repository, const git_oid& id) {
  git_blob* raw = nullptr;
  if (const int code = git_blob_lookup(&raw, repository, &id); code < 0)
    return fail(libgit2_error(code, "reading a file of the commit"));
  const Handle<git_blob, git_blob_free> blob(raw);
  return std::string(static_cast<const char*>(git_blob_rawcontent(raw)), git_blob_rawsize(raw));
}

bool is_above(const std::string& folder, const std::string& path) {
  return folder.empty() ? !path.empty() : path.starts_with(folder + "/");
}

/// What a path of a commit leads to.
struct Found {
  enum class What { nothing, folder, file, submodule, outside, circle } what = What::nothing;
  std::string path;  ///< without symbolic links
  git_oid id{};
};

/// Why a symbolic link is of no use; empty where it leads to a file or a folder.
std::string_view problem(Found::What what) {
  switch (what) {
    case Found::What::nothing:
      return "leads to nothing";
    case Found::What::submodule:
      return "leads into a submodule";
    case Found::What::outside:
      return "leads out of the repository";
    case Found::What::circle:
      return "leads to itself";
    case Found::What::folder:
    case Found::What::file:
      return {};
  }
  return {};
}

class Walk {
 public:
  Walk(git_repository* repository, const git_oid& root, bool (*is_wanted)(std::string_view))
      : repository_(repository), root_(root), is_wanted_(is_wanted) {}

  Result<TreeFiles> run(const std::string& path) {
    const auto found = GMSACTL_TRY(find({}, path));
    switch (found.what) {
      case Found::What::folder:
        GMSACTL_TRY(list(found, path));
        break;
      case Found::What::file:
        files_.is_one_file = true;
        files_.files.push_back({path, found.path, text_of(found.id)});
        break;
      case Found::What::submodule:
        return fail(ErrorKind::unsupported,
                    printable(path) + " lies in a submodule, which is another repository",
                    "Name that repository with --repo.");
      case Found::What::nothing:
        return fail(ErrorKind::not_found, "the commit has no file or folder " + printable(path));
      case Found::What::outside:
      case Found::What::circle:
        return fail(ErrorKind::invalid,
                    printable(path) + " is a symbolic link that " + std::string(problem(found.what)));
    }
    return std::move(files_);
  }

 private:
  struct Folder {
    git_oid id{};
    std::string path;
    std::string real_path;
  };

  /// Like the kernel's path look-up, with the commit's root for "/". `folder` is free of symbolic links.
  Result<Found> find(const std::string& folder, const std::string& path) {
    std::vector<std::string> names;  // of the folders gone into
    std::vector<git_oid> ids{root_};
    std::deque<std::string> ahead;
    const auto go = [&](std::string_view to) {
      const auto parts = split(to, '/');
      ahead.insert(ahead.begin(), parts.begin(), parts.end());
    };
    go(path);
    go(folder);
    for (int links = 0; !ahead.empty();) {
      const std::string name = std::exchange(ahead.front(), {});
      ahead.pop_front();
      if (name.empty() || name == ".") continue;
      if (name == "..") {
        if (names.empty()) return Found{Found::What::outside, {}, {}};
        names.pop_back();
        ids.pop_back();
        continue;
      }
      const Tree tree = GMSACTL_TRY(tree_of(repository_, ids.back()));
      const git_tree_entry* entry = git_tree_entry_byname(tree.get(), name.c_str());
      if (entry == nullptr) return Found{};
      const git_oid id = *git_tree_entry_id(entry);
      switch (git_tree_entry_filemode(entry)) {
        case GIT_FILEMODE_TREE:
          names.push_back(name);
          ids.push_back(id);
          break;
        case GIT_FILEMODE_LINK: {
          const std::string target = GMSACTL_TRY(blob_text(repository_, id));
          if (target.starts_with('/')) return Found{Found::What::outside, {}, {}};
          if (++links > most_links) return Found{Found::What::circle, {}, {}};
          go(target);
          break;
        }
        case GIT_FILEMODE_COMMIT:
          return Found{Found::What::submodule, {}, {}};
        default:
          if (!ahead.empty()) return Found{};
          return Found{Found::What::file, in_folder(join(names, "/"), name), id};
      }
    }
    return Found{Found::What::folder, join(names, "/"), ids.back()};
  }

  Result<void> list(const Found& top, const std::string& path) {
    top_ = top.path;
    folders_.push_back({top.id, path, top.path});
    // Links last, so that a folder is come upon by its own path where it has one below the top.
    while (!folders_.empty() || !links_.empty()) {
      auto& next = folders_.empty() ? links_ : folders_;
      if (folders_.empty())
        std::sort(links_.begin(), links_.end(),
                  [](const Folder& a, const Folder& b) { return a.path > b.path; });
      const Folder folder = std::move(next.back());
      next.pop_back();
      if (!seen_.insert(folder.real_path).second) continue;
      const Tree tree = GMSACTL_TRY(tree_of(repository_, folder.id));
      const size_t count = git_tree_entrycount(tree.get());
      entries_ += count;
      if (entries_ > most_entries)
        return fail(ErrorKind::constraint, "the commit has too many files to look through");
      for (size_t i = 0; i < count; ++i) GMSACTL_TRY(look_at(*git_tree_entry_byindex(tree.get(), i), folder));
    }
    return {};
  }

  Result<void> look_at(const git_tree_entry& entry, const Folder& folder) {
    const std::string name = git_tree_entry_name(&entry);
    const git_oid& id = *git_tree_entry_id(&entry);
    std::string path = in_folder(folder.path, name);
    std::string real_path = in_folder(folder.real_path, name);
    switch (git_tree_entry_filemode(&entry)) {
      case GIT_FILEMODE_TREE:
        if (!name.starts_with('.')) folders_.push_back({id, std::move(path), std::move(real_path)});
        break;
      case GIT_FILEMODE_COMMIT:
        if (!name.starts_with('.')) files_.submodules.push_back(std::move(path));
        break;
      case GIT_FILEMODE_LINK: {
        const bool wanted = is_wanted_(name);
        if (name.starts_with('.') && !wanted) break;
        GMSACTL_TRY(follow(GMSACTL_TRY(find(folder.real_path, name)), std::move(path), wanted));
        break;
      }
      default:
        if (is_wanted_(name)) files_.files.push_back({std::move(path), std::move(real_path), text_of(id)});
    }
    return {};
  }

  Result<void> follow(const Found& found, std::string path, bool wanted) {
    if (found.what == Found::What::file) {
      if (wanted) files_.files.push_back({std::move(path), found.path, text_of(found.id)});
    } else if (found.what == Found::What::folder) {
      // Above the top is more than anybody has named; the top itself is looked through already.
      if (found.path == top_) return {};
      if (is_above(found.path, top_))
        files_.links_left_out.emplace_back(std::move(path), "leads to a folder above it");
      else
        links_.push_back({found.id, std::move(path), found.path});
    } else {
      auto& where = wanted ? files_.bad_links : files_.links_left_out;
      where.emplace_back(std::move(path), problem(found.what));
    }
    return {};
  }

  git_repository* repository_;
  git_oid root_;
  bool (*is_wanted_)(std::string_view);
  std::vector<Folder> folders_;  // still to be listed
  std::vector<Folder> links_;    // likewise, come upon by symbolic links
  std::set<std::string> seen_;   // real paths of the folders listed
  std::string top_;              // real path
  size_t entries_ = 0;
  TreeFiles files_;
};

}  // namespace

Result<TreeFiles> files_below(const Repository& repository, const Commit& commit, const std::string& path,
                              bool (*is_wanted)(std::string_view name)) {
  git_oid id{};
  git_oid_fromstr(&id, commit.id.c_str());
  git_commit* raw = nullptr;
  if (const int code = git_commit_lookup(&raw, repository.handle(), &id); code < 0)
    return fail(libgit2_error(code, "reading commit " + commit.id));
  const Handle<git_commit, git_commit_free> owner(raw);
  return Walk(repository.handle(), *git_commit_tree_id(raw), is_wanted).run(path);
}

Result<std::string> contents(const Repository& repository, const TreeFile& file) {
  git_oid id{};
  git_oid_fromstr(&id, file.blob.c_str());
  auto text = GMSACTL_TRY(blob_text(repository.handle(), id));
  if (text.starts_with(lfs_pointer))
    return fail(ErrorKind::unsupported,
                "it is kept in Git LFS, so the commit holds a pointer to it and no text",
                "Keep manifests in git itself: git lfs migrate export.");
  return text;
}

}  // namespace gmsactl::git
