// What is remembered of an environment between two looks at it, so that the second need read no more than
// what may have changed: where the directory stood, and of each declaration which object it was found at and
// whether that was in order. Made by Check (check.h); kept in memory by watch, and in a file by drift
// --cache. It holds no value of any field and no secret. Whoever may change it can keep drift from being seen
// until everything is read again.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/directory_changes.h"
#include "engine/model/guid.h"
#include "engine/model/live.h"

namespace gmsactl::drift {

/// Equal where what it was taken of is: as many bytes as make a chance match no matter of concern.
using Fingerprint = std::array<uint8_t, 16>;

/// One declaration as it was met.
struct Known {
  Fingerprint declaration{};
  model::Guid guid;      ///< of the object it was found at; empty where there was none
  bool in_sync = false;  ///< unchanged, and nothing to say about it
  bool operator==(const Known&) const = default;
};

struct Memory {
  std::string settings;  ///< fingerprint of all that findings depend on beside declarations and objects
  std::string facts;     ///< fingerprint of the directory's facts that declarations are judged by
  model::DirectoryPosition position;  ///< before the last look
  int64_t read_all_at = 0;            ///< server time of the last look at everything, 100 ns since 1601
  std::unordered_map<std::string, Known> host_groups;  ///< by metadata.name
  std::unordered_map<std::string, Known> accounts;     ///< likewise
  /// Objects that references of declarations resolved to, by principal_key().
  std::unordered_map<std::string, std::vector<model::Guid>> principals;
  std::vector<model::Guid> leftovers;  ///< ours by their marker, and declared no longer
  bool operator==(const Memory&) const = default;

  /// Lines of text that end with a digest of them. Of the same memory always the same.
  std::string text() const;
  /// `corrupt` for whatever text() would not have written, `unsupported` for another version's.
  [[nodiscard]] static Result<Memory> parse(std::string_view text);
};

}  // namespace gmsactl::drift
