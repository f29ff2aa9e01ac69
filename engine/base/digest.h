// SHA-256 (FIPS 180-4): of documents, of values that a change was planned against, of what a place holds.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gmsactl {

std::array<uint8_t, 32> sha256_bytes(std::string_view bytes);
/// 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

}  // namespace gmsactl
