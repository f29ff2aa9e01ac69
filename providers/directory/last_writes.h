// When the fields of objects were last written, and at which domain controller, from replication metadata.
// Internal to providers/directory.
#pragma once

#include <span>

#include "engine/base/result.h"
#include "engine/model/plan.h"
#include "providers/directory/session.h"

namespace gmsactl::directory {

/// Of accounts and groups. Batched, so it is meant for those that differ and not for an estate. Samba keeps
/// no stamp of linked values, so there the field members of a group has none; nor has anything in an LDIF
/// file that was saved without metadata.
[[nodiscard]] Result<model::LastWrites> last_writes(Session& session, std::span<const model::Guid> objects);

}  // namespace gmsactl::directory
