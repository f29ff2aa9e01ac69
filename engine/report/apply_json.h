// The report document of an apply: `-o json` of apply, and what `revert` reads. Described by
// schemas/report.schema.json and docs/reports.md. It carries the fields of each change, before and after, so
// that a run can be undone from it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/report/render.h"

namespace gmsactl::report {

/// One word each, for programs; Outcome's own names are for people: "applied", "alreadyDone", "notBegun" …
std::string_view outcome_key(model::Outcome outcome);

/// Indented, with a line feed at the end. One environment: its document. Several: {"formatVersion": "1.0",
/// "runs": […]}.
std::string applies_json(const RunReport& report);

/// The run of one environment, read back.
struct ApplyDocument {
  std::string tool_version;
  std::string started_at;
  std::string finished_at;
  std::optional<SourceCommit> source;
  size_t unchanged = 0;
  /// Its changes, without detail, requirements and causes: which a report does not carry. Those that were not
  /// applied are there too.
  model::Plan plan;
  std::vector<model::ChangeResult> results;  ///< one for each change, in their order
};

/// Either form that applies_json() writes. ErrorKind::corrupt for what is no such report, unsupported for
/// another major version.
[[nodiscard]] Result<std::vector<ApplyDocument>> parse_applies_json(std::string_view text);
/// Whether to take it for one, rather than for a plan, be it well-formed or not.
bool looks_like_apply_report(std::string_view text);

/// Of runs that were saved together and read back, and that outlive it.
RunReport saved(std::span<const ApplyDocument> documents);

}  // namespace gmsactl::report
