// Which LDAP attributes decide over a declaration: what it asks for is compared with these, so each must have
// been read in full before anything is planned. An attribute that nobody manages is not among them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/model/desired.h"
#include "engine/model/live.h"
#include "engine/model/marker.h"

namespace gmsactl::model {

/// `marker` is the attribute that ownership is noted in.
std::vector<std::string> managed_attributes(const HostGroup& spec, const std::string& marker);
std::vector<std::string> managed_attributes(const Gmsa& spec, const std::string& marker);

/// For an object that the environment does not manage yet also those that Importance comes from: what is not
/// seen of them is not a no. Of what it manages already the marker says that it may.
template <class Spec>
std::vector<std::string> decisive_attributes(const Spec& spec, const Environment& environment,
                                             const std::optional<std::string>& live_marker) {
  auto all = managed_attributes(spec, environment.marker_attribute);
  if (read_ownership(live_marker, environment.owner, environment.name).ownership != Ownership::ours)
    all.insert(all.end(), {"isCriticalSystemObject", "adminCount"});
  return all;
}

/// Those of `unread` that are among `attributes`.
std::vector<UnreadAttribute> unread_among(const std::vector<UnreadAttribute>& unread,
                                          const std::vector<std::string>& attributes);

}  // namespace gmsactl::model
