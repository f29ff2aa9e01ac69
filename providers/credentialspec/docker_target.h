// SpecTarget of type Docker: the CredentialSpecs folder of many hosts at once.
#pragma once

#include <memory>

#include "providers/credentialspec/open_target.h"

namespace gmsactl::credentialspec {

std::unique_ptr<ports::SpecTarget> docker_target(const model::DockerTarget& target, const Owner& owner,
                                                 const TargetOptions& options);

}  // namespace gmsactl::credentialspec
