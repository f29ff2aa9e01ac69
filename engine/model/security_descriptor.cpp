#include "engine/model/security_descriptor.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

namespace gmsactl::model {

namespace {

constexpr size_t header_size = 20;     // [MS-DTYP] 2.4.6
constexpr size_t acl_header_size = 8;  // 2.4.5
constexpr size_t ace_header_size = 4;  // 2.4.4.1
constexpr uint16_t self_relative = 0x8000;
constexpr uint16_t dacl_is_present = 0x0004;
constexpr uint16_t sacl_is_present = 0x0010;
constexpr uint8_t inherit_only = 0x08;
constexpr uint8_t object_acl_revision = 4;  // ACL_REVISION_DS

constexpr uint32_t read_property = 0x10;
constexpr uint32_t generic_read = 0x80000000;
constexpr uint32_t generic_all = 0x10000000;
constexpr uint32_t full_control = 0x000F01FF;  // what New-ADServiceAccount and Samba grant each principal

uint32_t number(std::string_view bytes, size_t at, size_t size) {
  uint32_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

void append(std::string& bytes, uint32_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFFU);
}

/// The SID at the front of `bytes`, which may go on after it.
Result<Sid> leading_sid(std::string_view bytes) {
  if (bytes.size() < 8) return fail(ErrorKind::corrupt, "a security descriptor ends inside a SID");
  const size_t size = 8 + 4 * static_cast<size_t>(static_cast<unsigned char>(bytes[1]));
  if (bytes.size() < size) return fail(ErrorKind::corrupt, "a security descriptor ends inside a SID");
  return Sid::decode(bytes.substr(0, size));
}

Result<std::optional<Sid>> sid_at(std::string_view bytes, uint32_t offset) {
  if (offset == 0) return std::optional<Sid>{};
  if (offset < header_size || offset > bytes.size())
    return fail(ErrorKind::corrupt, "a security descriptor points outside itself");
  return std::optional<Sid>{GMSACTL_TRY(leading_sid(bytes.substr(offset)))};
}

/// Where the SID starts in an ACE, or 0 where the layout is unknown ([MS-DTYP] 2.4.4.2 to 2.4.4.17).
size_t sid_offset(uint8_t type, std::string_view ace) {
  switch (type) {
    case 0x00:
    case 0x01:
    case 0x02:
    case 0x03:  // allowed, denied, audit, alarm
    case 0x09:
    case 0x0A:
    case 0x0D:
    case 0x0E:  // their callback forms, with a condition after the SID
    case 0x11:
    case 0x12:
    case 0x13:  // label, resource attribute, scoped policy
      return 8;
    case 0x05:
    case 0x06:
    case 0x07:
    case 0x08:
    case 0x0B:
    case 0x0C:
    case 0x0F:
    case 0x10: {  // object forms
      if (ace.size() < 12) return 0;
      const uint32_t present = number(ace, 8, 4);
      return 12 + ((present & 1U) != 0 ? 16U : 0U) + ((present & 2U) != 0 ? 16U : 0U);
    }
    default:
      return 0;
  }
}

Result<Ace> decode_ace(std::string_view bytes) {
  Ace ace;
  ace.type = static_cast<uint8_t>(bytes[0]);
  ace.flags = static_cast<uint8_t>(bytes[1]);
  ace.bytes = bytes;
  const size_t at = sid_offset(ace.type, bytes);
  if (at == 0) return ace;
  if (bytes.size() < at) return fail(ErrorKind::corrupt, "an access control entry is too short for its type");
  ace.mask = number(bytes, ace_header_size, 4);
  ace.sid = GMSACTL_TRY(leading_sid(bytes.substr(at)));
  return ace;
}

Result<void> decode_acl(std::string_view bytes, SecurityDescriptor& descriptor) {
  if (bytes.size() < acl_header_size)
    return fail(ErrorKind::corrupt, "an access control list has no room for its header");
  const size_t size = number(bytes, 2, 2);
  if (size < acl_header_size || size > bytes.size())
    return fail(ErrorKind::corrupt, "an access control list is larger than its descriptor");
  descriptor.acl_revision = static_cast<uint8_t>(bytes[0]);
  if (descriptor.acl_revision != 2 && descriptor.acl_revision != object_acl_revision)
    return fail(ErrorKind::corrupt, "an access control list has revision " +
                                        std::to_string(descriptor.acl_revision) +
                                        ", which is neither 2 nor 4");
  bytes = bytes.substr(0, size);
  const size_t count = number(bytes, 4, 2);
  bytes.remove_prefix(acl_header_size);
  for (size_t i = 0; i < count; ++i) {
    if (bytes.size() < ace_header_size)
      return fail(ErrorKind::corrupt, "an access control list ends before its entries");
    const size_t ace_size = number(bytes, 2, 2);
    if (ace_size < ace_header_size || ace_size > bytes.size())
      return fail(ErrorKind::corrupt, "an access control entry is larger than its list");
    descriptor.dacl.push_back(GMSACTL_TRY(decode_ace(bytes.substr(0, ace_size))));
    bytes.remove_prefix(ace_size);
  }
  return {};
}

/// Object types that a check of msDS-ManagedPassword can be about: the attribute, what stands for a property
/// set where an attribute is in none, and the object's class. Whether a controller passes any of them is not
/// documented; without them no ACE with an object type grants anything.
bool may_be_about_the_password(std::string_view type) {
  constexpr std::array<std::string_view, 4> types{
      "\x86\xED\x62\xE3\x28\xB7\x42\x08\xB2\x7D\x2D\xEA\x7A\x9D\xF2\x18",   // msDS-ManagedPassword
      "\xB1\x27\x17\x77\xB8\x31\xDF\x4C\xAE\x62\x4F\xE3\x9F\xAD\xF8\x9E",   // no property set
      "\x8A\x55\x8B\x7B\xA5\x93\xF7\x4A\xAD\xCA\xC0\x17\xE6\x7F\x10\x57",   // msDS-GroupManagedServiceAccount
      "\x86\x7A\x96\xBF\xE6\x0D\xD0\x11\xA2\x85\x00\xAA\x00\x30\x49\xE2"};  // computer
  return std::find(types.begin(), types.end(), type) != types.end();
}

/// Of an object ACE that came with its bytes; empty where it names none.
std::string_view object_type(const Ace& ace) {
  constexpr size_t at = 12;
  constexpr size_t size = 16;
  const std::string_view bytes = ace.bytes;
  if (bytes.size() < at + size || (number(bytes, 8, 4) & 1U) == 0) return {};
  return bytes.substr(at, size);
}

bool grants_reading(const Ace& ace) { return ace.effect() == Ace::Effect::grants; }

void sort_unique(std::vector<Sid>& sids) {
  std::sort(sids.begin(), sids.end());
  sids.erase(std::unique(sids.begin(), sids.end()), sids.end());
}

void append_ace(std::string& bytes, const Ace& ace) {
  if (!ace.bytes.empty()) {
    bytes += ace.bytes;
    return;
  }
  const std::string sid = ace.sid.encode();
  bytes += static_cast<char>(ace.type);
  bytes += static_cast<char>(ace.flags);
  append(bytes, static_cast<uint32_t>(8 + sid.size()), 2);
  append(bytes, ace.mask, 4);
  bytes += sid;
}

/// Object, callback and plain deny forms: canonical order wants them before any allow.
bool denies(const Ace& ace) {
  return ace.type == Ace::denied || ace.type == 0x06 || ace.type == 0x0A || ace.type == 0x0C;
}

}  // namespace

bool Ace::conditional() const { return type >= 0x09 && type <= 0x0C; }

Ace::Effect Ace::effect() const {
  constexpr uint8_t allowing_object = 0x05, denying_object = 0x06, callback = 0x09, denying_callback = 0x0A,
                    callback_object = 0x0B, denying_callback_object = 0x0C;
  const bool allows =
      type == allowed || type == allowing_object || type == callback || type == callback_object;
  const bool denies =
      type == denied || type == denying_object || type == denying_callback || type == denying_callback_object;
  if ((!allows && !denies) || sid.empty()) return Effect::unknown;
  if ((flags & inherit_only) != 0) return Effect::none;
  if ((mask & (read_property | generic_read | generic_all)) == 0) return Effect::none;
  // A denial of anything is worth a look: it is kept either way.
  if (denies) return Effect::denies;
  const std::string_view about = type == allowed || type == callback ? "" : object_type(*this);
  if (!about.empty() && !may_be_about_the_password(about)) return Effect::none;
  return about.empty() && !conditional() ? Effect::grants : Effect::may_grant;
}

Result<SecurityDescriptor> SecurityDescriptor::decode(std::string_view bytes) {
  if (bytes.size() < header_size || bytes[0] != 1)
    return fail(ErrorKind::corrupt, "a security descriptor has a revision of 1 and at least 20 bytes");
  SecurityDescriptor descriptor;
  descriptor.control = static_cast<uint16_t>(number(bytes, 2, 2));
  if ((descriptor.control & self_relative) == 0)
    return fail(ErrorKind::corrupt,
                "a security descriptor in the directory is self-relative, this one is not");
  descriptor.owner = GMSACTL_TRY(sid_at(bytes, number(bytes, 4, 4)));
  descriptor.group = GMSACTL_TRY(sid_at(bytes, number(bytes, 8, 4)));
  descriptor.has_sacl = (descriptor.control & sacl_is_present) != 0 && number(bytes, 12, 4) != 0;
  descriptor.dacl_present = (descriptor.control & dacl_is_present) != 0;
  const uint32_t dacl = number(bytes, 16, 4);
  if (!descriptor.dacl_present || dacl == 0) return descriptor;
  if (dacl < header_size || dacl > bytes.size())
    return fail(ErrorKind::corrupt, "a security descriptor points outside itself");
  GMSACTL_TRY(decode_acl(bytes.substr(dacl), descriptor));
  return descriptor;
}

std::string SecurityDescriptor::encode_readers(std::span<const Sid> principals, std::span<const Ace> kept) {
  std::string aces;
  for (const Ace& ace : kept)
    if (denies(ace)) append_ace(aces, ace);
  for (const Sid& sid : principals) append_ace(aces, Ace{Ace::allowed, 0, full_control, sid, {}});
  for (const Ace& ace : kept)
    if (!denies(ace)) append_ace(aces, ace);
  const size_t acl_size = acl_header_size + aces.size();
  if (acl_size > std::numeric_limits<uint16_t>::max()) return {};  // AclSize has 16 bits

  const std::string owner = Sid{5, {32, 544}}.encode();  // BUILTIN\Administrators
  std::string bytes;
  bytes.reserve(header_size + owner.size() + acl_size);
  append(bytes, 1, 2);  // revision, Sbz1
  append(bytes, self_relative | dacl_is_present, 2);
  append(bytes, header_size, 4);  // owner
  append(bytes, 0, 4);            // no group
  append(bytes, 0, 4);            // no SACL
  append(bytes, static_cast<uint32_t>(header_size + owner.size()), 4);
  bytes += owner;
  append(bytes, object_acl_revision, 2);
  append(bytes, static_cast<uint32_t>(acl_size), 2);
  append(bytes, static_cast<uint32_t>(principals.size() + kept.size()), 4);  // AceCount, Sbz2
  return bytes + aces;
}

std::vector<Sid> SecurityDescriptor::readers() const {
  // No DACL, or a null one, grants everything to everyone ([MS-DTYP] 2.5.3.2). `control` tells a descriptor
  // that was read from one that stands for an absent attribute, which grants nothing.
  if ((control & self_relative) != 0 && (!dacl_present || acl_revision == 0)) return {Sid{1, {0}}};
  std::vector<Sid> sids;
  for (const Ace& ace : dacl)
    if (grants_reading(ace)) sids.push_back(ace.sid);
  sort_unique(sids);
  return sids;
}

std::vector<Ace> SecurityDescriptor::uncertain() const {
  std::vector<Ace> found;
  std::copy_if(dacl.begin(), dacl.end(), std::back_inserter(found),
               [](const Ace& ace) { return ace.effect() == Ace::Effect::may_grant; });
  return found;
}

std::vector<Sid> SecurityDescriptor::possible_readers() const {
  auto sids = readers();
  for (const Ace& ace : uncertain()) sids.push_back(ace.sid);
  sort_unique(sids);
  return sids;
}

std::vector<Ace> SecurityDescriptor::unusual() const {
  std::vector<Ace> others;
  std::copy_if(dacl.begin(), dacl.end(), std::back_inserter(others),
               [](const Ace& ace) { return !grants_reading(ace); });
  return others;
}

}  // namespace gmsactl::model
