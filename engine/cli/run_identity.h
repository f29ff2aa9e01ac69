// Who runs this, where: for the lock and for the audit log, so that a person who reads them finds the run.
#pragma once

#include <string>

#include "engine/ports/lock.h"

namespace gmsactl::cli {

/// User, host, and the page of the pipeline's run where the environment names one (GitHub Actions, GitLab CI,
/// Azure Pipelines, Jenkins).
ports::LockHolder run_identity();

/// Whether LockHolder::process was one of this machine, since it was last started and in this container, and
/// is no more. Never true of another machine's.
bool process_gone(const std::string& process);

}  // namespace gmsactl::cli
