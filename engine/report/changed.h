// What `gmsactl changed` prints: the environments and addresses that differ between two revisions of the
// manifests, as text and as the document that schemas/changed.schema.json describes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/model/declared_changes.h"
#include "engine/report/style.h"

namespace gmsactl::report {

/// One side of the comparison.
struct ManifestRevision {
  std::string revision;  ///< as it was given; empty: the work tree
  std::string commit;    ///< hexadecimal; empty for the work tree
};

struct EnvironmentDifference {
  enum class Presence { both, added, removed };
  std::string name;
  Presence presence = Presence::both;
  model::DeclaredChanges changes;
};

struct ManifestDifference {
  ManifestRevision from;
  ManifestRevision to;
  std::vector<std::string> files;  ///< those whose text differs, from the root of the repository
  std::vector<EnvironmentDifference> environments;  ///< those that differ, in the order of the manifests
};

std::string changed_text(const ManifestDifference& difference, Color color);
/// Indented, with a line feed at the end.
std::string changed_json(const ManifestDifference& difference);

}  // namespace gmsactl::report
