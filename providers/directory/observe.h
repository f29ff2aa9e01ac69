// Reads everything that one plan needs. Round trips depend on pages and batches, not on objects: what stands
// in the declared containers is read in bulk, what is not found there is looked for by name in batched OR
// filters. Internal to providers/directory.
#pragma once

#include "engine/base/result.h"
#include "engine/model/live.h"
#include "engine/ports/provider.h"
#include "providers/directory/session.h"

namespace gmsactl::directory {

[[nodiscard]] Result<model::Observations> observe(Session& session, const model::Desired& desired,
                                                  ports::EventSink& events);

}  // namespace gmsactl::directory
