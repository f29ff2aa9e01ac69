// The report document of an apply: `-o json` of apply, and what `revert` reads. Described by
// schemas/report.schema.json and docs/reports.md. It carries the fields of each change, before and after, so
// that a run can be undone from it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/model/plan.h"
#include "engine/report/plan_json.h"

namespace gmsactl::report {

/// One word each, for programs; Outcome's own names are for people.
std::string_view outcome_key(model::Outcome outcome);

struct ApplyStamp {
  std::string started_at;  ///< "2026-01-31T12:00:00Z"
  std::string finished_at;
  std::optional<SourceCommit> source;
};

/// One environment's apply.
struct ApplyRun {
  const model::Plan* plan = nullptr;  ///< not owned
  std::span<const model::ChangeResult> results;
};

/// Indented, with a line feed at the end.
std::string apply_json(const model::Plan& plan, std::span<const model::ChangeResult> results,
                       const ApplyStamp& stamp);
/// One run: its document. Several environments: {"formatVersion": "1.0", "runs": […]}.
std::string applies_json(std::span<const ApplyRun> runs, const ApplyStamp& stamp);

}  // namespace gmsactl::report
