// Whole files that people name on the command line: documents in, documents out.
#pragma once

#include <string>

#include "engine/base/result.h"

namespace gmsactl::cli {

/// `invalid` where it can't be read: the command line names it.
[[nodiscard]] Result<std::string> read_file(const std::string& path);
/// Replaces the file in one step, so that nobody ever sees a part of it.
[[nodiscard]] Result<void> write_file(const std::string& path, const std::string& text);

}  // namespace gmsactl::cli
