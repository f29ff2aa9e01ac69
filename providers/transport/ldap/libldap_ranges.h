// Ranged retrieval of large attributes ([MS-ADTS] 3.1.1.3.1.3.3): a server that sends "member;range=0-1499"
// has more, and must be asked for it. All values, or an error: a part never passes for the whole.
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

/// "member;range=1500-2999", "member;range=3000-*"; nothing for a name without a range or with one that is
/// not readable, which is what has_range_option() tells apart.
std::optional<Range> parse_range(std::string_view attribute_name);
bool has_range_option(std::string_view attribute_name);

/// The values of one attribute, as its ranges come in.
class RangedValues {
 public:
  enum class Step : uint8_t { whole, more, nothing_new };

  /// Takes a range. It may repeat values that are here already, if they are the same; it may not leave a gap,
  /// hold another number of values than it says, or end before what is here. `corrupt` or `unavailable`.
  [[nodiscard]] Result<Step> take(const Range& range, std::vector<std::string>&& values);

  size_t size() const { return values_.size(); }
  std::vector<std::string> release() { return std::move(values_); }

 private:
  std::vector<std::string> values_;
};

/// Whether the entry holds an attribute of which a part, or nothing at all, has come.
bool needs_completion(const Entry& entry);

/// Fetches what is missing, of all entries at once, and gives the attributes their plain names. `search` is
/// what brought the entries, `incarnation` the connection's then: the order of values holds on that one
/// alone.
[[nodiscard]] Result<void> complete_ranges(Connection& connection, uint64_t incarnation,
                                           const SearchRequest& search, std::vector<Entry>& entries);

}  // namespace gmsactl::ldap
