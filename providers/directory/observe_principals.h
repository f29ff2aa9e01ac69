// Looks up whom manifests and live descriptors name, in the own domain and in the others of the forest:
// PrincipalRefs, bare SIDs, DNs of members, and the holders of SPNs. Internal to providers/directory.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/live.h"
#include "providers/directory/forest.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// Every reference of `desired` except {hostGroup: NAME} ones and those of settled declarations, by
/// principal_key().
[[nodiscard]] Result<std::map<std::string, model::PrincipalLookup>> resolve_principals(
    Forest& forest, const model::Desired& desired);

/// Who has these SIDs, by Sid::text(); absent where nobody does. Of other domains as far as a catalogue can
/// be asked: there it is only for display.
[[nodiscard]] Result<std::map<std::string, model::Principal>> find_sids(Forest& forest,
                                                                        const std::set<model::Sid>& sids);

/// What stands at these DNs, by dn_key(); absent where nothing does. Other domains as above.
[[nodiscard]] Result<std::map<std::string, model::Principal>> find_objects(Forest& forest,
                                                                           const std::set<std::string>& dns);

/// The groups of the own domain that have this object as a member.
[[nodiscard]] Result<std::vector<model::Principal>> find_containing_groups(Forest& forest,
                                                                           const model::Dn& member);

/// Who holds these SPNs or an alias of one, anywhere in the forest, by fold(SPN).
[[nodiscard]] Result<std::map<std::string, std::vector<model::Principal>>> find_spn_holders(
    Forest& forest, const std::vector<std::string>& spns);

}  // namespace gmsactl::directory
