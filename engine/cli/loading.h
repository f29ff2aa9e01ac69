// From the command line's paths and environment names to what is wanted: the part that every command on
// manifests begins with, and the only part that ends with exit code 3.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/cli/exit_code.h"
#include "engine/cli/options.h"
#include "engine/manifest/load.h"
#include "engine/model/desired.h"
#include "engine/report/diagnostic_text.h"

namespace gmsactl::cli {

struct Loaded {
  manifest::Manifests manifests;
  std::vector<model::Desired> environments;
  Diagnostics warnings;
  /// By environment: accounts that other environments of the same domain declare as well, by
  /// fold(sAMAccountName), and which environment that is.
  std::map<std::string, std::map<std::string, std::string>> shared_accounts;

  report::SourceLines source_lines() const;
};

/// Prints what is wrong; nothing where there are errors.
std::optional<Loaded> load(const Options& options);

}  // namespace gmsactl::cli
