// What planning needs to know about the directory itself, in a handful of reads. Internal to
// providers/directory.
#pragma once

#include "engine/base/result.h"
#include "engine/model/live.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

[[nodiscard]] Result<model::DirectoryFacts> read_facts(ldap::Reader& transport, const ldap::Entry& root_dse);

/// Where the keys of the Group Key Distribution Service stand.
model::Dn root_key_container(const model::Dn& configuration);

}  // namespace gmsactl::directory
