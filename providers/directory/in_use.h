// Who still reads a managed password through what a plan deletes or replaces: accounts of any owner, also
// such as no manifest declares. Their descriptors name it by its SID, which does not come back. Asked only
// where a plan has such a change, and then of all accounts of the domain at once, by pages. Not responsible
// for what declarations name, which the planner sees. Internal to providers/directory.
#pragma once

#include <string>

#include "engine/base/diagnostic.h"
#include "engine/model/plan.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// One error for each object that goes and is still read through, by itself or by way of groups that it is a
/// member of, and for each account of which that can't be told; warnings for what is merely left behind.
/// `marker` is the attribute that ownership is noted in.
[[nodiscard]] Result<Diagnostics> still_in_use(ldap::Reader& directory, const model::Dn& domain,
                                               const model::Plan& plan, const std::string& marker);

}  // namespace gmsactl::directory
