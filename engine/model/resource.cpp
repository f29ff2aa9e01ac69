#include "engine/model/resource.h"

namespace gmsactl::model {

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::kds_root_key:
      return "KdsRootKey";
    case Kind::container:
      return "Container";
    case Kind::host_group:
      return "HostGroup";
    case Kind::gmsa:
      return "GMSA";
    case Kind::credential_spec:
      return "CredentialSpec";
  }
  return "";
}

std::string address(const ResourceId& id) { return std::string(name(id.kind)) + "/" + id.name; }

}  // namespace gmsactl::model
