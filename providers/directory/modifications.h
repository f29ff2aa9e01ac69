// Which LDAP modifications turn one live state into the planned one: pure, so that the very same function
// writes, and later tells whether what was found after a conflict is still what was planned. Every
// modification deletes the value it expects and adds the wanted one (RFC 4511 §4.6: atomic), which is a
// compare-and-swap. Internal to providers/directory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/model/plan.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

struct AccountModifications {
  std::vector<ldap::Modification> first;  ///< everything, or everything but SPNs where a name changes
  /// SPNs, where the server rewrites them first: to be made anew from what is then live.
  bool spns_after_reading_again = false;
};

/// `readers` are the planned principals, every one with its SID by now. `marker` is the attribute that
/// ownership is noted in, here and below: it is swapped in the same request, so that two runs of gmsactl
/// never both succeed.
AccountModifications account_modifications(const model::GmsaChange& change, const model::LiveGmsa& live,
                                           const std::vector<model::Sid>& readers, const std::string& marker);
/// By the account's servicePrincipalNamesMode: additive only ever adds, unmanaged does nothing.
std::vector<ldap::Modification> spn_modifications(const std::vector<std::string>& live,
                                                  const model::GmsaChange& change);
std::vector<ldap::Attribute> new_account(const model::GmsaChange& change,
                                         const std::vector<model::Sid>& readers, const std::string& marker);

/// Without members: they are chunked by the caller.
std::vector<ldap::Modification> group_modifications(const model::GroupChange& change,
                                                    const model::LiveGroup& live, const std::string& marker);
std::vector<ldap::Attribute> new_group(const model::GroupChange& change, const std::string& marker);

/// The marker alone, absent on either side where there is none or none is wanted.
std::vector<ldap::Modification> marker_modifications(const std::optional<std::string>& live,
                                                     const std::optional<std::string>& wanted,
                                                     const std::string& marker);

/// groupType and userAccountControl are signed 32-bit integers on the wire ([MS-ADTS] 3.1.1.2.2.2.3).
std::string signed_text(uint32_t bits);

/// "dNSHostName, servicePrincipalName"; the marker only where there is nothing else.
std::string attribute_names(const std::vector<ldap::Modification>& modifications, const std::string& marker);

}  // namespace gmsactl::directory
