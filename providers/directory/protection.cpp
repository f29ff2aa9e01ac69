#include "providers/directory/protection.h"

#include <algorithm>

#include "engine/model/security_descriptor.h"
#include "providers/directory/decode.h"
#include "providers/directory/visibility.h"

namespace gmsactl::directory {

using model::Ace;
using model::Action;
using model::Change;
using model::Dn;

namespace {

// [MS-DTYP] 2.4.3 and [MS-ADTS] 5.1.3.2.
constexpr uint32_t delete_right = 0x10000;
constexpr uint32_t delete_child = 0x2;
constexpr uint8_t inherit_only = 0x08;
constexpr uint8_t inherited = 0x10;
constexpr std::string_view everyone = "S-1-1-0";

Result<bool> denies_everyone(ldap::Reader& directory, const std::string& dn, uint32_t right) {
  const auto entry = GMSACTL_TRY(
      ldap::read(directory, dn, {attribute::security_descriptor}, Visibility::without_auditing()));
  const auto bytes = entry.first(attribute::security_descriptor);
  if (!bytes)
    return fail(ErrorKind::denied, std::string(attribute::security_descriptor) + " is not readable");
  const auto descriptor = GMSACTL_TRY(model::SecurityDescriptor::decode(*bytes));
  // An inherited entry comes after those of the object itself, which may grant the right.
  return std::any_of(descriptor.dacl.begin(), descriptor.dacl.end(), [&](const Ace& ace) {
    return ace.type == Ace::denied && (ace.mask & right) != 0 &&
           (ace.flags & (inherit_only | inherited)) == 0 && ace.sid.text() == everyone;
  });
}

/// Where the object goes away from where it stands.
bool goes_away(const Change& change) {
  if (change.guid.empty()) return false;
  if (change.action == Action::remove || change.action == Action::replace)
    return change.id.kind == model::Kind::gmsa || change.id.kind == model::Kind::host_group;
  const auto* account = std::get_if<model::GmsaChange>(&change.detail);
  const auto* group = std::get_if<model::GroupChange>(&change.detail);
  const Dn* wanted = account != nullptr ? &account->dn : group != nullptr ? &group->dn : nullptr;
  return wanted != nullptr && !(wanted->parent() == change.dn.parent());
}

}  // namespace

Result<bool> is_protected(ldap::Reader& directory, const Dn& dn) {
  if (directory.peer().starts_with("ldif:")) return false;
  if (!GMSACTL_TRY(denies_everyone(directory, dn.text(), delete_right))) return false;
  return denies_everyone(directory, dn.parent().text(), delete_child);
}

std::string lift_protection(const Dn& dn) {
  return "Lift the protection first: Set-ADObject -Identity '" + dn.text() +
         "' -ProtectedFromAccidentalDeletion $false. Without PowerShell, remove the entries that deny "
         "Everyone "
         "to delete it (dsacls \"" +
         dn.text() + "\") and what is in its container (dsacls \"" + dn.parent().text() + "\").";
}

Diagnostics protected_objects(ldap::Reader& directory, const model::Plan& plan) {
  Diagnostics found;
  for (const auto& change : plan.changes) {
    if (!goes_away(change)) continue;
    const auto kept = is_protected(directory, change.dn);
    if (!kept || !*kept) continue;  // where it can't be told, the server will
    const std::string_view verb = change.action == Action::remove    ? "deleted"
                                  : change.action == Action::replace ? "replaced"
                                                                     : "moved";
    Diagnostic finding;
    finding.code = "GMSA0270";
    finding.summary = "Object protected from accidental deletion";
    finding.detail = change.dn.text() + " is protected from accidental deletion, so it cannot be " +
                     std::string(verb) + ".";
    finding.hint = lift_protection(change.dn);
    finding.address = model::address(change.id);
    found.push_back(std::move(finding));
  }
  return found;
}

}  // namespace gmsactl::directory
