// What a plan was made from: enough to make it again later, elsewhere, and see whether it is still the same
// plan. It travels in the plan document.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gmsactl::model {

/// One document of a manifest as it is written, and where, so that diagnostics about it still point there.
struct ManifestText {
  std::string file;
  std::string folder;  ///< against which relative paths in it are resolved
  uint32_t line = 1;   ///< of its first character
  std::string text;
  bool operator==(const ManifestText&) const = default;
};

struct PlanInputs {
  /// The Environment, what the plan changes, and what that refers to. Everything of the environment where the
  /// plan deletes something, since that is known only by what is declared.
  std::vector<ManifestText> manifests;
  std::vector<std::string> paths;    ///< --manifests
  std::vector<std::string> servers;  ///< --server
  std::vector<std::string> targets;
  std::vector<std::string> excludes;
  std::string shard;  ///< --shard, "0/3"; empty: everything
  std::vector<std::string> allow_replace;
  bool adopt = false;
  bool prune = false;
  std::optional<size_t> allow_deletes;
  std::optional<std::set<std::string>> removals;  ///< of a plan that undoes an apply: addresses that go
  /// From the document's createdAt on; after that it is not carried out any more.
  std::chrono::seconds valid_for{std::chrono::days{7}};
  /// Why it can't be carried out from the document, or empty.
  std::string not_applicable;
  bool operator==(const PlanInputs&) const = default;
};

}  // namespace gmsactl::model
