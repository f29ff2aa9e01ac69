// Text from outside in XML and HTML. Internal to engine/report.
#pragma once

#include <string>
#include <string_view>

namespace gmsactl::report {

/// Safe between tags and in a quoted attribute: printable(), the five special characters as references, and
/// what XML 1.0 has no place for as U+FFFD.
std::string escaped(std::string_view text);

/// Likewise, of several lines: a line feed stays one.
std::string escaped_lines(std::string_view text);

/// `name="text"` with a space before it.
std::string attribute(std::string_view name, std::string_view text);

}  // namespace gmsactl::report
