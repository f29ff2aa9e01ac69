// What planning needs to know about the directory itself, in a handful of reads. Internal to
// providers/directory.
#pragma once

#include <cstdint>
#include <map>

#include "engine/base/result.h"
#include "engine/model/live.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// What a plan may depend on and may not be readable.
enum class Fact : uint8_t {
  users_container,
  accounts_container,
  server_time,
  domains,
  domain_controllers,
  netbios_name,
  spn_mappings,
};

struct Facts : model::DirectoryFacts {
  /// Those that could not be read, and why: what stands above for them is no value.
  std::map<Fact, Error> unread;

  /// Null where it was read.
  const Error* why_unread(Fact fact) const {
    const auto found = unread.find(fact);
    return found == unread.end() ? nullptr : &found->second;
  }
};

[[nodiscard]] Result<Facts> read_facts(ldap::Reader& transport, const ldap::Entry& root_dse);

/// Where the keys of the Group Key Distribution Service stand.
model::Dn root_key_container(const model::Dn& configuration);

}  // namespace gmsactl::directory
