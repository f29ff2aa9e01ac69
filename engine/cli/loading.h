// From the command line's paths and environment names to what is wanted: the part that every command on
// manifests begins with, and the only part that ends with exit code 3. Whether the manifests are of a commit
// that may be used is decided here, too (7).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/cli/comparison.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/options.h"
#include "engine/cli/revision.h"
#include "engine/model/desired.h"
#include "engine/plan/make_plan.h"
#include "engine/report/diagnostic_text.h"

namespace gmsactl::cli {

struct Loaded {
  ReadManifests read;
  std::vector<model::Desired> environments;
  Diagnostics warnings;
  /// By environment: accounts that other environments of the same domain declare as well, by
  /// fold(sAMAccountName), and which environment that is.
  std::map<std::string, std::map<std::string, std::string>> shared_accounts;
  /// By environment: whom other environments of the same domain name that are not among `environments`.
  std::map<std::string, std::vector<plan::NamedElsewhere>> named_elsewhere = {};
  std::map<std::string, Limit> limits = {};  ///< by environment; with --since only
  /// Of --exclude, with --prune: patterns that match no declaration. The directory may hold what they mean.
  std::vector<std::string> undeclared_excludes = {};

  report::SourceLines source_lines() const { return lines_of(read.manifests); }
};

/// Prints what is wrong, and gives the exit code that it leads to.
tl::expected<Loaded, ExitCode> load(const Options& options);

/// Prints the first pattern of --target, --exclude and --allow-replace that matches nothing: a slip of the
/// pen, which would make a run look like there is nothing to do.
bool check_patterns(const Options& options, const std::function<bool(const std::string&)>& matches);

}  // namespace gmsactl::cli
