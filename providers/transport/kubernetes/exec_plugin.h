// Runs the program of a kubeconfig that tells credentials: client.authentication.k8s.io v1 and v1beta1.
// Private to this folder.
#pragma once

#include <chrono>

#include "engine/base/result.h"
#include "providers/transport/kubernetes/kubeconfig.h"

namespace gmsactl::kubernetes {

/// Puts the token or certificate that the program prints into `login`. No shell, nothing on its standard
/// input; what it prints is never logged.
[[nodiscard]] Result<void> run_exec_plugin(const ExecPlugin& plugin, Login& login,
                                           std::chrono::milliseconds timeout);

}  // namespace gmsactl::kubernetes
