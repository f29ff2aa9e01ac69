// The cases in tests/manifests and a plain rendering of diagnostics, for tests of the manifest reader only.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/manifest/load.h"
#include "tests/paths.h"

namespace gmsactl::manifest::testing {

inline const std::filesystem::path corpus_folder =
    std::filesystem::path(tests::source_dir) / "tests/manifests";

inline std::string content(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

inline std::vector<std::filesystem::path> cases(const std::string& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(corpus_folder / folder))
    if (entry.path().extension() == ".yaml") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

/// "file:line:column severity code summary", then detail, hint and the line with a caret, indented.
inline std::string render(const Diagnostics& diagnostics, const Sources& sources) {
  std::string text;
  for (const auto& each : diagnostics) {
    const SourceRange where = each.where.value_or(SourceRange{});
    text += std::string(where.file) + ":" + std::to_string(where.line) + ":" + std::to_string(where.column) +
            " " + std::string(name(each.severity)) + " " + std::string(each.code) + " " + each.summary + "\n";
    if (!each.address.empty()) text += "  in " + printable(each.address) + "\n";
    text += "  " + each.detail + "\n";
    if (!each.hint.empty()) text += "  " + each.hint + "\n";
    const auto line = sources.line(where.file, where.line);
    if (!line || where.column == 0) continue;
    if (line->size() > 200) continue;
    text += "  | " + printable(*line) + "\n  | " + std::string(where.column - 1, ' ') + "^\n";
  }
  return text;
}

inline Manifests load_text(const std::string& text, bool named_explicitly = true) {
  Sources sources;
  sources.add({intern("test.yaml"), "", text, named_explicitly});
  return load(std::move(sources));
}

/// Everything there is to say about the manifests in all their environments, each thing once.
inline Diagnostics all_diagnostics(const Manifests& manifests) {
  Diagnostics all = manifests.diagnostics();
  for (const auto& environment : manifests.environment_names()) {
    Diagnostics own;
    (void)manifests.resolve(environment, own);
    for (auto& each : own)
      if (std::find(all.begin(), all.end(), each) == all.end()) all.push_back(std::move(each));
  }
  return all;
}

/// A case, with the environments of environments.yaml where it defines none.
inline Manifests load_case(const std::filesystem::path& path) {
  Sources sources;
  const std::string text = content(path);
  sources.add({intern(path.filename().string()), "", text, /*named_explicitly=*/true});
  if (text.find("kind: Environment") == std::string::npos)
    sources.add({intern("environments.yaml"), "", content(corpus_folder / "environments.yaml"), true});
  return load(std::move(sources));
}

}  // namespace gmsactl::manifest::testing
