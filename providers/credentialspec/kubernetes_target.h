// SpecTarget of type Kubernetes: a GMSACredentialSpec for each account, a ClusterRole that allows its use and
// no other's, and a RoleBinding for each service account that may.
#pragma once

#include <memory>

#include "providers/credentialspec/open_target.h"

namespace gmsactl::credentialspec {

std::unique_ptr<ports::SpecTarget> kubernetes_target(const model::KubernetesTarget& target,
                                                     const Owner& owner, const TargetOptions& options);

}  // namespace gmsactl::credentialspec
