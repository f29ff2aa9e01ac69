// One environment planned and shown: what plan and apply have in common, so that both show the same thing.
#pragma once

#include <optional>
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
};

/// Diagnostics go to standard error, with --output text the plan to standard output. What an error among them
/// leads to makes `code` worse; nothing comes back where the environment could not be planned at all.
/// `missing_permission` is how seriously a right is taken that this user lacks.
std::optional<Planned> plan_and_show(const Options& options, const Loaded& loaded,
                                     const model::Desired& desired, Severity missing_permission,
                                     ExitCode& code);

/// What plan and revert end with: the report of -o and of --report, and the plan in the file of --out.
ExitCode show_and_save(const Options& options, const Reporting& reporting,
                       const std::vector<model::Plan>& plans,
                       const std::optional<report::SourceCommit>& source);

/// Places of credential specs that could not be read are left out and reported, and stop nothing else; but
/// what was asked for is not all there.
bool leaves_out_specs(const model::Plan& plan);

}  // namespace gmsactl::cli
