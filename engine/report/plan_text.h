// A plan for people: one header line per change with the contract's symbol, its fields below, and the summary
// line last. Diagnostics are not part of it (see diagnostic_text.h): they go to standard error.
//
//     ~ GMSA/WebApp01 (drift)   CN=WebApp01,CN=Managed Service Accounts,DC=contoso,DC=com
//         servicePrincipalNames   1 added, 1 removed
//           + "http/web.contoso.com"
//           - "http/old.contoso.com"
//         description   "Web" -> (cleared)
//
//   Plan: 0 to create, 1 to update, 0 to replace, 0 to delete; 41 unchanged.
//
// A change that somebody made to what is live has a mark, one that the manifests ask for has none; where its
// fields have several causes, each has a mark.
#pragma once

#include <string>

#include "engine/model/plan.h"
#include "engine/report/style.h"
#include "engine/report/summary.h"

namespace gmsactl::report {

struct PlanTextOptions {
  Color color = Color::off;
  bool explain = false;  ///< the reasons of each change, what it requires and where it is declared
};

/// Ends with the contract's summary line and a line feed.
std::string plan_text(const model::Plan& plan, const PlanTextOptions& options = {});
/// Of a saved plan, which knows only how many were unchanged: PlanDocument::plan and PlanDocument::summary.
std::string plan_text(const model::Plan& plan, const Summary& summary, const PlanTextOptions& options = {});

}  // namespace gmsactl::report
