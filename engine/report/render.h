// The one entry to all formats: what a run planned or did, and how it is to look. Every command that shows a
// plan or a result (plan, apply, drift, show) makes a RunReport and asks for a format; what is listed, in
// which order, and how much attention it asks for is decided here once, so that no two formats disagree.
//
// Renderers are pure functions of these values: no file, clock or network, and no line of a manifest, which
// may hold what is nobody else's affair. Text from outside is escaped in each of them.
#pragma once

#include <gmsactl/version.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/plan.h"
#include "engine/report/plan_json.h"
#include "engine/report/plan_text.h"
#include "engine/report/summary.h"

namespace gmsactl::report {

enum class Format { text, json, jsonl, markdown, html, junit, sarif, prometheus, github };
inline constexpr Format all_formats[] = {Format::text,     Format::json,       Format::jsonl,
                                         Format::markdown, Format::html,       Format::junit,
                                         Format::sarif,    Format::prometheus, Format::github};
std::string_view name(Format format);  ///< "text", "json" … as -o spells it

/// What the run was about.
enum class Command { plan, apply, drift };
std::string_view name(Command command);  ///< "plan", "apply", "drift"

/// One environment of a run: see planned() and applied().
struct EnvironmentReport {
  const model::Plan* plan = nullptr;  ///< not owned
  Summary summary;
  /// Of an apply: one for each change, in the plan's order. Else empty.
  std::vector<model::ChangeResult> results;
};

EnvironmentReport planned(const model::Plan& plan);
/// Of a saved plan, which knows only how many were unchanged.
EnvironmentReport planned(const model::Plan& plan, const Summary& summary);
/// A change without a result was not begun: nothing that was planned is missing from a report.
EnvironmentReport applied(const model::Plan& plan, std::span<const model::ChangeResult> results);

struct RunReport {
  Command command = Command::plan;
  std::vector<EnvironmentReport> environments;
  std::string started_at;                         ///< "2026-01-31T12:00:00Z"; of a plan when it was made
  std::string finished_at;                        ///< the same where the run was read from a file
  std::optional<std::chrono::milliseconds> took;  ///< absent where nobody measured it
  std::optional<SourceCommit> source;
  std::string tool_version = version;  ///< of the gmsactl that made the plan
};

/// Of plans that were saved together and read back, and that outlive it.
RunReport saved(std::span<const PlanDocument> documents);

/// The whole report. Ends with a line feed, unless there is nothing to say. `text` is for Format::text.
std::string render(Format format, const RunReport& report, const PlanTextOptions& text = {});

}  // namespace gmsactl::report
