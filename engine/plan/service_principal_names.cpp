#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "engine/base/text.h"
#include "engine/plan/context.h"
#include "engine/plan/field.h"

namespace gmsactl::plan {

using model::Change;
using model::Kind;
using model::Principal;
using model::Spn;

namespace {

struct Claim {
  const model::Declaration<model::Gmsa>* declaration;
  Spn spn;
};

/// Spn::host without the rest of its parsing.
std::string_view host_of(std::string_view spn) {
  spn.remove_prefix(std::min(spn.find('/'), spn.size() - 1) + 1);
  return spn.substr(0, spn.find_first_of(":/"));
}

class SpnCheck {
 public:
  explicit SpnCheck(Context& context) : context_(context) {
    auto& changes = context_.plan.changes;
    std::unordered_set<std::string> hosts;  // of what is added: only there may others be in its way
    for (size_t i = 0; i < changes.size(); ++i) {
      if (changes[i].id.kind != Kind::gmsa) continue;
      if (!changes[i].guid.empty()) change_by_guid_.emplace(changes[i].guid.encode(), i);
      const auto* field = field_of(changes[i], spn_field);
      if (field == nullptr) continue;
      for (const auto& spn : field->removed) freed_by_.emplace(fold(spn), i);
      for (const auto& spn : field->added) hosts.insert(fold(host_of(spn)));
    }
    for (const auto& declaration : context_.desired.accounts) {
      if (declaration.spec.service_principal_names_mode == model::SpnMode::unmanaged) continue;
      for (const auto& located : declaration.spec.service_principal_names)
        if (auto host = fold(host_of(located.text)); hosts.contains(host))
          if (auto spn = Spn::parse(located.text))
            declared_by_host_[std::move(host)].push_back({&declaration, std::move(*spn)});
    }
  }

  void run() {
    for (auto& change : context_.plan.changes) {
      const auto* field = change.id.kind == Kind::gmsa ? field_of(change, spn_field) : nullptr;
      if (field == nullptr) continue;
      if (context_.seen.spn_holders_unreadable && !field->added.empty()) {
        const Error& why = *context_.seen.spn_holders_unreadable;
        context_.report(Severity::error, "GMSA0211", "SPN holders could not be read",
                        "Whether another object holds an SPN of " + model::address(change.id) +
                            " is not known: " + why.message + ".",
                        why.hint, change.declared_at, change.id);
        context_.plan.unreadable.push_back(
            {change.id, Error{why}.with_context("finding the holders of its SPNs")});
        continue;
      }
      for (const auto& text : field->added)
        if (auto spn = Spn::parse(text)) check(change, *spn);
    }
  }

 private:
  SourceRange position(const Change& change, const std::string& spn) const {
    for (const auto& located : std::get<model::GmsaChange>(change.detail).desired.service_principal_names)
      if (equal_folded(located.text, spn)) return located.where;
    return change.declared_at;
  }

  void check(Change& change, const Spn& spn) {
    const std::string text = spn.text();
    check_holders(change, text, text);
    for (const auto& alias : context_.seen.directory.spn_mappings.aliases(spn))
      check_holders(change, text, alias.text());
    check_declared(change, spn);
  }

  void check_holders(Change& change, const std::string& wanted, const std::string& held) {
    const auto found = context_.seen.spn_holders.find(fold(held));
    if (found == context_.seen.spn_holders.end()) return;
    for (const Principal& holder : found->second) {
      if (holder.id.guid == change.guid && !change.guid.empty()) continue;
      if (frees(change, holder, held)) continue;
      const bool alias = !equal_folded(wanted, held);
      context_.report(Severity::error, alias ? "GMSA0206" : "GMSA0205",
                      alias ? "SPN answered by another object's alias" : "SPN held by another object",
                      alias ? wanted + " for " + model::address(change.id) + " means the same service as " +
                                  held + ", which " + holder.id.dn.text() +
                                  " holds: the domain maps service classes to HOST, so clients would get "
                                  "tickets for either account."
                            : wanted + ", declared for " + model::address(change.id) + ", is registered on " +
                                  holder.id.dn.text() + ". An SPN belongs to one object in the forest.",
                      hint(holder, held), position(change, wanted), change.id);
      return;
    }
  }

  std::string hint(const Principal& holder, const std::string& held) const {
    if (const auto* account = freed_in_another_shard(holder, held))
      return "GMSA/" + account->name +
             ", which is in another shard, gives it up: apply that one first, and then this one again.";
    return "Remove it there first (setspn -D " + held + " " +
           (holder.sam_account_name.empty() ? "ACCOUNT" : holder.sam_account_name) +
           "), or declare another name.";
  }

  const model::Declaration<model::Gmsa>* freed_in_another_shard(const Principal& holder,
                                                                const std::string& held) const {
    if (!context_.options.shard) return nullptr;
    for (const auto& account : context_.desired.accounts) {
      const auto* live = std::get_if<model::LiveGmsa>(&context_.account(account.name));
      if (live == nullptr || !(live->id.guid == holder.id.guid)) continue;
      if (account.spec.service_principal_names_mode != model::SpnMode::exact) return nullptr;
      const auto& wanted = account.spec.service_principal_names;
      const bool keeps = std::any_of(wanted.begin(), wanted.end(),
                                     [&](const auto& spn) { return equal_folded(spn.text, held); });
      return keeps || context_.options.shard->has({Kind::gmsa, account.name}) ? nullptr : &account;
    }
    return nullptr;
  }

  /// Whether this very plan takes the SPN from its holder; then that goes first.
  bool frees(Change& change, const Principal& holder, const std::string& held) {
    const auto holder_change = change_by_guid_.find(holder.id.guid.encode());
    if (holder_change == change_by_guid_.end()) return false;
    const auto [first, last] = freed_by_.equal_range(fold(held));
    const bool freed =
        std::any_of(first, last, [&](const auto& entry) { return entry.second == holder_change->second; });
    const auto& other = context_.plan.changes[holder_change->second];
    const bool goes =
        other.action == model::Action::remove ||
        (other.action == model::Action::replace &&
         !contains_folded(std::get<model::GmsaChange>(other.detail).service_principal_names, held));
    if (!freed && !goes) return false;
    change.requires_.push_back(other.id);
    change.reasons.push_back(held + " is freed by " + model::address(other.id) + " first");
    context_.handovers.push_back({Handover::What::spn, change.id, other.id, held});
    return true;
  }

  /// Two declared accounts that would answer for each other through HOST aliases; the same SPN twice is found
  /// when the manifests are read.
  void check_declared(const Change& change, const Spn& spn) {
    const auto found = declared_by_host_.find(fold(spn.host));
    if (found == declared_by_host_.end()) return;
    for (const auto& claim : found->second) {
      if (claim.declaration->name == change.id.name) continue;
      const auto aliases = context_.seen.directory.spn_mappings.aliases(spn);
      if (std::find_if(aliases.begin(), aliases.end(), [&](const Spn& alias) {
            return equal_folded(alias.text(), claim.spn.text());
          }) == aliases.end())
        continue;
      context_.report(Severity::error, "GMSA0206", "SPN answered by another object's alias",
                      spn.text() + " for " + model::address(change.id) + " means the same service as " +
                          claim.spn.text() + ", declared for GMSA/" + claim.declaration->name +
                          ": the domain maps service classes to HOST.",
                      "Give the name to one of the two accounts.", position(change, spn.text()), change.id);
      return;
    }
  }

  Context& context_;
  std::unordered_map<std::string, size_t> change_by_guid_;
  std::unordered_multimap<std::string, size_t> freed_by_;
  std::unordered_map<std::string, std::vector<Claim>> declared_by_host_;
};

}  // namespace

void check_service_principal_names(Context& context) {
  const bool any =
      std::any_of(context.plan.changes.begin(), context.plan.changes.end(), [](const Change& change) {
        return change.id.kind == Kind::gmsa && field_of(change, spn_field) != nullptr;
      });
  if (any) SpnCheck(context).run();
}

}  // namespace gmsactl::plan
