// What the server makes of SPNs when an account is renamed must never be, not even for a moment, what another
// account has or is to have.
#include <algorithm>
#include <map>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/plan/context.h"
#include "engine/plan/field.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::GmsaChange;
using model::Kind;
using model::ResourceId;
using model::SetAside;

namespace {

/// SPNs that the server would rewrite into ones of other accounts, on the way to what is declared.
class Rewrites {
 public:
  explicit Rewrites(Context& context) : context_(context) {}

  void run() {
    for (auto& change : context_.plan.changes) {
      auto* account = std::get_if<GmsaChange>(&change.detail);
      if (account == nullptr || !account->live || change.action == Action::replace) continue;
      const auto& live = *account->live;
      const bool renamed =
          !equal_folded(live.sam_account_name, account->desired.sam_account_name + "$") ||
          (live.dns_host_name && !equal_folded(*live.dns_host_name, account->desired.dns_host_name));
      if (renamed) check(change, *account);
    }
  }

 private:
  void check(Change& change, GmsaChange& account) {
    if (owners_.empty()) note_owners();
    const auto& wanted = account.service_principal_names;
    const bool exact = account.desired.service_principal_names_mode == model::SpnMode::exact;
    std::vector<std::string> given_up;
    for (const auto& spn : account.live->service_principal_names) {
      const std::string becomes = model::spn_after_renaming(spn, *account.live, account.desired);
      if (becomes == spn || contains_folded(wanted, becomes)) continue;
      const std::string owner = owner_of(becomes, change);
      if (owner.empty()) continue;
      if (exact)
        given_up.push_back(spn);
      else
        context_.report(
            Severity::error, "GMSA0205", "SPN held by another object",
            "Renaming " + model::address(change.id) + " makes the server turn its SPN " + spn + " into " +
                becomes + ", which is that of " + owner + ".",
            "Remove " + spn + " first (setspn -D " + spn + " " + account.live->sam_account_name + ").",
            change.declared_at, change.id);
    }
    if (given_up.empty()) return;
    SetAside step;
    step.id = change.id;
    step.guid = change.guid;
    step.service_principal_names = given_up;
    change.reasons.push_back("it gives up " + join(given_up, ", ") +
                             " first, which the server would turn into SPNs of other accounts");
    account.live->service_principal_names = without_folded(account.live->service_principal_names, given_up);
    change.set_aside.push_back(std::move(step));
  }

  /// Who else has it or is to have it, as people know him; empty where nobody does.
  std::string owner_of(const std::string& spn, const Change& change) const {
    if (const auto owners = owners_.find(fold(spn)); owners != owners_.end())
      for (const auto& id : owners->second)
        if (!(id == change.id)) return model::address(id);
    if (const auto held = context_.seen.spn_holders.find(fold(spn)); held != context_.seen.spn_holders.end())
      for (const auto& holder : held->second)
        if (!(holder.id.guid == change.guid)) return holder.id.dn.text();
    return context_.seen.spn_holders_unreadable ? "an object that could not be looked for" : "";
  }

  void note_owners() {
    for (const auto& account : context_.desired.accounts)
      for (const auto& spn : account.spec.service_principal_names)
        owners_[fold(spn.text)].push_back({Kind::gmsa, account.name});
    for (const auto& [name, observation] : context_.seen.accounts)
      if (const auto* live = std::get_if<model::LiveGmsa>(&observation))
        for (const auto& spn : live->service_principal_names)
          owners_[fold(spn)].push_back({Kind::gmsa, name});
  }

  Context& context_;
  std::map<std::string, std::vector<ResourceId>> owners_;
};

}  // namespace

void avoid_rewritten_spns(Context& context) { Rewrites(context).run(); }

}  // namespace gmsactl::plan
