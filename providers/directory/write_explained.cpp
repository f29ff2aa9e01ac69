// What is known of a refused write beyond the server's own words: who holds a name or an SPN that is taken,
// and that an object is protected from accidental deletion. Also the SPNs that this run has freed itself.
#include <algorithm>
#include <thread>

#include "engine/base/text.h"
#include "engine/model/spn.h"
#include "providers/directory/batch.h"
#include "providers/directory/decode.h"
#include "providers/directory/protection.h"
#include "providers/directory/writer.h"

namespace gmsactl::directory {

using model::Dn;

namespace {

/// ERROR_DS_SPN_VALUE_NOT_UNIQUE_IN_FOREST ([MS-ERREF] 2.2).
constexpr uint32_t spn_not_unique = 0x21C7;

/// What follows the class: "web01.contoso.com:8443".
std::string without_class(std::string_view spn) {
  const size_t slash = spn.find('/');
  return std::string(slash == std::string_view::npos ? spn : spn.substr(slash + 1));
}

std::string holder_text(const ldap::Entry& entry) {
  const auto principal = decode_principal(entry);
  std::string text = printable(entry.dn);
  if (principal && !principal->sam_account_name.empty())
    text += " (" + printable(principal->object_class) + " " + printable(principal->sam_account_name) + ")";
  return text;
}

}  // namespace

void Writer::note_freed(const std::vector<std::string>& spns) {
  const std::lock_guard lock(mutex_);
  for (const auto& spn : spns) freed_spns_.insert(without_class(spn));
}

Fate Writer::with_freed_spns(const std::vector<std::string>& spns, const std::function<Fate()>& send) {
  const auto freed_here = [&] {
    const std::lock_guard lock(mutex_);
    return std::any_of(spns.begin(), spns.end(),
                       [&](const std::string& spn) { return freed_spns_.contains(without_class(spn)); });
  };
  const Patience& patience = transport_.patience();
  auto pause = patience.spn_pause;
  std::chrono::milliseconds waited{0};
  for (;;) {
    Fate fate = send();
    if (fate.kind != Fate::refused || !fate.error->native || fate.error->native->extended != spn_not_unique ||
        !freed_here() || waited >= patience.spn_limit)
      return fate;
    if (patience.waiting) patience.waiting(waited, patience.spn_limit);
    pause = std::min(pause, patience.spn_limit - waited);
    std::this_thread::sleep_for(pause);
    waited += pause;
    pause *= 2;
  }
}

Error Writer::taken(Error error, const std::vector<std::string>& spns, const std::string& sam_account_name,
                    const Dn& dn, bool comes_to_stand) {
  const bool name = error.kind == ErrorKind::already_exists;
  if (!name && error.kind != ErrorKind::constraint) return error;
  std::vector<std::string> clauses;
  if (name && !sam_account_name.empty())
    clauses.push_back(clause(attribute::sam_account_name, sam_account_name));
  if (!name)
    for (const auto& spn : spns) {
      clauses.push_back(clause(attribute::service_principal_name, spn));
      // The class HOST stands for most others, and a holder of either takes both ([MS-ADTS] 3.1.1.5.1.3).
      clauses.push_back(clause(attribute::service_principal_name, "host/" + without_class(spn)));
    }
  std::vector<std::string> holders;
  const auto attributes = principal_attributes();
  if (name && comes_to_stand)
    if (const auto there = ldap::read(transport_, dn.text(), attributes))
      holders.push_back(holder_text(*there));
  auto request = attributes;
  request.emplace_back(attribute::service_principal_name);
  const std::string domain(root_dse_.first("defaultNamingContext").value_or(""));
  std::string spn_held;
  const auto searched = search_any(transport_, domain, clauses, "", request, [&](ldap::Entry&& entry) {
    if (Dn::parse(entry.dn).value_or(Dn()) == dn) return;
    holders.push_back(holder_text(entry));
    if (const auto* held = entry.find(attribute::service_principal_name))
      for (const auto& spn : held->values)
        for (const auto& wanted : spns)
          if (equal_folded(without_class(spn), without_class(wanted))) spn_held = spn;
  });
  if (!searched || holders.empty()) return error;
  const std::string server_said = std::move(error.message);
  if (name) {
    error.message = "the name is taken by " + holders.front();
    error.hint = "Choose another name, or remove or rename that object; then plan again.";
  } else {
    error.message = "the SPN " + printable(spn_held) + " is registered on " + holders.front();
    error.hint = "Remove it there (setspn -D " + printable(spn_held) +
                 " ACCOUNT), or leave it out of the manifest; then plan again.";
  }
  error.message += " since the plan was made; the server says: " + server_said;
  return error;
}

Error Writer::refused_removal(Error error, const Dn& dn) {
  if (error.kind != ErrorKind::denied) return error;
  const auto kept = is_protected(transport_, dn);
  if (!kept || !*kept) return error;
  const std::string server_said = std::move(error.message);
  error.message = "it is protected from accidental deletion; the server says: " + server_said;
  error.hint = lift_protection(dn);
  return error;
}

}  // namespace gmsactl::directory
