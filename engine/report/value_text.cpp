#include "engine/report/value_text.h"

#include "engine/base/text.h"

namespace gmsactl::report {

using model::FieldValue;

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : printable(text)) {
    if (c == '"') result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string value_text(const FieldValue& value, std::string_view when_unset) {
  struct Words {
    std::string_view when_unset;
    std::string operator()(std::monostate) const { return std::string(when_unset); }
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(int64_t number) const { return std::to_string(number); }
    std::string operator()(const std::string& text) const { return quoted(text); }
    std::string operator()(const std::vector<std::string>& list) const {
      if (list.empty()) return "[]";
      std::vector<std::string> parts;
      for (const auto& element : list) parts.push_back(quoted(element));
      return "[" + join(parts, ", ") + "]";
    }
  };
  return std::visit(Words{when_unset}, value);
}

}  // namespace gmsactl::report
