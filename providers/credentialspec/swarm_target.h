// SpecTarget of type Swarm: configs, which never change, so each contents has one of its own; services are
// moved from the former to the new in one update, and a former one goes once nobody uses it.
#pragma once

#include <memory>

#include "providers/credentialspec/open_target.h"

namespace gmsactl::credentialspec {

std::unique_ptr<ports::SpecTarget> swarm_target(const model::SwarmTarget& target, const Owner& owner,
                                                const TargetOptions& options);

}  // namespace gmsactl::credentialspec
