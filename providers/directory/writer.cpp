#include "providers/directory/writer.h"

#include <algorithm>

#include "engine/base/text.h"
#include "providers/directory/decode.h"
#include "providers/directory/modifications.h"

namespace gmsactl::directory {

using model::Action;
using model::Change;
using model::ChangeResult;
using model::Dn;
using model::Outcome;
using model::PlannedPrincipal;
using model::Sid;

ChangeResult Writer::apply(const Change& change) {
  ChangeResult result{change.id, change.action, Outcome::applied, std::nullopt, {}};
  Steps steps{result};
  if (!std::all_of(change.set_aside.begin(), change.set_aside.end(),
                   [&](const model::SetAside& step) { return step_aside(step, steps); })) {
    // It failed already.
  } else if (const auto* account = std::get_if<model::GmsaChange>(&change.detail)) {
    if (change.action == Action::create)
      create_account(change, *account, steps);
    else if (change.action == Action::replace)
      replace_account(change, *account, steps);
    else
      update_account(change, *account, steps);
  } else if (const auto* group = std::get_if<model::GroupChange>(&change.detail)) {
    if (change.action == Action::create)
      create_group(change, *group, steps);
    else
      update_group(change, *group, steps);
  } else if (const auto* container = std::get_if<model::ContainerChange>(&change.detail)) {
    create_container(*container, steps);
  } else if (const auto* key = std::get_if<model::KdsRootKeyChange>(&change.detail)) {
    create_kds_root_key(change, *key, steps);
  } else if (const auto* removal = std::get_if<model::RemovalChange>(&change.detail)) {
    remove_object(change, *removal, steps);
  } else if (const auto* marker = std::get_if<model::MarkerChange>(&change.detail)) {
    change_marker(change, *marker, steps);
  }
  // What another hand had done in part and we finished is our doing.
  if (result.outcome == Outcome::already_done && !result.written.empty()) result.outcome = Outcome::applied;
  if (result.error) result.error = std::move(*result.error).with_context(printable(change.dn.text()));
  return result;
}

Result<model::Identity> Writer::created_group(const std::string& name) {
  Dn dn;
  {
    const std::lock_guard lock(mutex_);
    const auto found = created_groups_.find(name);
    if (found == created_groups_.end())
      return fail(ErrorKind::internal, "HostGroup/" + name + " is required and was not created");
    if (!found->second.sid.empty()) return found->second;
    dn = found->second.dn;
  }
  auto live = GMSACTL_TRY(read_group(dn.text()));
  const std::lock_guard lock(mutex_);
  return created_groups_[name] = live.id;
}

Result<std::vector<Sid>> Writer::reader_sids(const std::vector<PlannedPrincipal>& readers) {
  std::vector<Sid> sids;
  for (const auto& reader : readers)
    sids.push_back(reader.sid.empty() ? GMSACTL_TRY(created_group(reader.host_group)).sid : reader.sid);
  return sids;
}

Result<std::vector<std::string>> Writer::member_dns(const std::vector<PlannedPrincipal>& members) {
  std::vector<std::string> dns;
  for (const auto& member : members) {
    if (!member.dn.empty())
      dns.push_back(member.dn.text());
    else if (!member.sid.empty())
      dns.push_back("<SID=" + member.sid.text() + ">");
    else
      dns.push_back(GMSACTL_TRY(created_group(member.host_group)).dn.text());
  }
  return dns;
}

void Writer::change_marker(const Change& change, const model::MarkerChange& detail, Steps& steps) {
  const std::string object = guid_dn(change.guid);
  const auto live = std::visit([](const auto& each) { return each.marker; }, detail.live);
  const auto wanted = detail.marker.empty() ? std::nullopt : std::optional<std::string>(detail.marker);
  auto modified = transport_.modify(object, marker_modifications(live, wanted, marker_));
  if (!modified) {
    const auto now = ldap::read(transport_, object, {marker_});
    const bool unknown = outcome_unknown(modified.error());
    const auto text = now ? now->first(marker_) : std::nullopt;
    const bool as_wanted = now && (text ? std::optional<std::string>(*text) : std::nullopt) == wanted;
    if (!as_wanted) {
      const bool conflict = modified.error().kind == ErrorKind::conflict;
      steps.fail_with(std::move(modified).error(), unknown && !now ? Outcome::unknown
                                                   : conflict      ? Outcome::conflict
                                                                   : Outcome::failed);
      return;
    }
    if (!unknown) {
      steps.finish(Outcome::already_done);
      return;
    }
  }
  steps.wrote(wanted ? "taken over" : "released");
}

bool Writer::place(const Change& change, const Dn& wanted, Steps& steps) {
  const Dn& from = change.set_aside_at ? *change.set_aside_at : change.dn;
  return from == wanted ||
         move_object(change.guid, from, wanted, steps);  // else it is no part of this change
}

bool Writer::move_object(const model::Guid& guid, const Dn& from, const Dn& wanted, Steps& steps) {
  const std::string object = guid_dn(guid);
  const auto where = [&]() -> Result<Dn> {
    const auto entry = GMSACTL_TRY(ldap::read(transport_, object, {attribute::object_guid}));
    return Dn::parse(entry.dn);
  };
  auto now = where();
  if (!now && now.error().kind == ErrorKind::not_found)
    return steps.fail_with(
        {ErrorKind::conflict, "it was deleted after it was planned", "Plan again.", std::nullopt},
        Outcome::conflict);
  if (!now) return steps.fail_with(std::move(now).error());
  if (*now == wanted) return true;
  if (!(*now == from))
    return steps.fail_with({ErrorKind::conflict,
                            "it stood at " + printable(from.text()) + " when planned and now stands at " +
                                printable(now->text()),
                            "Plan again.", std::nullopt},
                           Outcome::conflict);
  const bool move = !(now->parent() == wanted.parent());
  const std::string rdn = wanted.leaf().type + "=" + model::escape_rdn_value(wanted.leaf().value);
  auto renamed = transport_.rename(object, rdn, move ? wanted.parent().text() : "");
  if (!renamed) {
    auto after = outcome_unknown(renamed.error()) ? where() : Result<Dn>(*now);
    if (!after) return steps.fail_with(std::move(renamed).error(), Outcome::unknown);
    if (!(*after == wanted)) return steps.fail_with(std::move(renamed).error());
  }
  steps.wrote(move ? "moved to " + wanted.text() : "renamed to " + wanted.leaf().value);
  return true;
}

}  // namespace gmsactl::directory
