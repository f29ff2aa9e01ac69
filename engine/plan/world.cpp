#include "engine/plan/world.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/model/live_of.h"
#include "engine/model/spn.h"
#include "engine/plan/field.h"
#include "engine/plan/names.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::GmsaChange;
using model::GroupChange;
using model::Guid;
using model::Kind;
using model::Principal;
using model::ResourceId;

namespace {

void report(const Member& member, std::string_view code, std::string summary, std::string detail,
            std::string hint, SourceRange where, const ResourceId& id) {
  member.plan->diagnostics.push_back({Severity::error, code, std::move(summary), std::move(detail),
                                      std::move(hint), where, model::address(id)});
}

std::string named(const Member& member, const ResourceId& id) {
  return model::address(id) + " of environment " + member.desired->environment.name;
}

/// Calls `look(id, guid, dn, sam, declared_at)` for each declaration, with where and as what it is to be.
template <class Look>
void for_each_declaration(const Member& member, const Look& look) {
  const auto& environment = member.desired->environment;
  const auto& facts = member.seen->directory;
  static const Guid none;
  for (const auto& group : member.desired->host_groups) {
    const auto* live = model::live_of(member.seen->host_groups, group.name);
    look(ResourceId{Kind::host_group, group.name}, live != nullptr ? live->id.guid : none,
         model::declared_parent(group.spec, environment, facts).child("CN", group.spec.common_name),
         group.spec.sam_account_name, group.declared_at);
  }
  for (const auto& account : member.desired->accounts) {
    const auto* live = model::live_of(member.seen->accounts, account.name);
    look(ResourceId{Kind::gmsa, account.name}, live != nullptr ? live->id.guid : none,
         model::declared_parent(account.spec, environment, facts).child("CN", account.name),
         account.spec.sam_account_name + "$", account.declared_at);
  }
}

/// What `change` lets go of.
bool gives_up_spn(const Change& change, const std::string& spn) {
  if (change.action == Action::remove || change.action == Action::replace) return true;
  const auto* field = field_of(change, spn_field);
  return field != nullptr && contains_folded(field->removed, spn);
}

bool frees_name(const Change& change, const std::string& sam) {
  const auto names = names_of(change);
  return names && names->gives_up_name(sam);
}

bool frees_place(const Change& change, const model::Dn& dn) {
  const auto names = names_of(change);
  return names && names->gives_up_place(dn);
}

/// The SPN itself and what HOST aliases make of it: all that must be nobody else's.
std::vector<std::string> meanings(const Member& member, const std::string& text) {
  std::vector<std::string> all{text};
  if (const auto spn = model::Spn::parse(text))
    for (const auto& alias : member.seen->directory.spn_mappings.aliases(*spn)) all.push_back(alias.text());
  return all;
}

/// Environments that meet in one directory.
class World {
 public:
  explicit World(std::vector<const Member*> members) : members_(std::move(members)) {}

  void run() {
    for (const auto* member : members_) {
      claim_objects(*member);
      claim_spns(*member);
      for (const auto& change : member->plan->changes)
        if (!change.guid.empty()) changes_.emplace(change.guid, std::pair(member, &change));
    }
    for (const auto* member : members_) {
      check_spns(*member);
      check_handovers(*member);
      check_references(*member);
      check_controller(*member);
    }
    say_the_order();
  }

 private:
  struct Claim {
    const Member* member;
    ResourceId id;
  };
  struct SpnClaim {
    const Member* member;
    ResourceId id;
    bool live = false;  ///< registered, whether it is declared or not
  };

  static bool refused(const Member& member, const ResourceId& id) {
    const std::string address = model::address(id);
    return std::any_of(
        member.plan->diagnostics.begin(), member.plan->diagnostics.end(),
        [&](const Diagnostic& one) { return one.code == "GMSA0304" && one.address == address; });
  }

  void claim_objects(const Member& member) {
    for_each_declaration(member, [&](const ResourceId& id, const Guid& guid, const model::Dn& dn,
                                     const std::string& sam, SourceRange where) {
      const auto clash = [&](const auto& claim, const std::string& what) {
        // Whose marker it carries decides, and the other is refused already.
        if (claim.member == &member || refused(member, id) || refused(*claim.member, claim.id)) return;
        report(member, "GMSA0278", "Two environments claim the same thing",
               what + " is claimed by " + named(*claim.member, claim.id) + " and by " + named(member, id) +
                   ", and both environments are of the domain " + member.plan->domain + ".",
               "Declare it in one environment only (metadata.environments), or give it another name or path "
               "in one "
               "of them.",
               where, id);
      };
      const auto [place, free] = places_.try_emplace(dn.key(), Claim{&member, id});
      if (!free) clash(place->second, "The place " + dn.text());
      const auto [name, sole] = names_.try_emplace(fold(sam), Claim{&member, id});
      if (!sole && free) clash(name->second, "sAMAccountName " + sam);
      if (guid.empty()) return;
      const auto [object, fresh] = objects_.try_emplace(guid, Claim{&member, id});
      if (!fresh && free && sole) clash(object->second, "One live object (" + guid.text() + ")");
    });
  }

  void claim_spns(const Member& member) {
    for (const auto& account : member.desired->accounts) {
      const ResourceId id{Kind::gmsa, account.name};
      if (account.spec.service_principal_names_mode != model::SpnMode::unmanaged)
        for (const auto& spn : account.spec.service_principal_names)
          spns_[fold(spn.text)].push_back({&member, id, false});
    }
    for (const auto& [name, observation] : member.seen->accounts)
      if (const auto* live = std::get_if<model::LiveGmsa>(&observation))
        for (const auto& spn : live->service_principal_names)
          spns_[fold(spn)].push_back({&member, {Kind::gmsa, name}, true});
  }

  /// What is added, or made by the server of what is there, against what other environments declare or have.
  void check_spns(const Member& member) {
    for (const auto& change : member.plan->changes) {
      const auto* account = std::get_if<GmsaChange>(&change.detail);
      if (account == nullptr) continue;
      if (const auto* field = field_of(change, spn_field))
        for (const auto& text : field->added) check_added(member, change, text);
      if (account->live && change.action != Action::replace) check_rewritten(member, change, *account);
    }
  }

  void check_added(const Member& member, const Change& change, const std::string& text) {
    for (const auto& meaning : meanings(member, text))
      for (const auto& claim : spns_[fold(meaning)]) {
        // One that is live is a holder, and judged as such.
        if (claim.member == &member || claim.live) continue;
        report(member, "GMSA0278", "Two environments claim the same thing",
               text + " for " + named(member, change.id) +
                   (equal_folded(text, meaning) ? " is"
                                                : " means the same service as " + meaning + ", which is") +
                   " declared for " + named(*claim.member, claim.id) + ", in the same domain.",
               "Declare it for one of the two accounts only.", change.declared_at, change.id);
        return;
      }
  }

  void check_rewritten(const Member& member, const Change& change, const GmsaChange& account) {
    for (const auto& spn : account.live->service_principal_names) {
      const std::string becomes = model::spn_after_renaming(spn, *account.live, account.desired);
      if (becomes == spn || contains_folded(account.service_principal_names, becomes)) continue;
      for (const auto& claim : spns_[fold(becomes)]) {
        if (claim.member == &member) continue;
        report(member, "GMSA0278", "Two environments claim the same thing",
               "Renaming " + named(member, change.id) + " makes the server turn its SPN " + spn + " into " +
                   becomes + ", which is that of " + named(*claim.member, claim.id) + ".",
               "Remove " + spn + " first: setspn -D " + spn + " " + account.live->sam_account_name + ".",
               change.declared_at, change.id);
        break;
      }
    }
  }

  /// Each environment is written after the other, so what one frees another can take in the next run.
  void check_handovers(const Member& member) {
    const auto& seen = *member.seen;
    for (const auto& change : member.plan->changes) {
      const auto* field = change.id.kind == Kind::gmsa ? field_of(change, spn_field) : nullptr;
      if (field == nullptr) continue;
      for (const auto& text : field->added) {
        for (const auto& meaning : meanings(member, text))
          if (const auto held = seen.spn_holders.find(fold(meaning)); held != seen.spn_holders.end())
            for (const auto& holder : held->second)
              if (const auto* other = elsewhere(member, holder);
                  other && gives_up_spn(*other->second, meaning))
                postpone(member, change.id, change.declared_at, meaning, holder.id.dn, *other);
      }
    }
    for_each_declaration(member, [&](const ResourceId& id, const Guid& guid, const model::Dn& dn,
                                     const std::string& sam, SourceRange where) {
      // It was found by the name or the place that it is about to lose.
      if (const auto found = changes_.find(guid); found != changes_.end() && found->second.first != &member)
        if (const Change& other = *found->second.second; const auto names = names_of(other))
          if ((equal_folded(names->sam_before, sam) && names->gives_up_name(sam)) ||
              (other.dn == dn && names->gives_up_place(dn)))
            postpone(member, id, where, "the name of " + other.dn.text(), other.dn, found->second);
      if (const auto held = seen.sam_account_name_holders.find(fold(sam));
          held != seen.sam_account_name_holders.end())
        if (const auto* other = elsewhere(member, held->second); other && frees_name(*other->second, sam))
          postpone(member, id, where, "sAMAccountName " + sam, held->second.id.dn, *other);
      if (const auto held = seen.dn_holders.find(dn.key()); held != seen.dn_holders.end())
        if (const auto* other = elsewhere(member, held->second); other && frees_place(*other->second, dn))
          postpone(member, id, where, dn.text(), held->second.id.dn, *other);
    });
  }

  using Elsewhere = std::pair<const Member*, const Change*>;
  /// The change of another environment to what holds something.
  const Elsewhere* elsewhere(const Member& member, const Principal& holder) const {
    const auto found = changes_.find(holder.id.guid);
    return found == changes_.end() || found->second.first == &member ? nullptr : &found->second;
  }

  /// The reason, in place of advice to take it away by hand. The order is worked out once all are known.
  void postpone(const Member& member, const ResourceId& id, SourceRange where, const std::string& what,
                const model::Dn& held_by, const Elsewhere& other) {
    const std::string address = model::address(id);
    const auto erased = std::erase_if(member.plan->diagnostics, [&](const Diagnostic& one) {
      return (one.code == "GMSA0205" || one.code == "GMSA0206" || one.code == "GMSA0207" ||
              one.code == "GMSA0304") &&
             one.address == address && one.detail.find(held_by.text()) != std::string::npos;
    });
    if (erased == 0) return;  // it is not in this plan
    waits_[&member].insert(other.first);
    postponed_.push_back({&member, other.first, id, where,
                          address + " takes " + what + ", which " + named(*other.first, other.second->id) +
                              " holds and gives up. Each environment is planned before any is written."});
  }

  /// Whether `member` waits for `other`, or for one that does.
  bool is_waiting(const Member* member, const Member* other, std::set<const Member*>& asked) const {
    const auto found = waits_.find(member);
    if (found == waits_.end() || !asked.insert(member).second) return false;
    return found->second.contains(other) ||
           std::any_of(found->second.begin(), found->second.end(),
                       [&](const Member* next) { return is_waiting(next, other, asked); });
  }

  void say_the_order() const {
    for (const auto& one : postponed_) {
      const std::string& first = one.giver->desired->environment.name;
      const std::string& then = one.taker->desired->environment.name;
      std::set<const Member*> asked;
      report(
          *one.taker, "GMSA0279", "Handed over between environments", one.detail,
          is_waiting(one.giver, one.taker, asked)
              ? "Environment " + first + " waits for environment " + then +
                    " too, so neither can go first. Give " + model::address(one.id) +
                    " something that nobody has, and apply: environment " + then + " first, then " + first +
                    ". Then declare what it is to have."
              : "Apply environment " + first + " first (--env " + first + "), then environment " + then + ".",
          one.where, one.id);
    }
  }

  /// What declarations of `member` name, and another environment deletes or calls otherwise.
  void check_references(const Member& member) {
    const auto check = [&](const std::vector<model::PrincipalRef>& refs) {
      for (const auto& ref : refs) check_reference(member, ref);
    };
    for (const auto& group : member.desired->host_groups)
      if (group.spec.members) check(*group.spec.members);
    for (const auto& account : member.desired->accounts) check(account.spec.principals);
  }

  void check_reference(const Member& member, const model::PrincipalRef& ref) {
    const auto found = member.seen->principals.find(model::principal_key(ref));
    if (found == member.seen->principals.end()) return;
    for (const auto& match : found->second.matches) {
      const auto* other = elsewhere(member, match);
      const auto names = other == nullptr ? std::nullopt : names_of(*other->second);
      if (!names) continue;
      using Form = model::PrincipalRef::Form;
      const bool goes = other->second->action == Action::remove;
      const bool by_name = ref.form == Form::name || ref.form == Form::qualified;
      if (!goes && !(by_name && names->gives_up_name(names->sam_before)) &&
          !(ref.form == Form::dn && names->gives_up_place(names->dn_before)))
        continue;
      if (!mentioned_.insert({&member, model::principal_key(ref)}).second) continue;
      const std::string by = ", and a declaration of environment " + member.desired->environment.name +
                             " still names it (" + model::principal_key(ref) + ").";
      const auto& change = *other->second;
      if (goes)
        report(*other->first, "GMSA0310", "Object to be deleted is still named",
               match.id.dn.text() + " is to be deleted" + by, "Remove it there first, or keep both.",
               change.declared_at, change.id);
      else
        report(*other->first, "GMSA0287", "Object to be renamed is still named",
               match.id.dn.text() + " gets another name or place" + by,
               "Write its SID there: " + match.id.sid.text() + ".", change.declared_at, change.id);
    }
  }

  /// What one controller has been told another one may not know yet, and so neither can say that a name is
  /// free.
  void check_controller(const Member& member) {
    for (const auto* first : members_) {
      if (first == &member) return;
      if (equal_folded(first->plan->server, member.plan->server)) continue;
      const bool both = !first->plan->changes.empty() && !member.plan->changes.empty();
      member.plan->diagnostics.push_back(
          {both ? Severity::error : Severity::warning,
           "GMSA0286",
           "Two domain controllers for one domain",
           "Environment " + member.desired->environment.name + " was read from " + member.plan->server +
               ", and environment " + first->desired->environment.name + " of the same domain from " +
               first->plan->server + ". What is written to one of them the other does not know yet.",
           "Name the same servers in both environments, or apply one environment at a time and let the "
           "controllers replicate in between.",
           member.plan->declared_at,
           {}});
      return;
    }
  }

  struct Postponed {
    const Member* taker;
    const Member* giver;
    ResourceId id;
    SourceRange where;
    std::string detail;
  };

  std::vector<const Member*> members_;
  std::map<std::string, Claim> places_;  // by Dn::key()
  std::map<std::string, Claim> names_;   // by fold(sAMAccountName)
  std::map<Guid, Claim> objects_;
  std::map<std::string, std::vector<SpnClaim>> spns_;  // by fold(SPN)
  std::map<Guid, Elsewhere> changes_;
  std::map<const Member*, std::set<const Member*>> waits_;  // for what another one gives up
  std::vector<Postponed> postponed_;
  std::set<std::pair<const Member*, std::string>> mentioned_;  // principal_key()
};

}  // namespace

void check_world(std::span<const Member> members) {
  std::map<std::string, std::vector<const Member*>> worlds;
  for (const auto& member : members) worlds[member.directory].push_back(&member);
  for (auto& [directory, together] : worlds)
    if (together.size() > 1) World(std::move(together)).run();
}

}  // namespace gmsactl::plan
