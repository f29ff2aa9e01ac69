#include "providers/directory/observe.h"

#include <algorithm>
#include <future>
#include <iterator>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "providers/directory/batch.h"
#include "providers/directory/decode.h"
#include "providers/directory/facts.h"
#include "providers/directory/forest.h"
#include "providers/directory/observe_objects.h"
#include "providers/directory/observe_principals.h"

namespace gmsactl::directory {

using model::Desired;
using model::DirectoryFacts;
using model::Dn;
using model::LiveContainer;
using model::LiveGmsa;
using model::LiveGroup;
using model::Observations;
using model::Sid;

namespace {

/// Groups that declarations name which are to be compared.
std::set<std::string> named_groups(const Desired& desired) {
  std::set<std::string> named;
  const auto note = [&](const std::vector<model::PrincipalRef>& refs) {
    for (const auto& ref : refs)
      if (ref.form == model::PrincipalRef::Form::host_group) named.insert(ref.text);
  };
  for (const auto& account : desired.accounts)
    if (!account.settled) note(account.spec.principals);
  for (const auto& group : desired.host_groups)
    if (!group.settled && group.spec.members) note(*group.spec.members);
  return named;
}

std::vector<Wanted> wanted_groups(const Desired& desired, const DirectoryFacts& facts) {
  std::vector<Wanted> wanted;
  wanted.reserve(desired.host_groups.size());
  const auto named = desired.suspects ? named_groups(desired) : std::set<std::string>();
  for (const auto& group : desired.host_groups)
    if (group.settled && !named.contains(group.name))
      wanted.push_back({group.name, group.spec.sam_account_name, {}, {}, true});
    else
      wanted.push_back({group.name, group.spec.sam_account_name, group.spec.common_name,
                        model::declared_parent(group.spec, desired.environment, facts)
                            .child("CN", group.spec.common_name)});
  return wanted;
}

std::vector<Wanted> wanted_accounts(const Desired& desired, const DirectoryFacts& facts) {
  std::vector<Wanted> wanted;
  wanted.reserve(desired.accounts.size());
  for (const auto& account : desired.accounts)
    if (account.settled)
      wanted.push_back({account.name, account.spec.sam_account_name + "$", {}, {}, true});
    else
      wanted.push_back(
          {account.name, account.spec.sam_account_name + "$", account.name,
           model::declared_parent(account.spec, desired.environment, facts).child("CN", account.name)});
  return wanted;
}

/// Each declared parent, and where it is missing what stands above it, up to the domain.
Result<void> read_containers(ldap::Reader& transport, const Dn& domain, const std::vector<Wanted>& groups,
                             const std::vector<Wanted>& accounts, Observations& seen) {
  std::map<std::string, Dn> wanted;
  for (const auto* declared : {&groups, &accounts})
    for (const auto& one : *declared) {
      if (one.settled) continue;
      const Dn parent = one.dn.parent();
      wanted.try_emplace(parent.key(), parent);
    }
  while (!wanted.empty()) {
    std::vector<std::string> clauses;
    for (const auto& [key, dn] : wanted) clauses.push_back(clause(attribute::distinguished_name, dn.text()));
    GMSACTL_TRY(
        search_any(transport, domain.text(), clauses, "", {attribute::object_guid}, [&](ldap::Entry&& entry) {
          const auto found = wanted.find(model::dn_key(entry.dn));
          if (found == wanted.end()) return;
          LiveContainer live;
          live.id.dn = found->second;
          if (const auto guid = entry.first(attribute::object_guid))
            if (auto decoded = model::Guid::decode(*guid)) live.id.guid = *decoded;
          seen.containers.emplace(found->first, std::move(live));
        }));
    std::map<std::string, Dn> above;
    for (const auto& [key, dn] : wanted) {
      const Dn parent = dn.parent();
      if (seen.containers.try_emplace(key, model::Absent{}).second && !parent.empty())
        above.try_emplace(parent.key(), parent);
    }
    wanted = std::move(above);
    std::erase_if(wanted, [&](const auto& one) { return seen.containers.contains(one.first); });
  }
  return {};
}

Result<bool> any_account(ldap::Reader& transport, const Dn& domain) {
  ldap::SearchRequest request;
  request.base = domain.text();
  request.filter = "(objectClass=" + std::string(gmsa_class) + ")";
  request.attributes = {"1.1"};
  request.page_size = 1;
  bool any = false;
  auto found = transport.search(request, [&](ldap::Entry&&) {
    any = true;
    return false;
  });
  if (!found && found.error().kind != ErrorKind::cancelled) return fail(std::move(found).error());
  return any;
}

std::span<const model::Leftover> leftovers(const Observations& seen) {
  return seen.leftovers ? std::span<const model::Leftover>(*seen.leftovers)
                        : std::span<const model::Leftover>();
}

/// Readers in live descriptors that no reference resolved to.
std::set<Sid> unknown_readers(const Observations& seen) {
  std::set<Sid> known;
  for (const auto& [key, lookup] : seen.principals)
    for (const auto& match : lookup.matches) known.insert(match.id.sid);
  for (const auto& [name, observation] : seen.host_groups)
    if (const auto* live = std::get_if<LiveGroup>(&observation)) known.insert(live->id.sid);
  for (const auto& leftover : leftovers(seen)) known.insert(leftover.id().sid);
  std::set<Sid> unknown;
  const auto note = [&](const LiveGmsa* live) {
    if (live == nullptr || !live->group_msa_membership) return;
    const auto descriptor = model::SecurityDescriptor::decode(*live->group_msa_membership);
    if (!descriptor) return;
    for (auto& sid : descriptor->readers())
      if (!known.contains(sid)) unknown.insert(std::move(sid));
  };
  for (const auto& [name, observation] : seen.accounts) note(std::get_if<LiveGmsa>(&observation));
  for (const auto& leftover : leftovers(seen)) note(std::get_if<LiveGmsa>(&leftover.live));
  return unknown;
}

/// Whether the declaration gives the live group another scope: then all its members, and the groups it is in,
/// must go with that.
bool changes_scope(const model::Declaration<model::HostGroup>& group, const LiveGroup& live) {
  return (live.group_type & model::group_type::scopes) != model::group_type::of(group.spec.scope);
}

/// DNs of members that no reference means: of exact groups, of those whose scope changes, and of those that
/// are left over.
std::set<std::string> unknown_members(const Desired& desired, const Observations& seen) {
  std::set<std::string> known;
  for (const auto& [key, lookup] : seen.principals)
    for (const auto& match : lookup.matches) known.insert(match.id.dn.key());
  for (const auto& [name, observation] : seen.host_groups)
    if (const auto* live = std::get_if<LiveGroup>(&observation)) known.insert(live->id.dn.key());
  for (const auto& leftover : leftovers(seen)) known.insert(leftover.id().dn.key());
  std::set<std::string> unknown;
  const auto note = [&](const LiveGroup& live) {
    for (const auto& member : live.members)
      if (!known.contains(model::dn_key(member))) unknown.insert(member);
  };
  for (const auto& group : desired.host_groups) {
    const auto found = seen.host_groups.find(group.name);
    const auto* live = found == seen.host_groups.end() ? nullptr : std::get_if<LiveGroup>(&found->second);
    if (live == nullptr || group.settled) continue;
    const bool exact = group.spec.members && group.spec.membership == model::Membership::exact;
    if (exact || changes_scope(group, *live)) note(*live);
  }
  for (const auto& leftover : leftovers(seen))
    if (const auto* live = std::get_if<LiveGroup>(&leftover.live)) note(*live);
  return unknown;
}

std::vector<std::string> spns_to_add(const Desired& desired, const Observations& seen) {
  std::vector<std::string> missing;
  for (const auto& account : desired.accounts) {
    if (account.settled) continue;
    const auto found = seen.accounts.find(account.name);
    const auto* live = found == seen.accounts.end() ? nullptr : std::get_if<LiveGmsa>(&found->second);
    std::set<std::string, LessFolded> held;
    if (live != nullptr)
      held.insert(live->service_principal_names.begin(), live->service_principal_names.end());
    for (const auto& spn : account.spec.service_principal_names)
      if (!held.contains(spn.text)) missing.push_back(spn.text);
  }
  return missing;
}

Result<void> read_containing_groups(Forest& forest, const Desired& desired, Observations& seen) {
  for (const auto& group : desired.host_groups) {
    const auto found = seen.host_groups.find(group.name);
    const auto* live = found == seen.host_groups.end() ? nullptr : std::get_if<LiveGroup>(&found->second);
    if (live == nullptr || group.settled || !changes_scope(group, *live)) continue;
    seen.containing_groups[live->id.dn.key()] = GMSACTL_TRY(find_containing_groups(forest, live->id.dn));
  }
  return {};
}

void read_spn_holders(Forest& forest, const Desired& desired, Observations& seen) {
  const auto missing = spns_to_add(desired, seen);
  if (missing.empty()) return;
  auto holders = find_spn_holders(forest, missing);
  if (holders)
    seen.spn_holders = std::move(*holders);
  else
    seen.spn_holders_unreadable = std::move(holders).error();
}

template <class Live>
void merge(Found<Live>&& found, std::map<std::string, model::Observation<Live>>& observations,
           Observations& seen) {
  observations = std::move(found.observations);
  seen.sam_account_name_holders.merge(found.sam_account_name_holders);
  seen.dn_holders.merge(found.dn_holders);
  if (seen.leftovers)
    std::move(found.leftovers.begin(), found.leftovers.end(), std::back_inserter(*seen.leftovers));
}

bool has_unreadable_key_question(const DirectoryFacts& facts) {
  return !std::holds_alternative<std::vector<model::LiveKdsRootKey>>(facts.kds_root_keys);
}

/// Searches are several transactions: an account that another run creates between two of them is absent in
/// one and holds its SPNs in the next.
bool torn(const Desired& desired, const Observations& seen) {
  std::set<std::string> holders;
  for (const auto& [spn, principals] : seen.spn_holders)
    for (const auto& principal : principals) holders.insert(fold(principal.sam_account_name));
  for (const auto& account : desired.accounts) {
    const auto found = seen.accounts.find(account.name);
    if (found != seen.accounts.end() && std::holds_alternative<model::Absent>(found->second) &&
        holders.contains(fold(account.spec.sam_account_name) + "$"))
      return true;
  }
  return false;
}

Result<Observations> observe_once(Session& session, const Desired& desired, ports::EventSink& events) {
  auto& transport = session.transport();
  Observations seen;
  events.progress("reading the directory", 0, 0);
  if (!desired.suspects) transport.widen();
  seen.directory = GMSACTL_TRY(read_facts(transport, session.root_dse()));
  const auto& facts = seen.directory;
  Forest forest(transport, facts, [&session, &facts] { return session.open_global_catalog(facts.forest); });
  const auto groups = wanted_groups(desired, facts);
  const auto accounts = wanted_accounts(desired, facts);

  // Two connections read groups and accounts side by side; principals go along with the accounts, the smaller
  // part.
  auto reading_groups = std::async(std::launch::async, [&] {
    return find_groups(transport,
                       {facts.domain_dn, desired.environment, groups, desired.complete, desired.suspects},
                       events);
  });
  auto reading_principals =
      std::async(std::launch::async, [&] { return resolve_principals(forest, desired); });
  auto found_accounts = find_accounts(
      transport, {facts.domain_dn, desired.environment, accounts, desired.complete, desired.suspects},
      events);
  auto found_groups = reading_groups.get();
  auto principals = reading_principals.get();

  if (desired.complete) seen.leftovers.emplace();
  merge(GMSACTL_TRY(std::move(found_accounts)), seen.accounts, seen);
  merge(GMSACTL_TRY(std::move(found_groups)), seen.host_groups, seen);
  seen.principals = GMSACTL_TRY(std::move(principals));
  seen.known_sids = GMSACTL_TRY(find_sids(forest, unknown_readers(seen)));
  seen.known_members = GMSACTL_TRY(find_objects(forest, unknown_members(desired, seen)));
  GMSACTL_TRY(read_containers(transport, facts.domain_dn, groups, accounts, seen));
  GMSACTL_TRY(read_containing_groups(forest, desired, seen));
  read_spn_holders(forest, desired, seen);
  if (has_unreadable_key_question(facts))
    seen.directory.any_gmsa_exists = GMSACTL_TRY(any_account(transport, facts.domain_dn));
  return seen;
}

}  // namespace

Result<Observations> observe(Session& session, const Desired& desired, ports::EventSink& events) {
  constexpr int attempts = 3;
  for (int attempt = 1;; ++attempt) {
    auto seen = observe_once(session, desired, events);
    if (!seen || attempt == attempts || !torn(desired, *seen)) return seen;
  }
}

}  // namespace gmsactl::directory
