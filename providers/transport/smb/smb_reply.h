// What the smbclient program prints, taken apart. Names in it are another machine's, so anything may be
// there. Private to this folder but for tests and fuzzing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "providers/transport/files/file_store.h"

namespace gmsactl::smb {

/// The regular files of what `ls` printed, temporary ones included, sorted by name. Where it is a refusal,
/// that.
[[nodiscard]] Result<std::vector<files::FileEntry>> parse_listing(std::string_view printed,
                                                                  const std::string& doing);

/// The first word that begins with NT_STATUS_, or nothing.
std::string_view status_in(std::string_view printed);

/// The error that a refusal means, by its status ([MS-ERREF] 2.3): "writing …: no space is left there".
Error refusal(std::string_view printed, const std::string& doing);

}  // namespace gmsactl::smb
