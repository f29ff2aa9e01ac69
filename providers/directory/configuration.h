// What the forest's configuration tells: its domains and controllers, the own domain's names, and which SPNs
// HOST stands for. What could not be read is named in Facts::unread. Internal to
// providers/directory.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "providers/directory/facts.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// In one search, and a few more where something did not come. `service` is the controller's own
/// dsServiceName, empty where it does not say.
[[nodiscard]] Result<void> read_configuration(ldap::Reader& transport, const std::string& service,
                                              Facts& facts);

}  // namespace gmsactl::directory
