// Security identifiers ([MS-DTYP] 2.4.2): the binary form in objectSid and ACEs, the S-R-I-S… form for
// people.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace gmsactl::model {

struct Sid {
  uint64_t authority = 0;                 ///< 48 bits
  std::vector<uint32_t> sub_authorities;  ///< 0 to 15

  /// From "S-1-5-21-…" (decimal, or a hexadecimal authority of 2^32 and above, as Windows writes it).
  [[nodiscard]] static Result<Sid> parse(std::string_view text);
  /// From its binary form; `bytes` must be exactly one SID.
  [[nodiscard]] static Result<Sid> decode(std::string_view bytes);

  std::string text() const;
  std::string encode() const;
  bool empty() const { return authority == 0 && sub_authorities.empty(); }
  /// S-1-5-21-x-y-z with no RID: what a credential spec wants of a domain.
  bool is_domain() const;
  /// The SID without its last sub-authority; of an account, its domain.
  Sid domain() const;
  Sid with_rid(uint32_t rid) const;
  auto operator<=>(const Sid&) const = default;
};

}  // namespace gmsactl::model
