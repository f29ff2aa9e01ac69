#include "engine/drift/settle.h"

#include <algorithm>
#include <future>
#include <set>
#include <unordered_set>

#include "engine/base/text.h"
#include "engine/drift/fingerprint.h"
#include "engine/model/filetime.h"
#include "engine/model/live_of.h"
#include "engine/model/marker.h"

namespace gmsactl::drift {

using model::ChangedObject;
using model::Declaration;
using model::Desired;
using model::Gmsa;
using model::Guid;
using model::Kind;
using model::PrincipalRef;
using model::ResourceId;

namespace {

std::string shared_with(const std::map<std::string, std::string>& shared_accounts,
                        const Declaration<Gmsa>& account) {
  if (shared_accounts.empty()) return {};
  const auto found = shared_accounts.find(fold(account.spec.sam_account_name));
  return found == shared_accounts.end() ? std::string() : found->second;
}

const Known* find(const std::unordered_map<std::string, Known>& all, const std::string& name) {
  const auto found = all.find(name);
  return found == all.end() ? nullptr : &found->second;
}

/// What the changed objects are known by.
class Changes {
 public:
  explicit Changes(std::span<const ChangedObject> changes) {
    for (const auto& change : changes) {
      guids_.insert(change.guid);
      if (!change.sid.empty()) sids_.insert(fold(change.sid.text()));
      // A deleted one keeps its name, but nobody is found by it any more.
      if (!change.sam_account_name.empty() && !change.deleted) names_.insert(fold(change.sam_account_name));
    }
  }

  bool touch(const Guid& guid) const { return guids_.contains(guid); }

  /// Whether a reference with this principal_key(), which meant these objects, may mean or be another now.
  bool touch(std::string_view key, const std::vector<Guid>& meant) const {
    if (std::any_of(meant.begin(), meant.end(), [&](const Guid& guid) { return touch(guid); })) return true;
    const auto form = key.substr(0, key.find(':'));
    std::string what(key.substr(form.size() + 1));
    if (form == "sid") return sids_.contains(what);
    if (form == "qualified") what.erase(0, what.find('\\') + 1);
    if (form != "name" && form != "qualified") return false;
    return names_.contains(what) || names_.contains(what + "$");
  }

 private:
  std::set<Guid> guids_;
  std::unordered_set<std::string> names_;
  std::unordered_set<std::string> sids_;
};

class Settling {
 public:
  Settling(const Memory& memory, std::span<const ChangedObject> changes,
           const std::map<std::string, std::string>& shared_accounts, Desired& desired)
      : memory_(memory),
        objects_(changes),
        changes_(changes),
        shared_accounts_(shared_accounts),
        desired_(desired) {}

  size_t run() {
    // Most of the work is in their fingerprints: groups and accounts side by side.
    auto groups = std::async(std::launch::async, [&] {
      for (auto& group : desired_.host_groups)
        group.settled = is_settled(find(memory_.host_groups, group.name), [&] { return fingerprint(group); });
    });
    for (auto& account : desired_.accounts)
      account.settled = is_settled(find(memory_.accounts, account.name), [&] {
        return fingerprint(account, shared_with(shared_accounts_, account));
      });
    groups.get();
    follow_markers();
    follow_references();
    follow_hosts();
    list_suspects();
    return count();
  }

 private:
  template <class Fingerprint>
  bool is_settled(const Known* known, Fingerprint fingerprint_now) const {
    return known != nullptr && known->in_sync && !changes_.touch(known->guid) &&
           known->declaration == fingerprint_now();
  }

  /// A changed object that carries our marker is the affair of whom it names, be it the one or a copy.
  void follow_markers() {
    const auto& environment = desired_.environment;
    std::set<ResourceId> named;
    for (const auto& object : objects_) {
      const auto reading = model::read_ownership(object.marker, environment.owner, environment.name);
      if (object.deleted || reading.ownership != model::Ownership::ours) continue;
      suspects_.insert(object.guid);
      named.insert(reading.marker->id);
    }
    if (named.empty()) return;
    for (auto& group : desired_.host_groups)
      if (named.contains({Kind::host_group, group.name})) group.settled = false;
    for (auto& account : desired_.accounts)
      if (named.contains({Kind::gmsa, account.name})) account.settled = false;
  }

  /// Which hosts specs are delivered to is told by the members of groups, which must have been resolved for
  /// that.
  void follow_hosts() {
    std::vector<std::string> names;
    const auto note = [&](const std::vector<PrincipalRef>& refs) {
      for (const auto& ref : refs)
        if (ref.form == PrincipalRef::Form::host_group) names.push_back(ref.text);
    };
    for (const auto& target : desired_.spec_targets)
      if (const auto* docker = std::get_if<model::DockerTarget>(&target.spec.place)) note(docker->hosts);
    std::set<std::string> done;
    while (!names.empty()) {
      const std::string name = std::move(names.back());
      names.pop_back();
      if (!done.insert(name).second) continue;
      for (auto& group : desired_.host_groups) {
        if (group.name != name) continue;
        group.settled = false;
        if (group.spec.members) note(*group.spec.members);
      }
    }
  }

  /// Who names a principal that has changed, or a group that is to be looked at: that may be another object
  /// by now. One step is enough: what is itself in order names objects, not what these are made of.
  void follow_references() {
    std::unordered_set<std::string> principals;  // by principal_key()
    for (const auto& [key, meant] : memory_.principals)
      if (changes_.touch(key, meant)) principals.insert(key);
    std::unordered_set<std::string> groups;  // by metadata.name
    for (const auto& group : desired_.host_groups)
      if (!group.settled) groups.insert(group.name);
    if (principals.empty() && groups.empty()) return;
    const auto is_touched = [&](const PrincipalRef& ref) {
      if (ref.form == PrincipalRef::Form::host_group) return groups.contains(ref.text);
      return !principals.empty() && principals.contains(model::principal_key(ref));
    };
    const auto names_one = [&](const std::vector<PrincipalRef>& refs) {
      return std::any_of(refs.begin(), refs.end(), is_touched);
    };
    for (auto& group : desired_.host_groups)
      if (group.settled && group.spec.members && names_one(*group.spec.members)) group.settled = false;
    for (auto& account : desired_.accounts)
      if (account.settled && names_one(account.spec.principals)) account.settled = false;
  }

  void list_suspects() {
    const auto add = [&](const std::unordered_map<std::string, Known>& known, const auto& declarations) {
      size_t declared_still = 0;
      for (const auto& declaration : declarations) {
        const auto* one = declaration.settled ? nullptr : find(known, declaration.name);
        declared_still += declaration.settled || one != nullptr ? 1 : 0;
        if (one != nullptr && !one->guid.empty()) suspects_.insert(one->guid);
      }
      if (declared_still == known.size()) return;
      std::unordered_set<std::string_view> declared;
      for (const auto& declaration : declarations) declared.insert(declaration.name);
      for (const auto& [name, one] : known)
        if (!one.guid.empty() && !declared.contains(name)) suspects_.insert(one.guid);
    };
    add(memory_.host_groups, desired_.host_groups);
    add(memory_.accounts, desired_.accounts);
    // Groups that are in order and are read for whom they are named by: by their GUID they are found at once.
    const auto add_named = [&](const std::vector<PrincipalRef>& refs) {
      for (const auto& ref : refs)
        if (const auto* known =
                ref.form == PrincipalRef::Form::host_group ? find(memory_.host_groups, ref.text) : nullptr)
          if (!known->guid.empty()) suspects_.insert(known->guid);
    };
    for (const auto& account : desired_.accounts)
      if (!account.settled) add_named(account.spec.principals);
    for (const auto& group : desired_.host_groups)
      if (!group.settled && group.spec.members) add_named(*group.spec.members);
    suspects_.insert(memory_.leftovers.begin(), memory_.leftovers.end());
    desired_.suspects.emplace(suspects_.begin(), suspects_.end());
  }

  size_t count() const {
    const auto unsettled = [](const auto& declarations) {
      return static_cast<size_t>(std::count_if(declarations.begin(), declarations.end(),
                                               [](const auto& each) { return !each.settled; }));
    };
    return unsettled(desired_.host_groups) + unsettled(desired_.accounts);
  }

  const Memory& memory_;
  const std::span<const ChangedObject> objects_;
  const Changes changes_;
  const std::map<std::string, std::string>& shared_accounts_;
  Desired& desired_;
  std::set<Guid> suspects_;
};

template <class Live>
Guid guid_of(const std::map<std::string, model::Observation<Live>>& observations, const std::string& name) {
  const auto* live = model::live_of(observations, name);
  return live == nullptr ? Guid{} : live->id.guid;
}

}  // namespace

std::optional<std::string> reason_to_read_all(const Memory& memory, const std::string& settings,
                                              const model::DirectoryPosition& now,
                                              std::chrono::seconds full_every) {
  const auto& then = memory.position;
  if (memory.settings != settings)
    return "the environment, the flags or gmsactl itself changed since the last look";
  if (then.invocation_id != now.invocation_id)
    return "the last look was at " + printable(then.server) +
           (then.server == now.server ? ", which was restored since"
                                      : ", and another controller counts otherwise");
  if (now.usn < then.usn) return printable(now.server) + " counts less changes than at the last look";
  if (then.observer != now.observer) return "another user looked last, or this one's groups changed";
  const int64_t age = now.server_time - memory.read_all_at;
  if (age < 0 || age / model::filetime_second >= full_every.count())
    return "everything was read last at " + model::filetime_text(memory.read_all_at);
  return std::nullopt;
}

std::optional<std::string> reason_to_read_all(std::span<const ChangedObject> changes) {
  // Nothing is below a new one yet that did not change itself, and nothing at all below a deleted one.
  if (std::any_of(changes.begin(), changes.end(), [](const ChangedObject& change) {
        return change.container && !change.created && !change.deleted;
      }))
    return "an organizational unit or container was changed, and what is below it with it";
  return std::nullopt;
}

size_t settle(const Memory& memory, std::span<const ChangedObject> changes,
              const std::map<std::string, std::string>& shared_accounts, Desired& desired) {
  return Settling(memory, changes, shared_accounts, desired).run();
}

void unsettle(Desired& desired) {
  for (auto& group : desired.host_groups) group.settled = false;
  for (auto& account : desired.accounts) account.settled = false;
  desired.suspects.reset();
}

Memory remember(const Memory* before, const Desired& desired, const model::Observations& seen,
                const model::Plan& plan, const std::map<std::string, std::string>& shared_accounts) {
  Memory memory;
  memory.facts = fingerprint(seen.directory);
  std::unordered_set<std::string> noted;  // addresses that something was said about
  for (const auto& diagnostic : plan.diagnostics) noted.insert(diagnostic.address);
  std::unordered_set<std::string> groups_in_sync;
  std::unordered_set<std::string> accounts_in_sync;
  for (const auto& id : plan.unchanged) {
    if (noted.contains(model::address(id))) continue;
    if (id.kind == Kind::host_group) groups_in_sync.insert(id.name);
    if (id.kind == Kind::gmsa) accounts_in_sync.insert(id.name);
  }
  const auto keep = [](const std::unordered_map<std::string, Known>& from, const std::string& name) {
    const auto* known = find(from, name);
    return known == nullptr ? Known{} : *known;
  };
  for (const auto& group : desired.host_groups)
    memory.host_groups[group.name] = group.settled && before != nullptr
                                         ? keep(before->host_groups, group.name)
                                         : Known{fingerprint(group), guid_of(seen.host_groups, group.name),
                                                 groups_in_sync.contains(group.name)};
  for (const auto& account : desired.accounts)
    memory.accounts[account.name] =
        account.settled && before != nullptr
            ? keep(before->accounts, account.name)
            : Known{fingerprint(account, shared_with(shared_accounts, account)),
                    guid_of(seen.accounts, account.name), accounts_in_sync.contains(account.name)};
  if (before != nullptr && desired.suspects) memory.principals = before->principals;
  for (const auto& [key, lookup] : seen.principals) {
    auto& meant = memory.principals[key];
    meant.clear();
    for (const auto& match : lookup.matches)
      if (!match.id.guid.empty()) meant.push_back(match.id.guid);
  }
  if (seen.leftovers)
    for (const auto& leftover : *seen.leftovers) memory.leftovers.push_back(leftover.id().guid);
  return memory;
}

}  // namespace gmsactl::drift
