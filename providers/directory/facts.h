// What planning needs to know about the directory itself, in a handful of reads. Internal to
// providers/directory.
#pragma once

#include "engine/base/result.h"
#include "engine/model/live.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

[[nodiscard]] Result<model::DirectoryFacts> read_facts(ldap::Reader& transport, const ldap::Entry& root_dse);

/// How many domains the forest has: more than one means that only a global catalog knows all SPNs.
[[nodiscard]] Result<size_t> count_domains(ldap::Reader& transport, const model::Dn& configuration_dn);

}  // namespace gmsactl::directory
