// The places that objects belong to: which containers there are, and whether something stands in a declared
// place that no filter finds, since its class or its name must not be read. What is there and can't be read
// is never planned as missing. Internal to providers/directory.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/live.h"
#include "providers/directory/observe_objects.h"
#include "providers/directory/visibility.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

class Places {
 public:
  Places(ldap::Reader& transport, Visibility& visibility) : transport_(transport), visibility_(visibility) {}

  /// Each declared parent, and where it is missing what stands above it, up to the domain.
  [[nodiscard]] Result<void> read_containers(
      const std::vector<const std::vector<Wanted>*>& declared,
      std::map<std::string, model::Observation<model::LiveContainer>>& seen);

  /// Looks at each declared place where nothing was found. What stands there after all makes an absent object
  /// unreadable, and is in the way of one that is to be moved there (`holders`). After read_containers().
  template <class Live>
  [[nodiscard]] Result<void> look_at(
      const std::vector<Wanted>& wanted, std::map<std::string, model::Observation<Live>>& observations,
      const std::map<std::string, model::Observation<model::LiveContainer>>& containers,
      std::map<std::string, model::Principal>& holders);

 private:
  [[nodiscard]] Result<void> find_taken(const std::vector<const Wanted*>& places,
                                        const std::string& container, std::set<std::string>& taken);
  /// Whether the user sees what stands in it.
  [[nodiscard]] Result<bool> is_listable(const std::string& container_key);

  ldap::Reader& transport_;
  Visibility& visibility_;
  std::map<std::string, std::string> descriptors_;  // of containers, by Dn::key()
  std::map<std::string, std::string>
      without_descriptor_;  // of those whose permissions are not readable: their DNs
};

}  // namespace gmsactl::directory
