// What differs from the manifests, for people: one header line per address with the cause of its difference,
// below it each field with both values and, for what was changed live, when and where that was; the counts
// last. Diagnostics are not part of it (see diagnostic_text.h).
//
//   drift    GMSA/WebApp01   CN=WebApp01,CN=Managed Service Accounts,DC=contoso,DC=com
//       servicePrincipalNames   drift: changed 2026-01-31T12:00:00Z on dc02.contoso.com, version 7
//         - "http/web.contoso.com"   declared, and missing
//         + "http/old.contoso.com"   not declared
//       description             pending
//         live "Web", declared "Web server"
//
//   Drift: 1 drifted, 0 pending, 0 both, 0 new; 0 accepted; 41 in sync.
#pragma once

#include <string>

#include "engine/model/plan.h"
#include "engine/report/style.h"

namespace gmsactl::report {

/// Addresses by what became of them.
struct DriftCounts {
  size_t drifted = 0;
  size_t pending = 0;
  size_t both = 0;
  size_t fresh = 0;
  size_t unknown = 0;   ///< nothing remembers what was applied, as with credential specs
  size_t accepted = 0;  ///< some of their drift is accepted; they may be among the others as well
  size_t in_sync = 0;   ///< without those of which drift is accepted
  size_t unreadable = 0;
  bool operator==(const DriftCounts&) const = default;

  /// What somebody may have done behind gmsactl's back.
  size_t not_only_pending() const { return drifted + both + unknown; }
  size_t differences() const { return not_only_pending() + pending + fresh; }
};

DriftCounts count_drift(const model::Plan& plan);

/// "Drift: 1 drifted, 0 pending, 0 both, 0 new; 0 accepted; 41 in sync."
std::string drift_counts_text(const DriftCounts& counts);

/// Ends with the line of counts.
std::string drift_text(const model::Plan& plan, Color color = Color::off);
/// One address in one line: "differs (drift)", "exists, and gmsactl does not manage it".
std::string drift_line(const model::Change& change);
/// One field in one line: the field, its cause, the values, and when and where it was changed.
std::string drift_line(const model::FieldChange& field);

}  // namespace gmsactl::report
