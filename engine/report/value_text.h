// A field's value as people read it at a terminal.
#pragma once

#include <string>
#include <string_view>

#include "engine/model/plan.h"

namespace gmsactl::report {

/// In quotes, so that white space at its ends shows; a backslash stays single, as in DOMAIN\name.
std::string quoted(std::string_view text);
/// `when_unset` for a value that is not there.
std::string value_text(const model::FieldValue& value, std::string_view when_unset);

}  // namespace gmsactl::report
