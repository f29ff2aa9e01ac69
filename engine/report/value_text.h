// Values of fields as people read them on a terminal. Internal to engine/report.
#pragma once

#include <string>
#include <string_view>

#include "engine/model/plan.h"

namespace gmsactl::report {

/// In quotes, so that white space at its ends shows, and printable(); a backslash stays single, as in DOMAIN\name.
std::string quoted(std::string_view text);
bool is_list(const model::FieldValue& value);
/// true, 30, "text" or ["a", "b"].
std::string value_text(const model::FieldValue& value, std::string_view when_unset);

}  // namespace gmsactl::report
