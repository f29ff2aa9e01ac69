// The security descriptor of msDS-GroupMSAMembership ([MS-DTYP] 2.4.6, self-relative): who may read the
// managed password. Decodes any descriptor; encodes the canonical one that Windows tools write for a set of
// principals.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/sid.h"

namespace gmsactl::model {

struct Ace {
  uint8_t type = 0;  ///< [MS-DTYP] 2.4.4.1: 0 allow, 1 deny, others kept as they are
  uint8_t flags = 0;
  uint32_t mask = 0;
  Sid sid;            ///< empty where the type's layout is not known to us
  std::string bytes;  ///< the whole ACE as read, header included; empty in one that we make

  static constexpr uint8_t allowed = 0;
  static constexpr uint8_t denied = 1;

  /// What it does to reading the password, for whom it names ([MS-DTYP] 2.5.3.2, [MS-ADTS] 5.1.3.3).
  enum class Effect : uint8_t { grants, may_grant, denies, none, unknown };
  Effect effect() const;
  /// Callback forms have a condition, which only the controller can judge.
  bool conditional() const;
  bool operator==(const Ace&) const = default;
};

struct SecurityDescriptor {
  uint16_t control = 0;
  std::optional<Sid> owner;
  std::optional<Sid> group;
  bool dacl_present = false;
  uint8_t acl_revision = 0;
  std::vector<Ace> dacl;
  bool has_sacl = false;

  [[nodiscard]] static Result<SecurityDescriptor> decode(std::string_view bytes);
  /// O:BAD: and one (A;;0xF01FF;;;SID) per principal, in the order given, then `kept` ACEs byte for byte,
  /// deny ACEs first. Control 0x8004, ACL revision 4, no group, no SACL: 80 bytes for one domain account.
  static std::string encode_readers(std::span<const Sid> principals, std::span<const Ace> kept = {});

  /// Principals with an ACE that certainly grants reading the password: READ_PROP (0x10), which the generic
  /// rights read and all include, in an allow ACE or in one for objects that names none. Sorted, no
  /// duplicates.
  std::vector<Sid> readers() const;
  /// ACEs that grant it or not, as the controller sees it: with a condition, or for an object type that the
  /// password may be judged by.
  std::vector<Ace> uncertain() const;
  /// The principals of both. Sorted, no duplicates.
  std::vector<Sid> possible_readers() const;
  /// Every ACE that is no certain grant.
  std::vector<Ace> unusual() const;
  bool operator==(const SecurityDescriptor&) const = default;
};

}  // namespace gmsactl::model
