// Makes what was read in many searches one world: what was changed while it was read is read again. Pure but
// for its inputs; who reads is observe.cpp. Internal to providers/directory.
#pragma once

#include <optional>
#include <vector>

#include "engine/model/directory_changes.h"
#include "engine/model/live.h"

namespace gmsactl::directory {

/// What of `desired` is to be read again after these changes: as it is, with all that they do not touch
/// settled. Nothing where they touch none of it.
std::optional<model::Desired> touched_part(const model::Desired& desired, const model::Observations& seen,
                                           const std::vector<model::ChangedObject>& changes);

/// Puts what was read again in the place of what it was. Holders of SPNs are not among it: any object may
/// have become one, so they are asked for anew.
void take_over(model::Observations&& again, const std::vector<model::ChangedObject>& changes,
               model::Observations& seen);

}  // namespace gmsactl::directory
