// SHA-256 (FIPS 180-4). Internal to engine/report.
#pragma once

#include <string>
#include <string_view>

namespace gmsactl::report {

/// "sha256:" and 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

}  // namespace gmsactl::report
