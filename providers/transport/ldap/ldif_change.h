// The four writes to a directory in memory, each whole or not at all, answered as a domain controller answers
// them. Generic LDAP and schema rules are here; what Active Directory wants of accounts and groups is
// ldif_rules.h's. Called by the transport.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "providers/transport/ldap/ldif_directory.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::ldap::ldif {

[[nodiscard]] Result<void> add_object(Directory& directory, const std::string& dn,
                                      const std::vector<Attribute>& attributes);
[[nodiscard]] Result<void> modify_object(Directory& directory, const std::string& dn,
                                         const std::vector<Modification>& changes);
[[nodiscard]] Result<void> rename_object(Directory& directory, const std::string& dn,
                                         const std::string& new_rdn, const std::string& new_parent);
[[nodiscard]] Result<void> remove_object(Directory& directory, const std::string& dn);

}  // namespace gmsactl::ldap::ldif
