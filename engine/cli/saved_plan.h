// Plans in files: what one has to hold to be carried out later, perhaps on another machine, and how it is
// made again from that.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/cli/loading.h"
#include "engine/cli/options.h"
#include "engine/model/plan.h"
#include "engine/plan/make_plan.h"
#include "engine/report/plan_json.h"

namespace gmsactl::cli {

/// What `plan` was made from. `asked` is what it was asked for by, see planning().
model::PlanInputs inputs_of(const Options& options, const model::PlanRequest& asked, const Loaded& loaded,
                            const model::Desired& desired, const model::Plan& plan);

/// The manifests that a saved plan carries along, and the planner's options that it was made with.
struct SavedInputs {
  Loaded loaded;
  plan::Options planning;
};
/// Refuses what may not be carried out whatever the live state is: too old, made by another version, made
/// with errors, or of manifests that have changed where they were read from.
[[nodiscard]] Result<SavedInputs> reopen(const report::PlanDocument& document);

}  // namespace gmsactl::cli
