// What one modification does as a whole: its atomicity, its order, and that nothing makes it permissive. And
// what is refused when objects are made.
#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/security_descriptor.h"
#include "providers/conformance/bench.h"

namespace gmsactl::conformance {

namespace {

void not_permissive(Bench& bench, Trial& trial) {
  const auto dn = bench.container(trial, bench.unique("m"));
  if (!dn) return;
  trial.refused("remove a value of an attribute that has none",
                bench.modify(*dn, {{ModifyOperation::remove, "description", {"x"}}}), {ErrorKind::conflict});
  trial.refused("remove an attribute that is not there",
                bench.modify(*dn, {{ModifyOperation::remove, "description", {}}}), {ErrorKind::conflict});
  if (!trial.done("add a value", bench.modify(*dn, {{ModifyOperation::add, "adminDescription", {"one"}}})))
    return;
  trial.refused("add it again", bench.modify(*dn, {{ModifyOperation::add, "adminDescription", {"one"}}}),
                {ErrorKind::conflict});
  trial.refused("add a second one to an attribute that holds one",
                bench.modify(*dn, {{ModifyOperation::add, "adminDescription", {"two"}}}),
                {ErrorKind::conflict});
}

void atomic(Bench& bench, Trial& trial) {
  const auto dn = bench.container(trial, bench.unique("m"));
  if (!dn) return;
  trial.refused("write one attribute, then fail on another",
                bench.modify(*dn, {{ModifyOperation::replace, "adminDescription", {"new"}},
                                   {ModifyOperation::remove, "description", {"stale"}}}),
                {ErrorKind::conflict});
  trial.expect(bench.values(*dn, "adminDescription").empty(), "nothing of it stands");
}

void in_order(Bench& bench, Trial& trial) {
  const std::string name = bench.unique("m");
  const std::string spn = "http/" + name + "." + bench.dns_domain();
  const auto dn = bench.account(trial, name, {{"servicePrincipalName", {spn}}});
  if (!dn) return;
  trial.done("remove a value and add it again in one request",
             bench.modify(*dn, {{ModifyOperation::remove, "servicePrincipalName", {spn}},
                                {ModifyOperation::add, "servicePrincipalName", {spn}}}));
  trial.expect(bench.values(*dn, "servicePrincipalName") == std::vector<std::string>{spn},
               "it is there afterwards");
  trial.refused("add a value that is there, and remove it after that",
                bench.modify(*dn, {{ModifyOperation::add, "servicePrincipalName", {spn}},
                                   {ModifyOperation::remove, "servicePrincipalName", {spn}}}),
                {ErrorKind::conflict});
}

void many_at_once(Bench& bench, Trial& trial) {
  const std::string name = bench.unique("m");
  const auto dn = bench.account(trial, name, {{"adminDescription", {"one"}}});
  if (!dn) return;
  trial.done("swap userAccountControl, a text and the marker in one request",
             bench.modify(*dn, {{ModifyOperation::remove, "userAccountControl", {"4096"}},
                                {ModifyOperation::add, "userAccountControl", {"4098"}},
                                {ModifyOperation::add, "description", {"text"}},
                                {ModifyOperation::remove, "adminDescription", {"one"}},
                                {ModifyOperation::add, "adminDescription", {"two"}}}));
  trial.refused("the same with a marker that is stale",
                bench.modify(*dn, {{ModifyOperation::remove, "userAccountControl", {"4098"}},
                                   {ModifyOperation::add, "userAccountControl", {"4096"}},
                                   {ModifyOperation::remove, "adminDescription", {"one"}},
                                   {ModifyOperation::add, "adminDescription", {"three"}}}),
                {ErrorKind::conflict});
  trial.expect(bench.values(*dn, "userAccountControl") == std::vector<std::string>{"4098"},
               "userAccountControl stands: the marker guards what is written with it");
}

void type_and_members(Bench& bench, Trial& trial) {
  const auto group = bench.group(trial, bench.unique("g"));
  const auto member = group ? bench.group(trial, bench.unique("g")) : std::nullopt;
  if (!member) return;
  trial.done("swap groupType and add a member in one request",
             bench.modify(*group, {{ModifyOperation::remove, "groupType", {"-2147483644"}},
                                   {ModifyOperation::add, "groupType", {"-2147483640"}},
                                   {ModifyOperation::add, "description", {"text"}}}));
  trial.observed("swap groupType back and add a domain-local member, which only the new type may have",
                 bench.modify(*group, {{ModifyOperation::remove, "groupType", {"-2147483640"}},
                                       {ModifyOperation::add, "groupType", {"-2147483644"}},
                                       {ModifyOperation::add, "member", {*member}}}));
  trial.note("members afterwards: " + std::to_string(bench.values(*group, "member").size()));
}

void by_way_of_universal(Bench& bench, Trial& trial) {
  const auto group = bench.group(trial, bench.unique("g"), "-2147483646");
  if (!group) return;
  const auto change = [&](const std::string& from, const std::string& to) {
    return bench.modify(
        *group, {{ModifyOperation::remove, "groupType", {from}}, {ModifyOperation::add, "groupType", {to}}});
  };
  trial.refused("Global to DomainLocal", change("-2147483646", "-2147483644"), {ErrorKind::constraint});
  trial.done("Global to Universal", change("-2147483646", "-2147483640"));
  trial.done("Universal to DomainLocal", change("-2147483640", "-2147483644"));
}

void nesting(Bench& bench, Trial& trial) {
  const auto global = bench.group(trial, bench.unique("g"), "-2147483646");
  const auto local = global ? bench.group(trial, bench.unique("g")) : std::nullopt;
  if (!local) return;
  // Samba has no such rules.
  trial.observed("a domain-local group as member of a global one",
                 bench.modify(*global, {{ModifyOperation::add, "member", {*local}}}));
  trial.done("a global group as member of a domain-local one",
             bench.modify(*local, {{ModifyOperation::add, "member", {*global}}}));
}

void descriptor_as_sent(Bench& bench, Trial& trial) {
  std::vector<model::Sid> readers;
  for (const auto* text : {"S-1-5-32-544", "S-1-5-32-545", "S-1-5-32-546"})
    readers.push_back(*model::Sid::parse(text));
  const std::string sent = model::SecurityDescriptor::encode_readers(readers);
  const auto dn = bench.account(trial, bench.unique("a"), {{"msDS-GroupMSAMembership", {sent}}});
  if (!dn) return;
  const auto stored = bench.values(*dn, "msDS-GroupMSAMembership");
  trial.expect(
      stored == std::vector<std::string>{sent},
      "sent " + std::to_string(sent.size()) + " bytes; stored " +
          (stored.empty() ? std::string("nothing") : std::to_string(stored.front().size()) + " bytes") +
          (stored == std::vector<std::string>{sent} ? ", the same ones"
                                                    : ": " + (stored.empty() ? "" : hex(stored.front()))));
}

void long_names(Bench& bench, Trial& trial) {
  const std::string name = bench.unique("a");
  const auto add = [&](size_t length) {
    const std::string padded = name + std::string(length - name.size(), 'x');
    return bench.directory().add(bench.below(padded), Bench::account_attributes(padded, bench.dns_domain()));
  };
  trial.done("an account of 15 characters and $", add(15));
  trial.observed("an account of 19 characters and $", add(19));
  trial.observed("an account of 20 characters and $", add(20));
}

void refused_at_creation(Bench& bench, Trial& trial) {
  const std::string name = bench.unique("a");
  if (!bench.account(trial, name)) return;
  trial.refused("an object of the same name",
                bench.directory().add(bench.below(name), {{"objectClass", {"container"}}}),
                {ErrorKind::already_exists});
  const std::string other = bench.unique("a");
  trial.refused("an account with the same sAMAccountName",
                bench.directory().add(
                    bench.below(other),
                    Bench::account_attributes(other, bench.dns_domain(), {{"sAMAccountName", {name + "$"}}})),
                {ErrorKind::already_exists});
  const std::string lost = model::Dn::parse(bench.below("nobody"))->child("CN", other).text();
  trial.refused("an account below nothing",
                bench.directory().add(lost, Bench::account_attributes(other, bench.dns_domain())),
                {ErrorKind::not_found});
  auto without = Bench::account_attributes(other, bench.dns_domain(), {{"msDS-ManagedPasswordInterval", {}}});
  trial.refused("an account without msDS-ManagedPasswordInterval",
                bench.directory().add(bench.below(other), without),
                {ErrorKind::constraint, ErrorKind::invalid});
}

void interval_stays(Bench& bench, Trial& trial) {
  const auto dn = bench.account(trial, bench.unique("a"));
  if (!dn) return;
  trial.refused("change msDS-ManagedPasswordInterval after creation",
                bench.modify(*dn, {{ModifyOperation::remove, "msDS-ManagedPasswordInterval", {"30"}},
                                   {ModifyOperation::add, "msDS-ManagedPasswordInterval", {"10"}}}),
                {ErrorKind::constraint, ErrorKind::denied});
}

void two_descriptions(Bench& bench, Trial& trial) {
  const auto dn = bench.group(trial, bench.unique("g"));
  if (!dn) return;
  if (!trial.done("one description", bench.modify(*dn, {{ModifyOperation::add, "description", {"one"}}})))
    return;
  trial.observed("a second one", bench.modify(*dn, {{ModifyOperation::add, "description", {"two"}}}));
  trial.note("values afterwards: " + std::to_string(bench.values(*dn, "description").size()));
}

}  // namespace

std::vector<Check> modify_checks() {
  return {
      {"modify.notPermissive", "removing what is not there and adding what is there is refused",
       "[MS-ADTS] 3.1.1.5.3.2, 6.1.1.2.4.1.2 (L10)", not_permissive},
      {"modify.atomic", "a modification happens as a whole or not at all", "[MS-ADTS] 3.1.1.5.1.4", atomic},
      {"modify.order", "the parts of a modification are carried out in the order given", "RFC 4511 4.6",
       in_order},
      {"modify.guardedByMarker", "one stale value refuses the swaps of all other attributes in the request",
       "[MS-ADTS] 3.1.1.5.1.4 (U1)", many_at_once},
      {"modify.typeAndMembers", "groupType can be swapped together with other attributes", "(U3)",
       type_and_members},
      {"modify.scopeByUniversal", "a group changes between Global and DomainLocal by way of Universal only",
       "[MS-SAMR] 3.1.1.3.3", by_way_of_universal},
      {"modify.nesting", "a domain-local group takes a global one as a member", "[MS-SAMR] 3.1.1.8.9 (L7)",
       nesting},
      {"modify.descriptorBytes", "msDS-GroupMSAMembership is stored byte for byte as it was sent", "(U4)",
       descriptor_as_sent},
      {"modify.twoDescriptions", "a description can be given, whatever happens to a second value",
       "[MS-ADTS] 3.1.1.5.3.2", two_descriptions},
      {"add.longNames",
       "names of 15 characters and $ are accepted; what happens beyond 19 is refused or stored as sent",
       "[MS-SAMR] 3.1.1.6 (L5)", long_names},
      {"add.refusals",
       "names that are taken, missing parents and missing attributes are refused, each in its own way",
       "[MS-ADTS] 3.1.1.5.2 (U10)", refused_at_creation},
      {"add.interval", "msDS-ManagedPasswordInterval cannot change after creation", "[MS-ADA2] 2.381",
       interval_stays},
  };
}

}  // namespace gmsactl::conformance
