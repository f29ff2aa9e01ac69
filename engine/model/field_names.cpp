#include "engine/model/field_names.h"

#include <array>

namespace gmsactl::model {

namespace {

constexpr std::array<std::string_view, 6> of_host_group{"samAccountName", "commonName",  "path",
                                                        "scope",          "description", "members"};
constexpr std::array<std::string_view, 15> of_gmsa{"samAccountName",
                                                   "path",
                                                   "name",
                                                   "dnsHostName",
                                                   "servicePrincipalNames",
                                                   "principalsAllowedToRetrieveManagedPassword",
                                                   "managedPasswordIntervalInDays",
                                                   "kerberosEncryptionTypes",
                                                   "enabled",
                                                   "trustedForDelegation",
                                                   "trustedToAuthForDelegation",
                                                   "accountNotDelegated",
                                                   "allowedToDelegateTo",
                                                   "description",
                                                   "displayName"};

}  // namespace

std::span<const std::string_view> field_names(Kind kind) {
  switch (kind) {
    case Kind::host_group:
      return of_host_group;
    case Kind::gmsa:
      return of_gmsa;
    default:
      return {};
  }
}

}  // namespace gmsactl::model
