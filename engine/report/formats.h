// One function for each format but text and the JSON documents, which have headers of their own. All list the
// same changes; see render.h. Internal to engine/report.
#pragma once

#include <string>

#include "engine/report/render.h"

namespace gmsactl::report {

/// Events, one JSON object a line: schemas/events.schema.json, engine/report/events.h.
std::string jsonl(const RunReport& report);

/// For a comment in a pull request: GitHub Flavored Markdown, the most dangerous first, details folded, under
/// 65,536 characters whatever the size of the plan. What finds no room is counted, and nothing is cut.
std::string markdown(const RunReport& report);

/// A page in one file, for people, offline.
std::string html(const RunReport& report);

/// For the test view of a CI server: each resource is a test of whether it is as declared, or, of an apply,
/// each change a test of whether it was carried out. Valid by the schemas of Apache Ant and of Jenkins.
std::string junit(const RunReport& report);

/// For code scanning: SARIF 2.1.0 (OASIS), one run for each environment.
std::string sarif(const RunReport& report);

/// For node_exporter's textfile collector. Counts, not addresses, which are too many for labels.
std::string prometheus(const RunReport& report);

/// Workflow commands of GitHub Actions, which turn into annotations of lines.
std::string github(const RunReport& report);

}  // namespace gmsactl::report
