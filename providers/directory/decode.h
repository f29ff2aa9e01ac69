// Directory entries to model values, and the attributes to ask for. A value that does not decode makes the
// object unreadable, never absent. Internal to providers/directory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/model/live.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// LDAP names, as the schema spells them.
namespace attribute {
inline constexpr char admin_count[] = "adminCount";
inline constexpr char distinguished_name[] = "distinguishedName";
inline constexpr char dns_host_name[] = "dNSHostName";
inline constexpr char encryption_types[] = "msDS-SupportedEncryptionTypes";
inline constexpr char group_msa_membership[] = "msDS-GroupMSAMembership";
inline constexpr char group_type[] = "groupType";
inline constexpr char is_critical[] = "isCriticalSystemObject";
inline constexpr char member[] = "member";
inline constexpr char object_class[] = "objectClass";
inline constexpr char object_guid[] = "objectGUID";
inline constexpr char object_sid[] = "objectSid";
inline constexpr char password_interval[] = "msDS-ManagedPasswordInterval";
inline constexpr char sam_account_name[] = "sAMAccountName";
inline constexpr char security_descriptor[] = "nTSecurityDescriptor";
inline constexpr char service_principal_name[] = "servicePrincipalName";
inline constexpr char user_account_control[] = "userAccountControl";
}  // namespace attribute

inline constexpr char gmsa_class[] = "msDS-GroupManagedServiceAccount";
inline constexpr char group_class[] = "group";

/// `marker` is the attribute that ownership is noted in (Environment::marker_attribute), here and below.
std::vector<std::string> account_attributes(const std::string& marker);
std::vector<std::string> group_attributes(const std::string& marker);
std::vector<std::string> principal_attributes();

/// What is no part of the object's identity and was not read in full is in its `unread`. What did not come is
/// there too, without a reason, unless the entry is whole: whether it is absent is for visibility.h to find.
[[nodiscard]] Result<model::LiveGmsa> decode_account(const ldap::Entry& entry, const std::string& marker);
[[nodiscard]] Result<model::LiveGroup> decode_group(const ldap::Entry& entry, const std::string& marker);
/// Fails for a DN that is none, and for nothing else: what of its identity can't be read is empty.
[[nodiscard]] Result<model::Principal> decode_principal(const ldap::Entry& entry);

/// Those of the attributes that did not come, or not in full, as in LiveGmsa::unread.
std::vector<model::UnreadAttribute> unread_of(const ldap::Entry& entry,
                                              const std::vector<std::string>& names);

/// How to grant the right to read an attribute of an object.
std::string read_hint(std::string_view dn, std::string_view attribute);
/// Of an attribute that every such object has.
Error unreadable_attribute(const ldap::Entry& entry, std::string_view name);

bool has_class(const ldap::Entry& entry, std::string_view name);
std::optional<int64_t> number(const ldap::Entry& entry, std::string_view name);
/// GeneralizedTime (RFC 4517 §3.3.13) as 100 ns since 1601; 0 where it does not parse.
int64_t filetime(std::string_view generalized_time);

/// "<GUID=…>" ([MS-ADTS] 3.1.1.3.1.2.4): names the object wherever it is moved.
std::string guid_dn(const model::Guid& guid);

}  // namespace gmsactl::directory
