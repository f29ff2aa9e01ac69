#include <algorithm>

#include "engine/manifest/yaml.h"

namespace gmsactl::manifest {

const Entry* Node::find(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

Node merge_patch(const Node& base, const Node& patch) {
  if (!patch.is_mapping()) return patch;
  Node merged;
  if (base.is_mapping()) {
    merged = base;
  } else {
    merged.kind = Node::Kind::mapping;
    merged.at = patch.at;
  }
  for (const Entry& change : patch.entries) {
    const auto existing = std::find_if(merged.entries.begin(), merged.entries.end(),
                                       [&](const Entry& entry) { return entry.key == change.key; });
    const bool exists = existing != merged.entries.end();
    if (change.value.is_null()) {
      if (exists) merged.entries.erase(existing);
    } else if (exists) {
      *existing = Entry{change.key, change.key_at, merge_patch(existing->value, change.value)};
    } else {
      merged.entries.push_back({change.key, change.key_at, merge_patch(Node{}, change.value)});
    }
  }
  return merged;
}

}  // namespace gmsactl::manifest
