// What the user may write, asked of the server before anything is: the constructed attributes
// allowedAttributesEffective and allowedChildClassesEffective ([MS-ADTS] 3.1.1.4.5.16, .14) say it for the
// very user who asks. It is a forecast: a right to delete, or a validated write, is not in it. Internal to
// providers/directory.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/plan.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// One note for each container and kind, since rights are usually granted there. Empty where the directory
/// doesn't tell.
[[nodiscard]] Result<Diagnostics> missing_permissions(ldap::Transport& transport, const model::Plan& plan,
                                                      const model::Dn& domain, const std::string& marker);

}  // namespace gmsactl::directory
