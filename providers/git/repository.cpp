#include "providers/git/repository.h"

#include <git2.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "engine/base/text.h"
#include "providers/git/libgit2.h"

namespace gmsactl::git {

namespace {

/// libgit2 for as long as the program runs.
void start_libgit2() {
  struct Library {
    Library() {
      git_libgit2_init();
      // Set by `git sparse-checkout`, `git clone --filter`, `git worktree add --relative-paths` and for
      // alternates. None changes how objects are read, except that some may be missing, which is an error of
      // its own; libgit2 resolves the relative path in a worktree's .git without being told.
      std::array<const char*, 4> harmless{"worktreeconfig", "partialclone", "relativeworktrees",
                                          "preciousobjects"};
      git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, harmless.data(), harmless.size());
    }
    ~Library() { git_libgit2_shutdown(); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
  };
  static const Library library;
}

std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

/// libgit2 1.5 says "not found" of a repository of another user where no safe.directory is configured at all.
bool refuses_owner(int code) {
  const git_error* last = git_error_last();
  return code == GIT_EOWNER || (code == GIT_ENOTFOUND && last != nullptr && last->klass == GIT_ERROR_CONFIG);
}

/// What a repository is stored as that libgit2 can't read, and the way out; nothing of any other failure.
std::optional<Error> unknown_format(const std::string& path, int code) {
  const git_error* last = git_error_last();
  const std::string_view said = last != nullptr && last->message != nullptr ? last->message : "";
  constexpr std::string_view extension = "unsupported extension name extensions.";
  const bool sha256 = said.starts_with("unknown object format");
  if (!sha256 && !said.starts_with(extension)) return std::nullopt;
  const std::string_view name = sha256 ? "objectformat" : said.substr(extension.size());
  Error error{ErrorKind::unsupported,
              "gmsactl cannot read the git repository " + printable(path) +
                  ": it uses the extension extensions." + printable(name),
              {},
              NativeCode{code, "libgit2", std::nullopt}};
  if (name == "refstorage")
    error.hint =
        "The repository keeps its branches as a reftable. Run git refs migrate --ref-format=files (git 2.46 "
        "or later), or clone it again with git clone --ref-format=files.";
  else if (name == "objectformat")
    error.hint = "Use a repository of SHA-1 objects, which is what git init makes by default.";
  else
    error.hint =
        "Clone the repository again without that extension; git config --list --local shows which it has.";
  return error;
}

Error cannot_open(const std::string& path, int code) {
  if (auto error = unknown_format(path, code)) return std::move(*error);
  if (!refuses_owner(code)) return libgit2_error(code, "opening the git repository " + printable(path));
  return Error{
      ErrorKind::denied, "the git repository " + printable(path) + " belongs to another user",
      "If you trust it: git config --global --add safe.directory FOLDER, with the root of the repository "
      "in full; libgit2 does not take a * there.",
      NativeCode{code, "libgit2", std::nullopt}};
}

}  // namespace

Repository::Repository(git_repository* handle) : handle_(handle) {
  if (const char* root = git_repository_workdir(handle)) {
    work_tree_ = root;
    while (work_tree_.size() > 1 && work_tree_.ends_with('/')) work_tree_.pop_back();
  }
}

Repository::Repository(Repository&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), work_tree_(std::move(other.work_tree_)) {}

Repository& Repository::operator=(Repository&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(work_tree_, other.work_tree_);
  return *this;
}

Repository::~Repository() { git_repository_free(handle_); }

Result<Repository> Repository::open(const std::string& path) {
  start_libgit2();
  git_repository* found = nullptr;
  const int code = git_repository_open_ext(&found, path.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
  if (code == GIT_ENOTFOUND && !refuses_owner(code))
    return fail(ErrorKind::not_found, printable(without_credentials(path)) + " is no git repository",
                "Name the folder that has .git in it, or a bare repository.");
  if (code < 0) return fail(cannot_open(path, code));
  return Repository(found);
}

Result<std::optional<Repository>> Repository::discover(const std::string& folder) {
  start_libgit2();
  git_repository* found = nullptr;
  const int code = git_repository_open_ext(&found, folder.c_str(), 0, std::getenv("GIT_CEILING_DIRECTORIES"));
  if (code == GIT_ENOTFOUND && !refuses_owner(code)) return std::nullopt;
  if (code < 0) return fail(cannot_open(folder, code));
  return Repository(found);
}

Result<Commit> Repository::resolve(const std::string& revision) const {
  git_object* raw = nullptr;
  int code = git_revparse_single(&raw, handle_, revision.c_str());
  const Handle<git_object, git_object_free> object(raw);
  if (code < 0) return fail(no_such_revision(revision, code));
  git_object* peeled = nullptr;
  code = git_object_peel(&peeled, object.get(), GIT_OBJECT_COMMIT);
  const Handle<git_object, git_object_free> owner(peeled);
  if (code < 0)
    return fail(ErrorKind::invalid,
                "the revision \"" + printable(revision) + "\" is a " +
                    git_object_type2string(git_object_type(object.get())) + ", not a commit",
                "Name a branch, a tag or a commit.");
  const auto* commit = reinterpret_cast<const git_commit*>(peeled);  // as libgit2 says of its object types
  const git_signature* author = git_commit_author(commit);
  return Commit{text_of(*git_commit_id(commit)), text_of(author->name), text_of(author->email),
                std::chrono::sys_seconds(std::chrono::seconds(git_commit_time(commit))),
                text_of(git_commit_summary(const_cast<git_commit*>(commit)))};
}

Result<std::optional<Commit>> Repository::head() const {
  if (git_repository_head_unborn(handle_) == 1) return std::nullopt;
  return std::optional(GMSACTL_TRY(resolve("HEAD")));
}

Error Repository::no_such_revision(const std::string& revision, int code) const {
  const std::string shown = "\"" + printable(revision) + "\"";
  if (git_repository_head_unborn(handle_) == 1)
    return Error{
        ErrorKind::not_found, "there is no revision " + shown + ": the repository has no commit yet", {}, {}};
  if (code == GIT_EAMBIGUOUS)
    return Error{
        ErrorKind::invalid, "the revision " + shown + " is ambiguous", "Write more of the commit's id.", {}};
  if (code != GIT_ENOTFOUND && code != GIT_EINVALIDSPEC && code != GIT_ERROR)
    return libgit2_error(code, "looking for the revision " + shown);
  Error error{ErrorKind::not_found, "there is no revision " + shown, {}, {}};
  const std::string name = revision.substr(0, revision.find_first_of("~^@:"));
  const auto names = branches_and_tags();
  const auto is_known = [&](const std::string& each) { return each == name; };
  // A pipeline's checkout has the branches of the remote and none of its own.
  const auto of_remote = std::find_if(names.begin(), names.end(),
                                      [&](const std::string& each) { return each.ends_with("/" + name); });
  const auto near = nearest(name, std::vector<std::string_view>(names.begin(), names.end()));
  constexpr size_t most_listed = 10;
  if (name == "HEAD" || std::any_of(names.begin(), names.end(), is_known))
    error.hint = "\"" + printable(name) + "\" is there, but its history does not reach that far.";
  else if (of_remote != names.end())
    error.hint = "Did you mean \"" + printable(*of_remote) + "\"?";
  else if (!near.empty())
    error.hint = "Did you mean \"" + printable(near) + "\"?";
  else if (names.size() <= most_listed)
    error.hint = "Branches and tags here: " + printable(join(names, ", ")) +
                 ". What is elsewhere has to be fetched first.";
  else
    error.hint = "Look with git branch --all and git tag; what is elsewhere has to be fetched first.";
  if (git_repository_is_shallow(handle_) == 1)
    error.hint +=
        " The repository is shallow: git fetch --unshallow, or a checkout of full depth, brings the rest.";
  return error;
}

std::vector<std::string> Repository::branches_and_tags() const {
  std::vector<std::string> names;
  git_strarray list{};
  if (git_reference_list(&list, handle_) < 0) return names;
  for (size_t i = 0; i < list.count; ++i)
    for (const std::string_view prefix : {"refs/heads/", "refs/tags/", "refs/remotes/"})
      if (const std::string_view full = list.strings[i]; full.starts_with(prefix))
        names.emplace_back(full.substr(prefix.size()));
  git_strarray_dispose(&list);
  return names;
}

std::string Repository::blob_id(std::string_view contents) {
  start_libgit2();
  git_oid id{};
  git_odb_hash(&id, contents.data(), contents.size(), GIT_OBJECT_BLOB);
  return text_of(id);
}

Result<std::string> Repository::stored_id(const std::string& path, std::string_view contents) const {
  git_filter_list* raw = nullptr;
  int code =
      git_filter_list_load(&raw, handle_, nullptr, path.c_str(), GIT_FILTER_TO_ODB, GIT_FILTER_DEFAULT);
  const Handle<git_filter_list, git_filter_list_free> filters(raw);
  git_buf stored = GIT_BUF_INIT;
  if (code == 0) code = git_filter_list_apply_to_buffer(&stored, raw, contents.data(), contents.size());
  std::string id = code == 0 ? blob_id({stored.ptr, stored.size}) : std::string();
  git_buf_dispose(&stored);
  if (code < 0) return fail(libgit2_error(code, "converting the line ends of " + printable(path)));
  return id;
}

}  // namespace gmsactl::git
