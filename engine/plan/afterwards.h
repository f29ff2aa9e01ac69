// Whom a name, a DN or a SID in a manifest means once the plan is carried out, where that is somebody else
// than now: names change hands, and an account that is replaced gets another SID. Internal to engine/plan.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "engine/model/plan.h"

namespace gmsactl::plan {

/// What one reference means after the plan.
struct Afterwards {
  std::optional<model::Principal> principal;  ///< as it is now; empty: nobody is called that any more
  std::optional<model::ResourceId> by;        ///< whose change makes it so
  bool replaced = false;                      ///< its SID is not known before that change
  model::Dn dn_after;                         ///< of one that is replaced
  std::string why;                            ///< where there is nobody: what becomes of who was meant
  std::string instead;                        ///< what to write

  bool operator==(const Afterwards& other) const;
};
/// By model::principal_key(); of references that mean the same as before there is nothing.
using References = std::map<std::string, Afterwards>;

/// By the changes planned so far.
References foresee(const model::Plan& plan, const model::Desired& desired, const model::Observations& seen);

}  // namespace gmsactl::plan
