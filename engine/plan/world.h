// The environments of one run that meet in one directory, planned each by itself and judged together: what
// two of them claim, and what one of them would take before another has let go of it. Pure; called once all
// are planned and before anything is shown or written.
#pragma once

#include <span>
#include <string>

#include "engine/model/desired.h"
#include "engine/model/live.h"
#include "engine/model/plan.h"

namespace gmsactl::plan {

struct Member {
  std::string directory;  ///< equal for those that meet
  const model::Desired* desired = nullptr;
  const model::Observations* seen = nullptr;
  model::Plan* plan = nullptr;
};

/// Adds an error to a plan for each thing of it that cannot be done beside the plans before and after it.
void check_world(std::span<const Member> members);

}  // namespace gmsactl::plan
