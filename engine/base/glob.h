// Patterns over addresses, as --target, --exclude and accepted drift write them.
#pragma once

#include <string_view>

namespace gmsactl {

/// Shell-style `*` and `?`, case-insensitive as names in AD are.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace gmsactl
