// What a keytab file holds, read without libkrb5 so that each flaw of the file has a name of its own before a
// KDC is asked: a key that the KDC refuses counts towards locking the account. Called by libldap_kerberos.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace gmsactl::ldap {

struct KeytabEntry {
  std::string principal;  ///< svc-gmsactl@CONTOSO.COM
  uint32_t version = 0;   ///< kvno
  int encryption = 0;     ///< RFC 3961: 17 and 18 are AES, 23 is RC4
  bool operator==(const KeytabEntry&) const = default;
};

/// Every key that is there, at least one. Versions 0x0501 and 0x0502 of MIT's format. `path` is for messages.
[[nodiscard]] Result<std::vector<KeytabEntry>> read_keytab(std::string_view bytes, const std::string& path);

/// The principal to ask a ticket for: `wanted`, or that of the first entry where it is empty. Fails where
/// there is no key for it that a domain controller of today accepts.
[[nodiscard]] Result<std::string> principal_of(const std::vector<KeytabEntry>& entries,
                                               const std::string& wanted, const std::string& path);

/// The same of a file; a name with a type other than FILE: gives `wanted` back unread.
[[nodiscard]] Result<std::string> check_keytab(const std::string& name, const std::string& wanted);

}  // namespace gmsactl::ldap
