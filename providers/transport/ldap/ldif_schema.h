// What an LDIF directory knows of Active Directory's schema: how an attribute's values compare, how many it
// may have, who may write it, and what each object class derives from ([MS-ADA1] to [MS-ADA3], [MS-ADSC]).
// Only what gmsactl reads or writes is in it; other attributes are case-insensitive text with any number of
// values.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gmsactl::ldap::ldif {

enum class Syntax : uint8_t {
  text,  ///< compares case-insensitively (ASCII)
  integer,
  octets,  ///< compares byte by byte
  sid,     ///< octets; a filter may write S-1-5-…
  guid,    ///< octets; a filter may write its text form
  dn,
  dn_binary,  ///< B:32:HEX:DN, wellKnownObjects
};

using AttributeId = uint32_t;

/// Ids of the attributes that have a meaning here; the others get theirs as they are met.
namespace attribute {
enum Known : AttributeId {
  object_class,
  cn,
  ou,
  dc,
  name,
  distinguished_name,
  object_guid,
  object_sid,
  sam_account_name,
  sam_account_type,
  user_account_control,
  primary_group_id,
  dns_host_name,
  service_principal_name,
  member,
  member_of,
  group_type,
  group_msa_membership,
  managed_password_interval,
  managed_password_id,
  managed_password_previous_id,
  encryption_types,
  instance_type,
  when_created,
  when_changed,
  usn_created,
  usn_changed,
  object_category,
  well_known_objects,
  other_well_known_objects,
  description,
  admin_description,
  is_critical_system_object,
  system_flags,
  nc_name,
  dns_root,
  netbios_name,
  spn_mappings,
  kds_create_time,
  kds_use_start_time,
  kds_domain_id,
  kds_root_key_data,
  kds_version,
  managed_by,
  host_service_account,
  allowed_to_act,
  security_descriptor,
  current_time,
  count
};
}  // namespace attribute

struct AttributeType {
  std::string name;  ///< as the schema spells it
  Syntax syntax = Syntax::text;
  bool single = false;
  bool system_only = false;  ///< written by the server alone
  bool known = false;  ///< in the schema, or met in the file, which then comes from a schema that has it
};

/// Attribute names to ids, in any case.
class AttributeTable {
 public:
  AttributeTable();
  AttributeId intern(std::string_view name);
  void mark_known(AttributeId id) { types_[id].known = true; }
  const AttributeType& operator[](AttributeId id) const { return types_[id]; }
  size_t size() const { return types_.size(); }

 private:
  std::deque<AttributeType> types_;
  std::unordered_map<std::string, AttributeId> by_folded_name_;
  std::unordered_map<std::string_view, AttributeId>
      by_spelling_;  // the fast way: most files use one spelling
  std::deque<std::string> spellings_;
};

struct ClassType {
  std::string_view name;
  std::string_view parent;    ///< "top" ends the chain
  std::string_view rdn;       ///< "cn"
  std::string_view category;  ///< RDN value of its default objectCategory below the schema, "Person"
  bool principal = false;     ///< has a SID and a sAMAccountName
};

/// Null for a class that is not known here.
const ClassType* find_class(std::string_view name);
/// "top" first, the class itself last.
std::vector<std::string_view> class_chain(const ClassType& type);
bool derives_from(const ClassType& type, std::string_view ancestor);

}  // namespace gmsactl::ldap::ldif
