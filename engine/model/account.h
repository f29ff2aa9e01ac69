// What is true of accounts and groups in Active Directory whoever looks at them: shared by the planner and
// the provider, so that both predict the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/model/desired.h"
#include "engine/model/live.h"

namespace gmsactl::model {

/// sAMAccountName without the $ that a computer's or a managed account's ends in.
std::string bare_name(std::string_view sam_account_name);

/// What the server makes of an SPN of `live` when the account gets the names of `wanted`: a host part that is
/// the old dNSHostName or sAMAccountName becomes the new one ([MS-ADTS] 3.1.1.5.3.3). Others stay.
std::string spn_after_renaming(std::string_view spn, const LiveGmsa& live, const Gmsa& wanted);

/// groupType ([MS-ADTS] 2.2.12).
namespace group_type {
inline constexpr uint32_t global = 0x2;
inline constexpr uint32_t domain_local = 0x4;
inline constexpr uint32_t universal = 0x8;
inline constexpr uint32_t scopes = global | domain_local | universal;
inline constexpr uint32_t security_enabled = 0x80000000;
uint32_t of(GroupScope scope);
}  // namespace group_type

}  // namespace gmsactl::model
