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
  for (const auto& reader : readers) {
    if (!reader.sid.empty())
      sids.push_back(reader.sid);
    else if (!reader.host_group.empty())
      sids.push_back(GMSACTL_TRY(created_group(reader.host_group)).sid);
    else  // an account that the same plan has replaced
      sids.push_back(GMSACTL_TRY(read_account(reader.dn.text())).id.sid);
  }
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

Result<std::string> Writer::marker_of(const std::string& dn) {
  const auto entry = GMSACTL_TRY(ldap::read(transport_, dn, {marker_}));
  return std::string(entry.first(marker_).value_or(""));
}

Result<bool> Writer::exists(const std::string& dn) {
  const auto entry = ldap::read(transport_, dn, {attribute::object_class});
  if (!entry && entry.error().kind != ErrorKind::not_found) return fail(entry.error());
  return entry.has_value();
}

Fate Writer::swap(const std::string& object, const std::vector<ldap::Modification>& modifications,
                  const std::string& receipt) {
  // Without the marker among what is written it proves nothing, and a lost answer is one that nobody can
  // replace.
  const bool proves = std::any_of(modifications.begin(), modifications.end(),
                                  [&](const auto& one) { return equal_folded(one.attribute, marker_); });
  if (!proves && any_sam_owned(modifications))
    return {Fate::refused,
            Error{ErrorKind::internal, "a guarded change was about to be sent without its guard", {}, {}}};
  if (any_sam_owned(modifications)) return swap_sam_owned(object, modifications, receipt);
  return transport_.carry_out([&] { return transport_.modify(object, modifications); },
                              [&]() -> Result<bool> {
                                if (!proves) return fail(ErrorKind::unavailable, "nothing tells");
                                auto marker = marker_of(object);
                                if (!marker && marker.error().kind != ErrorKind::not_found)
                                  return fail(std::move(marker).error());
                                return marker && *marker == receipt;
                              });
}

void Writer::change_marker(const Change& change, const model::MarkerChange& detail, Steps& steps) {
  const std::string object = guid_dn(change.guid);
  const auto live = std::visit([](const auto& each) { return each.marker; }, detail.live);
  const bool take_over = !detail.marker.empty();
  const auto wanted = take_over ? std::optional<std::string>(detail.marker) : std::nullopt;
  auto fate = swap(object, marker_modifications(live, wanted, marker_), detail.marker);
  if (fate) {
    steps.wrote(take_over ? "taken over" : "released");
    return;
  }
  if (fate.kind == Fate::refused) {
    const auto now = marker_of(object);
    if (now && *now == detail.marker) {
      steps.finish(Outcome::already_done);
      return;
    }
    if (fate.error->kind == ErrorKind::conflict) {
      steps.fail_with(std::move(*fate.error), Outcome::conflict);
      return;
    }
    if (fate.error->kind == ErrorKind::not_found) {
      steps.was_deleted();
      return;
    }
  }
  steps.fail_with(std::move(fate), take_over ? "whether it was taken over" : "whether it was released");
}

bool Writer::place(const Change& change, const Dn& wanted, Steps& steps) {
  const Dn& from = change.set_aside_at ? *change.set_aside_at : change.dn;
  return from == wanted ||  // where it stands is no part of this change
         move_object(change.guid, from, wanted, steps);
}

bool Writer::move_object(const model::Guid& guid, const Dn& from, const Dn& wanted, Steps& steps) {
  const std::string object = guid_dn(guid);
  const auto where = [&]() -> Result<Dn> {
    const auto entry = GMSACTL_TRY(ldap::read(transport_, object, {attribute::object_guid}));
    return Dn::parse(entry.dn);
  };
  auto now = where();
  if (!now && now.error().kind == ErrorKind::not_found) return steps.was_deleted();
  if (!now) return steps.fail_with(std::move(now).error());
  if (*now == wanted) return true;
  if (!(*now == from))
    return steps.conflict(
        "it stood at " + printable(from.text()) + " when planned and now stands at " + printable(now->text()),
        "Plan again.");
  const bool move = !(now->parent() == wanted.parent());
  const std::string rdn = wanted.leaf().type + "=" + model::escape_rdn_value(wanted.leaf().value);
  auto fate =
      transport_.carry_out([&] { return transport_.rename(object, rdn, move ? wanted.parent().text() : ""); },
                           [&]() -> Result<bool> { return GMSACTL_TRY(where()) == wanted; });
  if (fate) {
    steps.wrote(move ? "moved to " + wanted.text() : "renamed to " + wanted.leaf().value);
    return true;
  }
  if (fate.kind == Fate::refused) {
    // Either it or the container that it was to go to is not there.
    if (fate.error->kind == ErrorKind::not_found)
      if (const auto still = where(); !still && still.error().kind == ErrorKind::not_found)
        return steps.was_deleted();
    if (move) fate.error = refused_removal(std::move(*fate.error), *now);
    fate.error = taken(std::move(*fate.error), {}, {}, wanted, true);
  }
  return steps.fail_with(std::move(fate), "whether it was moved");
}

void Writer::note_place(const Change& change, const std::optional<std::string>& live_marker,
                        const std::string& wanted_marker, Steps& steps) {
  auto marker = model::Marker::parse(live_marker.value_or(""));
  const auto wanted = model::Marker::parse(wanted_marker);
  if (!marker || !wanted) return;
  for (const char* field : {"path", "name", "commonName"})
    if (const auto hash = wanted->applied.find(field); hash != wanted->applied.end())
      marker->applied.insert_or_assign(field, hash->second);
  ++marker->generation;
  const std::string object = guid_dn(change.guid);
  if (swap(object, marker_modifications(live_marker, marker->text(), marker_), marker->text()))
    return steps.wrote("noted the move in the marker");
  steps.result.error->message += "; the marker does not know of the move";
}

}  // namespace gmsactl::directory
