// How two revisions of the manifests differ in one environment, as addresses: made by engine/plan, printed by
// engine/report. Live state has no part in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/model/resource.h"

namespace gmsactl::model {

struct DeclaredChanges {
  std::vector<ResourceId> added;  ///< each list in the order of kinds, then names
  std::vector<ResourceId> removed;
  std::vector<ResourceId> changed;
  /// The settings of the Environment itself that differ, by their names in the manifest.
  std::vector<std::string_view> settings;

  bool empty() const { return added.empty() && removed.empty() && changed.empty() && settings.empty(); }
  bool operator==(const DeclaredChanges&) const = default;
};

}  // namespace gmsactl::model
