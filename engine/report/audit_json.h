// The lines of an audit log: one JSON object each, without line feeds inside, in the order in which things
// happened. Described in docs/audit.md.
#pragma once

#include <string>

#include "engine/model/plan.h"
#include "engine/ports/audit.h"
#include "engine/report/plan_json.h"

namespace gmsactl::report {

/// What is the same for every line of a run.
struct AuditContext {
  std::string environment;
  std::string domain;
  std::string server;
  std::string plan_digest;
  std::optional<SourceCommit> source;
  std::string who;   ///< the user that ran it
  std::string host;  ///< where
  std::string url;   ///< of the pipeline's run, or empty
};

/// "request": one LDAP request. Ends with a line feed.
std::string audit_line(const AuditContext& context, const std::string& time, const ports::WriteRecord& write);
/// "change": what became of a change as a whole.
std::string audit_line(const AuditContext& context, const std::string& time, const model::Change& change,
                       const model::ChangeResult& result);

}  // namespace gmsactl::report
