// Finds the live object of each declaration. The same steps for groups and accounts: all that carry our
// marker at once, wherever they are, then by name whatever is still missing. Internal to providers/directory.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/live.h"
#include "engine/ports/provider.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// What one declaration is looked for by.
struct Wanted {
  std::string name;              ///< metadata.name
  std::string sam_account_name;  ///< as stored, with a gMSA's $
  std::string common_name;
  model::Dn dn;  ///< where it shall be
  /// Known to be in order: it is not looked for, but what carries its marker is nobody else's.
  bool settled = false;
};

/// What is looked for.
struct Quest {
  const model::Dn& domain;
  const model::Environment& environment;
  const std::vector<Wanted>& wanted;
  /// All of the environment's declarations are among `wanted`, so that what is left over can be told.
  bool complete = true;
  /// Model::Desired::suspects: with these, nothing is read in bulk.
  const std::optional<std::vector<model::Guid>>& suspects;
};

template <class Live>
struct Found {
  std::map<std::string, model::Observation<Live>>
      observations;  ///< by metadata.name; every wanted one that is not settled
  std::vector<model::Leftover>
      leftovers;  ///< ours by their marker, and none of `wanted`; where that is complete
  std::map<std::string, model::Principal> sam_account_name_holders;
  std::map<std::string, model::Principal> dn_holders;
};

[[nodiscard]] Result<Found<model::LiveGroup>> find_groups(ldap::Reader& transport, const Quest& quest,
                                                          ports::EventSink& events);
[[nodiscard]] Result<Found<model::LiveGmsa>> find_accounts(ldap::Reader& transport, const Quest& quest,
                                                           ports::EventSink& events);

}  // namespace gmsactl::directory
