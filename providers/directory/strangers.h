// Those whom live descriptors and groups name and no declaration means: who they are, and of whom nothing was
// found, whether that proves them gone. Internal to providers/directory.
#pragma once

#include "engine/base/result.h"
#include "engine/model/desired.h"
#include "engine/model/live.h"
#include "providers/directory/forest.h"
#include "providers/directory/visibility.h"

namespace gmsactl::directory {

/// Whether the declaration gives the live group another scope: then all its members, and the groups it is in,
/// must go with that.
bool changes_scope(const model::Declaration<model::HostGroup>& group, const model::LiveGroup& live);

/// Fills known_sids, known_members, blind_spot and deleted_sids; everything else has been read.
[[nodiscard]] Result<void> find_strangers(Forest& forest, Visibility& visibility,
                                          const model::Desired& desired, model::Observations& seen);

}  // namespace gmsactl::directory
