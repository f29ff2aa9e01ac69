// Diagnostics for people at a terminal: what, where with the offending line and a caret, why, and what to do
// next.
//
//   error[GMSA0113]: Unknown key
//     --> accounts.yaml:14:5
//      |
//   14 |     dnsHostNam: web01.contoso.com
//      |     ^
//     GMSA/WebApp01 has no field "dnsHostNam".
//     help: Did you mean "dnsHostName"?
//
// Every text from outside is made printable; a long source line is clipped around the caret.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/diagnostic.h"
#include "engine/report/style.h"

namespace gmsactl::report {

/// One line of a manifest, 1-based, without its line end; nothing where the file or the line isn't at hand.
using SourceLines = std::function<std::optional<std::string_view>(std::string_view file, uint32_t line)>;

struct DiagnosticTextOptions {
  Color color = Color::off;
  size_t width = 110;  ///< columns of the source line that are shown
};

/// Ends with a line feed. `source` may be empty: then no source line is shown.
std::string diagnostic_text(const Diagnostic& diagnostic, const SourceLines& source,
                            const DiagnosticTextOptions& options = {});
/// All of them, a blank line after each.
std::string diagnostics_text(const Diagnostics& diagnostics, const SourceLines& source,
                             const DiagnosticTextOptions& options = {});

/// "3 errors, 1 warning"; empty where there is neither. Notes are not counted.
std::string diagnostics_summary(const Diagnostics& diagnostics);

}  // namespace gmsactl::report
