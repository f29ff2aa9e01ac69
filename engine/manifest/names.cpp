#include "engine/manifest/names.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/base/unicode.h"
#include "engine/manifest/reading.h"

namespace gmsactl::manifest {

namespace {

constexpr std::string_view forbidden_in_account_names = "\"/\\[]:;|=,+*?<>@";

}  // namespace

std::optional<std::string> hidden_character_problem(std::string_view text) {
  const auto hidden = first_hidden_character(text);
  if (!hidden) return std::nullopt;
  return "contains " + describe(*hidden) + " at character " + std::to_string(hidden->position) +
         ", which nobody sees";
}

std::optional<std::string> length_problem(std::string_view text, size_t longest) {
  const size_t length = utf16_length(text);
  if (length <= longest) return std::nullopt;
  std::string problem = "has " + std::to_string(length) + " characters, but at most " +
                        std::to_string(longest) + " are allowed";
  if (length != code_points(text)) problem += "; Active Directory counts each beyond U+FFFF as two";
  return problem;
}

std::optional<std::string> account_name_problem(std::string_view name, size_t longest) {
  if (auto problem = hidden_character_problem(name)) return problem;
  const auto forbidden = name.find_first_of(forbidden_in_account_names);
  if (forbidden != std::string_view::npos)
    return "contains '" + std::string(1, name[forbidden]) + "', which account names can't have";
  if (name.ends_with('.')) return "ends in a dot, which account names can't";
  if (name.starts_with(' ') || name.ends_with(' '))
    return "begins or ends with a space, which account names can't";
  return length_problem(name, longest);
}

std::optional<std::string> common_name_problem(std::string_view name) {
  constexpr size_t longest = 64;
  if (auto problem = hidden_character_problem(name)) return problem;
  return length_problem(name, longest);
}

std::optional<std::string> dns_name_problem(std::string_view name) {
  constexpr size_t longest = 255;
  constexpr size_t longest_label = 63;
  if (auto problem = hidden_character_problem(name)) return problem;
  if (auto problem = length_problem(name, longest)) return problem;
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
