// Carrying plans out: asking, the lock, the writes, the reading back, and what is said of it. Shared by all
// commands that write, whether the plan comes from manifests or from a file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/cli/environment_run.h"
#include "engine/cli/exit_code.h"
#include "engine/cli/options.h"
#include "engine/cli/reporting.h"
#include "engine/model/plan.h"
#include "engine/plan/saved_plan.h"
#include "engine/report/diagnostic_text.h"

namespace gmsactl::cli {

/// One environment about to be written.
struct Prepared {
  EnvironmentRun run;
  model::Plan plan;
  report::SourceLines source;
  std::string directory = {};  ///< equal for environments that meet in one
  std::vector<model::ChangeResult> results = {};
  // Held from before the first write of any environment.
  std::unique_ptr<ports::Lock> lock = {};
  std::unique_ptr<ports::AuditLog> audit = {};
};

/// Plans every environment, asks, and writes. Nothing is written where anything is wrong with any of them.
ExitCode plan_and_write(const Options& options);

/// Judges together those that meet in one directory; what it finds is printed, and the exit code says so.
ExitCode check_together(const Options& options, std::vector<Prepared>& prepared);

/// Takes all locks and opens what is written through, then writes one after the other, and reports what
/// became of each. What was written to a directory is read again before another environment of it is written.
ExitCode write_all(const Options& options, std::vector<Prepared>& prepared, Reporting& reporting,
                   const std::optional<report::SourceCommit>& source);

/// The table of what is no more as it was when something was planned or done, with when and where each live
/// value was written, as far as the directory tells.
void print_stale(const Options& options, const std::vector<plan::StaleField>& stale, const model::Plan& plan,
                 EnvironmentRun& run);

/// Compares with what the plan was made from, and leaves in `one.plan` what is still to do. What stands
/// against it is printed, and the exit code says so.
ExitCode check_still_the_same(const Options& options, Prepared& one, ports::EventSink& events);

}  // namespace gmsactl::cli
