// Compare-and-swap, attribute by attribute: a request that names another value than the live one must be
// refused as a whole, and one that names the live one must go through. Which of them the account database
// takes over from the directory service is the open question U1.
#include "engine/base/text.h"
#include "engine/model/fields.h"
#include "engine/model/security_descriptor.h"
#include "providers/conformance/bench.h"

namespace gmsactl::conformance {

namespace {

/// Of one attribute, its value before, another one, and one that is neither.
struct Swap {
  std::string attribute;
  std::string live, wanted, wrong;
};

std::vector<Modification> swap(const std::string& attribute, const std::string& from, const std::string& to) {
  return {{ModifyOperation::remove, attribute, {from}}, {ModifyOperation::add, attribute, {to}}};
}

bool holds(Bench& bench, const std::string& dn, const Swap& each, const std::string& value) {
  const auto values = bench.values(dn, each.attribute);
  return values.size() == 1 && equal_folded(values.front(), value);
}

void try_swap(Bench& bench, Trial& trial, const std::string& dn, const Swap& each) {
  if (!holds(bench, dn, each, each.live)) {
    trial.not_tried(each.attribute + " does not hold the value it was made with");
    return;
  }
  trial.refused("swap from a value that is not there",
                bench.modify(dn, swap(each.attribute, each.wrong, each.wanted)), {ErrorKind::conflict});
  const bool kept = holds(bench, dn, each, each.live);
  trial.expect(kept, kept ? "the live value stands" : "the live value was overwritten");
  if (!kept) return;
  if (!trial.done("swap from the live value", bench.modify(dn, swap(each.attribute, each.live, each.wanted))))
    return;
  trial.expect(holds(bench, dn, each, each.wanted), "the new value is read back");
  // Not to the value that stands: Samba takes a userAccountControl that changes nothing for nothing to do.
  trial.refused("swap back from the value that is gone",
                bench.modify(dn, swap(each.attribute, each.live, each.live)), {ErrorKind::conflict});
  trial.expect(holds(bench, dn, each, each.wanted), "the new value stands");
}

using Prepare = std::function<std::optional<Swap>(Bench&, const std::string& name)>;

/// What is written with the object when it is made.
Attribute initial(const Swap& each) { return {each.attribute, {each.live}}; }

Check account_check(const std::string& attribute, const std::string& source, Prepare prepare) {
  return {"swap." + attribute,
          "a swap of " + attribute + " of an account is refused unless the old value is live", source,
          [prepare](Bench& bench, Trial& trial) {
            const std::string name = bench.unique("s");
            const auto each = prepare(bench, name);
            if (const auto dn = bench.account(trial, name, {initial(*each)}))
              try_swap(bench, trial, *dn, *each);
          }};
}

Prepare fixed(const std::string& attribute, const std::string& live, const std::string& wanted,
              const std::string& wrong) {
  return [=](Bench&, const std::string&) { return Swap{attribute, live, wanted, wrong}; };
}

Check group_check(const std::string& attribute, const std::string& source, Prepare prepare) {
  return {"swap.group." + attribute,
          "a swap of " + attribute + " of a group is refused unless the old value is live", source,
          [prepare](Bench& bench, Trial& trial) {
            const std::string name = bench.unique("g");
            const auto each = prepare(bench, name);
            std::vector<Attribute> attributes{
                {"objectClass", {"group"}}, {"sAMAccountName", {name}}, {"groupType", {"-2147483644"}}};
            std::erase_if(attributes, [&](const auto& one) { return one.name == each->attribute; });
            attributes.push_back(initial(*each));
            const std::string dn = bench.below(name);
            if (trial.needs("making " + dn, bench.directory().add(dn, attributes)))
              try_swap(bench, trial, dn, *each);
          }};
}

void swap_members(Bench& bench, Trial& trial) {
  const auto group = bench.group(trial, bench.unique("g"));
  const auto one = group ? bench.group(trial, bench.unique("g")) : std::nullopt;
  const auto other = one ? bench.group(trial, bench.unique("g")) : std::nullopt;
  if (!other) return;
  if (!trial.done("add a member", bench.modify(*group, {{ModifyOperation::add, "member", {*one}}}))) return;
  trial.refused("add it again", bench.modify(*group, {{ModifyOperation::add, "member", {*one}}}),
                {ErrorKind::conflict});
  trial.refused("remove one that is none",
                bench.modify(*group, {{ModifyOperation::remove, "member", {*other}}}), {ErrorKind::conflict});
  trial.refused("remove one that is none and add another in the same request",
                bench.modify(*group, {{ModifyOperation::remove, "member", {*other}},
                                      {ModifyOperation::add, "member", {*other}}}),
                {ErrorKind::conflict});
  trial.expect(bench.values(*group, "member").size() == 1, "the members stand");
  trial.done("remove the member", bench.modify(*group, {{ModifyOperation::remove, "member", {*one}}}));
  trial.refused("remove it again", bench.modify(*group, {{ModifyOperation::remove, "member", {*one}}}),
                {ErrorKind::conflict});
}

void swap_lock(Bench& bench, Trial& trial) {
  const std::string dn = bench.below(bench.unique("l"));
  const std::string live = "gmsactl-lock/1 id=1";
  if (!trial.needs("making " + dn, bench.directory().add(dn, {{"objectClass", {"serviceConnectionPoint"}},
                                                              {"serviceBindingInformation", {live}}})))
    return;
  try_swap(bench, trial, dn,
           {"serviceBindingInformation", live, "gmsactl-lock/1 id=2", "gmsactl-lock/1 id=3"});
}

std::string readers(Bench& bench, uint32_t rid) {
  const auto domain = ldap::read(bench.directory(), bench.domain().text(), {"objectSid"});
  const auto sid = domain ? model::Sid::decode(domain->first("objectSid").value_or(""))
                          : Result<model::Sid>(fail(ErrorKind::not_found, "no domain"));
  const model::Sid reader =
      sid ? sid->with_rid(rid) : *model::Sid::parse("S-1-5-21-1-2-3-" + std::to_string(rid));
  return model::SecurityDescriptor::encode_readers(std::vector<model::Sid>{reader});
}

}  // namespace

std::vector<Check> swap_checks() {
  const std::string ordinary = "[MS-ADTS] 3.1.1.5.3.2";
  std::vector<Check> all;
  const auto swaps_text = [](const std::string& attribute) {
    return fixed(attribute, "Live value", "Wanted value", "Another value");
  };
  for (const auto& row : model::gmsa_fields)
    if (std::holds_alternative<model::GmsaText>(row.access))
      all.push_back(
          account_check(std::string(row.attribute), ordinary, swaps_text(std::string(row.attribute))));
  for (const auto& row : model::group_fields)
    if (std::holds_alternative<model::GroupText>(row.access))
      all.push_back(
          group_check(std::string(row.attribute), ordinary, swaps_text(std::string(row.attribute))));
  all.push_back(account_check("adminDescription", ordinary, swaps_text("adminDescription")));
  all.push_back(group_check("adminDescription", ordinary, swaps_text("adminDescription")));
  all.push_back(account_check("msDS-SupportedEncryptionTypes", ordinary,
                              fixed("msDS-SupportedEncryptionTypes", "24", "16", "28")));
  all.push_back(account_check(
      "msDS-GroupMSAMembership", "[MS-ADTS] 3.1.1.2.2.4.9", [](Bench& bench, const std::string&) {
        return Swap{"msDS-GroupMSAMembership", readers(bench, 515), readers(bench, 516), readers(bench, 517)};
      }));
  all.push_back(account_check(
      "servicePrincipalName", "[MS-ADTS] 3.1.1.5.1.3", [](Bench& bench, const std::string& name) {
        const std::string host = "/" + name + "." + bench.dns_domain();
        return Swap{"servicePrincipalName", "http" + host, "cifs" + host, "ldap" + host};
      }));
  all.push_back(account_check(
      "msDS-AllowedToDelegateTo", "[MS-ADTS] 3.1.1.5.3.1 (L3)", [](Bench& bench, const std::string& name) {
        const std::string host = "/" + name + "." + bench.dns_domain();
        return Swap{"msDS-AllowedToDelegateTo", "http" + host, "cifs" + host, "ldap" + host};
      }));
  all.push_back(account_check("dNSHostName", ordinary, [](Bench& bench, const std::string& name) {
    const std::string end = "." + bench.dns_domain();
    return Swap{"dNSHostName", name + end, name + "b" + end, name + "c" + end};
  }));
  all.push_back(
      account_check("sAMAccountName", "[MS-SAMR] 3.1.1.6 (U1)", [](Bench&, const std::string& name) {
        return Swap{"sAMAccountName", name + "$", name + "b$", name + "c$"};
      }));
  all.push_back(account_check("userAccountControl", "[MS-SAMR] 3.1.1.8.10 (U1)",
                              fixed("userAccountControl", "4096", "4098", "4098")));
  all.push_back(group_check("groupType", "[MS-SAMR] 3.1.1.3.3 (U1)",
                            fixed("groupType", "-2147483644", "-2147483640", "-2147483646")));
  all.push_back(group_check("sAMAccountName", "[MS-SAMR] 3.1.1.6 (U1)", [](Bench&, const std::string& name) {
    return Swap{"sAMAccountName", name, name + "b", name + "c"};
  }));
  all.push_back({"swap.group.member", "adding a member that is one, or removing one that is none, is refused",
                 "[MS-ADTS] 3.1.1.5.3.2; results 68 and 53", swap_members});
  all.push_back(
      {"swap.lock", "the value of a lock can be swapped, and only from the live one", ordinary, swap_lock});
  return all;
}

}  // namespace gmsactl::conformance
