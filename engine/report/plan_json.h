// The plan document: `-o json`, the file of `--out FILE`, and what `show` and `apply FILE` read back.
// Described by schemas/plan.schema.json and docs/reports.md. The same plan gives the same bytes, `createdAt`
// and `digest` aside.
//
// A reader of the document fails closed: what is missing, malformed or of another major version is refused,
// and so is a document whose digest doesn't fit; unknown keys are passed over, since a new minor version only
// adds.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/plan.h"
#include "engine/report/summary.h"

namespace gmsactl::report {

struct RunReport;

/// The git commit of the manifests.
struct SourceCommit {
  std::string commit;  ///< hexadecimal
  bool dirty = false;  ///< what was read is not what the commit has
  std::string author;  ///< "Ada Admin <ada@contoso.com>"; empty where a document does not tell
  bool operator==(const SourceCommit&) const = default;
};

/// What the document says beside the plan itself.
struct PlanStamp {
  std::string created_at;  ///< "2026-01-31T12:00:00Z"
  std::optional<SourceCommit> source;
};

/// A plan document read back.
struct PlanDocument {
  std::string format_version;
  std::string tool_version;
  PlanStamp stamp;
  std::string digest;  ///< "sha256:" and 64 hexadecimal digits
  Summary summary;
  /// Everything a person is shown. Not in it: Change::detail (default-constructed) and `unchanged` (see
  /// summary).
  model::Plan plan;
};

/// The document, indented, with a line feed at the end. Bytes that are not UTF-8 become U+FFFD.
std::string plan_json(const model::Plan& plan, const PlanStamp& stamp);
std::string plan_json(const PlanDocument& document);
/// One plan: its document. Several environments: {"formatVersion": "1.0", "plans": […]}.
std::string plans_json(std::span<const model::Plan> plans, const PlanStamp& stamp);

/// Likewise, of a run: see render.h.
std::string plans_json(const RunReport& report);

/// "sha256:…" over the document without `digest`, keys sorted, no white space: what
/// `jq -jcS 'del(.digest)' FILE | sha256sum` prints. `createdAt` is in it: how long a saved plan is good for
/// counts from there. Of a plan that is carried out from a document it is that document's, whatever is left
/// of it to do.
std::string plan_digest(const model::Plan& plan, const PlanStamp& stamp);

/// ErrorKind::corrupt for what is no plan document, unsupported for another major version.
[[nodiscard]] Result<PlanDocument> parse_plan_json(std::string_view text);
/// Either form that plans_json() writes.
[[nodiscard]] Result<std::vector<PlanDocument>> parse_plans_json(std::string_view text);

}  // namespace gmsactl::report
