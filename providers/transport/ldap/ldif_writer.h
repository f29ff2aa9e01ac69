// Writes LDIF records (RFC 2849): readable where the bytes allow it, base64 where they do not, folded at 76
// columns. And the whole file of a directory, in which what did not change stays byte for byte as it was.
#pragma once

#include <string>
#include <string_view>

namespace gmsactl::ldap::ldif {

/// "name: value" or "name:: base64", folded, with the line end given ("\n" or "\r\n").
void append_line(std::string& out, std::string_view name, std::string_view value, std::string_view line_end);

}  // namespace gmsactl::ldap::ldif
