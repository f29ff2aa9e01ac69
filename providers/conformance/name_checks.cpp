// How objects are found, named and moved.
#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/guid.h"
#include "engine/model/sid.h"
#include "providers/conformance/bench.h"

namespace gmsactl::conformance {

namespace {

std::string guid_dn(Bench& bench, const std::string& dn) {
  const auto values = bench.values(dn, "objectGUID");
  const auto guid = values.empty() ? Result<model::Guid>(fail(ErrorKind::not_found, "none"))
                                   : model::Guid::decode(values.front());
  return guid ? "<GUID=" + guid->text() + ">" : std::string();
}

Result<void> read(Bench& bench, const std::string& dn) {
  const auto entry = ldap::read(bench.directory(), dn, {"objectGUID"});
  if (!entry) return fail(entry.error());
  return {};
}

/// Nothing, or its own kind of it on a controller that is no catalogue.
void is_gone(Trial& trial, const std::string& what, const Result<void>& result) {
  const bool referred = !result && result.error().native && result.error().native->code == 10;
  if (referred)
    trial.note(what + ": " + answer(result) + "; taken for gone");
  else
    trial.refused(what, result, {ErrorKind::not_found});
}

void addressed(Bench& bench, Trial& trial) {
  const auto dn = bench.group(trial, bench.unique("g"));
  if (!dn) return;
  const std::string by_guid = guid_dn(bench, *dn);
  trial.done("read " + by_guid, read(bench, by_guid));
  const auto sids = bench.values(*dn, "objectSid");
  if (const auto sid = sids.empty() ? Result<model::Sid>(fail(ErrorKind::not_found, "none"))
                                    : model::Sid::decode(sids.front()))
    trial.done("read <SID=" + sid->text() + ">", read(bench, "<SID=" + sid->text() + ">"));
  trial.done("modify by GUID", bench.modify(by_guid, {{ModifyOperation::add, "description", {"x"}}}));
}

void gone(Bench& bench, Trial& trial) {
  const auto dn = bench.group(trial, bench.unique("g"));
  if (!dn) return;
  const std::string by_guid = guid_dn(bench, *dn);
  if (!trial.done("delete by GUID", bench.directory().remove(by_guid))) return;
  is_gone(trial, "read it by GUID", read(bench, by_guid));
  is_gone(trial, "delete it again", bench.directory().remove(by_guid));
  is_gone(trial, "modify it", bench.modify(by_guid, {{ModifyOperation::add, "description", {"x"}}}));
  is_gone(trial, "read a GUID that nothing ever had",
          read(bench, "<GUID=5e3c4f0a-8a55-4f0e-9d3b-0f6f3a1c2b7d>"));
  trial.refused("read it by its name", read(bench, *dn), {ErrorKind::not_found});
}

void moved(Bench& bench, Trial& trial) {
  const std::string name = bench.unique("g");
  const auto dn = bench.group(trial, name);
  const auto target = dn ? bench.container(trial, bench.unique("o")) : std::nullopt;
  if (!target) return;
  const std::string by_guid = guid_dn(bench, *dn);
  const std::string renamed = bench.unique("g");
  if (!trial.done("rename by GUID", bench.directory().rename(by_guid, "CN=" + renamed, ""))) return;
  trial.expect(guid_dn(bench, bench.below(renamed)) == by_guid, "the GUID stays");
  trial.expect(bench.values(by_guid, "sAMAccountName") == std::vector<std::string>{name},
               "sAMAccountName stays");
  trial.done("move and rename by GUID", bench.directory().rename(by_guid, "CN=" + name, *target));
  trial.expect(guid_dn(bench, "CN=" + name + "," + *target) == by_guid, "it is where it was moved to");
  const auto other = bench.group(trial, bench.unique("g"));
  if (!other) return;
  trial.refused("move onto a name that is taken", bench.directory().rename(*other, "CN=" + name, *target),
                {ErrorKind::already_exists});
  trial.refused("move below nothing",
                bench.directory().rename(*other, "CN=" + name, "OU=nobody," + bench.unit()->text()),
                {ErrorKind::not_found});
  trial.refused("delete a container with children", bench.directory().remove(*target),
                {ErrorKind::constraint});
}

std::vector<std::string> found(Bench& bench, const std::string& filter, uint32_t page_size, Trial& trial) {
  ldap::SearchRequest request;
  request.base = bench.unit()->text();
  request.filter = filter;
  request.attributes = {"cn"};
  request.page_size = page_size;
  std::vector<std::string> names;
  const auto searched = bench.directory().search(request, [&](Entry&& entry) {
    names.emplace_back(entry.first("cn").value_or(""));
    return true;
  });
  trial.done(filter.size() < 100 ? filter : filter.substr(0, 100) + "...", searched);
  std::sort(names.begin(), names.end());
  return names;
}

void searched(Bench& bench, Trial& trial) {
  const std::string name = bench.unique("g");
  const auto dn = bench.group(trial, name);
  if (!dn) return;
  const std::vector<std::string> only{name};
  const auto escaped = model::escape_filter_value(*dn);
  trial.expect(found(bench, "(distinguishedName=" + escaped + ")", 1000, trial) == only,
               "found by distinguishedName");
  trial.expect(found(bench, "(|(distinguishedName=" + escaped + ")(cn=nobody)(sAMAccountName=nobody))", 1000,
                     trial) == only,
               "found by an OR of several attributes");
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  trial.expect(found(bench, "(sAMAccountName=" + upper + ")", 1000, trial) == only,
               "found whatever the case");
  trial.expect(found(bench, "(&(cn=" + name + ")(|(info=*)(!(info=*))))", 1000, trial) == only,
               "an attribute that is absent makes (!(a=*)) true");
}

void pages(Bench& bench, Trial& trial) {
  const std::string prefix = bench.unique("p");
  for (int i = 0; i < 5; ++i)
    if (!bench.group(trial, prefix + std::to_string(i))) return;
  trial.expect(found(bench, "(cn=" + prefix + "*)", 2, trial).size() == 5,
               "pages of 2 give all 5 objects, each once");
}

void ranges(Bench& bench, Trial& trial) {
  const auto group = bench.group(trial, bench.unique("g"));
  if (!group) return;
  for (int i = 0; i < 4; ++i) {
    const auto member = bench.group(trial, bench.unique("g"));
    if (!member ||
        !trial.done("add a member", bench.modify(*group, {{ModifyOperation::add, "member", {*member}}})))
      return;
  }
  const auto entry = ldap::read(bench.directory(), *group, {"member;range=0-1"});
  const auto* members = entry ? entry->find("member") : nullptr;
  trial.expect(members != nullptr && members->values.size() == 4,
               "asked for member;range=0-1 and then for the rest: " +
                   (members == nullptr ? std::string("no values") : plural(members->values.size(), "value")));
}

void metadata_names(Bench& bench, Trial& trial) {
  const auto dn = bench.account(trial, bench.unique("a"));
  if (!dn) return;
  const auto entry = ldap::read(bench.directory(), *dn, {"allowedAttributesEffective", "sDRightsEffective"});
  const auto* allowed = entry ? entry->find("allowedAttributesEffective") : nullptr;
  if (allowed == nullptr) return trial.not_tried("allowedAttributesEffective is not there");
  for (const std::string attribute :
       {"adminDescription", "servicePrincipalName", "msDS-GroupMSAMembership"}) {
    const bool listed = std::any_of(allowed->values.begin(), allowed->values.end(),
                                    [&](const auto& value) { return equal_folded(value, attribute); });
    const auto wrote = bench.modify(*dn, {{ModifyOperation::replace, attribute, {}}});
    trial.expect(listed == wrote.has_value(),
                 attribute + (listed ? " is" : " is not") + " listed; writing it: " + answer(wrote));
  }
  trial.note("sDRightsEffective: " + std::string(entry->first("sDRightsEffective").value_or("none")));
}

void children(Bench& bench, Trial& trial) {
  const auto entry = ldap::read(bench.directory(), bench.unit()->text(), {"allowedChildClassesEffective"});
  const auto* allowed = entry ? entry->find("allowedChildClassesEffective") : nullptr;
  if (allowed == nullptr) return trial.not_tried("allowedChildClassesEffective is not there");
  const std::string name = bench.unique("g");
  const auto added =
      bench.directory().add(bench.below(name), {{"objectClass", {"group"}}, {"sAMAccountName", {name}}});
  const bool listed = std::any_of(allowed->values.begin(), allowed->values.end(),
                                  [](const auto& value) { return equal_folded(value, "group"); });
  trial.expect(listed == added.has_value(),
               std::string("group") + (listed ? " is" : " is not") + " listed; making one: " + answer(added));
}

}  // namespace

std::vector<Check> name_checks() {
  return {
      {"name.byGuidAndSid", "objects are read and modified by <GUID=...>, and read by <SID=...>",
       "[MS-ADTS] 3.1.1.3.1.2.4", addressed},
      {"name.gone", "an object that was deleted is answered with 32, or with referral 10",
       "[MS-ADTS] 3.1.1.4.6 (L2)", gone},
      {"name.moved", "an object keeps its GUID and sAMAccountName when it is renamed and moved by GUID",
       "[MS-ADTS] 3.1.1.5.4.1", moved},
      {"read.filters",
       "objects are found by distinguishedName, by an OR of attributes, in any case, and by what they lack",
       "[MS-ADTS] 3.1.1.3.1.3.1 (U5)", searched},
      {"read.pages", "a paged search gives each object once", "RFC 2696, [MS-ADTS] 3.1.1.3.4.1.1", pages},
      {"read.ranges", "an attribute that is asked for in ranges is complete in the end",
       "[MS-ADTS] 3.1.1.3.1.3.3", ranges},
      {"rights.attributes", "allowedAttributesEffective lists exactly what this user may write",
       "[MS-ADTS] 3.1.1.4.5.7", metadata_names, true, true},
      {"rights.children", "allowedChildClassesEffective lists what this user may make",
       "[MS-ADTS] 3.1.1.4.5.5", children, true, true},
  };
}

}  // namespace gmsactl::conformance
