// What a conformance run found: for each assumption that gmsactl makes about a domain controller, whether
// this one keeps it, with what was seen. Values only; printed by engine/cli.
#pragma once

#include <string>
#include <vector>

namespace gmsactl::conformance {

enum class Verdict {
  as_assumed,
  different,    ///< gmsactl would be wrong about this controller
  not_allowed,  ///< this user may not try it
  not_tried,    ///< what it needs is not there, or the run ended before
};
inline std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::as_assumed:
      return "as assumed";
    case Verdict::different:
      return "different";
    case Verdict::not_allowed:
      return "not allowed to try";
    case Verdict::not_tried:
      return "not tried";
  }
  return "";
}

struct Finding {
  std::string id;       ///< "swap.userAccountControl"; stable
  std::string assumes;  ///< one sentence without a full stop
  std::string source;   ///< section of a specification, or the question that docs/windows-server.md lists
  Verdict verdict = Verdict::as_assumed;
  std::vector<std::string> evidence;  ///< what was sent, and what came back
};

/// Which controller it was.
struct Controller {
  std::string server;  ///< DNS name, or the LDIF file
  std::string vendor;  ///< empty: Windows does not say
  int level = -1;      ///< domainControllerFunctionality; -1 where it does not say
  int domain_level = -1;
  int forest_level = -1;
};

struct Report {
  Controller controller;
  std::string unit;  ///< DN of the unit that the caller named
  std::vector<Finding> findings;
  /// Objects of this run that could not be removed, by DN.
  std::vector<std::string> left_behind;
};

}  // namespace gmsactl::conformance
