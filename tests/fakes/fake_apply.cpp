// How FakeWorld carries a change out: by its detail only, as a provider does, and with the refusals of a real
// domain.
#include <algorithm>

#include "engine/base/text.h"
#include "tests/fakes/fake_world.h"

namespace gmsactl::fakes {

using model::Action;
using model::Change;
using model::ChangeResult;
using model::Dn;
using model::GmsaChange;
using model::GroupChange;
using model::Guid;
using model::LiveGmsa;
using model::LiveGroup;
using model::Outcome;
using model::Sid;

namespace {

std::optional<std::string> text_or_nothing(const std::optional<std::string>& wanted,
                                           const std::optional<std::string>& live) {
  if (!wanted) return live;
  return wanted->empty() ? std::nullopt : wanted;
}

std::string without_dollar(std::string_view name) {
  return std::string(name.substr(0, name.find_last_not_of('$') + 1));
}

/// What the server does to SPNs when one of the account's names changes.
void rewrite_spns(LiveGmsa& account, const std::string& dns_host_name, const std::string& sam_account_name) {
  for (auto& spn : account.service_principal_names) {
    if (account.dns_host_name) spn = model::rewritten_spn(spn, *account.dns_host_name, dns_host_name);
    spn =
        model::rewritten_spn(spn, without_dollar(account.sam_account_name), without_dollar(sam_account_name));
  }
}

std::optional<std::string> descriptor(const GmsaChange& detail, std::vector<Sid> readers) {
  readers.insert(readers.end(), detail.kept_orphans.begin(), detail.kept_orphans.end());
  std::sort(readers.begin(), readers.end());
  readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
  if (readers.empty() && detail.kept_aces.empty()) return std::nullopt;
  return model::SecurityDescriptor::encode_readers(readers, detail.kept_aces);
}

}  // namespace

Result<void> FakeWorld::check_free(const Guid& self, const Dn& dn, std::string_view sam_account_name) const {
  for (const auto& one : everybody()) {
    if (one.id.guid == self) continue;
    if (one.id.dn == dn) return fail(ErrorKind::already_exists, dn.text() + " exists");
    if (equal_folded(one.sam_account_name, sam_account_name))
      return fail(ErrorKind::already_exists, "sAMAccountName " + one.sam_account_name + " is taken");
  }
  if (!containers.contains(dn.parent().key()))
    return fail(ErrorKind::not_found, dn.parent().text() + " does not exist");
  return {};
}

Result<void> FakeWorld::check_spns(const LiveGmsa& account) const {
  const auto held = everybodys_spns();
  for (const auto& spn : account.service_principal_names)
    for (const auto& [other, holder] : held)
      if (other == fold(spn) && holder.id.guid != account.id.guid)
        return fail(ErrorKind::constraint, spn + " is held by " + holder.id.dn.text());
  return {};
}

Result<std::vector<Sid>> FakeWorld::reader_sids(const GmsaChange& detail) const {
  std::vector<Sid> sids;
  for (const auto& reader : detail.readers) {
    if (!reader.sid.empty()) {
      sids.push_back(reader.sid);
      continue;
    }
    const auto created = created_groups_.find(reader.host_group);
    if (created == created_groups_.end())
      return fail(ErrorKind::not_found, reader.host_group + " was not created yet");
    sids.push_back(groups.at(created->second).id.sid);
  }
  return sids;
}

Result<void> FakeWorld::carry_out(const Change& change, const GmsaChange& detail) {
  const bool fresh = change.action == Action::create || change.action == Action::replace;
  LiveGmsa next;
  if (!fresh || change.action == Action::replace) {
    const auto found = accounts.find(change.guid);
    if (found == accounts.end() || !(found->second == *detail.live))
      return fail(ErrorKind::conflict, "it is not as it was when planned");
    if (fresh)
      remove(change.guid);
    else
      next = found->second;
  }
  const std::string sam = detail.desired.sam_account_name + "$";
  if (fresh) {
    if (!std::holds_alternative<std::vector<model::LiveKdsRootKey>>(facts.kds_root_keys))
      return fail(ErrorKind::constraint, "no usable key");
    next.id = new_identity(detail.dn);
    next.password_interval_days = detail.desired.password_interval_days;
  } else {
    rewrite_spns(next, detail.desired.dns_host_name, sam);
    // The server sees what it rewrites before it sees anything that is written afterwards.
    GMSACTL_TRY(check_spns(next));
  }
  GMSACTL_TRY(check_free(next.id.guid, detail.dn, sam));
  const auto readers = GMSACTL_TRY(reader_sids(detail));
  const auto mode = detail.desired.service_principal_names_mode;
  if (mode == model::SpnMode::additive || fresh)
    for (const auto& spn : detail.service_principal_names)
      if (std::none_of(next.service_principal_names.begin(), next.service_principal_names.end(),
                       [&](const auto& held) { return equal_folded(held, spn); }))
        next.service_principal_names.push_back(spn);
  const bool same_spns =
      mode != model::SpnMode::exact ||
      std::is_permutation(next.service_principal_names.begin(), next.service_principal_names.end(),
                          detail.service_principal_names.begin(), detail.service_principal_names.end(),
                          [](const auto& a, const auto& b) { return equal_folded(a, b); });
  if (!same_spns) next.service_principal_names = detail.service_principal_names;
  GMSACTL_TRY(check_spns(next));
  next.sam_account_name = sam;
  next.dns_host_name = detail.desired.dns_host_name;
  if (!detail.keeps_readers) next.group_msa_membership = descriptor(detail, readers);
  next.encryption_types = detail.encryption_types;
  next.user_account_control = detail.user_account_control;
  next.description = text_or_nothing(detail.desired.description, next.description);
  next.display_name = text_or_nothing(detail.desired.display_name, next.display_name);
  if (detail.desired.allowed_to_delegate_to)
    next.allowed_to_delegate_to = *detail.desired.allowed_to_delegate_to;
  next.marker = detail.marker;
  accounts[next.id.guid] = next;
  rename(next.id.guid, detail.dn);
  return {};
}

Result<void> FakeWorld::change_members(const GroupChange& detail, LiveGroup& live) const {
  const auto position = [&](const std::string& key) {
    return std::find_if(live.members.begin(), live.members.end(),
                        [&](const std::string& member) { return model::dn_key(member) == key; });
  };
  for (const auto& gone : detail.remove) {
    const auto at = position(model::dn_key(gone));
    if (at == live.members.end()) return fail(ErrorKind::conflict, gone + " is no member");
    live.members.erase(at);
  }
  for (const auto& added : detail.add) {
    Dn dn = added.dn;
    if (dn.empty() && !added.sid.empty())
      dn = facts.domain_dn.child("CN", "ForeignSecurityPrincipals").child("CN", added.sid.text());
    if (dn.empty()) {
      const auto created = created_groups_.find(added.host_group);
      if (created == created_groups_.end())
        return fail(ErrorKind::not_found, added.host_group + " was not created yet");
      dn = groups.at(created->second).id.dn;
    } else if (!added.dn.empty()) {
      const auto all = everybody();
      if (std::none_of(all.begin(), all.end(), [&](const auto& one) { return one.id.dn == dn; }))
        return fail(ErrorKind::not_found, dn.text() + " does not exist");
    }
    if (position(dn.key()) != live.members.end() && added_early.contains(live.id.guid)) continue;
    if (position(dn.key()) != live.members.end())
      return fail(ErrorKind::conflict, dn.text() + " is a member already");
    live.members.push_back(dn.text());
  }
  return {};
}

Result<void> FakeWorld::carry_out(const Change& change, const GroupChange& detail) {
  LiveGroup next;
  if (change.action == Action::create) {
    next.id = new_identity(detail.dn);
  } else {
    const auto found = groups.find(change.guid);
    if (found == groups.end()) return fail(ErrorKind::conflict, "it is not there any more");
    next = found->second;
    if (next.sam_account_name != detail.live->sam_account_name ||
        next.description != detail.live->description || next.group_type != detail.live->group_type ||
        next.marker != detail.live->marker)
      return fail(ErrorKind::conflict, "it is not as it was when planned");
  }
  GMSACTL_TRY(check_free(next.id.guid, detail.dn, detail.desired.sam_account_name));
  GMSACTL_TRY(change_members(detail, next));
  next.sam_account_name = detail.desired.sam_account_name;
  next.group_type = detail.group_type;
  next.marker = detail.marker;
  next.description = text_or_nothing(detail.desired.description, next.description);
  groups[next.id.guid] = next;
  rename(next.id.guid, detail.dn);
  if (change.action == Action::create) created_groups_[change.id.name] = next.id.guid;
  return {};
}

Result<void> FakeWorld::carry_out(const model::ContainerChange& detail) {
  if (!containers.contains(detail.dn.parent().key()))
    return fail(ErrorKind::not_found, detail.dn.parent().text() + " does not exist");
  if (containers.contains(detail.dn.key()))
    return fail(ErrorKind::already_exists, detail.dn.text() + " exists");
  add_container(detail.dn.text());
  return {};
}

Result<void> FakeWorld::carry_out(const Change& change, const model::RemovalChange& detail) {
  const auto found_account = accounts.find(change.guid);
  const auto found_group = groups.find(change.guid);
  const auto* account = std::get_if<LiveGmsa>(&detail.live);
  const bool same = account != nullptr ? found_account != accounts.end() && found_account->second == *account
                                       : found_group != groups.end() &&
                                             found_group->second == std::get<LiveGroup>(detail.live);
  if (!same) return fail(ErrorKind::conflict, "it is not as it was when planned");
  remove(change.guid);
  return {};
}

Result<void> FakeWorld::carry_out(const Change& change, const model::MarkerChange& detail) {
  const auto swap = [&](std::optional<std::string>& marker,
                        const std::optional<std::string>& before) -> Result<void> {
    if (marker != before) return fail(ErrorKind::conflict, "the marker is not as it was when planned");
    marker = detail.marker.empty() ? std::nullopt : std::optional(detail.marker);
    return {};
  };
  if (const auto* account = std::get_if<LiveGmsa>(&detail.live))
    return swap(accounts.at(change.guid).marker, account->marker);
  return swap(groups.at(change.guid).marker, std::get<LiveGroup>(detail.live).marker);
}

/// The rest of its change finds them there.
Result<void> FakeWorld::add_early(const model::SetAside& step) {
  auto& group = groups.at(step.guid);
  if (group.marker != step.marker_before)
    return fail(ErrorKind::conflict, "it is not as it was when planned");
  for (const auto& member : step.members)
    if (std::none_of(group.members.begin(), group.members.end(),
                     [&](const auto& dn) { return model::dn_key(dn) == member.dn.key(); }))
      group.members.push_back(member.dn.text());
  added_early.insert(step.guid);
  return {};
}

/// One object steps aside for another, with the refusals that any change of it meets.
Result<void> FakeWorld::carry_out(const model::SetAside& step) {
  const auto account = accounts.find(step.guid);
  const auto group = groups.find(step.guid);
  if (!step.members.empty()) return add_early(step);
  if (account == accounts.end() && group == groups.end()) return fail(ErrorKind::conflict, "it is gone");
  auto& sam = account != accounts.end() ? account->second.sam_account_name : group->second.sam_account_name;
  const Dn dn = account != accounts.end() ? account->second.id.dn : group->second.id.dn;
  if (account != accounts.end())
    std::erase_if(account->second.service_principal_names, [&](const auto& held) {
      return std::any_of(step.service_principal_names.begin(), step.service_principal_names.end(),
                         [&](const auto& spn) { return equal_folded(held, spn); });
    });
  if (!step.temporary_name.empty()) {
    if (!equal_folded(sam, step.sam_account_name)) return fail(ErrorKind::conflict, "it has another name");
    GMSACTL_TRY(check_free(step.guid, dn, step.temporary_name));
    if (account != accounts.end()) {
      rewrite_spns(account->second, account->second.dns_host_name.value_or(""), step.temporary_name);
      GMSACTL_TRY(check_spns(account->second));
    }
    sam = step.temporary_name;
  }
  if (!step.temporary_dn.empty()) {
    if (!(dn == step.dn)) return fail(ErrorKind::conflict, "it stands elsewhere");
    GMSACTL_TRY(check_free(step.guid, step.temporary_dn, sam));
    rename(step.guid, step.temporary_dn);
  }
  return {};
}

Result<void> FakeWorld::carry_out(const Change& change) {
  for (const auto& step : change.set_aside) GMSACTL_TRY(carry_out(step));
  if (dies_after_stepping_aside && !change.set_aside.empty())
    return fail(ErrorKind::unavailable, "the run was killed");
  if (const auto* marker = std::get_if<model::MarkerChange>(&change.detail))
    return carry_out(change, *marker);
  if (const auto* removal = std::get_if<model::RemovalChange>(&change.detail))
    return carry_out(change, *removal);
  if (const auto* account = std::get_if<GmsaChange>(&change.detail)) return carry_out(change, *account);
  if (const auto* group = std::get_if<GroupChange>(&change.detail)) return carry_out(change, *group);
  if (const auto* container = std::get_if<model::ContainerChange>(&change.detail))
    return carry_out(*container);
  const bool immediately = std::get<model::KdsRootKeyChange>(change.detail).effective_immediately;
  constexpr int64_t ten_hours = int64_t{10} * 3600 * 10'000'000;
  const int64_t start = immediately ? facts.server_time - ten_hours : facts.server_time;
  facts.kds_root_keys = std::vector<model::LiveKdsRootKey>{{{}, facts.server_time, start}};
  return {};
}

ChangeResult FakeWorld::apply(const Change& change) {
  const std::string address = model::address(change.id);
  {
    const std::lock_guard lock(mutex_);
    touched.push_back(address);
    most_at_once = std::max(most_at_once, ++at_once_);
  }
  if (before_apply) before_apply(change);
  const std::lock_guard lock(mutex_);
  --at_once_;
  if (const auto forced = answers.find(address); forced != answers.end()) {
    ChangeResult result = forced->second;
    result.id = change.id;
    result.action = change.action;
    return result;
  }
  ChangeResult result{change.id, change.action, Outcome::applied, std::nullopt, {"changed"}};
  if (auto done = carry_out(change); !done) {
    result.outcome = done.error().kind == ErrorKind::conflict ? Outcome::conflict : Outcome::failed;
    result.error = std::move(done).error();
    result.written.clear();
  }
  return result;
}

}  // namespace gmsactl::fakes
