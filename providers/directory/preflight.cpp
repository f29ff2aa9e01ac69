#include "providers/directory/preflight.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/text.h"
#include "providers/directory/decode.h"
#include "providers/directory/kds_root_key.h"
#include "providers/directory/permissions.h"

namespace gmsactl::directory {

using model::Action;
using model::Change;
using model::Dn;
using model::Kind;

namespace {

// [MS-ADTS] 2.2.16.
constexpr uint32_t trusted_for_delegation = 0x80000;
constexpr uint32_t trusted_to_authenticate_for_delegation = 0x1000000;
constexpr uint32_t delegation_bits = trusted_for_delegation | trusted_to_authenticate_for_delegation;
constexpr char builtin_administrators[] = "S-1-5-32-544";
constexpr char allowed_attributes[] = "allowedAttributesEffective";

Diagnostic finding(Severity severity, std::string_view code, std::string summary, std::string detail,
                   std::string hint) {
  Diagnostic made;
  made.severity = severity;
  made.code = code;
  made.summary = std::move(summary);
  made.detail = std::move(detail);
  made.hint = std::move(hint);
  return made;
}

/// Who asks, as far as the server says it.
struct Caller {
  bool administrator = false;
  bool samba = false;
};

Result<Caller> read_caller(ldap::Reader& directory) {
  const auto root = GMSACTL_TRY(ldap::read(directory, "", {"tokenGroups", "vendorName"}));
  Caller caller;
  caller.samba = root.first("vendorName").value_or("").starts_with("Samba");
  if (const auto* token = root.find("tokenGroups"))
    caller.administrator = std::any_of(token->values.begin(), token->values.end(), [](const auto& value) {
      const auto sid = model::Sid::decode(value);
      return sid && sid->text() == builtin_administrators;
    });
  return caller;
}

void judge_heuristics(const Result<DsHeuristics>& heuristics, Diagnostics& all) {
  if (!heuristics) {
    all.push_back(finding(
        Severity::warning, "GMSA0283", "dSHeuristics not readable",
        "This user cannot read dSHeuristics of CN=Directory Service (" + heuristics.error().message +
            "), so gmsactl cannot tell whether the forest makes modifications permissive or skips checks for "
            "unique names.",
        "Grant the user the right to read CN=Directory Service,CN=Windows NT,CN=Services of the "
        "configuration."));
    return;
  }
  const std::string value = "dSHeuristics is \"" + printable(heuristics->text()) + "\": ";
  if (heuristics->permissive_modify())
    all.push_back(finding(
        Severity::error, "GMSA0280", "The forest makes every modification permissive",
        value + "its 5th character (fLDAPUsePermMod) lets a request that removes a value that is no longer "
                "there succeed. A concurrent change would be overwritten without notice, so nothing is "
                "applied.",
        "Have an enterprise administrator set the 5th character to 0, on CN=Directory Service,CN=Windows "
        "NT,CN=Services of the configuration."));
  if (heuristics->uniqueness_unchecked())
    all.push_back(finding(
        Severity::warning, "GMSA0281", "The forest does not check that SPNs or UPNs are unique",
        value +
            "its 21st character (DoNotVerifyUPNAndOrSPNUniqueness) turns the check off. gmsactl looks for "
            "other holders before it writes, but an SPN that is registered at the same moment goes "
            "unnoticed.",
        "Set the 21st character to 0 once duplicates have been removed; setspn -X finds them."));
  if (heuristics->list_object_mode())
    all.push_back(finding(
        Severity::note, "GMSA0282", "The forest uses List Object mode",
        value + "its 3rd character (fDoListObject) lets access control hide single objects from a search.",
        "Make sure that this user has List Object on everything the environment manages or refers to."));
}

/// Whether what is written needs SE_ENABLE_DELEGATION: [MS-ADTS] 3.1.1.5.3.1 for the attribute, whatever its
/// values; [MS-SAMR] 3.1.1.8.10 for the bits where they are set afterwards, changed or not.
bool needs_delegation_privilege(const Change& change) {
  const auto* account = std::get_if<model::GmsaChange>(&change.detail);
  if (account == nullptr) return false;
  const bool writes_bits = (account->user_account_control & delegation_bits) != 0;
  const auto& targets = account->desired.allowed_to_delegate_to;
  if (change.action == Action::create || change.action == Action::replace)
    return writes_bits || (targets && !targets->empty());
  const bool swaps_bits =
      account->live && account->live->user_account_control != account->user_account_control;
  const bool swaps_targets = std::any_of(change.fields.begin(), change.fields.end(), [](const auto& field) {
    return field.path == "allowedToDelegateTo";
  });
  return (swaps_bits && writes_bits) || swaps_targets;
}

void judge_delegation(const model::Plan& plan, const Caller& caller, Diagnostics& all) {
  if (caller.administrator) return;
  std::vector<std::string> addresses;
  for (const auto& change : plan.changes)
    if (needs_delegation_privilege(change)) addresses.push_back(model::address(change.id));
  if (addresses.empty()) return;
  const size_t more = addresses.size() - 1;
  auto made = finding(
      Severity::warning, "GMSA0251", "Delegation needs a privilege",
      addresses.front() + (more == 0 ? " writes" : " and " + plural(more, "other change") + " write") +
          " msDS-AllowedToDelegateTo, or userAccountControl with a delegation bit. That takes the privilege "
          "SeEnableDelegationPrivilege on the domain controller, whatever rights are granted on the object. "
          "This user is not in BUILTIN\\Administrators, and the directory does not show whether it holds the "
          "privilege: the change may be refused (50 insufficientAccessRights).",
      "Apply this change as an administrator, or grant \"Enable computer and user accounts to be trusted for "
      "delegation\" in the Default Domain Controllers Policy.");
  made.address = addresses.front();
  all.push_back(std::move(made));
}

// --- creations, [MS-ADTS] 3.1.1.5.2.1.1 (KB5008383)
// ---------------------------------------------------------

struct Creations {
  Dn container;
  Kind kind = Kind::gmsa;
  std::string first;  ///< address
};

/// What a new object always gets and that its class does not demand.
std::vector<std::string> written_at_creation(Kind kind, const std::string& marker) {
  if (kind == Kind::gmsa)
    return {marker, attribute::dns_host_name, attribute::service_principal_name,
            attribute::group_msa_membership};
  return {marker, attribute::member};
}

/// The first object of the class in the container, with what this user may do to it.
Result<std::optional<ldap::Entry>> example(ldap::Reader& directory, const Creations& creations,
                                           std::string_view object_class) {
  ldap::SearchRequest request;
  request.base = creations.container.text();
  request.scope = ldap::Scope::one_level;
  request.filter = "(objectClass=" + std::string(object_class) + ")";
  // Not sDRightsEffective, which would show WRITE_DAC as well: Samba drops the connection over it.
  request.attributes = {allowed_attributes};
  request.page_size = 1;
  std::optional<ldap::Entry> found;
  auto searched = directory.search(request, [&](ldap::Entry&& entry) {
    found = std::move(entry);
    return false;
  });
  if (!searched && !found && searched.error().kind != ErrorKind::not_found)
    return fail(std::move(searched).error());
  return found;
}

Result<void> judge_creations(ldap::Reader& directory, const Creations& creations, const std::string& marker,
                             Diagnostics& all) {
  const std::string object_class = creations.kind == Kind::gmsa ? gmsa_class : group_class;
  const auto found = GMSACTL_TRY(example(directory, creations, object_class));
  std::vector<std::string> lacks;
  if (found) {
    std::set<std::string, LessFolded> may;
    if (const auto* allowed = found->find(allowed_attributes))
      may.insert(allowed->values.begin(), allowed->values.end());
    for (const auto& name : written_at_creation(creations.kind, marker))
      if (!may.contains(name)) lacks.push_back(name);
    if (lacks.empty()) return {};
  }
  const std::string container = creations.container.text();
  auto made = finding(
      found ? Severity::warning : Severity::note, "GMSA0252", "Rights at creation not certain",
      "A domain controller with the update of KB5008383 checks the right to write each attribute of a new "
      "object, not only the right to create it. " +
          (found ? "This user may not write " + join(lacks, ", ") + " of " + printable(found->dn) +
                       ", so creating " + object_class + " objects in " + container + " may be refused."
                 : "No " + object_class + " object in " + container + " shows whether this user has it."),
      "Grant it on the container, for instance:\ndsacls \"" + container + "\" /I:S /G \"DOMAIN\\USER:GA;;" +
          object_class + "\"");
  made.address = creations.first;
  all.push_back(std::move(made));
  return {};
}

Result<void> check_creations(ldap::Reader& directory, const model::Plan& plan, const std::string& marker,
                             const Diagnostics& missing, Diagnostics& all) {
  std::map<std::pair<std::string, Kind>, Creations> by_container;
  for (const auto& change : plan.changes)
    if (change.action == Action::create &&
        (change.id.kind == Kind::gmsa || change.id.kind == Kind::host_group))
      by_container.try_emplace({change.dn.parent().key(), change.id.kind},
                               Creations{change.dn.parent(), change.id.kind, model::address(change.id)});
  for (const auto& [key, creations] : by_container) {
    const bool said = std::any_of(missing.begin(), missing.end(), [&](const auto& each) {
      return each.detail.find(creations.container.text()) != std::string::npos;
    });
    if (!said) GMSACTL_TRY(judge_creations(directory, creations, marker, all));
  }
  return {};
}

Result<void> check_root_key(ldap::Reader& directory, const model::Plan& plan, const Dn& configuration,
                            Diagnostics& all) {
  for (const auto& change : plan.changes) {
    if (!std::holds_alternative<model::KdsRootKeyChange>(change.detail)) continue;
    auto parameters = root_key_parameters(directory, configuration);
    if (parameters) continue;
    auto& why = parameters.error();
    if (why.kind != ErrorKind::unsupported && why.kind != ErrorKind::denied) return fail(std::move(why));
    auto made = finding(Severity::error, "GMSA0284", "KDS root key cannot be made",
                        "gmsactl cannot create it: " + why.message + ".", why.hint);
    made.address = model::address(change.id);
    all.push_back(std::move(made));
  }
  return {};
}

}  // namespace

Result<DsHeuristics> read_ds_heuristics(ldap::Reader& directory, const Dn& configuration) {
  ldap::SearchRequest request;
  request.base =
      configuration.child("CN", "Services").child("CN", "Windows NT").child("CN", "Directory Service").text();
  request.scope = ldap::Scope::base;
  // An attribute that may not be read makes both halves undefined ([MS-ADTS] 3.1.1.3.1.3.1), so that the
  // object isn't found: that tells "has none" from "has one that is hidden".
  request.filter = "(|(dSHeuristics=*)(!(dSHeuristics=*)))";
  request.attributes = {"dSHeuristics"};
  const auto found = ldap::search_all(directory, request);
  if (!found && found.error().kind != ErrorKind::not_found) return fail(found.error());
  if (!found) return DsHeuristics({});
  if (found->empty()) return fail(ErrorKind::denied, "access control hides it");
  return DsHeuristics(std::string(found->front().first("dSHeuristics").value_or("")));
}

Result<Diagnostics> preflight(ldap::Reader& directory, const ldap::Entry& root_dse, const model::Plan& plan,
                              const std::string& marker, Severity missing_permission) {
  const Dn domain = GMSACTL_TRY(Dn::parse(root_dse.first("defaultNamingContext").value_or("")));
  const Dn configuration = GMSACTL_TRY(Dn::parse(root_dse.first("configurationNamingContext").value_or("")));
  Diagnostics all = GMSACTL_TRY(missing_permissions(directory, plan, domain, marker));
  for (auto& each : all) each.severity = missing_permission;
  auto heuristics = read_ds_heuristics(directory, configuration);
  if (!heuristics && heuristics.error().kind != ErrorKind::denied) return fail(std::move(heuristics).error());
  judge_heuristics(heuristics, all);
  GMSACTL_TRY(check_root_key(directory, plan, configuration, all));
  if (directory.peer().starts_with("ldif:")) return all;  // a file grants everything to everybody
  const Caller caller = GMSACTL_TRY(read_caller(directory));
  judge_delegation(plan, caller, all);
  // "2" turns the check off, "1" on. What the default is depends on the update that a Windows controller has
  // last got; Samba's is off.
  const char check = heuristics ? heuristics->rights_at_add() : '0';
  if (!caller.administrator && check != '2' && (check == '1' || !caller.samba)) {
    const Diagnostics missing = all;
    GMSACTL_TRY(check_creations(directory, plan, marker, missing, all));
  }
  return all;
}

}  // namespace gmsactl::directory
