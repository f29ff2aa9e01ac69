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

/// What a user asks of a plan, on the command line and in what was saved of it.
struct PlanRequest {
  /// Which addresses to plan; what they require is planned too. Empty: all.
  std::vector<std::string> targets = {};     ///< globs over addresses, "GMSA/Web*"
  std::vector<std::string> excludes = {};    ///< likewise; wins over targets
  std::set<std::string> allow_replace = {};  ///< addresses
  bool adopt = false;                        ///< take over what exists and nobody manages
  bool prune = false;                        ///< delete what is ours and declared no longer
  std::optional<size_t> allow_deletes = {};  ///< in place of the policy's thresholds
  /// Undoing an apply: delete these addresses, if they are ours, and nothing else that is declared no longer.
  std::optional<std::set<std::string>> removals = {};
  bool operator==(const PlanRequest&) const = default;
};

struct PlanInputs : PlanRequest {
  /// The Environment, what the plan changes, and what that refers to. Everything of the environment where the
  /// plan deletes something, since that is known only by what is declared.
  std::vector<ManifestText> manifests = {};
  std::vector<std::string> paths = {};    ///< --manifests
  std::vector<std::string> servers = {};  ///< --server
  std::string shard = {};                 ///< --shard, "0/3"; empty: everything
  /// From the document's createdAt on; after that it is not carried out any more.
  std::chrono::seconds valid_for{std::chrono::days{7}};
  /// Why it can't be carried out from the document, or empty.
  std::string not_applicable = {};
  bool operator==(const PlanInputs&) const = default;
};

}  // namespace gmsactl::model
