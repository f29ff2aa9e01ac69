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

/// Whether the password interval, which is set at creation only, is another than the declared one. One that
/// is not readable is none.
bool has_other_interval(const LiveGmsa& live, const Gmsa& wanted);

/// userAccountControl ([MS-ADTS] 2.2.16), the bits that matter here.
namespace user_account_control {
inline constexpr uint32_t disabled = 0x2;
inline constexpr uint32_t workstation_trust = 0x1000;
inline constexpr uint32_t trusted_for_delegation = 0x80000;
inline constexpr uint32_t not_delegated = 0x100000;
inline constexpr uint32_t trusted_to_auth_for_delegation = 0x1000000;
}  // namespace user_account_control

/// groupType ([MS-ADTS] 2.2.12).
namespace group_type {
inline constexpr uint32_t global = 0x2;
inline constexpr uint32_t domain_local = 0x4;
inline constexpr uint32_t universal = 0x8;
inline constexpr uint32_t scopes = global | domain_local | universal;
inline constexpr uint32_t security_enabled = 0x80000000;
uint32_t of(GroupScope scope);
/// Nothing for a type that is no group's.
std::optional<GroupScope> scope(uint32_t group_type);
}  // namespace group_type

/// What would have to be declared so that the live object stays as it is, every field of it: readers by SID,
/// members by DN.
Gmsa as_declared(const LiveGmsa& live);
HostGroup as_declared(const LiveGroup& live);

}  // namespace gmsactl::model
