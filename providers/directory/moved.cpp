#include "providers/directory/moved.h"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_set>

#include "engine/base/text.h"
#include "engine/model/live_of.h"

namespace gmsactl::directory {

using model::ChangedObject;
using model::Desired;
using model::Guid;
using model::LiveGmsa;
using model::LiveGroup;
using model::Observations;

namespace {

class Touched {
 public:
  Touched(const Desired& desired, const Observations& seen, const std::vector<ChangedObject>& changes)
      : seen_(seen), changes_(changes) {
    const auto& environment = desired.environment;
    for (const auto& change : changes) {
      guids_.insert(change.guid);
      if (!change.sam_account_name.empty()) names_.insert(fold(change.sam_account_name));
      auto reading = model::read_ownership(change.marker, environment.owner, environment.name);
      if (reading.ownership == model::Ownership::ours && !change.deleted) {
        marked_.insert(reading.marker->id);
        suspects_.insert(change.guid);
      }
    }
    if (seen.leftovers)
      for (const auto& leftover : *seen.leftovers)
        if (guids_.contains(leftover.id().guid)) suspects_.insert(leftover.id().guid);
    for (const auto& [dn, principal] : seen.known_members)
      if (guids_.contains(principal.id.guid)) members_.insert(dn);
  }

  /// What stands below a container that was moved or whose permissions changed counts as unchanged itself.
  bool everything() const {
    return std::any_of(changes_.begin(), changes_.end(), [](const ChangedObject& change) {
      return change.container && !change.created && !change.deleted;
    });
  }

  bool any_left_over() const { return !suspects_.empty(); }

  bool is(const model::Declaration<model::HostGroup>& group) {
    const auto* live = model::live_of(seen_.host_groups, group.name);
    if (touches(model::Kind::host_group, group.name, group.spec.sam_account_name, live)) return true;
    if (live != nullptr && !members_.empty() &&
        std::any_of(live->members.begin(), live->members.end(),
                    [&](const std::string& dn) { return members_.contains(model::dn_key(dn)); }))
      return true;
    return group.spec.members && any_reference(*group.spec.members);
  }

  bool is(const model::Declaration<model::Gmsa>& account) {
    return touches(model::Kind::gmsa, account.name, account.spec.sam_account_name + "$",
                   model::live_of(seen_.accounts, account.name)) ||
           any_reference(account.spec.principals);
  }

  std::vector<Guid> suspects() const { return {suspects_.begin(), suspects_.end()}; }

 private:
  template <class Live>
  bool touches(model::Kind kind, const std::string& name, const std::string& sam_account_name,
               const Live* live) {
    if (live != nullptr && guids_.contains(live->id.guid)) {
      suspects_.insert(live->id.guid);
      return true;
    }
    return names_.contains(fold(sam_account_name)) || marked_.contains({kind, name});
  }

  bool any_reference(const std::vector<model::PrincipalRef>& refs) const {
    return std::any_of(refs.begin(), refs.end(), [&](const model::PrincipalRef& ref) {
      if (ref.form == model::PrincipalRef::Form::host_group) return false;  // read by itself
      const auto found = seen_.principals.find(model::principal_key(ref));
      if (found != seen_.principals.end() &&
          std::any_of(found->second.matches.begin(), found->second.matches.end(),
                      [&](const model::Principal& match) { return guids_.contains(match.id.guid); }))
        return true;
      std::string name = fold(ref.text);
      if (const auto slash = name.find('\\'); slash != std::string::npos) name.erase(0, slash + 1);
      return names_.contains(name) || names_.contains(name + "$");
    });
  }

  const Observations& seen_;
  const std::vector<ChangedObject>& changes_;
  std::set<Guid> guids_;
  std::unordered_set<std::string> names_;    // folded sAMAccountName
  std::unordered_set<std::string> members_;  // dn_key() of known members that changed
  std::set<model::ResourceId> marked_;
  std::set<Guid> suspects_;
};

}  // namespace

std::optional<Desired> touched_part(const Desired& desired, const Observations& seen,
                                    const std::vector<ChangedObject>& changes) {
  Touched touched(desired, seen, changes);
  if (touched.everything()) return desired;
  Desired part = desired;
  bool any = touched.any_left_over();
  const auto settle = [&](auto& declarations) {
    for (auto& one : declarations) {
      if (one.settled) continue;
      one.settled = !touched.is(one);
      any |= !one.settled;
    }
  };
  settle(part.host_groups);
  settle(part.accounts);
  if (!any) return std::nullopt;
  part.suspects = touched.suspects();
  return part;
}

namespace {

template <class Map>
void replace_all(Map&& from, Map& to) {
  for (auto& [key, value] : from) to.insert_or_assign(key, std::move(value));
}

}  // namespace

void take_over(Observations&& again, const std::vector<ChangedObject>& changes, Observations& seen) {
  std::set<Guid> changed;
  std::set<Guid> deleted_now;
  for (const auto& change : changes) {
    changed.insert(change.guid);
    if (change.deleted) deleted_now.insert(change.guid);
  }
  const auto forget_changed = [&](std::map<std::string, model::Principal>& principals) {
    std::erase_if(principals, [&](const auto& one) { return changed.contains(one.second.id.guid); });
  };
  const bool any_gmsa_exists = seen.directory.any_gmsa_exists || again.directory.any_gmsa_exists;
  seen.directory = std::move(again.directory);
  seen.directory.any_gmsa_exists = any_gmsa_exists;
  replace_all(std::move(again.host_groups), seen.host_groups);
  replace_all(std::move(again.accounts), seen.accounts);
  replace_all(std::move(again.containers), seen.containers);
  replace_all(std::move(again.principals), seen.principals);
  for (auto* principals : {&seen.known_members, &seen.sam_account_name_holders, &seen.dn_holders})
    forget_changed(*principals);
  // A descriptor is not read again because a reader of it has changed: that one is still there, or is known
  // to be deleted.
  std::erase_if(seen.known_sids, [&](const auto& one) {
    const bool deleted = deleted_now.contains(one.second.id.guid);
    if (deleted) seen.deleted_sids.insert(one.first);
    return deleted;
  });
  if (again.blind_spot) seen.blind_spot = std::move(again.blind_spot);
  seen.deleted_sids.merge(again.deleted_sids);
  replace_all(std::move(again.known_sids), seen.known_sids);
  replace_all(std::move(again.known_members), seen.known_members);
  replace_all(std::move(again.sam_account_name_holders), seen.sam_account_name_holders);
  replace_all(std::move(again.dn_holders), seen.dn_holders);
  if (!seen.leftovers || !again.leftovers) return;
  std::erase_if(*seen.leftovers, [&](const model::Leftover& one) { return changed.contains(one.id().guid); });
  for (auto& one : *again.leftovers)
    if (std::none_of(seen.leftovers->begin(), seen.leftovers->end(),
                     [&](const model::Leftover& other) { return other.id().guid == one.id().guid; }))
      seen.leftovers->push_back(std::move(one));
}

}  // namespace gmsactl::directory
