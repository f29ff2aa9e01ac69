// Finds the live object of each declaration. The same steps for groups and accounts: in bulk where they are
// declared to be, then by name in the whole domain. Internal to providers/directory.
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
};

template <class Live>
struct Found {
  std::map<std::string, model::Observation<Live>> observations;  ///< by metadata.name; every wanted one
  std::map<std::string, model::Principal> sam_account_name_holders;
  std::map<std::string, model::Principal> dn_holders;
};

[[nodiscard]] Result<Found<model::LiveGroup>> find_groups(ldap::Transport& transport, const model::Dn& domain,
                                                          const std::vector<Wanted>& wanted,
                                                          ports::EventSink& events);
[[nodiscard]] Result<Found<model::LiveGmsa>> find_accounts(ldap::Transport& transport,
                                                           const model::Dn& domain,
                                                           const std::vector<Wanted>& wanted,
                                                           ports::EventSink& events);

}  // namespace gmsactl::directory
