// What every format lists and how it is put into words: one Entry for each change, how much attention it asks
// for, and a sentence about it. Internal to engine/report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/report/render.h"

namespace gmsactl::report {

/// One change of one environment; of an apply with what became of it.
struct Entry {
  const EnvironmentReport* environment;
  const model::Change* change;
  const model::ChangeResult* result;  ///< null where nothing was applied
};

/// In the plan's order.
std::vector<Entry> entries(const EnvironmentReport& environment);
/// Of all environments, one after the other.
std::vector<Entry> entries(const RunReport& report);
/// What failed first; then what deletes and replaces, what updates, moves, takes over and creates: the order
/// in which a reader runs out of patience, and GitHub of room.
std::vector<Entry> by_danger(std::vector<Entry> list);

/// Error: it was not carried out. Warning: somebody changed what is live, or something is lost by it; of an
/// apply, it was not tried. Note: the rest.
Severity severity(const Entry& entry);

/// "update GMSA/WebApp01 (drift): servicePrincipalNames 1 added; description "Web" -> (cleared)", of an apply
/// "update GMSA/WebApp01: failed, nothing written: access denied".
std::string sentence(const Entry& entry);

size_t count(const Diagnostics& diagnostics, Severity severity);
/// Changes that somebody made to what is live.
size_t drifted(const model::Plan& plan);

/// "plan for prod", "apply to prod", "drift of prod".
std::string title(Command command, const EnvironmentReport& environment);
/// The same, or "plan for 3 environments".
std::string title(const RunReport& report);
/// "2 to create, 1 to update, …; 41 unchanged"; of an apply "1 failed; 2 created, …; 41 unchanged".
std::string counts_words(const EnvironmentReport& environment);
/// Where code scanners look for it: of a manifest that was read at a revision, "main:team/accounts.yaml",
/// without the revision.
SourceRange in_repository(SourceRange where, const RunReport& report, const EnvironmentReport& environment);
/// "3f2c1a9d by Ada Admin <ada@contoso.com>, with changes that are not committed".
std::string commit_words(const SourceCommit& source);
/// "1.250".
std::string seconds_words(std::chrono::milliseconds time);

}  // namespace gmsactl::report
