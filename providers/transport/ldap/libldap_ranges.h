// Ranged retrieval of large attributes ([MS-ADTS] 3.1.1.3.1.3.3): a server that sends "member;range=0-1499"
// has more, and must be asked for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "providers/transport/ldap/libldap_connection.h"

namespace gmsactl::ldap {

struct Range {
  std::string attribute;  ///< without the option, "member"
  uint64_t first = 0;
  std::optional<uint64_t> last;  ///< absent: "*", nothing follows
};

/// "member;range=1500-2999", "member;range=3000-*"; nothing for a name without a range.
std::optional<Range> parse_range(std::string_view attribute_name);
bool has_range(const Entry& entry);

/// Fetches what is missing, of all entries at once, and gives the attributes their plain names.
[[nodiscard]] Result<void> complete_ranges(Connection& connection, std::vector<Entry>& entries);

}  // namespace gmsactl::ldap
