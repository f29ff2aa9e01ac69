// What holds for the whole forest or for the connection, and is only read.
#include <algorithm>
#include <array>

#include "engine/base/text.h"
#include "providers/conformance/bench.h"
#include "providers/directory/kds_root_key.h"
#include "providers/directory/preflight.h"

namespace gmsactl::conformance {

namespace {

constexpr std::array<std::pair<const char*, const char*>, 4> controls{{
    {"1.2.840.113556.1.4.319", "paged results"},
    {"1.2.840.113556.1.4.417", "show deleted objects"},
    {"1.2.840.113556.1.4.528", "change notification"},
    {"1.2.840.113556.1.4.801", "security descriptor flags"},
}};

void supported_controls(Bench& bench, Trial& trial) {
  const auto* found = bench.root_dse().find("supportedControl");
  for (const auto& [oid, what] : controls) {
    const bool listed =
        found != nullptr && std::find(found->values.begin(), found->values.end(), oid) != found->values.end();
    trial.expect(listed, std::string(what) + " (" + oid + (listed ? ") is listed" : ") is not listed"));
  }
}

void heuristics(Bench& bench, Trial& trial) {
  const auto found = directory::read_ds_heuristics(bench.directory(), bench.configuration());
  if (!found && found.error().kind == ErrorKind::denied)
    return trial.not_tried("dSHeuristics is hidden from this user");
  if (!found) return trial.observed("read dSHeuristics", fail(found.error()));
  trial.note(found->text().empty() ? "dSHeuristics is not set"
                                   : "dSHeuristics is \"" + printable(found->text()) + "\"");
  trial.expect(!found->permissive_modify(), std::string("character 5 (fLDAPUsePermMod): ") + found->at(5));
  trial.note(std::string("character 3 (fDoListObject): ") + found->at(3));
  trial.note(std::string("character 21 (uniqueness of UPNs and SPNs not checked): ") + found->at(21));
  trial.note(std::string("character 28 (rights on attributes at creation): ") + found->rights_at_add());
  trial.note(std::string("character 29 (implicit rights of owners blocked): ") +
             found->owner_rights_blocked());
}

void root_keys(Bench& bench, Trial& trial) {
  ldap::SearchRequest request;
  request.base = bench.configuration()
                     .child("CN", "Services")
                     .child("CN", "Group Key Distribution Service")
                     .child("CN", "Master Root Keys")
                     .text();
  request.scope = ldap::Scope::one_level;
  request.attributes = {"objectClass", "msKds-UseStartTime", "msKds-SecretAgreementAlgorithmID",
                        "msKds-SecretAgreementParam", "msKds-PrivateKeyLength"};
  const auto keys = ldap::search_all(bench.directory(), request);
  if (!keys) return trial.observed("list the root keys", fail(keys.error()));
  trial.note(plural(keys->size(), "root key") + " listed");
  for (const auto& key : *keys) {
    const bool visible = key.find("objectClass") != nullptr;
    const auto* group = key.find("msKds-SecretAgreementParam");
    trial.expect(
        !visible || key.find("msKds-UseStartTime") != nullptr,
        printable(key.dn.substr(0, key.dn.find(','))) +
            (!visible
                 ? ": only its name is visible to this user"
                 : ": readable, " +
                       std::string(key.first("msKds-SecretAgreementAlgorithmID").value_or("no algorithm")) +
                       ", group of " +
                       (group == nullptr ? std::string("none")
                                         : plural(group->values.front().size(), "byte")) +
                       ", private keys of " + std::string(key.first("msKds-PrivateKeyLength").value_or("?")) +
                       " bits"));
  }
}

void root_key_settings(Bench& bench, Trial& trial) {
  const auto made = directory::root_key_parameters(bench.directory(), bench.configuration());
  if (made) {
    for (const auto& attribute : *made)
      if (attribute.name == "msKds-SecretAgreementAlgorithmID" || attribute.name == "msKds-KDFAlgorithmID")
        trial.note("a new key would have " + attribute.name + " " + attribute.values.front());
    return;
  }
  if (made.error().kind == ErrorKind::denied)
    return trial.not_tried("the Server Configuration is hidden from this user");
  trial.expect(false, made.error().message);
}

void encrypted(Bench& bench, Trial& trial) {
  const std::string host(bench.root_dse().first("dnsHostName").value_or(""));
  if (host.empty()) return trial.not_tried("the controller does not say its dnsHostName");
  const auto opened = bench.connect("ldaps://" + host);
  trial.note("ldaps://" + host + " with the same authentication: " +
             (opened ? std::string("works") : printable(opened.error().message)));
  const bool binding = !opened && opened.error().native &&
                       opened.error().native->extended == std::optional<uint32_t>(0x80090346);
  trial.expect(!binding, binding ? "the channel binding was refused" : "no channel binding was refused");
}

}  // namespace

std::vector<Check> forest_checks() {
  return {
      {"server.controls", "the controls that gmsactl sends are supported", "[MS-ADTS] 3.1.1.3.4.1",
       supported_controls, false, true},
      {"server.ldaps",
       "LDAPS with the same authentication works, or fails for another reason than channel binding",
       "[MS-ADTS] 5.1.2.2", encrypted, false, true},
      {"forest.heuristics", "dSHeuristics does not make modifications permissive",
       "[MS-ADTS] 6.1.1.2.4.1.2 (L10, U8)", heuristics, false},
      {"forest.rootKeys",
       "root keys are listed to every user, and their times are visible with their class or not at all",
       "[MS-ADTS] 5.1.3.3.6 (U12)", root_keys, false},
      {"forest.rootKeySettings", "what a new root key is made of can be told", "[MS-GKDI] 3.1.4.1.1 (L1)",
       root_key_settings, false},
  };
}

}  // namespace gmsactl::conformance
