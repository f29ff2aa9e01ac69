// When the fields of objects were last written, and at which domain controller, from replication metadata.
// Internal to providers/directory.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/text.h"
#include "engine/model/plan.h"
#include "engine/model/replication_metadata.h"
#include "providers/directory/session.h"

namespace gmsactl::directory {

/// Of accounts and groups. Batched, so it is meant for those that differ and not for an estate. Samba keeps
/// no stamp of linked values, so there the field members of a group has none; nor has anything in an LDIF
/// file that was saved without metadata.
[[nodiscard]] Result<model::LastWrites> last_writes(Session& session, std::span<const model::Guid> objects);

/// What to ask for to have the stamps of an object's own attributes, not of linked ones.
std::vector<std::string> metadata_attributes();
/// Stamps by attribute; of a linked one that of the value written last, be it added or removed.
std::map<std::string, model::AttributeStamp, LessFolded> stamps_of(const ldap::Entry& entry);

}  // namespace gmsactl::directory
