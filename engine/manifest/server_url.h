// The spelling of directory.servers entries.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gmsactl::manifest {

inline constexpr std::string_view ldif_scheme = "ldif:";

/// What is wrong as the end of a sentence, or nothing: ldap://h[:p], ldaps://h[:p], ldif:PATH.
std::optional<std::string> server_problem(std::string_view text);

}  // namespace gmsactl::manifest
