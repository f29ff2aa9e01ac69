// The manifests of two revisions, each put together as a plan would have them, and compared: what `changed`
// prints, and what --since leaves of a plan.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/cli/options.h"
#include "engine/manifest/load.h"
#include "engine/model/desired.h"
#include "engine/report/diagnostic_text.h"

namespace gmsactl::cli {

/// For diagnostics about these manifests, which must live as long.
report::SourceLines lines_of(const manifest::Manifests& manifests);

/// Those of the environments that the manifests define. Prints what is wrong; nothing where there are errors.
std::optional<std::map<std::string, model::Desired>> resolve_all(const Options& options,
                                                                 const manifest::Manifests& manifests,
                                                                 std::span<const std::string> environments);

/// What --since leaves of one environment's plan.
struct Limit {
  /// As for --target, and never empty, which would mean everything: where nothing differs, one pattern that
  /// matches no address.
  std::vector<std::string> targets;
  bool nothing_differs = false;
  Diagnostics notes;
};

/// By environment. Prints what is wrong; nothing where the manifests of that revision can't be compared with.
std::optional<std::map<std::string, Limit>> limits_since(const Options& options,
                                                         std::span<const model::Desired> environments);

}  // namespace gmsactl::cli
