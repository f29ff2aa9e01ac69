// A plan that was saved, against the plan that the same inputs give now: whether it is still exactly that
// plan, and what of it is left to do. Pure; called before the first write of `apply FILE`.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/model/plan.h"

namespace gmsactl::plan {

/// One value that is neither what the plan read nor what it would have written.
struct StaleField {
  model::ResourceId id;
  std::string field;          ///< the manifest's name of it; "object" where the whole object came or went
  model::FieldValue planned;  ///< what the plan read
  model::FieldValue live;     ///< what is there now
  bool operator==(const StaleField&) const = default;
};

struct SavedCheck {
  std::vector<StaleField> stale;
  Diagnostics errors;                   ///< that the saved plan did not have, about what it changes
  std::vector<model::ResourceId> done;  ///< as the plan makes them, already
  model::Plan rest;  ///< the new plan, limited to what the saved one changes and is left to do
};

/// A field must be as the plan read it, or as the plan makes it: an earlier attempt may have got so far. What
/// the plan does not touch does not count.
SavedCheck compare_with_saved(const model::Plan& saved, model::Plan fresh);

/// The declarations of these addresses and all that they refer to, directly or not: "GMSA/WebApp01",
/// "HostGroup/WebApp01Hosts", "SpecTarget/docker".
std::set<std::string> declarations_behind(const model::Desired& desired,
                                          const std::vector<model::Change>& changes);

}  // namespace gmsactl::plan
