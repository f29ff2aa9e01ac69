// What `gmsactl explain` says of a kind or of one of its fields: the text of the kind's JSON Schema, and for
// what an account or a group has in the directory the rows of engine/model/fields.h, so that the help, the
// decoder and the planner cannot say different things. Pure; called by engine/cli.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace gmsactl::manifest {

/// A kind, a field, or a part of a field.
struct Explanation {
  std::string path;         ///< "GMSA.managedPasswordIntervalInDays"
  std::string type;         ///< "number from 1 to 3650"; empty for a kind
  std::string description;  ///< one or more sentences
  std::string attribute;    ///< LDAP's name of what keeps it; empty where nothing does
  std::string default_value;
  std::string change;   ///< what a later change of the value does to the object; empty where it is none
  std::string example;  ///< one value, as YAML in flow style
  std::vector<Explanation> fields;  ///< those inside it, without theirs
  bool operator==(const Explanation&) const = default;
};

/// `path` is what is asked for after the kind: "", "path", "spec.path", "policy.maxDeletes".
/// Fails with ErrorKind::not_found and a hint where there is no such field.
[[nodiscard]] Result<Explanation> explain(std::string_view kind, std::string_view schema,
                                          std::string_view path);

std::string text(const Explanation& explanation);

}  // namespace gmsactl::manifest
