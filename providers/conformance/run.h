// A conformance run: refuses units in which it has no business, removes what earlier runs could not, makes a
// container of its own in the unit that the caller named, tries every check of the table in it, and removes
// what it made whatever happened. Called by engine/cli and by the contract suite.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

#include "engine/base/result.h"
#include "providers/conformance/bench.h"
#include "providers/conformance/report.h"

namespace gmsactl::conformance {

struct Setting {
  model::Dn unit;                                 ///< that the caller named
  std::vector<model::Dn> used;                    ///< containers that an environment manages
  std::string marker = "adminDescription";        ///< attribute of ownership markers
  Bench::Connect connect;                         ///< opens another connection to that URL, and closes it
  std::function<void(const Finding&)> told = {};  ///< after each check
  /// For how long nothing may change in an earlier run's container before it counts as abandoned.
  std::chrono::milliseconds quiet{5000};
};

/// Every check, in the order in which they are run.
std::vector<Check> all_checks();

/// Reads only. `invalid` with the reason where the unit is not one to work in, `not_found` where it is not
/// there.
[[nodiscard]] Result<void> check_unit(ldap::Reader& directory, const Entry& root_dse, const Setting& setting);

/// Needs check_unit() to have succeeded. Fails only where the connection is lost before anything is written.
[[nodiscard]] Result<Report> run(ldap::Transport& directory, const Entry& root_dse, const Setting& setting,
                                 const std::stop_token& stop);

}  // namespace gmsactl::conformance
