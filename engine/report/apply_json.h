// The report document of an apply: `-o json` of apply, and what `revert` reads. Described by
// schemas/report.schema.json and docs/reports.md. It carries the fields of each change, before and after, so
// that a run can be undone from it.
#pragma once

#include <string>
#include <string_view>

#include "engine/report/render.h"

namespace gmsactl::report {

/// One word each, for programs; Outcome's own names are for people: "applied", "alreadyDone", "notBegun" …
std::string_view outcome_key(model::Outcome outcome);

/// Indented, with a line feed at the end. One environment: its document. Several: {"formatVersion": "1.0",
/// "runs": […]}.
std::string applies_json(const RunReport& report);

}  // namespace gmsactl::report
