// Declarations as manifests that read back as the same: for what is declared by a program rather than by a
// person. Every text is quoted, so that nothing in it is taken for YAML or for a variable.
#pragma once

#include <string>

#include "engine/model/desired.h"

namespace gmsactl::manifest {

/// One YAML document, with a line feed at its end. Labels, positions and what has its default are left out;
/// of an account, where its credential spec is delivered.
std::string manifest_text(const model::Declaration<model::HostGroup>& declaration);
std::string manifest_text(const model::Declaration<model::Gmsa>& declaration);

}  // namespace gmsactl::manifest
