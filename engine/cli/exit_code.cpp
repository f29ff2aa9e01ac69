#include "engine/cli/exit_code.h"

#include <algorithm>
#include <array>

namespace gmsactl::cli {

ExitCode worst(ExitCode a, ExitCode b) {
  static constexpr std::array order{ExitCode::interrupted, ExitCode::partly_applied, ExitCode::unforeseen,
                                    ExitCode::live_system, ExitCode::invalid,        ExitCode::stale,
                                    ExitCode::refused,     ExitCode::locked,         ExitCode::changes,
                                    ExitCode::done};
  return std::find(order.begin(), order.end(), a) < std::find(order.begin(), order.end(), b) ? a : b;
}

ExitCode exit_code(const Diagnostics& diagnostics) {
  ExitCode code = ExitCode::done;
  for (const auto& diagnostic : diagnostics) {
    if (diagnostic.severity != Severity::error) continue;
    const auto group = diagnostic.code.substr(0, 6);
    // A spec file is checked as a manifest is, unless it is the directory that it disagrees with.
    if (group == "GMSA01" || (group == "GMSA05" && diagnostic.code != "GMSA0518"))
      code = worst(code, ExitCode::invalid);
    else if (group == "GMSA02" || group == "GMSA05")
      code = worst(code, ExitCode::live_system);
    else if (group == "GMSA03")
      code = worst(code, ExitCode::refused);
    else if (group == "GMSA04")
      code = worst(code, ExitCode::stale);
    else
      code = worst(code, ExitCode::unforeseen);
  }
  return code;
}

ExitCode exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::conflict:
      return ExitCode::stale;
    case ErrorKind::cancelled:
      return ExitCode::interrupted;
    case ErrorKind::internal:
      return ExitCode::unforeseen;
    case ErrorKind::invalid:
    case ErrorKind::not_found:
    case ErrorKind::already_exists:
    case ErrorKind::unauthenticated:
    case ErrorKind::denied:
    case ErrorKind::unavailable:
    case ErrorKind::timeout:
    case ErrorKind::unsupported:
    case ErrorKind::constraint:
    case ErrorKind::corrupt:
      return ExitCode::live_system;
  }
  return ExitCode::unforeseen;
}

}  // namespace gmsactl::cli
