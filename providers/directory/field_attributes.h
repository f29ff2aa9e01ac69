// Which attribute keeps a field of an account or a group, where it is one that is written by its own name.
// Internal to providers/directory.
#pragma once

#include <array>
#include <string_view>

#include "providers/directory/decode.h"

namespace gmsactl::directory {

struct FieldAttribute {
  std::string_view field;
  const char* attribute;
};

inline constexpr std::array<FieldAttribute, 14> field_attributes{{
    {"samAccountName", attribute::sam_account_name},
    {"dnsHostName", attribute::dns_host_name},
    {"servicePrincipalNames", attribute::service_principal_name},
    {"principalsAllowedToRetrieveManagedPassword", attribute::group_msa_membership},
    {"kerberosEncryptionTypes", attribute::encryption_types},
    {"enabled", attribute::user_account_control},
    {"trustedForDelegation", attribute::user_account_control},
    {"trustedToAuthForDelegation", attribute::user_account_control},
    {"accountNotDelegated", attribute::user_account_control},
    {"allowedToDelegateTo", attribute::allowed_to_delegate_to},
    {"description", attribute::description},
    {"displayName", attribute::display_name},
    {"members", attribute::member},
    {"scope", attribute::group_type},
}};

}  // namespace gmsactl::directory
