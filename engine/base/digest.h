// SHA-256 (FIPS 180-4): of documents, of values that a change was planned against, of what a place holds.
#pragma once

#include <string>
#include <string_view>

namespace gmsactl {

/// 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

}  // namespace gmsactl
