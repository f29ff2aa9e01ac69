// Service principal names: who may have which, and what the controller makes of them when an account is
// renamed.
#include <algorithm>
#include <set>

#include "engine/base/text.h"
#include "engine/model/spn.h"
#include "engine/model/spn_renaming.h"
#include "providers/conformance/bench.h"

namespace gmsactl::conformance {

namespace {

constexpr char spn_attribute[] = "servicePrincipalName";

void unique_in_forest(Bench& bench, Trial& trial) {
  const std::string one = bench.unique("a"), other = bench.unique("a");
  const std::string spn = "http/" + one + "." + bench.dns_domain();
  const auto holder = bench.account(trial, one, {{spn_attribute, {spn}}});
  const auto rival = holder ? bench.account(trial, other) : std::nullopt;
  if (!rival) return;
  std::string upper = spn;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  trial.refused("the SPN of another account",
                bench.modify(*rival, {{ModifyOperation::add, spn_attribute, {spn}}}),
                {ErrorKind::constraint});
  trial.refused("the same in capitals",
                bench.modify(*rival, {{ModifyOperation::add, spn_attribute, {upper}}}),
                {ErrorKind::constraint});
  trial.refused("text that is no SPN",
                bench.modify(*rival, {{ModifyOperation::add, spn_attribute, {"nonsense"}}}),
                {ErrorKind::constraint, ErrorKind::invalid});
  if (!trial.done("the holder gives it up",
                  bench.modify(*holder, {{ModifyOperation::remove, spn_attribute, {spn}}})))
    return;
  trial.done("then the other account takes it",
             bench.modify(*rival, {{ModifyOperation::add, spn_attribute, {spn}}}));
}

void aliases(Bench& bench, Trial& trial) {
  const std::string one = bench.unique("a"), other = bench.unique("a");
  const std::string host = one + "." + bench.dns_domain();
  const auto holder = bench.account(trial, one, {{spn_attribute, {"host/" + host}}});
  const auto rival = holder ? bench.account(trial, other) : std::nullopt;
  if (!rival) return;
  trial.observed("http/" + host + " where another account has host/" + host,
                 bench.modify(*rival, {{ModifyOperation::add, spn_attribute, {"http/" + host}}}));
}

/// Renames an account and compares its SPNs with what gmsactl expects.
void rewritten(Bench& bench, Trial& trial, bool by_host_name) {
  const std::string name = bench.unique("a"), next = bench.unique("a");
  const std::string end = "." + bench.dns_domain();
  const std::vector<std::string> plain{"host/" + name, "host/" + name + end, "http/" + name + end,
                                       "http/kept-" + name + end};
  const std::vector<std::string> ports{"http/" + name + end + ":8080", "http/" + name + ":8080",
                                       "ldap/" + name + end + "/" + bench.dns_domain()};
  auto all = plain;
  all.insert(all.end(), ports.begin(), ports.end());
  const auto dn = bench.account(trial, name, {{spn_attribute, all}});
  if (!dn) return;
  const std::string attribute = by_host_name ? "dNSHostName" : "sAMAccountName";
  const std::string from = by_host_name ? name + end : name + "$",
                    to = by_host_name ? next + end : next + "$";
  if (!trial.done(attribute + " from " + from + " to " + to,
                  bench.modify(*dn, {{ModifyOperation::remove, attribute, {from}},
                                     {ModifyOperation::add, attribute, {to}}})))
    return;
  const auto live = bench.values(*dn, spn_attribute);
  const std::set<std::string, LessFolded> found(live.begin(), live.end());
  const std::string old_name = by_host_name ? from : name, new_name = by_host_name ? to : next;
  for (const auto& spn : all) {
    const std::string expected = model::rewritten_spn(spn, old_name, new_name);
    const std::string further = model::renamed_anywhere(spn, {{old_name, new_name}});
    const bool is_port = spn.find(':') != std::string::npos;
    if (found.contains(expected))
      trial.note(spn + (expected == spn ? " stayed" : " became " + expected));
    else if (is_port && (found.contains(spn) || found.contains(further)))
      // Apply reads the SPNs again, and takes either for the server's doing.
      trial.note(spn + (found.contains(spn) ? " stayed" : " became " + further));
    else
      trial.expect(false, spn + " was expected to become " + expected);
  }
  trial.note("afterwards: " + join(live, ", "));
}

}  // namespace

std::vector<Check> spn_checks() {
  return {
      {"spn.unique", "an SPN has one holder in the forest, in any case, and can be handed over",
       "[MS-ADTS] 3.1.1.5.1.3", unique_in_forest},
      {"spn.aliases", "an SPN that HOST stands for elsewhere is refused or accepted; gmsactl never adds one",
       "[MS-ADTS] 3.1.1.5.1.3 (U11)", aliases},
      {"spn.rewrittenByHostName", "a new dNSHostName rewrites the SPN components that equal the old one",
       "(U2)", [](Bench& bench, Trial& trial) { rewritten(bench, trial, true); }},
      {"spn.rewrittenBySamAccountName",
       "a new sAMAccountName rewrites the SPN components that equal the old one", "(U2)",
       [](Bench& bench, Trial& trial) { rewritten(bench, trial, false); }},
  };
}

}  // namespace gmsactl::conformance
