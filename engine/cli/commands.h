// The commands: each takes the options and gives the exit code. Results go to standard output, everything
// else to standard error.
#pragma once

#include "engine/cli/exit_code.h"
#include "engine/cli/options.h"

namespace gmsactl::cli {

ExitCode validate(const Options& options);
ExitCode plan(const Options& options);
ExitCode apply(const Options& options);
ExitCode drift(const Options& options);
ExitCode watch(const Options& options);
ExitCode revert(const Options& options);
ExitCode show_file(const Options& options);
ExitCode adopt(const Options& options);
ExitCode forget(const Options& options);
ExitCode lock_status(const Options& options);
ExitCode lock_release(const Options& options);
ExitCode conformance_run(const Options& options);
ExitCode changed(const Options& options);
ExitCode spec_render(const Options& options);
ExitCode spec_usage(const Options& options);
ExitCode spec_validate(const Options& options);
ExitCode spec_list(const Options& options);
ExitCode schema(const Options& options);
ExitCode explain(const Options& options);
ExitCode version(const Options& options);

/// Parses the command line and runs the command it names.
ExitCode run(int argc, char** argv);

}  // namespace gmsactl::cli
