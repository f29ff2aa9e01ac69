#include "engine/plan/names.h"

#include "engine/base/text.h"

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

}  // namespace gmsactl::plan
