#include "providers/directory/observe.h"

#include <algorithm>
#include <future>
#include <iterator>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/model/fields.h"
#include "engine/model/live_of.h"
#include "providers/directory/batch.h"
#include "providers/directory/changes.h"
#include "providers/directory/decode.h"
#include "providers/directory/facts.h"
#include "providers/directory/forest.h"
#include "providers/directory/moved.h"
#include "providers/directory/observe_objects.h"
#include "providers/directory/observe_principals.h"
#include "providers/directory/places.h"
#include "providers/directory/strangers.h"
#include "providers/directory/visibility.h"

namespace gmsactl::directory {

using model::Desired;
using model::DirectoryFacts;
using model::Dn;
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

/// No key is seen where keys must not be listed. Then there may be one.
Result<void> doubt_root_keys(ldap::Reader& transport, Visibility& visibility, DirectoryFacts& facts) {
  if (!std::holds_alternative<model::Absent>(facts.kds_root_keys) || facts.root_key_hidden) return {};
  const Dn keys = root_key_container(facts.configuration_dn);
  const auto entry =
      ldap::read(transport, keys.text(), {attribute::security_descriptor}, Visibility::without_auditing());
  if (!entry && entry.error().kind == ErrorKind::not_found) return {};
  if (!entry) return fail(entry.error());
  const auto descriptor = entry->first(attribute::security_descriptor);
  if (entry->whole || !descriptor || GMSACTL_TRY(visibility.may_list(std::string(*descriptor)))) return {};
  facts.kds_root_keys = model::Unreadable{
      Error{ErrorKind::denied, "this user may not list " + keys.text(),
            "Grant the account that gmsactl runs as the right to list it, for example: dsacls \"" +
                keys.text() + "\" /G \"DOMAIN\\USER:LC\"",
            std::nullopt}};
  return {};
}

/// Those that are to be added, and those that the server makes of others when an account gets another name.
std::vector<std::string> spns_to_add(const Desired& desired, const Observations& seen) {
  std::vector<std::string> missing;
  for (const auto& account : desired.accounts) {
    if (account.settled) continue;
    const auto* live = model::live_of(seen.accounts, account.name);
    std::set<std::string, LessFolded> held;
    if (live != nullptr)
      held.insert(live->service_principal_names.begin(), live->service_principal_names.end());
    for (const auto& spn : account.spec.service_principal_names)
      if (!held.contains(spn.text)) missing.push_back(spn.text);
    if (live == nullptr) continue;
    for (const auto& spn : live->service_principal_names)
      if (auto becomes = model::spn_after_renaming(spn, *live, account.spec); !held.contains(becomes))
        missing.push_back(std::move(becomes));
  }
  return missing;
}

Result<void> read_containing_groups(Forest& forest, const Desired& desired, Observations& seen) {
  for (const auto& group : desired.host_groups) {
    const auto* live = model::live_of(seen.host_groups, group.name);
    if (live == nullptr || group.settled || !changes_scope(group, *live)) continue;
    seen.containing_groups[live->id.dn.key()] = GMSACTL_TRY(find_containing_groups(forest, live->id.dn));
  }
  return {};
}

void read_spn_holders(Forest& forest, const Desired& desired, Observations& seen) {
  seen.spn_holders.clear();
  seen.spn_holders_unreadable.reset();
  const auto missing = spns_to_add(desired, seen);
  if (missing.empty()) return;
  // Which others mean the same service, and where else to look.
  for (const auto fact : {Fact::spn_mappings, Fact::domains})
    if (const auto* why = forest.facts().why_unread(fact)) {
      seen.spn_holders_unreadable = *why;
      return;
    }
  auto holders = find_spn_holders(forest, missing);
  if (holders)
    seen.spn_holders = std::move(*holders);
  else
    seen.spn_holders_unreadable = std::move(holders).error();
}

/// Where an object belongs that has no path of its own can't be read: then neither is it absent there, nor
/// does it stand in the wrong place.
void doubt_places(const Facts& facts, const Desired& desired, Observations& seen) {
  const auto doubt = [&](Fact fact, const auto& declarations, const auto& path, auto& observations) {
    const auto* why = path ? nullptr : facts.why_unread(fact);
    if (why == nullptr) return;
    for (const auto& one : declarations)
      if (!one.settled && !one.spec.path) observations.insert_or_assign(one.name, model::Unreadable{*why});
  };
  doubt(Fact::users_container, desired.host_groups, desired.environment.host_groups_path, seen.host_groups);
  doubt(Fact::accounts_container, desired.accounts, desired.environment.accounts_path, seen.accounts);
}

/// What can be done about the root key depends on the time, or on the number of controllers, and that can't
/// be read.
void doubt_root_key(const Facts& facts, const model::Environment& environment, DirectoryFacts& seen) {
  const bool absent = std::holds_alternative<model::Absent>(seen.kds_root_keys);
  const auto* why = absent && environment.kds_root_key_effective_immediately
                        ? facts.why_unread(Fact::domain_controllers)
                        : nullptr;
  if (!absent) why = facts.why_unread(Fact::server_time);
  if (why != nullptr) seen.kds_root_keys = model::Unreadable{*why};
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

/// Whether each attribute that did not come is absent, as far as a declaration or a removal depends on it.
Result<void> settle_unread(Visibility& visibility, const Desired& desired, Observations& seen) {
  const std::string& marker = desired.environment.marker_attribute;
  std::vector<Doubt> doubts;
  const auto doubt = [&](auto& live, std::vector<std::string> asked, std::vector<std::string> matters) {
    if (!live.unread.empty())
      doubts.push_back({live.id.guid, live.id.sid, std::move(asked), std::move(matters), &live.unread});
  };
  for (const auto& group : desired.host_groups)
    if (const auto found = seen.host_groups.find(group.name); found != seen.host_groups.end())
      if (auto* live = std::get_if<LiveGroup>(&found->second))
        doubt(*live, group_attributes(marker),
              model::decisive_attributes(group.spec, desired.environment, live->marker));
  for (const auto& account : desired.accounts)
    if (const auto found = seen.accounts.find(account.name); found != seen.accounts.end())
      if (auto* live = std::get_if<LiveGmsa>(&found->second))
        // Whoever may have to be replaced leaves all that it has to its successor.
        doubt(*live, account_attributes(marker),
              model::has_other_interval(*live, account.spec)
                  ? account_attributes(marker)
                  : model::decisive_attributes(account.spec, desired.environment, live->marker));
  if (seen.leftovers)
    for (auto& leftover : *seen.leftovers) {
      if (auto* live = std::get_if<LiveGmsa>(&leftover.live))
        doubt(*live, account_attributes(marker), account_attributes(marker));
      else
        doubt(std::get<LiveGroup>(leftover.live), group_attributes(marker), group_attributes(marker));
    }
  return visibility.settle(doubts);
}

bool has_unreadable_key_question(const DirectoryFacts& facts) {
  return !std::holds_alternative<std::vector<model::LiveKdsRootKey>>(facts.kds_root_keys);
}

/// `part` is what was changed during the last attempt.
Error never_at_rest(const Desired& part) {
  constexpr size_t most_shown = 3;
  std::vector<std::string> moved;
  const auto note = [&](model::Kind kind, const auto& declarations) {
    for (const auto& one : declarations)
      if (!one.settled) moved.push_back(model::address({kind, one.name}));
  };
  note(model::Kind::host_group, part.host_groups);
  note(model::Kind::gmsa, part.accounts);
  return {ErrorKind::conflict,
          "the directory was changed again and again while it was read, by another run or another tool: " +
              (moved.empty() ? "what is to be deleted" : some_of(moved, most_shown)),
          "Wait until that is done, and plan again.", std::nullopt};
}

/// All but the holders of SPNs.
Result<Observations> observe_once(Forest& forest, const Desired& desired, ports::EventSink& events) {
  auto& transport = forest.domain();
  const auto& facts = forest.facts();
  Observations seen;
  seen.directory = facts;
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
  Visibility visibility(transport, facts.domain_dn);
  GMSACTL_TRY(settle_unread(visibility, desired, seen));
  GMSACTL_TRY(doubt_root_keys(transport, visibility, seen.directory));
  doubt_root_key(facts, desired.environment, seen.directory);
  Places places(transport, visibility);
  GMSACTL_TRY(places.read_containers({&groups, &accounts}, seen.containers));
  GMSACTL_TRY(places.look_at(groups, seen.host_groups, seen.containers, seen.dn_holders));
  GMSACTL_TRY(places.look_at(accounts, seen.accounts, seen.containers, seen.dn_holders));
  GMSACTL_TRY(find_strangers(forest, visibility, desired, seen));
  GMSACTL_TRY(read_containing_groups(forest, desired, seen));
  if (has_unreadable_key_question(seen.directory))
    seen.directory.any_gmsa_exists = GMSACTL_TRY(any_account(transport, facts.domain_dn));
  doubt_places(facts, desired, seen);
  return seen;
}

}  // namespace

Result<Observations> observe(Session& session, const Desired& desired, ports::EventSink& events) {
  // Searches are several transactions: what somebody changes between two of them is half of one world and
  // half of the next, as an account that is absent in one and holds its SPNs in the other.
  constexpr int attempts = 32;
  auto& transport = session.transport();
  Observations seen;
  std::optional<Desired> moved;  // what of it is read again
  std::vector<model::ChangedObject> changes;
  auto from = GMSACTL_TRY(latest_change(transport));
  for (int attempt = 0;; ++attempt) {
    if (attempt == attempts) return fail(never_at_rest(*moved));
    const Desired& part = moved ? *moved : desired;
    events.progress("reading the directory", 0, 0);
    if (!part.suspects) transport.widen();
    const auto facts = GMSACTL_TRY(read_facts(transport, session.root_dse()));
    Forest forest(transport, facts, [&] { return session.open_global_catalog(facts.forest); });
    auto now = GMSACTL_TRY(observe_once(forest, part, events));
    if (attempt == 0)
      seen = std::move(now);
    else
      take_over(std::move(now), changes, seen);
    read_spn_holders(forest, desired, seen);
    const auto to = GMSACTL_TRY(latest_change(transport));
    if (!from || !to || *to == *from) return seen;
    changes = GMSACTL_TRY(changed_since(session, *from, *to));
    moved = touched_part(desired, seen, changes);
    if (!moved) return seen;
    from = to;
  }
}

}  // namespace gmsactl::directory
