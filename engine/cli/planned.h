// One environment planned and shown: what plan and apply have in common, so that both show the same thing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/cli/environment_run.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/loading.h"
#include "engine/cli/options.h"
#include "engine/cli/reporting.h"

namespace gmsactl::cli {

struct Planned {
  EnvironmentRun run;
  model::Plan plan;
  std::string directory;  ///< equal for environments that meet in one
  /// What errors lead to that concern one address each: it and what requires it are left out of the plan.
  ExitCode confined = ExitCode::done;
};

/// Diagnostics go to standard error, with --output text the plan to standard output. What an error among them
/// leads to makes `code` worse; nothing comes back where the environment could not be planned at all.
/// `missing_permission` is how seriously a right is taken that this user lacks.
std::optional<Planned> plan_and_show(const Options& options, const Loaded& loaded,
                                     const model::Desired& desired, Severity missing_permission,
                                     ExitCode& code);

/// All environments of a run: each planned, then judged together where they meet in a directory, then shown.
std::vector<Planned> plan_and_show_all(const Options& options, const Loaded& loaded,
                                       Severity missing_permission, ExitCode& code);

/// What environments that meet have in common: the domain's SID, or the file that the directory is held in.
std::string directory_of(const Options& options, const model::Environment& environment,
                         const model::Plan& plan);

/// What plan and revert end with: the report of -o and of --report, and the plan in the file of --out.
ExitCode show_and_save(const Options& options, const Reporting& reporting,
                       const std::vector<model::Plan>& plans,
                       const std::optional<report::SourceCommit>& source);

/// Places of credential specs that could not be read are left out and reported, and stop nothing else; but
/// what was asked for is not all there.
bool leaves_out_specs(const model::Plan& plan);

}  // namespace gmsactl::cli
