// GUIDs ([MS-DTYP] 2.3.4): objectGUID's mixed-endian bytes, and the lower-case text form without braces.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace gmsactl::model {

struct Guid {
  std::array<uint8_t, 16> bytes{};  ///< as in objectGUID

  /// With or without braces, any case.
  [[nodiscard]] static Result<Guid> parse(std::string_view text);
  [[nodiscard]] static Result<Guid> decode(std::string_view bytes);

  std::string text() const;    ///< "56d9b66c-d746-4f87-bd26-26760cfdca2e"
  std::string encode() const;  ///< the 16 bytes
  bool empty() const { return *this == Guid{}; }
  auto operator<=>(const Guid&) const = default;
};

}  // namespace gmsactl::model
