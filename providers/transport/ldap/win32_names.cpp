#include "providers/transport/ldap/win32_names.h"

#include <algorithm>

namespace gmsactl::ldap {
namespace {

constexpr Win32Name names[] = {
#include "providers/transport/ldap/win32_names.inc"
};

}  // namespace

std::span<const Win32Name> win32_names() { return names; }

std::string_view win32_name(uint32_t code) {
  const auto* const found = std::ranges::lower_bound(names, code, {}, &Win32Name::code);
  return found != std::end(names) && found->code == code ? found->name : std::string_view();
}

}  // namespace gmsactl::ldap
