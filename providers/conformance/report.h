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

/// An object that could not be removed.
struct Left {
  std::string dn;
  std::string why;
};

struct Report {
  Controller controller;
  std::string unit;  ///< DN of the unit that the caller named
  std::vector<Finding> findings;
  /// What still stands in the containers of this run and of earlier ones.
  std::vector<Left> left_behind;
  std::vector<std::string> removed_earlier;  ///< containers that an earlier run had left, by DN
  std::vector<std::string> other_runs;       ///< containers in which another run is at work
};

}  // namespace gmsactl::conformance
