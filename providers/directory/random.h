// Random bytes from the system. Internal to providers/directory.
#pragma once

#include <string>

#include "engine/base/result.h"

namespace gmsactl::directory {

/// Fit for keys. `internal` where the system gives none.
[[nodiscard]] Result<std::string> random_bytes(size_t count);

}  // namespace gmsactl::directory
