// What `./dev lab env` tells about the lab.
#pragma once

#include <cstdlib>
#include <string>

namespace gmsactl::contract::lab {

/// Empty where there is no such variable, and so no lab.
inline std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace gmsactl::contract::lab
