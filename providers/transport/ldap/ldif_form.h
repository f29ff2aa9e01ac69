// What a directory file is written in, before it is parsed as LDIF: UTF-16, as `ldifde -u` writes it, becomes
// UTF-8; what is no LDIF at all is named, with the command that makes some. Called when a directory is
// opened.
#pragma once

#include <string>

#include "engine/base/result.h"

namespace gmsactl::ldap::ldif {

/// LDIF text in UTF-8 for the bytes of a file; `invalid` for another format or broken UTF-16. Looks at the
/// beginning only, so text that is no LDIF further down is the parser's business.
[[nodiscard]] Result<std::string> as_ldif(std::string bytes);

}  // namespace gmsactl::ldap::ldif
