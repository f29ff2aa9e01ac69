// Who runs this, where: for the lock and for the audit log, so that a person who reads them finds the run.
#pragma once

#include "engine/ports/lock.h"

namespace gmsactl::cli {

/// User, host, and the page of the pipeline's run where the environment names one (GitHub Actions, GitLab CI,
/// Azure Pipelines, Jenkins).
ports::LockHolder run_identity();

}  // namespace gmsactl::cli
