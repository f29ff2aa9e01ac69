#include "providers/transport/ldap/controller_identity.h"

#include "engine/base/text.h"
#include "engine/model/dn.h"

namespace gmsactl::ldap {

bool ControllerIdentity::differs_from(const ControllerIdentity& other) const {
  if (!service.empty() && !other.service.empty() && model::dn_key(service) != model::dn_key(other.service))
    return true;
  return !host.empty() && !other.host.empty() && !equal_folded(host, other.host);
}

}  // namespace gmsactl::ldap
