#include "engine/manifest/variables.h"

#include <algorithm>

#include "engine/base/text.h"

namespace gmsactl::manifest {

bool valid_variable_name(std::string_view name) {
  const auto is_letter = [](char c) { return (fold(c) >= 'a' && fold(c) <= 'z') || c == '_'; };
  return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
  });
}

Expansion expand(std::string_view text, const Variables& variables) {
  std::string expanded;
  bool complete = true;
  size_t at = 0;
  for (size_t start; (start = text.find("${", at)) != std::string_view::npos;) {
    expanded += text.substr(at, start - at);
    if (start > at && text[start - 1] == '$') {
      expanded += '{';  // its dollar is there already
      at = start + 2;
      continue;
    }
    const auto end = text.find('}', start);
    if (end == std::string_view::npos)
      return {std::nullopt, VariableMistake{false, "", "A ${ is not followed by a }."}};
    const std::string name(text.substr(start + 2, end - start - 2));
    if (!valid_variable_name(name))
      return {std::nullopt,
              VariableMistake{false, name,
                              "The name between ${ and } is \"" + printable(name) +
                                  "\", but names are made of letters, digits, _ and -, and begin with a "
                                  "letter or _."}};
    const auto found = variables.values.find(name);
    if (found != variables.values.end())
      expanded += found->second;
    else if (variables.known)
      return {std::nullopt, VariableMistake{true, name, ""}};
    else
      complete = false;
    at = end + 1;
  }
  if (!complete) return {std::nullopt, std::nullopt};
  expanded += text.substr(at);
  return {std::move(expanded), std::nullopt};
}

bool mentions_variables(const Node& node) {
  if (node.text.find("${") != std::string::npos) return true;
  return std::any_of(node.items.begin(), node.items.end(), mentions_variables) ||
         std::any_of(node.entries.begin(), node.entries.end(),
                     [](const Entry& entry) { return mentions_variables(entry.value); });
}

}  // namespace gmsactl::manifest
