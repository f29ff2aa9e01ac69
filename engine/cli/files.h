// Whole files that people name on the command line: documents in, documents out.
#pragma once

#include <string>

#include "engine/base/result.h"

namespace gmsactl::cli {

/// `invalid` where it can't be read: the command line names it.
[[nodiscard]] Result<std::string> read_file(const std::string& path);
/// Replaces the file in one step, so that nobody ever sees a part of it. A link, a pipe or a device is
/// written through: none of them may become a file, and /dev/stdout is one of them.
[[nodiscard]] Result<void> write_file(const std::string& path, const std::string& text);
/// Whether that can succeed, as far as can be told before.
[[nodiscard]] Result<void> check_writable(const std::string& path);

}  // namespace gmsactl::cli
