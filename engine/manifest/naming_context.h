// Whether a path lies in the domain: other naming contexts have names below the domain's, and a domain
// controller would write there what is then found nowhere.
#pragma once

#include <optional>
#include <string>

#include "engine/model/dn.h"

namespace gmsactl::manifest {

/// Why nothing can stand at a path below the domain, as in "path …"; nothing where it may.
std::optional<std::string> other_naming_context(const model::Dn& path, const model::Dn& domain);

}  // namespace gmsactl::manifest
