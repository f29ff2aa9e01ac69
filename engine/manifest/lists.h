// Lists that are sets in AD: an entry given twice is a mistake, names comparing case-insensitively.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/manifest/reading.h"

namespace gmsactl::manifest {

/// Remembers the entries of one list.
class DuplicateCheck {
 public:
  DuplicateCheck(std::string_view list, Reading& reading) : list_(list), reading_(reading) {}
  /// False, and reported at both places, where an entry with the same folded key was added before.
  bool add(std::string_view key, std::string_view shown, Position at);

 private:
  std::string list_;
  Reading& reading_;
  std::unordered_map<std::string, Position> seen_;
};

}  // namespace gmsactl::manifest
