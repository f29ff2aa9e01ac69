// What a change makes of an object's names: what it is called and where it stands, before and after. Names
// belong to one object at a time, so whoever takes one waits for whoever gives it up. Internal to
// engine/plan.
#pragma once

#include <optional>
#include <string>

#include "engine/model/plan.h"

namespace gmsactl::plan {

struct Names {
  std::string sam_before;
  std::string sam_after;
  model::Dn dn_before;
  model::Dn dn_after;
  bool goes = false;  ///< it is deleted: there is no after

  bool gives_up_name(const std::string& sam_account_name) const;
  bool gives_up_place(const model::Dn& dn) const;
};

/// Of accounts and groups that exist; nothing for other changes.
std::optional<Names> names_of(const model::Change& change);

/// What a principal is called in a plan. The same on both sides of a diff, wherever the principal was met;
/// and not the same for two principals, whose names are unique in their own domain only.
std::string label(const model::Principal& principal, const model::Dn& own_domain);

}  // namespace gmsactl::plan
