// Looks up whom manifests and live descriptors name: PrincipalRefs, bare SIDs, and the holders of SPNs.
// Internal to providers/directory.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/live.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// Every reference of `desired` except {hostGroup: NAME} ones and those of settled declarations, by
/// principal_key().
[[nodiscard]] Result<std::map<std::string, model::PrincipalLookup>> resolve_principals(
    ldap::Reader& transport, const model::DirectoryFacts& facts, const model::Desired& desired);

/// Who has these SIDs; absent where nobody does.
[[nodiscard]] Result<std::map<std::string, model::Principal>> find_sids(ldap::Reader& transport,
                                                                        const model::Dn& domain,
                                                                        const std::set<model::Sid>& sids);

/// What stands at these DNs, by dn_key(); absent where nothing does.
[[nodiscard]] Result<std::map<std::string, model::Principal>> find_objects(ldap::Reader& transport,
                                                                           const model::Dn& domain,
                                                                           const std::set<std::string>& dns);

/// Who holds these SPNs or an alias of one, by fold(SPN). `base` is empty for a global catalog: the whole
/// forest.
[[nodiscard]] Result<std::map<std::string, std::vector<model::Principal>>> find_spn_holders(
    ldap::Reader& transport, const std::string& base, const model::SpnMappings& mappings,
    const std::vector<std::string>& spns);

}  // namespace gmsactl::directory
