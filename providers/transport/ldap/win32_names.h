// The names of all Win32 error codes, [MS-ERREF] 2.2. Active Directory begins its diagnostic messages with
// such a code ("000021C7: AtrErr: …"). What a code means for us, if anything, is in recovery.h.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gmsactl::ldap {

struct Win32Name {
  uint32_t code;
  std::string_view name;  ///< "ERROR_DS_SPN_VALUE_NOT_UNIQUE_IN_FOREST"
};

/// Sorted by code, each code once.
std::span<const Win32Name> win32_names();
/// Empty for a code that the specification does not list.
std::string_view win32_name(uint32_t code);

}  // namespace gmsactl::ldap
