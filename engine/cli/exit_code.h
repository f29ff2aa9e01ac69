// The exit codes, frozen (docs/cli.md). Every command returns one of these and nothing else.
#pragma once

#include "engine/base/diagnostic.h"
#include "engine/base/error.h"

namespace gmsactl::cli {

enum class ExitCode {
  done = 0,  ///< done, nothing to do, or a plan was shown
  unforeseen = 1,
  changes = 2,  ///< there are changes, where that was asked
  invalid = 3,  ///< manifests or command line
  live_system =
      4,      ///< not reached, authenticated to or read; or its state forbids the plan; nothing was written
  stale = 5,  ///< somebody else changed what we change
  partly_applied = 6,
  refused = 7,  ///< policy, protection, immutability; nothing was written
  locked = 8,
  interrupted = 130,
};

/// Of several environments the worst wins, in the order 6, 1, 4, 3, 5, 7, 8, 2, 0; an interruption before
/// all.
ExitCode worst(ExitCode a, ExitCode b);

/// Of the errors among them, by the kind of mistake that their codes name; done where there is none.
ExitCode exit_code(const Diagnostics& diagnostics);
/// Of an operation that failed before anything was written.
ExitCode exit_code(ErrorKind kind);

}  // namespace gmsactl::cli
