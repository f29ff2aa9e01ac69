// What a place holds, in a few characters: so that a change can tell whether it is still the same.
#pragma once

#include <string>
#include <string_view>

namespace gmsactl::credentialspec {

/// SHA-256 in lower-case hexadecimal.
std::string digest(std::string_view bytes);

}  // namespace gmsactl::credentialspec
