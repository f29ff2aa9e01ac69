// The program's log, on standard error: one line an event, constant text first, then key=value. Diagnostics
// and errors for people are not log lines; see terminal.h.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace gmsactl::cli {

enum class LogLevel { error, warn, info, debug, trace };

/// level and format as --log-level and --log-format spell them; the command line has checked them.
void start_logging(const std::string& level, const std::string& format);
void log(LogLevel level, std::string_view event,
         std::initializer_list<std::pair<std::string_view, std::string>> details = {});

}  // namespace gmsactl::cli
