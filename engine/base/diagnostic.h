// What a person must fix, or should know: many at a time, each with a stable code, a place and a next step.
// Made by the manifest reader and the planner, printed by engine/report, never parsed by us.
// Style (docs/diagnostics.md): the summary is a fixed phrase without names; the detail says what, where and
// why in full sentences; the hint is the next thing to type or to change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gmsactl {

/// A file name that lives as long as the program, so that positions are small and cheap to copy.
std::string_view intern(std::string_view text);

/// 1-based; line 0 means the whole file. `column` counts Unicode code points.
struct SourceRange {
  std::string_view file;  ///< from intern()
  uint32_t line = 0;
  uint32_t column = 0;
  bool operator==(const SourceRange&) const = default;
};

enum class Severity { note, warning, error };
std::string_view name(Severity severity);

struct Diagnostic {
  Severity severity = Severity::error;
  /// "GMSA0107". The first two digits say what kind of mistake it is and so which exit code an error leads
  /// to: 01 manifest or command line (3), 02 live system (4), 03 policy and immutability (7), 04 concurrent
  /// change (5).
  std::string_view code;
  std::string summary;
  std::string detail;
  std::string hint;
  std::optional<SourceRange> where;
  std::string address;  ///< "GMSA/WebApp01" where one resource is concerned, else empty
  bool operator==(const Diagnostic&) const = default;
};

using Diagnostics = std::vector<Diagnostic>;
bool has_errors(const Diagnostics& diagnostics);

}  // namespace gmsactl
