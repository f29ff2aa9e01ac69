#include "engine/cli/revision.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <utility>

#include "engine/base/text.h"
#include "engine/cli/logging.h"
#include "engine/cli/work_tree.h"
#include "engine/manifest/codes.h"
#include "engine/manifest/source.h"
#include "providers/git/signature.h"
#include "providers/git/tree.h"

namespace gmsactl::cli {

namespace fs = std::filesystem;
using manifest::Sources;

namespace {

constexpr std::string_view standard_input = "-";

std::vector<std::string> paths_of(const Options& options) {
  return options.manifests.empty() ? std::vector<std::string>{"."} : options.manifests;
}

/// Without a slash at the end; "" for ".".
std::string normal(const fs::path& path) {
  std::string text = path.lexically_normal().generic_string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text == "." ? std::string() : text;
}

/// `path` as seen from `root`, or nothing where it is not below it.
std::optional<std::string> below(const std::string& root, const fs::path& path) {
  const fs::path relative = path.lexically_relative(root);
  if (relative.empty() || *relative.begin() == "..") return std::nullopt;
  return normal(relative);
}

/// Where the path is in the work tree, be it there or not. A symbolic link on the way to the repository is
/// followed; one in it is a file like any other.
Result<std::string> in_work_tree(const std::string& root, const std::string& path) {
  std::error_code failure;
  const fs::path absolute = fs::absolute(path, failure).lexically_normal();
  if (const auto found = below(root, absolute)) return *found;
  const fs::path real = fs::weakly_canonical(absolute, failure);
  if (const auto found = failure ? std::nullopt : below(root, real)) return *found;
  return fail(ErrorKind::invalid, printable(path) + " lies outside of the repository " + printable(root));
}

/// The folder that git would be started in for a path that may not exist.
std::string start_folder(const std::string& path) {
  std::error_code failure;
  fs::path at = fs::absolute(path == standard_input ? "." : path, failure).lexically_normal();
  while (!fs::is_directory(at, failure) && at.has_relative_path()) at = at.parent_path();
  return at.string();
}

Diagnostic about(Severity severity, std::string_view code, std::string_view summary, std::string detail,
                 std::string hint = {}) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.code = code;
  diagnostic.summary = summary;
  diagnostic.detail = std::move(detail);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

/// The manifests of one commit on their way into Sources.
class CommitReader {
 public:
  CommitReader(const git::Repository& repository, const git::Commit& commit, std::string_view revision)
      : repository_(repository), commit_(commit), prefix_(std::string(revision) + ":") {}

  /// Reads what is at `in_tree`, with `on_disk` for where a checkout would have it.
  Result<void> read(const std::string& in_tree, const std::string& on_disk,
                    ManifestRepository::Missing missing) {
    auto found = git::files_below(repository_, commit_, in_tree, manifest::is_manifest_name);
    if (!found && found.error().kind == ErrorKind::not_found) {
      if (missing == ManifestRepository::Missing::is_an_error)
        unreadable(in_tree,
                   "There is no file or folder " + in_tree + " in commit " + commit_.id.substr(0, 12) + ".",
                   "Check the path given with --manifests.");
      return {};
    }
    if (!found) return fail(std::move(found).error());
    // As the work tree is read: in order of path, a file that was met before not again.
    std::sort(found->files.begin(), found->files.end(),
              [](const auto& a, const auto& b) { return fs::path(a.path) < fs::path(b.path); });
    for (const auto& file : found->files) {
      const fs::path in_checkout =
          found->is_one_file ? fs::path(on_disk) : on_disk / fs::path(file.path).lexically_relative(in_tree);
      add(file, in_checkout.parent_path().string(), found->is_one_file);
    }
    for (const auto& [link, why] : found->bad_links)
      unreadable(link, "It is a symbolic link that " + why + ".", "");
    for (const auto& [link, why] : found->links_left_out) {
      using manifest::codes::not_read;
      problems_.push_back(about(Severity::warning, not_read.code, not_read.summary,
                                link + " is a symbolic link that " + why + ", so it was not read.",
                                "Remove the link, or name what it stands for with --manifests."));
      problems_.back().where = SourceRange{intern(prefix_ + link), 0, 0};
    }
    for (const auto& submodule : found->submodules) leave_out(submodule);
    return {};
  }

  manifest::Manifests load() { return manifest::load(std::move(sources_), std::move(problems_)); }

 private:
  void add(const git::TreeFile& file, std::string folder, bool named_explicitly) {
    if (sources_.has(file.real_path, named_explicitly)) return;
    auto text = git::contents(repository_, file);
    if (!text)
      return unreadable(file.path, "Reading it failed: " + text.error().message + ".", text.error().hint);
    sources_.add({intern(prefix_ + file.path), std::move(folder), std::move(*text), named_explicitly},
                 file.real_path);
  }

  void unreadable(const std::string& path, std::string detail, std::string hint) {
    using manifest::codes::unreadable;
    problems_.push_back(
        about(Severity::error, unreadable.code, unreadable.summary, std::move(detail), std::move(hint)));
    problems_.back().where = SourceRange{intern(prefix_ + path), 0, 0};
  }

  void leave_out(const std::string& submodule) {
    problems_.push_back(about(
        Severity::warning, submodule_left_out, "Submodule left out",
        submodule + " is a submodule: what is in it belongs to another repository, and is not read.",
        "Read that repository by itself with --repo, or name the folders to be read with --manifests."));
    problems_.back().where = SourceRange{intern(prefix_ + submodule), 0, 0};
  }

  const git::Repository& repository_;
  const git::Commit& commit_;
  std::string prefix_;
  Sources sources_;
  Diagnostics problems_;
};

/// Longer ids than people read are cut to what git shows.
std::string shown(const std::string& revision, const git::Commit& commit) {
  return revision == commit.id ? commit.id.substr(0, 12) : revision;
}

std::string listed(const std::vector<std::string>& paths) {
  constexpr size_t most = 10;
  std::string text;
  for (size_t i = 0; i < std::min(most, paths.size()); ++i) text += "\n  " + printable(paths[i]);
  if (paths.size() > most) text += "\n  and " + std::to_string(paths.size() - most) + " more";
  return text;
}

/// Where manifests came from, and which of them are not as that commit has them.
struct Origin {
  ManifestRepository repository;
  git::Commit commit;
  std::vector<std::string> differing;
};

/// Nothing where they lie in no work tree, or nothing has been committed to it yet.
Result<std::optional<Origin>> origin_of(const Options& options, const ReadManifests& read) {
  auto repository = GMSACTL_TRY(ManifestRepository::find(options));
  if (!repository) return std::nullopt;
  if (read.commit) return Origin{std::move(*repository), *read.commit, {}};
  auto head = repository->git().is_bare() ? std::nullopt : GMSACTL_TRY(repository->git().head());
  if (!head) return std::nullopt;
  const auto committed = GMSACTL_TRY(repository->files_of(*head));
  auto files = differing(committed, GMSACTL_TRY(repository->files_of(read.manifests.sources(), committed)));
  return Origin{std::move(*repository), std::move(*head), std::move(files)};
}

}  // namespace

ManifestRepository::ManifestRepository(git::Repository repository, std::vector<Place> places)
    : repository_(std::move(repository)), places_(std::move(places)) {}

Result<std::optional<ManifestRepository>> ManifestRepository::find(const Options& options) {
  const auto paths = paths_of(options);
  std::optional<git::Repository> repository;
  if (options.repository.empty() &&
      std::count(paths.begin(), paths.end(), standard_input) == std::ssize(paths))
    return std::nullopt;
  if (options.repository.empty())
    repository = GMSACTL_TRY(git::Repository::discover(start_folder(paths.front())));
  else
    repository = GMSACTL_TRY(git::Repository::open(options.repository));
  if (!repository) return std::nullopt;

  const auto& root = repository->work_tree();
  std::error_code failure;
  fs::path base;
  if (!options.repository.empty() && !root.empty())
    base = fs::equivalent(options.repository, root, failure) ? options.repository : root;
  std::vector<Place> places;
  for (const auto& path : paths) {
    if (path == standard_input) continue;
    Place place{(base / path).string(), normal(path)};
    if (!root.empty())
      place.in_tree = GMSACTL_TRY(in_work_tree(root, place.on_disk));
    else if (place.in_tree.starts_with('/') || place.in_tree == ".." || place.in_tree.starts_with("../"))
      return fail(ErrorKind::invalid, printable(path) + " lies outside of the repository",
                  "In a bare repository, paths begin at its root.");
    places.push_back(std::move(place));
  }
  return ManifestRepository(std::move(*repository), std::move(places));
}

Result<ManifestRepository> ManifestRepository::require(const Options& options) {
  auto found = GMSACTL_TRY(find(options));
  if (!found)
    return fail(ErrorKind::not_found, printable(paths_of(options).front()) + " lies in no git repository",
                "Name the repository with --repo.");
  return std::move(*found);
}

std::vector<std::string> ManifestRepository::paths_on_disk() const {
  std::vector<std::string> paths;
  for (const auto& place : places_) paths.push_back(place.on_disk);
  return paths;
}

Result<std::vector<std::string>> ManifestRepository::missing_paths(
    const std::optional<git::Commit>& commit) const {
  std::vector<std::string> missing;
  for (const auto& place : places_) {
    bool is_there = false;
    if (commit) {
      const auto found = git::files_below(repository_, *commit, place.in_tree, manifest::is_manifest_name);
      if (!found && found.error().kind != ErrorKind::not_found) return fail(found.error());
      is_there = found.has_value();
    } else {
      is_there = fs::exists(place.on_disk);
    }
    if (!is_there) missing.push_back(place.on_disk);
  }
  return missing;
}

Result<manifest::Manifests> ManifestRepository::load(const git::Commit& commit, const std::string& revision,
                                                     Missing missing) const {
  CommitReader reader(repository_, commit, shown(revision, commit));
  for (const auto& place : places_) GMSACTL_TRY(reader.read(place.in_tree, place.on_disk, missing));
  return reader.load();
}

Result<ManifestRepository::Files> ManifestRepository::files_of(const git::Commit& commit) const {
  Files files;
  for (const auto& place : places_) {
    auto found = git::files_below(repository_, commit, place.in_tree, manifest::is_manifest_name);
    if (!found && found.error().kind == ErrorKind::not_found) continue;
    if (!found) return fail(std::move(found).error());
    for (auto& file : found->files) files.emplace(std::move(file.real_path), std::move(file.blob));
  }
  return files;
}

Result<ManifestRepository::Files> ManifestRepository::files_of(const Sources& sources,
                                                               const Files& committed) const {
  Files files;
  for (const auto& source : sources.files()) {
    std::error_code failure;
    const fs::path real = fs::canonical(source.name, failure);
    const std::string path =
        (failure ? std::nullopt : below(repository_.work_tree(), real)).value_or(std::string(source.name));
    std::string id = git::Repository::blob_id(source.text);
    // Line ends may be others in a work tree, and Sources has taken away the byte-order mark.
    if (const auto known = committed.find(path); known != committed.end())
      for (const std::string_view mark : {"", "\xEF\xBB\xBF"})
        if (id != known->second)
          id = GMSACTL_TRY(repository_.stored_id(path, std::string(mark) + source.text));
    files.emplace(path, std::move(id));
  }
  return files;
}

std::vector<std::string> differing(const ManifestRepository::Files& a, const ManifestRepository::Files& b) {
  std::vector<std::string> paths;
  const auto look = [&](const auto& these, const auto& others, bool compare) {
    for (const auto& [path, id] : these) {
      const auto other = others.find(path);
      if (other == others.end() || (compare && other->second != id)) paths.push_back(path);
    }
  };
  look(a, b, true);
  look(b, a, false);
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<ReadManifests> read_manifests(const Options& options) {
  auto paths = paths_of(options);
  const bool reads_standard_input = std::find(paths.begin(), paths.end(), standard_input) != paths.end();
  if (!options.revision.empty()) {
    if (reads_standard_input)
      return fail(ErrorKind::invalid, "standard input is in no commit", "Leave out either -f - or --rev.");
    const auto repository = GMSACTL_TRY(ManifestRepository::require(options));
    auto commit = GMSACTL_TRY(repository.git().resolve(options.revision));
    auto manifests =
        GMSACTL_TRY(repository.load(commit, options.revision, ManifestRepository::Missing::is_an_error));
    return ReadManifests{std::move(manifests), std::move(commit)};
  }
  if (!options.repository.empty()) {
    const auto repository = GMSACTL_TRY(ManifestRepository::require(options));
    if (repository.git().is_bare())
      return fail(ErrorKind::invalid,
                  printable(options.repository) + " is a bare repository, so it has no work tree to read",
                  "Say which commit to read with --rev.");
    paths = repository.paths_on_disk();
    if (reads_standard_input) paths.emplace_back(standard_input);
  }
  std::string standard_input_text;
  if (reads_standard_input) standard_input_text.assign(std::istreambuf_iterator<char>(std::cin), {});
  Sources sources;
  Diagnostics problems = left_out_of_work_tree(paths);
  for (const auto& path : paths) sources.read(path, standard_input_text, problems);
  return ReadManifests{manifest::load(std::move(sources), std::move(problems)), std::nullopt};
}

Diagnostics refusals(const Options& options, const ReadManifests& read) {
  if (!options.require_clean && !options.verify_signature) return {};
  const auto refused = [](std::string_view code, std::string_view summary, std::string detail,
                          std::string hint) {
    return Diagnostics{about(Severity::error, code, summary, std::move(detail), std::move(hint))};
  };
  const auto not_committed = [&](std::string detail, std::string hint) {
    return refused("GMSA0311", "Manifests are not as committed", std::move(detail), std::move(hint));
  };
  const auto origin = origin_of(options, read);
  if (!origin)
    return not_committed("Which commit the manifests are of can't be told: " + origin.error().message + ".",
                         origin.error().hint);
  if (!*origin)
    return not_committed("The manifests lie in no git repository, or in one without a commit.",
                         "Commit them, or name the repository with --repo.");
  const auto& [repository, commit, files] = **origin;
  if (!files.empty())
    return not_committed("Not as in HEAD, commit " + commit.id.substr(0, 12) + ":" + listed(files),
                         "Commit them, or read them as they were committed with --rev HEAD.");
  if (!options.verify_signature) return {};
  const auto signer = git::verify_signature(repository.git(), commit, options.allowed_signers);
  if (!signer)
    return refused("GMSA0312", "Commit is not signed by an allowed signer",
                   "Commit " + commit.id.substr(0, 12) + " is not accepted: " + signer.error().message + ".",
                   signer.error().hint);
  log(LogLevel::info, "signature is good", {{"commit", commit.id}, {"signer", *signer}});
  return {};
}

std::optional<report::SourceCommit> source_of(const Options& options, const ReadManifests& read) {
  const auto origin = origin_of(options, read);
  if (!origin) {
    log(LogLevel::warn, "the manifests' commit can't be told",
        {{"why", origin.error().message}, {"help", origin.error().hint}});
    return std::nullopt;
  }
  if (!*origin) return std::nullopt;
  const auto& commit = (*origin)->commit;
  log(LogLevel::info, "manifests are of a commit", {{"commit", commit.id}, {"summary", commit.summary}});
  return report::SourceCommit{commit.id, !(*origin)->differing.empty(),
                              commit.author_name + " <" + commit.author_email + ">"};
}

}  // namespace gmsactl::cli
