// The audit log as a file: lines are appended whole, so that several runs may share one.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/model/plan.h"
#include "engine/ports/audit.h"
#include "engine/report/plan_json.h"

namespace gmsactl::cli {

/// Opened before the first write; a file that can't be appended to is an error.
[[nodiscard]] Result<std::unique_ptr<ports::AuditLog>> open_audit_log(const std::string& path,
                                                                      const model::Plan& plan,
                                                                      const report::PlanStamp& stamp);

}  // namespace gmsactl::cli
