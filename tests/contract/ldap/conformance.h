// Runs the checks of `gmsactl conformance` in a unit of their own, for tests of what comes of them and of
// what they leave alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "providers/conformance/run.h"
#include "tests/contract/ldap/contract.h"

namespace gmsactl::contract {

using conformance::Report;
using conformance::Verdict;

class ConformanceContract : public Contract {
 protected:
  static bool is_file() { return directory().peer().starts_with("ldif:"); }

  static conformance::Setting setting(const std::string& unit);
  /// Checks the unit first, as the command does.
  static Report run_in(const std::string& unit, Transport& transport);
  static Report run_in(const conformance::Setting& setting, Transport& transport,
                       const std::stop_token& stop = {});
  /// A run that is interrupted after its first check: it has removed what earlier ones left by then.
  static Report clean(const std::string& unit);

  /// Ids of the checks with that verdict, sorted.
  static std::vector<std::string> with(const Report& report, Verdict verdict);
  static const conformance::Finding& of(const Report& report, const std::string& id);
  /// DNs below and with that base, sorted.
  static std::vector<std::string> below(const std::string& base);
  static std::vector<std::string> dns(const std::vector<conformance::Left>& left);

  /// Of every object of the domain and of the configuration what tells whether it has been written to.
  static std::map<std::string, std::string> state_of_everything();
  /// Objects that are other than before, but for what no run can help: a controller hands out its RIDs.
  static std::vector<std::string> touched_since(const std::map<std::string, std::string>& before);
};

}  // namespace gmsactl::contract
