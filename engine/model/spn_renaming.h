// What becomes of an SPN on a server that goes further than rewritten_spn() (spn.h) when an account's
// dNSHostName or sAMAccountName changes. Called where SPNs are read again after such a change.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/text.h"

namespace gmsactl::model {

/// Each old name becomes the new one, in whatever part between slashes and colons it stands.
std::string renamed_anywhere(std::string_view spn,
                             const std::map<std::string, std::string, LessFolded>& names);

}  // namespace gmsactl::model
