#include "engine/manifest/lists.h"

#include "engine/base/text.h"

namespace gmsactl::manifest {

bool DuplicateCheck::add(std::string_view key, std::string_view shown, Position at) {
  const auto [first, is_new] = seen_.emplace(fold(key), at);
  if (is_new) return true;
  reading_.error(codes::duplicate_entry, at,
                 in_quotes(shown) + " is in " + list_ + " already, at line " +
                     std::to_string(first->second.line) + ", column " + std::to_string(first->second.column) +
                     ".",
                 "Remove one of them. Upper and lower case are the same here.");
  return false;
}

}  // namespace gmsactl::manifest
