#include "engine/plan/names.h"

#include "engine/base/text.h"
#include "engine/model/domain.h"

namespace gmsactl::plan {

bool Names::gives_up_name(const std::string& sam_account_name) const {
  return goes || !equal_folded(sam_after, sam_account_name);
}

bool Names::gives_up_place(const model::Dn& dn) const { return goes || !(dn_after == dn); }

std::optional<Names> names_of(const model::Change& change) {
  if (change.guid.empty()) return std::nullopt;
  if (const auto* account = std::get_if<model::GmsaChange>(&change.detail))
    return Names{account->live->sam_account_name, account->desired.sam_account_name + "$", change.dn,
                 account->dn};
  if (const auto* group = std::get_if<model::GroupChange>(&change.detail))
    return Names{group->live->sam_account_name, group->desired.sam_account_name, change.dn, group->dn};
  if (const auto* removal = std::get_if<model::RemovalChange>(&change.detail))
    return Names{std::visit([](const auto& live) { return live.sam_account_name; }, removal->live),
                 {},
                 change.dn,
                 {},
                 true};
  return std::nullopt;
}

std::string label(const model::Principal& principal, const model::Dn& own_domain) {
  if (!principal.sam_account_name.empty()) {
    const model::Dn domain = model::domain_of(principal.id.dn);
    if (domain.empty() || domain == own_domain) return principal.sam_account_name;
    return model::dns_name_of(domain) + "\\" + principal.sam_account_name;
  }
  return principal.id.sid.empty() ? principal.id.dn.text() : principal.id.sid.text();
}

}  // namespace gmsactl::plan
