#include "engine/report/markup.h"

#include "engine/base/text.h"

namespace gmsactl::report {

std::string escaped(std::string_view text) {
  std::string result;
  const std::string safe = printable(text);
  for (size_t i = 0; i < safe.size(); ++i) {
    switch (safe[i]) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += safe[i];
    }
    // U+FFFE and U+FFFF are well-formed UTF-8, and yet no characters (XML 1.0, 2.2).
    if (result.ends_with("\xef\xbf\xbe") || result.ends_with("\xef\xbf\xbf")) result.back() = '\xbd';
  }
  return result;
}

std::string escaped_lines(std::string_view text) {
  std::string result;
  for (const auto line : split(text, '\n')) result += escaped(line) + "\n";
  result.pop_back();
  return result;
}

std::string attribute(std::string_view name, std::string_view text) {
  return " " + std::string(name) + "=\"" + escaped(text) + "\"";
}

}  // namespace gmsactl::report
