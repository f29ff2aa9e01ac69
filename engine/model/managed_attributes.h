// Which LDAP attributes decide over a declaration: what it asks for is compared with these, so each must have
// been read in full before anything is planned. An attribute that nobody manages is not among them.
#pragma once

#include <string>
#include <vector>

#include "engine/model/desired.h"
#include "engine/model/live.h"

namespace gmsactl::model {

/// `marker` is the attribute that ownership is noted in.
std::vector<std::string> managed_attributes(const HostGroup& spec, const std::string& marker);
std::vector<std::string> managed_attributes(const Gmsa& spec, const std::string& marker);

/// Those of `unread` that are among `attributes`.
std::vector<UnreadAttribute> unread_among(const std::vector<UnreadAttribute>& unread,
                                          const std::vector<std::string>& attributes);

}  // namespace gmsactl::model
