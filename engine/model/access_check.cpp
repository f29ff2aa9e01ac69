#include "engine/model/access_check.h"

#include <array>
#include <string_view>
#include <utility>

namespace gmsactl::model {

namespace {

// [MS-ADTS] 5.1.3.2.
constexpr uint32_t list_contents = 0x4;
constexpr uint32_t read_property = 0x10;
constexpr uint32_t control_access = 0x100;
constexpr uint32_t generic_read = 0x80000000;
constexpr uint32_t generic_all = 0x10000000;

// [MS-DTYP] 2.4.4.1 to 2.4.4.4.
constexpr uint8_t inherit_only = 0x08;
constexpr uint8_t allowed_object = 0x05;
constexpr uint8_t denied_object = 0x06;
constexpr size_t object_flags_at = 8;
constexpr size_t object_type_at = 12;
constexpr size_t guid_size = 16;

const Sid principal_self{5, {10}};

bool has_right(const Ace& ace, uint32_t right) {
  const bool reads = right == read_property || right == list_contents;
  return (ace.mask & (right | generic_all | (reads ? generic_read : 0U))) != 0;
}

/// Whether an object entry is about this attribute, or its property set, or about everything.
bool concerns(const Ace& ace, const AttributeSchema* attribute) {
  const std::string_view bytes = ace.bytes;
  if (bytes.size() < object_type_at || (static_cast<unsigned char>(bytes[object_flags_at]) & 1U) == 0)
    return true;
  const auto type = Guid::decode(bytes.substr(object_type_at, guid_size));
  return type && attribute != nullptr &&
         (*type == attribute->schema_id ||
          (!attribute->property_set.empty() && *type == attribute->property_set));
}

}  // namespace

Asker::Asker(std::set<Sid> sids) : sids_(std::move(sids)) {
  // Everyone, Network, Authenticated Users, This Organization: in the token of whoever binds with a name.
  for (const auto& well_known : {Sid{1, {0}}, Sid{5, {2}}, Sid{5, {11}}, Sid{5, {15}}})
    sids_.insert(well_known);
}

bool Asker::granted(const SecurityDescriptor& descriptor, uint32_t right, const AttributeSchema* attribute,
                    const Sid& self) const {
  if (!descriptor.dacl_present || descriptor.acl_revision == 0) return true;  // [MS-DTYP] 2.5.3.2
  for (const Ace& ace : descriptor.dacl) {
    const bool object = ace.type == allowed_object || ace.type == denied_object;
    if ((!object && ace.type != Ace::allowed && ace.type != Ace::denied) || (ace.flags & inherit_only) != 0)
      continue;
    if (!has_right(ace, right) || (object && !concerns(ace, attribute))) continue;
    if (sids_.contains(ace.sid) || (ace.sid == principal_self && sids_.contains(self)))
      return ace.type == Ace::allowed || ace.type == allowed_object;
  }
  return false;
}

bool Asker::may_read(const SecurityDescriptor& descriptor, const AttributeSchema& attribute,
                     const Sid& self) const {
  return granted(descriptor, read_property, &attribute, self) &&
         (!attribute.confidential || granted(descriptor, control_access, &attribute, self));
}

bool Asker::may_list(const SecurityDescriptor& descriptor) const {
  return granted(descriptor, list_contents, nullptr, {});
}

}  // namespace gmsactl::model
