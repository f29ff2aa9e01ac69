// One row per field of an account and of a group: what manifests call it, which members of the declared and
// of the live struct hold it, which LDAP attribute keeps it, and what the documentation says of it. Whoever
// handles fields goes over these rows: reading and writing manifests, comparing, accepting and undoing drift,
// deleting, LDAP requests, `gmsactl explain`.
//
// Most rows are plain: a text, a bit of userAccountControl, a list. The others are named by a hook, and
// whoever goes over the rows switches over the hooks: one that is forgotten does not compile. Rows stand in
// the order in which plans report the fields.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/model/account.h"
#include "engine/model/desired.h"
#include "engine/model/live.h"
#include "engine/model/marker.h"

namespace gmsactl::model {

enum class Mutability : uint8_t {
  in_place,
  by_move,      ///< of the object, or of its name
  at_creation,  ///< the account is replaced, if that is allowed
  rule,         ///< nothing of the object: it says how fields are compared, or what else is made of it
};

struct FieldFacts {
  std::string_view key;  ///< in manifests and in plans
  /// LDAP's name of what keeps it; empty for a rule. A move is recorded as a write of the RDN, as a renaming
  /// is ([MS-ADTS] 3.1.1.5.4.1).
  std::string_view attribute;
  /// ATTRTYP of the attribute by the prefix table that every forest begins with ([MS-DRSR] 5.16.4): 0x0000
  /// stands for 2.5.4, 0x0002 for 1.2.840.113556.1.2 and 0x0009 for 1.2.840.113556.1.4; the low half is the
  /// last number of the OID. `member` has one only where a forest never left the functional level of Windows
  /// 2000.
  uint32_t attid = 0;
  Mutability mutability = Mutability::in_place;
  std::string_view type;           ///< for people: "text", "boolean", "list of SPNs"
  std::string_view default_value;  ///< for people; empty: not managed
  std::string_view sentence;       ///< what it is; the schema says the same
  std::string_view example;        ///< one value, as YAML; empty where the type says enough
};

/// Free text. Of what is declared, none is not managed and an empty one clears.
template <class Spec, class Live>
struct TextField {
  std::optional<std::string> Spec::*declared;
  std::optional<std::string> Live::*live;
  std::vector<std::string> Live::*more;  ///< values after the first; null where there can be one only
  size_t longest;                        ///< in characters
};

/// A bit of userAccountControl. The one that is always managed has a default.
struct FlagField {
  uint32_t bit;
  bool inverted;  ///< a set bit means false
  std::optional<bool> Gmsa::*managed;
  bool Gmsa::*always = nullptr;  ///< in place of `managed`

  std::optional<bool> wanted(const Gmsa& spec) const {
    return always != nullptr ? std::optional(spec.*always) : spec.*managed;
  }
  bool live(uint32_t user_account_control) const { return ((user_account_control & bit) != 0) != inverted; }
  uint32_t with(uint32_t user_account_control, bool value) const {
    return value != inverted ? user_account_control | bit : user_account_control & ~bit;
  }
  void set(Gmsa& spec, bool value) const {
    if (always != nullptr)
      spec.*always = value;
    else
      spec.*managed = value;
  }
};

/// A list that compares as a set, regardless of case. Of what is declared, none is not managed.
struct ListField {
  std::optional<std::vector<std::string>> Gmsa::*declared;
  std::vector<std::string> LiveGmsa::*live;
};

enum class GmsaHook : uint8_t {
  sam_account_name,
  allow_long_name,
  path,
  common_name,
  dns_host_name,
  service_principal_names,
  service_principal_names_mode,
  readers,
  orphaned_principals,
  password_interval,
  encryption_types,
  credential_spec,
};

enum class GroupHook : uint8_t {
  sam_account_name,
  common_name,
  path,
  scope,
  members,
  membership,
  orphaned_members,
};

using GmsaText = TextField<Gmsa, LiveGmsa>;
using GroupText = TextField<HostGroup, LiveGroup>;

struct GmsaField : FieldFacts {
  std::variant<GmsaHook, GmsaText, FlagField, ListField> access;
};
struct GroupField : FieldFacts {
  std::variant<GroupHook, GroupText> access;
};

inline constexpr size_t longest_description = 1024;
inline constexpr size_t longest_display_name = 256;
/// Ten years; the schema of the directory allows any number, but a longer one is a typing error.
inline constexpr uint32_t longest_password_interval_days = 3650;

/// The row whose key is metadata.name stands for it in plans; a spec has no such key.
inline constexpr std::string_view name_of_metadata = "name";

inline constexpr std::array<GmsaField, 19> gmsa_fields{{
    {{"samAccountName", "sAMAccountName", 0x000900DD, Mutability::in_place, "text", "metadata.name",
      "sAMAccountName without the trailing $, at most 15 characters, or 19 with allowLongName.", "WebApp01"},
     GmsaHook::sam_account_name},
    {{"allowLongName", "", 0, Mutability::rule, "boolean", "false",
      "Whether samAccountName may be longer than 15 characters, up to 19. Some programs know the short form "
      "only.",
      "true"},
     GmsaHook::allow_long_name},
    {{"path", "name", 0x00090001, Mutability::by_move, "DN",
      "the Environment's accountsPath, else the domain's Managed Service Accounts container",
      "DN of the container; a change moves the account.", "OU=gMSA,DC=contoso,DC=com"},
     GmsaHook::path},
    {{name_of_metadata, "name", 0x00090001, Mutability::by_move, "text", "",
      "CN of the account: metadata.name.", ""},
     GmsaHook::common_name},
    {{"dnsHostName", "dNSHostName", 0x0009026B, Mutability::in_place, "DNS name", "<samAccountName>.<domain>",
      "dNSHostName.", "webapp01.contoso.com"},
     GmsaHook::dns_host_name},
    {{"servicePrincipalNames", "servicePrincipalName", 0x00090303, Mutability::in_place, "list of SPNs",
      "host/<samAccountName> and host/<dnsHostName>", "The exact set of SPNs. [] and null clear it.",
      "[host/WebApp01, http/webapp01.contoso.com]"},
     GmsaHook::service_principal_names},
    {{"servicePrincipalNamesMode", "", 0, Mutability::rule, "exact, additive or unmanaged", "exact",
      "exact: what is registered and not listed is removed. additive: the listed names are registered and "
      "nothing is removed. unmanaged: the attribute is left alone.",
      "additive"},
     GmsaHook::service_principal_names_mode},
    {{"principalsAllowedToRetrieveManagedPassword", "msDS-GroupMSAMembership", 0x00090898,
      Mutability::in_place, "list of principals", "nobody, with a warning",
      "Who may read the password (msDS-GroupMSAMembership).", "[{hostGroup: WebApp01Hosts}]"},
     GmsaHook::readers},
    {{"orphanedPrincipals", "", 0, Mutability::rule, "keep or remove", "keep",
      "What to do with SIDs in msDS-GroupMSAMembership that nothing in the domain has any more: keep shows "
      "and keeps them, remove takes them out.",
      "remove"},
     GmsaHook::orphaned_principals},
    {{"managedPasswordIntervalInDays", "msDS-ManagedPasswordInterval", 0x00090897, Mutability::at_creation,
      "number, 1 to 3650", "30",
      "Days after which the password changes (msDS-ManagedPasswordInterval); can be set at creation only.",
      "14"},
     GmsaHook::password_interval},
    {{"kerberosEncryptionTypes", "msDS-SupportedEncryptionTypes", 0x000907AB, Mutability::in_place,
      "list of DES_CBC_CRC, DES_CBC_MD5, RC4, AES128, AES256", "AES128 and AES256",
      "msDS-SupportedEncryptionTypes.", "[AES256]"},
     GmsaHook::encryption_types},
    {{"enabled", "userAccountControl", 0x00090008, Mutability::in_place, "boolean", "true",
      "Whether the account is enabled.", "false"},
     FlagField{user_account_control::disabled, true, nullptr, &Gmsa::enabled}},
    {{"trustedForDelegation", "userAccountControl", 0x00090008, Mutability::in_place, "boolean", "",
      "Unconstrained delegation.", "false"},
     FlagField{user_account_control::trusted_for_delegation, false, &Gmsa::trusted_for_delegation}},
    {{"trustedToAuthForDelegation", "userAccountControl", 0x00090008, Mutability::in_place, "boolean", "",
      "Protocol transition.", "true"},
     FlagField{user_account_control::trusted_to_auth_for_delegation, false,
               &Gmsa::trusted_to_auth_for_delegation}},
    {{"accountNotDelegated", "userAccountControl", 0x00090008, Mutability::in_place, "boolean", "",
      "Whether services may never act on behalf of the account.", "true"},
     FlagField{user_account_control::not_delegated, false, &Gmsa::account_not_delegated}},
    {{"allowedToDelegateTo", "msDS-AllowedToDelegateTo", 0x000906FB, Mutability::in_place, "list of SPNs", "",
      "SPNs for constrained delegation (msDS-AllowedToDelegateTo). [] and null clear it.",
      "[http/backend.contoso.com]"},
     ListField{&Gmsa::allowed_to_delegate_to, &LiveGmsa::allowed_to_delegate_to}},
    {{"description", "description", 0x0000000D, Mutability::in_place, "text of at most 1024 characters", "",
      "Description of the account. null clears it.", "Web front end"},
     GmsaText{&Gmsa::description, &LiveGmsa::description, &LiveGmsa::more_descriptions, longest_description}},
    {{"displayName", "displayName", 0x0002000D, Mutability::in_place, "text of at most 256 characters", "",
      "Display name of the account. null clears it.", "Web 01"},
     GmsaText{&Gmsa::display_name, &LiveGmsa::display_name, nullptr, longest_display_name}},
    {{"credentialSpec", "", 0, Mutability::rule, "mapping", "",
      "Delivers the account's credential spec. Every fact in it is read from the directory.",
      "{targets: [docker-prod]}"},
     GmsaHook::credential_spec},
}};

inline constexpr std::array<GroupField, 8> group_fields{{
    {{"samAccountName", "sAMAccountName", 0x000900DD, Mutability::in_place, "text of at most 256 characters",
      "metadata.name", "sAMAccountName of the group.", "WebApp01Hosts"},
     GroupHook::sam_account_name},
    {{"commonName", "name", 0x00090001, Mutability::by_move, "text of at most 64 characters", "metadata.name",
      "CN of the group.", "WebApp01 hosts"},
     GroupHook::common_name},
    {{"path", "name", 0x00090001, Mutability::by_move, "DN",
      "the Environment's hostGroupsPath, else the domain's Users container", "DN of the container.",
      "OU=gMSA,DC=contoso,DC=com"},
     GroupHook::path},
    {{"scope", "groupType", 0x000902EE, Mutability::in_place, "DomainLocal, Global or Universal",
      "DomainLocal", "Scope of the group.", "Global"},
     GroupHook::scope},
    {{"description", "description", 0x0000000D, Mutability::in_place, "text of at most 1024 characters", "",
      "Description of the group. null clears it.", "Hosts of the web front end"},
     GroupText{&HostGroup::description, &LiveGroup::description, &LiveGroup::more_descriptions,
               longest_description}},
    {{"members", "member", 0x0000001F, Mutability::in_place, "list of principals", "",
      "Computers and groups in the group. [] and null clear it.", "[HOST01, HOST02, {hostGroup: AllHosts}]"},
     GroupHook::members},
    {{"membership", "", 0, Mutability::rule, "exact or additive", "exact",
      "exact: nobody else is in the group. additive: other members stay.", "additive"},
     GroupHook::membership},
    {{"orphanedMembers", "", 0, Mutability::rule, "keep or remove", "keep",
      "What happens to members of an exact group whose object is gone from the domain: keep shows and keeps "
      "them, remove takes them out.",
      "remove"},
     GroupHook::orphaned_members},
}};

/// The rows of the kind that `Spec` declares.
constexpr const auto& fields_of(const Gmsa&) { return gmsa_fields; }
constexpr const auto& fields_of(const HostGroup&) { return group_fields; }
constexpr const auto& fields_of(const LiveGmsa&) { return gmsa_fields; }
constexpr const auto& fields_of(const LiveGroup&) { return group_fields; }

/// Null where the kind has no such field.
template <class Rows>
constexpr const auto* find_field(const Rows& rows, std::string_view key) {
  for (const auto& row : rows)
    if (row.key == key) return &row;
  return static_cast<decltype(rows.data())>(nullptr);
}

/// The facts of a field by its name in a plan; null where the kind has no such field.
const FieldFacts* facts_of(Kind kind, std::string_view key);

/// The one that is known to be there by its hook: a row's key is written nowhere else.
template <class Rows, class Hook>
constexpr const auto& field_of_hook(const Rows& rows, Hook hook) {
  const auto* found = rows.data();
  for (const auto& row : rows)
    if (const auto* own = std::get_if<Hook>(&row.access); own != nullptr && *own == hook) found = &row;
  return *found;
}

/// For std::visit: one function for each alternative.
template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

/// Whether the declaration says what the field shall be. A rule is no field of the object, so it is not.
bool is_managed(const GmsaField& row, const Gmsa& spec);
bool is_managed(const GroupField& row, const HostGroup& spec);

/// From now on the declaration leaves the field as it is. False, and nothing done, where one always says what
/// it shall be.
bool leave_unmanaged(const GmsaField& row, Gmsa& spec);
bool leave_unmanaged(const GroupField& row, HostGroup& spec);

/// The fields that a plan can report of each kind: what drift.ignore may name. Empty for kinds whose drift
/// cannot be accepted.
const std::vector<std::string_view>& field_names(Kind kind);

/// The LDAP attributes that decide over a declaration: what it asks for is compared with these, so each must
/// have been read in full before anything is planned. `marker` is the attribute that ownership is noted in.
std::vector<std::string> managed_attributes(const HostGroup& spec, const std::string& marker);
std::vector<std::string> managed_attributes(const Gmsa& spec, const std::string& marker);

/// For an object that the environment does not manage yet also those that Importance comes from: what is not
/// seen of them is not a no. Of what it manages already the marker says that it may.
template <class Spec>
std::vector<std::string> decisive_attributes(const Spec& spec, const Environment& environment,
                                             const std::optional<std::string>& live_marker) {
  auto all = managed_attributes(spec, environment.marker_attribute);
  if (read_ownership(live_marker, environment.owner, environment.name).ownership != Ownership::ours)
    all.insert(all.end(), {"isCriticalSystemObject", "adminCount"});
  return all;
}

/// Those of `unread` that are among `attributes`.
std::vector<UnreadAttribute> unread_among(const std::vector<UnreadAttribute>& unread,
                                          const std::vector<std::string>& attributes);

}  // namespace gmsactl::model
