// Which texts Active Directory takes as a name. Each check returns what is wrong as the end of a sentence
// ("contains …"), or nothing where the text is fine.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gmsactl::manifest {

/// sAMAccountName without a trailing `$` ([MS-SAMR] 3.1.1.6: the characters that AD refuses).
std::optional<std::string> account_name_problem(std::string_view name, size_t longest);
/// The value of a CN, at most 64 characters (rangeUpper of cn).
std::optional<std::string> common_name_problem(std::string_view name);
/// RFC 1123 labels; underscores too, which Windows host names may have.
std::optional<std::string> dns_name_problem(std::string_view name);
/// A character that no name may have since nobody sees it: controls, zero-width characters, odd spaces.
std::optional<std::string> hidden_character_problem(std::string_view text);
/// More than `longest` UTF-16 code units, which is how the schema counts.
std::optional<std::string> length_problem(std::string_view text, size_t longest);

}  // namespace gmsactl::manifest
