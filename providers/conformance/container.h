// The container that a run works in: made with a name of its own, and removed at the end with what the run
// has made in it, however that end comes. And those that earlier runs could not remove, because they were
// killed or lost their connection. Deletes nothing else: an object counts as a run's own only when it stands
// in such a container and its name holds the tag that the container's name ends in. Called by run().
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/model/dn.h"
#include "providers/conformance/report.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::conformance {

class Container {
 public:
  /// What is left in the end is noted in `report`.
  Container(ldap::Transport& directory, Report& report) : directory_(directory), report_(report) {}
  ~Container() { clear(); }
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;

  [[nodiscard]] Result<void> make(const model::Dn& unit, const std::string& tag);
  const model::Dn& dn() const { return own_; }
  void clear();

 private:
  ldap::Transport& directory_;
  Report& report_;
  model::Dn own_;
  std::string tag_;
  bool made_ = false;
};

/// Containers of earlier runs directly below the unit.
[[nodiscard]] Result<std::vector<model::Dn>> left_by_earlier_runs(ldap::Reader& directory,
                                                                  const model::Dn& unit);

/// Removes them, but for those in which something still changes within `quiet`: a run is at work there.
void remove_earlier_runs(ldap::Transport& directory, const model::Dn& unit, std::chrono::milliseconds quiet,
                         const std::stop_token& stop, Report& report);

}  // namespace gmsactl::conformance
