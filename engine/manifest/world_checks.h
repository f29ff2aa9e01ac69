// What the environments of one run must be to each other where they are of one domain: each sAMAccountName,
// place and service principal name exists once in it, whichever environment declares it. Called by
// engine/cli, which knows the environments that are chosen.
#pragma once

#include <span>

#include "engine/base/diagnostic.h"
#include "engine/model/desired.h"

namespace gmsactl::manifest {

/// An error for each object of a later environment that an earlier one has claimed something of already.
/// Environments whose directory is a file of its own meet nobody else's.
void check_environments_together(std::span<const model::Desired> environments, Diagnostics& diagnostics);

/// Whether both are of one domain, in one directory.
bool share_directory(const model::Environment& a, const model::Environment& b);

}  // namespace gmsactl::manifest
