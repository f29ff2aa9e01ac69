#include "engine/model/spec_target.h"

namespace gmsactl::model {

std::string_view name(DirectoryTarget::Format format) {
  switch (format) {
    case DirectoryTarget::Format::docker:
      return "docker";
    case DirectoryTarget::Format::kubernetes:
      return "kubernetes";
    case DirectoryTarget::Format::compose:
      return "compose";
    case DirectoryTarget::Format::service_fabric:
      return "serviceFabric";
  }
  return "";
}

std::string_view type_name(const SpecTarget& target) {
  struct Name {
    std::string_view operator()(const DirectoryTarget&) const { return "Directory"; }
    std::string_view operator()(const DockerTarget&) const { return "Docker"; }
    std::string_view operator()(const SwarmTarget&) const { return "Swarm"; }
    std::string_view operator()(const KubernetesTarget&) const { return "Kubernetes"; }
  };
  return std::visit(Name{}, target.place);
}

}  // namespace gmsactl::model
