#include "engine/cli/work_tree.h"

#include <filesystem>
#include <set>
#include <utility>

#include "engine/manifest/codes.h"
#include "engine/manifest/source.h"
#include "providers/git/checkout.h"

namespace gmsactl::cli {

namespace fs = std::filesystem;

namespace {

Diagnostic not_read(const std::string& place, std::string detail, std::string hint) {
  using manifest::codes::not_read;
  Diagnostic warning;
  warning.severity = Severity::warning;
  warning.code = not_read.code;
  warning.summary = not_read.summary;
  warning.detail = std::move(detail);
  warning.hint = std::move(hint);
  warning.where = SourceRange{intern(place), 0, 0};
  return warning;
}

Diagnostic describe(git::LeftOut::What what, const std::string& place) {
  switch (what) {
    case git::LeftOut::What::submodule:
      return not_read(place, place + " is a submodule that was not initialized, so it was not read.",
                      "Run git submodule update --init, or name the folders to be read with --manifests.");
    case git::LeftOut::What::sparse:
      return not_read(
          place, place + " is left out by a sparse checkout, so it was not read.",
          "Add it with git sparse-checkout add, or name the folders to be read with --manifests.");
    case git::LeftOut::What::link:
      break;
  }
  return not_read(place,
                  place +
                      " is a symbolic link that was checked out as a text and leads to nothing, so it was "
                      "not read.",
                  "Run git config core.symlinks true and check it out anew.");
}

/// With `path` for how the folder is called on the command line.
void look_below(const std::string& path, std::set<std::string>& told, Diagnostics& warnings) {
  std::error_code failure;
  const fs::path real = fs::canonical(path, failure);
  if (failure || !fs::is_directory(real, failure)) return;
  auto repository = git::Repository::discover(real.string());
  if (!repository || !*repository || (*repository)->is_bare()) return;
  const fs::path root = (*repository)->work_tree();
  const fs::path inside = real.lexically_relative(root);
  const std::string folder = inside == "." ? std::string() : inside.generic_string();
  const auto found = git::left_out(**repository, folder, manifest::is_manifest_name);
  if (!found) {
    warnings.push_back(not_read(
        path, "Whether all of " + path + " is checked out can't be told: " + found.error().message + ".",
        found.error().hint));
    return;
  }
  for (const auto& each : *found) {
    if (!told.insert((root / each.path).string()).second) continue;
    const fs::path shown = fs::path(path) / (root / each.path).lexically_relative(real);
    warnings.push_back(describe(each.what, shown.lexically_normal().generic_string()));
  }
}

}  // namespace

Diagnostics left_out_of_work_tree(const std::vector<std::string>& paths) {
  Diagnostics warnings;
  std::set<std::string> told;
  for (const auto& path : paths)
    if (path != "-") look_below(path, told, warnings);
  return warnings;
}

}  // namespace gmsactl::cli
