// `${name}` in the strings of a spec: the variables of one Environment, plus ${environment} and ${domain}.
// `$${` is a literal `${`. Values are not expanded again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/manifest/yaml.h"

namespace gmsactl::manifest {

struct Variables {
  /// False while a document is checked before any environment is chosen: then a text with a variable in it
  /// has no value yet, and only its spelling is checked.
  bool known = false;
  std::string environment;
  std::map<std::string, std::string, std::less<>> values;
};

struct VariableMistake {
  bool undefined = false;  ///< well-formed, but not in Variables
  std::string name;        ///< what stands between the braces
  std::string detail;
};

struct Expansion {
  std::optional<std::string> text;  ///< absent: a mistake, or not known yet
  std::optional<VariableMistake> mistake;
};
Expansion expand(std::string_view text, const Variables& variables);

bool valid_variable_name(std::string_view name);
/// Whether any text in the tree has a `${`, a literal one included.
bool mentions_variables(const Node& node);

}  // namespace gmsactl::manifest
