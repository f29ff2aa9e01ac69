// What a domain controller checks and sets when accounts, groups and KDS root keys are written
// ([MS-ADTS] 3.1.1.5, [MS-SAMR] 3.1.1.8, measured on Samba 4.22). Called by ldif_write.cpp on the values that
// an object is about to have; changes nothing itself but them.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "providers/transport/ldap/ldif_directory.h"

namespace gmsactl::ldap::ldif {

/// sAMAccountType of a groupType, of a userAccountControl, and the primary group's RID of the latter, all as
/// decimal text.
std::string account_type_of_group(std::string_view group_type);
std::string account_type_of_user(std::string_view user_account_control);
std::string primary_group_of(std::string_view user_account_control);

/// 20260131120000.0Z, and 100 ns since 1601.
std::string generalized_time_now();
int64_t filetime_now();

/// `before` are null values when the object is new. `self` is the object's id, or the directory's size.
struct Judgement {
  Directory& directory;
  ObjectId self;
  const ClassType* type;
  const Values* before;
  Values& after;
};

/// Fills in what the server sets itself, and refuses what it refuses.
[[nodiscard]] Result<void> judge(const Judgement& judgement);

}  // namespace gmsactl::ldap::ldif
