// The fields that a plan can report of each kind, by their names in manifests: what drift.ignore may name.
// The planner's own tests hold it to this list.
#pragma once

#include <span>
#include <string_view>

#include "engine/model/resource.h"

namespace gmsactl::model {

/// Empty for kinds whose drift cannot be accepted.
std::span<const std::string_view> field_names(Kind kind);

}  // namespace gmsactl::model
