#include "engine/manifest/names.h"

#include <algorithm>
#include <cstdint>

#include "engine/base/text.h"
#include "engine/manifest/reading.h"

namespace gmsactl::manifest {

namespace {

constexpr std::string_view forbidden_in_account_names = "\"/\\[]:;|=,+*?<>@";

std::string too_long(std::string_view text, size_t longest) {
  return "has " + std::to_string(code_points(text)) + " characters, but at most " + std::to_string(longest) +
         " are allowed";
}

}  // namespace

bool has_control_characters(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    // C1 controls are U+0080 to U+009F, C2 80 to C2 9F in UTF-8.
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

std::optional<std::string> account_name_problem(std::string_view name, size_t longest) {
  if (has_control_characters(name)) return "contains control characters";
  const auto forbidden = name.find_first_of(forbidden_in_account_names);
  if (forbidden != std::string_view::npos)
    return "contains '" + std::string(1, name[forbidden]) + "', which account names can't have";
  if (name.ends_with('.')) return "ends in a dot, which account names can't";
  if (name.starts_with(' ') || name.ends_with(' '))
    return "begins or ends with a space, which account names can't";
  if (code_points(name) > longest) return too_long(name, longest);
  return std::nullopt;
}

std::optional<std::string> common_name_problem(std::string_view name) {
  constexpr size_t longest = 64;
  if (has_control_characters(name)) return "contains control characters";
  if (code_points(name) > longest) return too_long(name, longest);
  return std::nullopt;
}

std::optional<std::string> dns_name_problem(std::string_view name) {
  constexpr size_t longest = 255;
  constexpr size_t longest_label = 63;
  if (name.size() > longest) return too_long(name, longest);
  for (const auto label : split(name, '.')) {
    if (label.empty()) return "has an empty part between, before or after its dots";
    if (label.size() > longest_label) return "has a part of more than 63 characters";
    if (label.starts_with('-') || label.ends_with('-')) return "has a part that begins or ends with a hyphen";
    const auto odd = std::find_if_not(label.begin(), label.end(), [](char c) {
      return (fold(c) >= 'a' && fold(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (odd != label.end()) return "has other characters than letters, digits, hyphens, underscores and dots";
  }
  return std::nullopt;
}

}  // namespace gmsactl::manifest
