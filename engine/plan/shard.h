// --shard I/N: the declarations of an environment in N parts, for N runs side by side. What belongs together
// (who names whom, who shares a folder) is a unit and stays in one part; which one is told by a hash of names
// alone, so that every machine and every version tells the same. The rule is documented: docs/pipelines.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/desired.h"
#include "engine/model/resource.h"

namespace gmsactl::plan {

/// The part `index`, from 0 on, of `count`.
struct Shard {
  uint32_t index = 0;
  uint32_t count = 1;
  std::string text() const;  ///< "0/3"
  bool operator==(const Shard&) const = default;
};

/// Nothing where it is not I/N with 0 <= I < N.
std::optional<Shard> parse_shard(std::string_view text);

/// The part that a unit goes to: the first 15 hexadecimal digits of the SHA-256 of its address, as a number,
/// modulo `count`.
uint32_t shard_of(std::string_view address, uint32_t count);

/// Which part each address is in, as one of the parts sees it.
class ShardMembers {
 public:
  ShardMembers(const model::Desired& desired, Shard shard);
  /// Of declarations that were split before: all of them are in this part.
  static ShardMembers all_of(const model::Desired& desired, Shard shard);

  const Shard& shard() const { return shard_; }
  /// What is declared no longer is in one part, too: credential specs in that of their target.
  bool has(const model::ResourceId& id) const;

 private:
  bool has(const std::string& address) const;
  bool has_spec(const model::ResourceId& id) const;

  Shard shard_;
  std::map<std::string, uint32_t> parts_;  // by address; of credential specs without the host
};

}  // namespace gmsactl::plan
