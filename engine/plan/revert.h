// Undoing an apply: what has to be declared so that a plan takes back what its report says was done. Pure.
// The plan is then made, checked and carried out like any other, so that undoing passes the same gates as
// doing.
//
// Not everything can be undone: what was deleted or replaced had a SID that does not come back.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/model/live.h"
#include "engine/model/plan.h"
#include "engine/plan/saved_plan.h"

namespace gmsactl::plan {

struct Reversal {
  /// Each as it is live, with the fields that were changed as they were before.
  std::vector<model::Declaration<model::HostGroup>> host_groups;
  std::vector<model::Declaration<model::Gmsa>> accounts;
  std::set<std::string> removals;  ///< addresses of what was created
  Diagnostics remarks;             ///< of what can't be undone
};

/// `done` as a report lists it, `results` in the same order; what was not written is passed over. In `seen`
/// everything that carries the environment's marker is left over, since nothing was declared.
Reversal reverse(const std::vector<model::Change>& done, const std::vector<model::ChangeResult>& results,
                 const model::Observations& seen);

/// What is no more as the apply left it, and would be lost by undoing it: of the fields that it wrote, those
/// whose live value `undoing` names as another. What others added to a list beside it stays, so it is no
/// loss.
std::vector<StaleField> changed_since(const std::vector<model::Change>& done, const model::Plan& undoing);

}  // namespace gmsactl::plan
