#include "engine/plan/afterwards.h"

#include <algorithm>
#include <set>
#include <vector>

#include "engine/base/text.h"
#include "engine/plan/names.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::Dn;
using model::Guid;
using model::Principal;
using model::PrincipalRef;

bool Afterwards::operator==(const Afterwards& other) const {
  const auto who = [](const Afterwards& one) {
    return one.principal ? one.principal->id : model::Identity{};
  };
  return who(*this) == who(other) && by == other.by && replaced == other.replaced &&
         dn_after == other.dn_after;
}

namespace {

/// An object that this plan renames, moves, replaces or deletes.
struct Turn {
  const Change* change;
  Names names;
  bool replaced;

  bool renamed() const { return names.gives_up_name(names.sam_before); }
  bool moved() const { return names.gives_up_place(names.dn_before); }
};

Principal principal_of(const Turn& turn) {
  const auto of = [](const auto& live) {
    Principal principal;
    principal.id = live.id;
    principal.sam_account_name = live.sam_account_name;
    return principal;
  };
  if (const auto* account = std::get_if<model::GmsaChange>(&turn.change->detail)) return of(*account->live);
  return of(*std::get<model::GroupChange>(turn.change->detail).live);
}

class Foreseeing {
 public:
  Foreseeing(const model::Plan& plan, const model::Observations& seen) : seen_(seen) {
    for (const auto& change : plan.changes) {
      const auto names = names_of(change);
      if (!names) continue;
      Turn turn{&change, *names, change.action == Action::replace};
      if (!turn.replaced && !turn.renamed() && !turn.moved()) continue;
      const auto [entry, fresh] = turns_.emplace(change.guid, std::move(turn));
      if (entry->second.names.goes) continue;
      if (entry->second.renamed()) takers_.emplace(fold(entry->second.names.sam_after), &entry->second);
      if (entry->second.moved()) arrivals_.emplace(entry->second.names.dn_after.key(), &entry->second);
    }
  }

  bool nothing() const { return turns_.empty(); }

  void look(const PrincipalRef& ref) {
    if (ref.form == PrincipalRef::Form::host_group) return;
    std::string key = model::principal_key(ref);
    if (!looked_at_.insert(key).second) return;
    const auto found = seen_.principals.find(key);
    if (found == seen_.principals.end() || found->second.unreadable) return;
    if (auto after = judge(ref, found->second.matches))
      references_.emplace(std::move(key), std::move(*after));
  }

  References take() { return std::move(references_); }

 private:
  const Turn* turn_of(const Principal& principal) const {
    const auto found = turns_.find(principal.id.guid);
    return found == turns_.end() || principal.id.guid.empty() ? nullptr : &found->second;
  }

  static bool lets_go(const PrincipalRef& ref, const Principal& match, const Turn& turn) {
    switch (ref.form) {
      case PrincipalRef::Form::host_group:
        return false;
      case PrincipalRef::Form::name:
      case PrincipalRef::Form::qualified:
        return turn.names.gives_up_name(match.sam_account_name);
      case PrincipalRef::Form::sid:
        return turn.replaced;
      case PrincipalRef::Form::dn:
        return turn.names.gives_up_place(match.id.dn);
    }
    return false;
  }

  /// Those that will be what `ref` says. A computer or an account comes before a group of the same name.
  std::vector<const Turn*> newcomers(const PrincipalRef& ref) const {
    if (ref.form == PrincipalRef::Form::dn) {
      const auto found = arrivals_.find(model::dn_key(ref.text));
      return found == arrivals_.end() ? std::vector<const Turn*>() : std::vector{found->second};
    }
    std::string_view name = ref.text;
    if (ref.form == PrincipalRef::Form::qualified) {
      const auto parts = model::qualified_name(ref.text);
      const auto& facts = seen_.directory;
      if (!equal_folded(parts.domain, facts.netbios_domain) && !equal_folded(parts.domain, facts.dns_domain))
        return {};
      name = parts.name;
    } else if (ref.form != PrincipalRef::Form::name) {
      return {};
    }
    const std::string folded = fold(name);
    for (const auto& each : {folded.ends_with('$') ? folded : folded + "$", folded})
      if (const auto found = takers_.find(each); found != takers_.end()) return {found->second};
    return {};
  }

  std::optional<Afterwards> judge(const PrincipalRef& ref, const std::vector<Principal>& matches) const {
    const Turn* gone = nullptr;
    std::vector<std::pair<Principal, const Turn*>> left;
    for (const auto& match : matches) {
      const Turn* turn = turn_of(match);
      if (turn != nullptr && lets_go(ref, match, *turn))
        gone = turn;
      else
        left.emplace_back(match, turn);
    }
    bool comes = false;
    for (const Turn* turn : newcomers(ref))
      if (std::none_of(left.begin(), left.end(), [&](const auto& one) { return one.second == turn; })) {
        // A group's or a user's name counts only where no computer has it.
        if (!left.empty() && left.front().first.sam_account_name.ends_with('$') &&
            !turn->names.sam_after.ends_with('$'))
          continue;
        left.emplace_back(principal_of(*turn), turn);
        comes = true;
      }
    if (left.empty()) return gone == nullptr ? std::nullopt : nobody(ref, *gone);
    if (left.size() > 1) return std::nullopt;  // as ambiguous as it is now
    const auto& [principal, turn] = left.front();
    const bool replaced = turn != nullptr && turn->replaced;
    if (!comes && !replaced) return std::nullopt;
    Afterwards after;
    after.principal = principal;
    after.by = turn->change->id;
    after.replaced = replaced;
    if (replaced) after.dn_after = turn->names.dn_after;
    return after;
  }

  /// What is deleted while it is named is an error of its own.
  static std::optional<Afterwards> nobody(const PrincipalRef& ref, const Turn& gone) {
    if (gone.names.goes) return std::nullopt;
    Afterwards after;
    after.by = gone.change->id;
    const std::string who = model::address(*after.by);
    if (ref.form == PrincipalRef::Form::sid) {
      after.why = who + ", which this plan replaces, so it gets another SID";
      after.instead = gone.names.sam_after;
    } else if (ref.form == PrincipalRef::Form::dn) {
      after.why = who + ", which this plan puts at " + gone.names.dn_after.text();
      after.instead = gone.names.dn_after.text();
    } else {
      after.why = who + ", which this plan renames to " + gone.names.sam_after;
      after.instead = gone.names.sam_after;
    }
    return after;
  }

  const model::Observations& seen_;
  std::map<Guid, Turn> turns_;
  std::map<std::string, const Turn*> takers_;    // by fold(sAMAccountName)
  std::map<std::string, const Turn*> arrivals_;  // by Dn::key()
  std::set<std::string> looked_at_;
  References references_;
};

}  // namespace

References foresee(const model::Plan& plan, const model::Desired& desired, const model::Observations& seen) {
  Foreseeing foreseeing(plan, seen);
  if (foreseeing.nothing()) return {};
  for (const auto& group : desired.host_groups)
    if (!group.settled && group.spec.members)
      for (const auto& ref : *group.spec.members) foreseeing.look(ref);
  for (const auto& account : desired.accounts)
    if (!account.settled)
      for (const auto& ref : account.spec.principals) foreseeing.look(ref);
  return foreseeing.take();
}

}  // namespace gmsactl::plan
