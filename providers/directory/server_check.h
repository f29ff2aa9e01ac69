// Whether what answers is a writable domain controller of the wanted domain, as its rootDSE
// ([MS-ADTS] 3.1.1.3.2) and its own settings object say. Called by a Session for each server that it tries,
// before anything else is read.
#pragma once

#include "engine/base/result.h"
#include "engine/model/desired.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// The rootDSE of a server that will do. `unsupported` or `unavailable` where another server may do,
/// `invalid` where the server is of another domain.
[[nodiscard]] Result<ldap::Entry> check_server(ldap::Reader& transport,
                                               const model::Environment& environment);

/// Whether `transport` leads to a global catalog of the forest that `root_dse` is of: any service may answer
/// on its port.
[[nodiscard]] Result<void> check_global_catalog(ldap::Reader& transport, const ldap::Entry& root_dse);

}  // namespace gmsactl::directory
