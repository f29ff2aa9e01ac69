// An attribute of an entry as far as it was read. Its values, and that it has none, come out of a complete
// reading only: what is hidden, or came in part, gives an error that names the attribute. Made by
// Entry::read().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace gmsactl::ldap {

class Reading {
 public:
  enum class Extent : uint8_t {
    complete,
    partial,  ///< a range of the values came (member;range=0-1499), and not the rest
    hidden,   ///< nothing came, and nothing says that there is nothing
  };

  /// None: it is not there. `values` must outlive this.
  static Reading complete(std::string_view attribute, std::span<const std::string> values) {
    return {attribute, Extent::complete, values};
  }
  static Reading partial(std::string_view attribute) { return {attribute, Extent::partial, {}}; }
  static Reading hidden(std::string_view attribute) { return {attribute, Extent::hidden, {}}; }

  Extent extent() const { return extent_; }
  /// Every value, or none where the attribute is not there.
  [[nodiscard]] Result<std::span<const std::string>> values() const;
  /// The first value, or nothing where the attribute is not there.
  [[nodiscard]] Result<std::optional<std::string_view>> value() const;

 private:
  Reading(std::string_view attribute, Extent extent, std::span<const std::string> values)
      : attribute_(attribute), extent_(extent), values_(values) {}
  [[nodiscard]] Error why() const;

  std::string_view attribute_;
  Extent extent_;
  std::span<const std::string> values_;
};

}  // namespace gmsactl::ldap
