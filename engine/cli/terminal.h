// What the terminal can do, and how things are said there: the one place that looks at isatty, NO_COLOR and
// the like.
#pragma once

#include <string>

#include "engine/base/diagnostic.h"
#include "engine/base/error.h"
#include "engine/cli/options.h"
#include "engine/report/diagnostic_text.h"
#include "engine/report/progress.h"
#include "engine/report/style.h"

namespace gmsactl::cli {

report::Color color_for(const Options& options, int file_descriptor);
report::ProgressOptions progress_options(const Options& options);
bool can_ask();

/// Prints to standard error; notes and warnings are left out with --quiet.
void print_diagnostics(const Options& options, const Diagnostics& diagnostics,
                       const report::SourceLines& source);
/// "error: what: why" and the hint, on standard error.
void print_error(const Options& options, const std::string& what, const Error& error);
/// An error in how the program was called.
void print_usage_error(const Options& options, const std::string& message, const std::string& hint);

/// "2026-01-31T12:00:00Z".
std::string utc_now();
/// "2026-01-31T12:00:00.250Z".
std::string utc_now_exactly();

}  // namespace gmsactl::cli
