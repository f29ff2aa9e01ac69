// Short words for what tests declare: an account or a group as the manifest reader would hand it over, every
// default filled in, all in contoso.com.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/desired.h"
#include "engine/model/marker.h"
#include "engine/model/sid.h"

namespace gmsactl::fakes {

inline constexpr std::string_view domain_name = "contoso.com";

model::Dn dn(std::string_view text);
model::Sid domain_sid();
/// Of contoso.com.
model::Sid sid(uint32_t rid);

model::PrincipalRef named(
    std::string_view name);  ///< HOST01, DOMAIN\name, a SID or a DN: told apart by its form
model::PrincipalRef group_ref(std::string_view name);  ///< {hostGroup: NAME}
std::vector<model::Located> located(std::initializer_list<std::string_view> texts);

/// sAMAccountName NAME, dNSHostName name.contoso.com, host/ SPNs of both.
model::Declaration<model::Gmsa> account(std::string_view name,
                                        std::vector<model::PrincipalRef> principals = {});
model::Declaration<model::HostGroup> group(std::string_view name,
                                           std::vector<model::PrincipalRef> members = {});

/// The marker of desired()'s environment for that declaration.
model::Marker marker(model::Kind kind, std::string_view name);

/// An environment "test" of contoso.com, and what is declared in it.
model::Desired desired(std::vector<model::Declaration<model::HostGroup>> groups,
                       std::vector<model::Declaration<model::Gmsa>> accounts);

}  // namespace gmsactl::fakes
