// What is missing from a git work tree that manifests are read from, though nobody deleted it: submodules
// that were not initialized, files that a sparse checkout leaves out. Pruning would take it for declared no
// longer.
#pragma once

#include <string>
#include <vector>

#include "engine/base/diagnostic.h"

namespace gmsactl::cli {

/// `paths` are files and folders on disk. Nothing where they lie in no repository, or in one that git itself
/// would not open for its owner.
Diagnostics left_out_of_work_tree(const std::vector<std::string>& paths);

}  // namespace gmsactl::cli
