// LDAP search filters in their string form (RFC 4515), as a tree. Read once per search; matching is
// ldif_search.h's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "providers/transport/ldap/ldif_schema.h"

namespace gmsactl::ldap::ldif {

struct Filter {
  enum class Kind : uint8_t {
    all_of,
    any_of,
    none_of,  ///< "!": one child
    equal,
    present,
    substring,
    at_least,
    at_most,
    bits_all,  ///< 1.2.840.113556.1.4.803 ([MS-ADTS] 3.1.1.3.4.4.1)
    bits_any,  ///< 1.2.840.113556.1.4.804
    in_chain,  ///< 1.2.840.113556.1.4.1941
  };
  Kind kind = Kind::present;
  std::vector<Filter> children;
  std::string attribute;
  /// Unescaped. After binding (ldif_search.h) as the attribute's values compare: folded, a DN's key, bytes.
  std::string value;
  std::vector<std::string>
      pieces;                ///< of a substring: first, any in between, last; the outer ones may be empty
  AttributeId id = 0;        ///< set by binding
  int64_t number = 0;        ///< set by binding, for integers and bits
  bool never = false;        ///< set by binding: no value can match
  bool is_resolved = false;  ///< set by binding: `resolved` is the answer
  std::vector<uint32_t> resolved;  ///< ids of the objects that match, sorted
};

/// A malformed filter is `invalid` and names the character. Depth is limited to 64.
[[nodiscard]] Result<Filter> parse_filter(std::string_view text);

}  // namespace gmsactl::ldap::ldif
