// What FakeWorld shows to the planner, found the way a provider finds it: by sAMAccountName, else by place.
#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/model/live_of.h"
#include "tests/fakes/fake_world.h"

namespace gmsactl::fakes {

using model::Absent;
using model::Dn;
using model::Observation;
using model::Observations;
using model::Principal;
using model::PrincipalRef;
using model::Unreadable;

namespace {

Error unreadable_error() {
  return {ErrorKind::denied, "insufficient access rights", "Ask for more.", std::nullopt};
}

/// What another declaration is remembered by is that one's, whatever it is called.
template <class Live, class Declarations>
Observation<Live> find(const std::map<model::Guid, Live>& all, const model::ResourceId& id,
                       const model::Environment& environment, const std::string& sam, const Dn& place,
                       const std::set<model::Guid>& named, const Declarations& declarations) {
  const auto another_s = [&](const Live& live) {
    const auto reading = model::read_ownership(live.marker, environment.owner, environment.name);
    return reading.ownership == model::Ownership::ours && reading.marker->id.kind == id.kind &&
           std::any_of(declarations.begin(), declarations.end(),
                       [&](const auto& one) { return one.name == reading.marker->id.name; });
  };
  for (const auto& [guid, live] : all) {
    const auto reading = model::read_ownership(live.marker, environment.owner, environment.name);
    if (reading.ownership == model::Ownership::ours && reading.marker->id == id) return live;
  }
  for (const auto& [guid, live] : all)
    if (equal_folded(live.sam_account_name, sam) && !another_s(live)) return live;
  for (const auto& [guid, live] : all)
    if (live.id.dn == place && !named.contains(guid) && !another_s(live)) return live;
  return Absent{};
}

}  // namespace

std::vector<Principal> FakeWorld::everybody() const {
  std::vector<Principal> all;
  for (const auto& [guid, live] : accounts)
    all.push_back({live.id, live.sam_account_name, "msDS-GroupManagedServiceAccount"});
  for (const auto& [guid, live] : groups)
    all.push_back({live.id, live.sam_account_name, "group", live.group_type});
  for (const auto& [guid, object] : objects) all.push_back(object.principal);
  return all;
}

std::vector<std::pair<std::string, Principal>> FakeWorld::everybodys_spns() const {
  std::vector<std::pair<std::string, Principal>> all;
  for (const auto& [guid, live] : accounts)
    for (const auto& spn : live.service_principal_names)
      all.emplace_back(fold(spn),
                       Principal{live.id, live.sam_account_name, "msDS-GroupManagedServiceAccount"});
  for (const auto& [guid, object] : objects)
    for (const auto& spn : object.service_principal_names) all.emplace_back(fold(spn), object.principal);
  return all;
}

model::PrincipalLookup FakeWorld::look_up(const PrincipalRef& ref, const std::vector<Principal>& all) const {
  model::PrincipalLookup lookup;
  if (unreadable.contains("principal:" + model::principal_key(ref))) {
    lookup.unreadable = unreadable_error();
    return lookup;
  }
  std::string name = ref.text;
  if (ref.form == PrincipalRef::Form::qualified) name = std::string(model::qualified_name(name).name);
  const auto by_name = [&](const std::string& sam) {
    for (const auto& one : all)
      if (equal_folded(one.sam_account_name, sam)) lookup.matches.push_back(one);
  };
  switch (ref.form) {
    case PrincipalRef::Form::host_group:
      break;
    case PrincipalRef::Form::name:
    case PrincipalRef::Form::qualified:
      by_name(name + "$");
      if (lookup.matches.empty()) by_name(name);
      break;
    case PrincipalRef::Form::sid:
      for (const auto& one : all)
        if (one.id.sid.text() == ref.text) lookup.matches.push_back(one);
      if (const auto sid = model::Sid::parse(ref.text);
          lookup.matches.empty() && sid->domain() != facts.domain_sid)
        lookup.matches.push_back({{{}, *sid, {}}, {}, {}});
      break;
    case PrincipalRef::Form::dn:
      for (const auto& one : all)
        if (one.id.dn.key() == model::dn_key(ref.text)) lookup.matches.push_back(one);
      break;
  }
  return lookup;
}

void FakeWorld::observe_groups(const model::Desired& desired, Observations& seen) const {
  std::set<std::string> wanted;
  for (const auto& declared : desired.host_groups) wanted.insert(fold(declared.spec.sam_account_name));
  std::set<model::Guid> named;
  for (const auto& [guid, live] : groups)
    if (wanted.contains(fold(live.sam_account_name))) named.insert(guid);
  for (const auto& declared : desired.host_groups) {
    const Dn place = model::declared_parent(declared.spec, desired.environment, facts)
                         .child("CN", declared.spec.common_name);
    seen.host_groups[declared.name] =
        unreadable.contains("HostGroup/" + declared.name)
            ? Observation<model::LiveGroup>(Unreadable{unreadable_error()})
            : find(groups, {model::Kind::host_group, declared.name}, desired.environment,
                   declared.spec.sam_account_name, place, named, desired.host_groups);
  }
}

void FakeWorld::observe_accounts(const model::Desired& desired, Observations& seen) const {
  std::set<std::string> wanted;
  for (const auto& declared : desired.accounts) wanted.insert(fold(declared.spec.sam_account_name) + "$");
  std::set<model::Guid> named;
  for (const auto& [guid, live] : accounts)
    if (wanted.contains(fold(live.sam_account_name))) named.insert(guid);
  for (const auto& declared : desired.accounts) {
    const Dn place =
        model::declared_parent(declared.spec, desired.environment, facts).child("CN", declared.name);
    seen.accounts[declared.name] =
        unreadable.contains("GMSA/" + declared.name)
            ? Observation<model::LiveGmsa>(Unreadable{unreadable_error()})
            : find(accounts, {model::Kind::gmsa, declared.name}, desired.environment,
                   declared.spec.sam_account_name + "$", place, named, desired.accounts);
  }
}

void FakeWorld::observe_names(const model::Desired& desired, Observations& seen) const {
  const auto all = everybody();
  const auto want = [&](const std::string& sam, const Dn& place, const auto& observation) {
    using Live = std::variant_alternative_t<1, std::decay_t<decltype(observation)>>;
    const auto* own = std::get_if<Live>(&observation);
    for (const auto& one : all) {
      if (own != nullptr && one.id.guid == own->id.guid) continue;
      if (equal_folded(one.sam_account_name, sam)) seen.sam_account_name_holders.emplace(fold(sam), one);
      if (one.id.dn == place) seen.dn_holders.emplace(place.key(), one);
    }
  };
  for (const auto& one : desired.host_groups)
    want(one.spec.sam_account_name,
         model::declared_parent(one.spec, desired.environment, facts).child("CN", one.spec.common_name),
         seen.host_groups.at(one.name));
  for (const auto& one : desired.accounts)
    want(one.spec.sam_account_name + "$",
         model::declared_parent(one.spec, desired.environment, facts).child("CN", one.name),
         seen.accounts.at(one.name));
}

void FakeWorld::observe_containers(const model::Desired& desired, Observations& seen) const {
  const auto look_up_from = [&](Dn place) {
    for (; !place.empty() && !seen.containers.contains(place.key()); place = place.parent()) {
      const auto found = containers.find(place.key());
      if (unreadable.contains(place.text()))
        seen.containers[place.key()] = Unreadable{unreadable_error()};
      else if (found != containers.end())
        seen.containers[place.key()] = found->second;
      else
        seen.containers[place.key()] = Absent{};
      if (!std::holds_alternative<Absent>(seen.containers[place.key()])) return;
    }
  };
  for (const auto& one : desired.host_groups)
    look_up_from(model::declared_parent(one.spec, desired.environment, facts));
  for (const auto& one : desired.accounts)
    look_up_from(model::declared_parent(one.spec, desired.environment, facts));
}

void FakeWorld::observe_spns(const model::Desired& desired, Observations& seen) const {
  if (unreadable.contains("spns")) {
    seen.spn_holders_unreadable = unreadable_error();
    return;
  }
  std::set<std::string> wanted;
  for (const auto& declared : desired.accounts)
    for (const auto& located : declared.spec.service_principal_names) {
      wanted.insert(fold(located.text));
      if (const auto spn = model::Spn::parse(located.text))
        for (const auto& alias : facts.spn_mappings.aliases(*spn)) wanted.insert(fold(alias.text()));
    }
  for (const auto& declared : desired.accounts)
    if (const auto* live = model::live_of(seen.accounts, declared.name))
      for (const auto& spn : live->service_principal_names)
        wanted.insert(fold(model::spn_after_renaming(spn, *live, declared.spec)));
  for (const auto& [spn, holder] : everybodys_spns())
    if (wanted.contains(spn)) seen.spn_holders[spn].push_back(holder);
}

void FakeWorld::observe_leftovers(const model::Desired& desired, Observations& seen) const {
  if (!desired.complete) return;
  std::set<model::Guid> meant;
  const auto note = [&](const auto& observations) {
    for (const auto& [name, observation] : observations)
      if (observation.index() == 1) meant.insert(std::get<1>(observation).id.guid);
  };
  note(seen.host_groups);
  note(seen.accounts);
  seen.leftovers.emplace();
  const auto add = [&](const auto& all) {
    for (const auto& [guid, live] : all) {
      auto reading = model::read_ownership(live.marker, desired.environment.owner, desired.environment.name);
      if (reading.ownership == model::Ownership::ours && !meant.contains(guid))
        seen.leftovers->push_back({std::move(*reading.marker), live});
    }
  };
  add(groups);
  add(accounts);
}

Result<Observations> FakeWorld::observe(const model::Desired& desired, ports::EventSink&) {
  const std::lock_guard lock(mutex_);
  Observations seen;
  seen.directory = facts;
  seen.directory.any_gmsa_exists = facts.any_gmsa_exists || !accounts.empty();
  observe_groups(desired, seen);
  observe_accounts(desired, seen);
  observe_names(desired, seen);
  observe_containers(desired, seen);
  observe_spns(desired, seen);
  observe_leftovers(desired, seen);
  const auto all = everybody();
  const auto resolve = [&](const std::vector<PrincipalRef>& refs) {
    for (const auto& ref : refs)
      if (ref.form != PrincipalRef::Form::host_group)
        seen.principals[model::principal_key(ref)] = look_up(ref, all);
  };
  for (const auto& one : desired.host_groups)
    if (one.spec.members) resolve(*one.spec.members);
  for (const auto& one : desired.accounts) resolve(one.spec.principals);
  for (const auto& one : all)
    if (!one.id.sid.empty()) {
      seen.known_sids.emplace(one.id.sid.text(), one);
      seen.known_members.emplace(one.id.dn.key(), one);
    }
  for (const auto& [guid, member] : groups)
    for (const auto& [other, group] : groups)
      if (std::find(group.members.begin(), group.members.end(), member.id.dn.text()) != group.members.end())
        seen.containing_groups[member.id.dn.key()].push_back(
            {group.id, group.sam_account_name, "group", group.group_type});
  return seen;
}

}  // namespace gmsactl::fakes
