// Keeps away from what was not read in full: an object is neither changed nor deleted on an attribute of
// which a part, or whether it is there at all, is not known. Internal to engine/plan.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/plan/context.h"

namespace gmsactl::plan {

/// Whether all of `attributes` were read in full. Where not, the address is unreadable, and it is said why.
bool read_in_full(Context& context, const model::ResourceId& id, const model::Dn& dn,
                  const std::vector<model::UnreadAttribute>& unread,
                  const std::vector<std::string>& attributes, std::optional<SourceRange> where);
/// The same for everything that was asked for.
bool read_in_full(Context& context, const model::ResourceId& id, const model::Dn& dn,
                  const std::vector<model::UnreadAttribute>& unread);

}  // namespace gmsactl::plan
