#include "engine/model/policy.h"

namespace gmsactl::model {

std::string_view name(Rule rule) {
  switch (rule) {
    case Rule::weak_encryption:
      return "weakEncryption";
    case Rule::unconstrained_delegation:
      return "unconstrainedDelegation";
    case Rule::broad_principal:
      return "broadPrincipal";
    case Rule::privileged_principal:
      return "privilegedPrincipal";
    case Rule::shared_account:
      return "sharedAccount";
    case Rule::secret_in_plugin_input:
      return "secretInPluginInput";
  }
  return "";
}

}  // namespace gmsactl::model
