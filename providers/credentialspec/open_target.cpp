#include "providers/credentialspec/open_target.h"

#include "providers/credentialspec/directory_target.h"
#include "providers/credentialspec/docker_target.h"
#include "providers/credentialspec/kubernetes_target.h"
#include "providers/credentialspec/swarm_target.h"

namespace gmsactl::credentialspec {

Result<std::unique_ptr<ports::SpecTarget>> open_target(const model::Declaration<model::SpecTarget>& target,
                                                       const Owner& owner, const TargetOptions& options) {
  struct Open {
    const Owner& owner;
    const TargetOptions& options;
    using Opened = Result<std::unique_ptr<ports::SpecTarget>>;
    Opened operator()(const model::DirectoryTarget& place) const { return directory_target(place, owner); }
    Opened operator()(const model::DockerTarget& place) const { return docker_target(place, owner, options); }
    Opened operator()(const model::SwarmTarget& place) const { return swarm_target(place, owner, options); }
    Opened operator()(const model::KubernetesTarget& place) const {
      return kubernetes_target(place, owner, options);
    }
  };
  return std::visit(Open{owner, options}, target.spec.place);
}

}  // namespace gmsactl::credentialspec
