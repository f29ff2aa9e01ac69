// SpecTarget of type Directory: files in a local folder.
#pragma once

#include <memory>

#include "providers/credentialspec/open_target.h"

namespace gmsactl::credentialspec {

std::unique_ptr<ports::SpecTarget> directory_target(const model::DirectoryTarget& target, const Owner& owner);

}  // namespace gmsactl::credentialspec
