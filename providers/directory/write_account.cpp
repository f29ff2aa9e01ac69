#include <algorithm>
#include <map>
#include <set>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/model/fields.h"
#include "engine/model/spn_renaming.h"
#include "providers/directory/decode.h"
#include "providers/directory/modifications.h"
#include "providers/directory/writer.h"

namespace gmsactl::directory {

using ldap::Modification;
using model::Change;
using model::GmsaChange;
using model::LiveGmsa;
using model::Outcome;
using model::Sid;

namespace {

/// A swap that fails although everything is still as planned meets a writer that came and went; it is tried
/// again.
constexpr int attempts = 4;

/// Only what was planned counts: another attribute that changed meanwhile is no concern of this change.
std::vector<Modification> only_attributes_of(std::vector<Modification> modifications,
                                             const std::vector<Modification>& planned) {
  std::erase_if(modifications, [&](const Modification& one) {
    return std::none_of(planned.begin(), planned.end(), [&](const Modification& other) {
      return equal_folded(one.attribute, other.attribute);
    });
  });
  return modifications;
}

std::string or_nothing(const std::optional<std::string>& text) {
  return text ? "\"" + printable(*text) + "\"" : "(not set)";
}

std::string bracketed(const std::vector<std::string>& values) {
  return "[" + printable(join(values, ", ")) + "]";
}

std::string text_of(const LiveGmsa& live, model::GmsaHook hook) {
  using Hook = model::GmsaHook;
  switch (hook) {
    case Hook::sam_account_name:
      return live.sam_account_name;
    case Hook::dns_host_name:
      return or_nothing(live.dns_host_name);
    case Hook::service_principal_names:
      return bracketed(live.service_principal_names);
    case Hook::readers: {
      if (!live.group_msa_membership) return "(not set)";
      std::vector<std::string> sids;
      if (const auto descriptor = model::SecurityDescriptor::decode(*live.group_msa_membership))
        for (const auto& sid : descriptor->possible_readers()) sids.push_back(sid.text());
      return bracketed(sids);
    }
    case Hook::password_interval:
      return live.password_interval_days ? std::to_string(*live.password_interval_days) : "(not set)";
    case Hook::encryption_types:
      return live.encryption_types ? std::to_string(*live.encryption_types) : "(not set)";
    case Hook::path:
    case Hook::common_name:
      return live.id.dn.text();
    case Hook::allow_long_name:
    case Hook::service_principal_names_mode:
    case Hook::orphaned_principals:
    case Hook::credential_spec:
      break;  // no attributes
  }
  return {};
}

std::string text_of(const LiveGmsa& live, const model::FlagField&) {
  return std::to_string(live.user_account_control);
}

std::string text_of(const LiveGmsa& live, const model::ListField& list) { return bracketed(live.*list.live); }

std::string text_of(const LiveGmsa& live, const model::GmsaText& text) {
  const auto all = all_values(text, live);
  return all.size() > 1 ? bracketed(all) : or_nothing(live.*text.live);
}

/// What the object has of an attribute, for people.
std::string text_of_attribute(const LiveGmsa& live, std::string_view name) {
  for (const auto& row : model::gmsa_fields)
    if (row.attribute == name)
      return std::visit([&](const auto& access) { return text_of(live, access); }, row.access);
  // The marker, whose attribute's name is not fixed.
  const auto marker = model::Marker::parse(live.marker.value_or(""));
  return marker ? "generation " + std::to_string(marker->generation) + " of gmsactl's marker"
                : or_nothing(live.marker);
}

/// SPNs that were neither there when planned, nor made of those by the server, nor are declared. How far the
/// server goes when it rewrites names is not the same everywhere, so any old name made new explains an SPN.
std::vector<std::string> unexplained_spns(const GmsaChange& detail, const std::vector<std::string>& now) {
  if (detail.desired.service_principal_names_mode != model::SpnMode::exact) return {};  // they stay
  std::set<std::string, LessFolded> explained(detail.service_principal_names.begin(),
                                              detail.service_principal_names.end());
  const LiveGmsa& before = *detail.live;
  std::map<std::string, std::string, LessFolded> by_host{};
  if (before.dns_host_name) by_host.emplace(*before.dns_host_name, detail.desired.dns_host_name);
  const std::map<std::string, std::string, LessFolded> by_name{
      {model::bare_name(before.sam_account_name), detail.desired.sam_account_name}};
  for (const auto& spn : before.service_principal_names) {
    const std::string hosts = model::renamed_anywhere(spn, by_host);
    explained.insert(spn);
    explained.insert(hosts);
    explained.insert(model::renamed_anywhere(spn, by_name));
    explained.insert(model::renamed_anywhere(hosts, by_name));
  }
  std::vector<std::string> strangers;
  for (const auto& spn : now)
    if (!explained.contains(spn)) strangers.push_back(spn);
  return strangers;
}

/// What the requests take away of one attribute, and what they add.
std::vector<std::string> values_of(const std::vector<Modification>& modifications,
                                   ldap::ModifyOperation operation, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& one : modifications)
    if (one.operation == operation && equal_folded(one.attribute, name))
      values.insert(values.end(), one.values.begin(), one.values.end());
  return values;
}

/// The marker goes with what it speaks of: a request that would write without it is none of ours.
bool carries(const std::vector<Modification>& modifications, const std::string& marker) {
  return std::any_of(modifications.begin(), modifications.end(),
                     [&](const Modification& one) { return equal_folded(one.attribute, marker); });
}

Error conflict(const std::vector<Modification>& planned, const LiveGmsa& before, const LiveGmsa& now) {
  Error error{ErrorKind::conflict, "somebody else changed it after it was planned",
              "Plan again and review the difference.", std::nullopt};
  std::vector<std::string> seen;
  for (const auto& one : planned) {
    if (std::find(seen.begin(), seen.end(), one.attribute) != seen.end()) continue;
    seen.push_back(one.attribute);
    const std::string was = text_of_attribute(before, one.attribute);
    const std::string is = text_of_attribute(now, one.attribute);
    if (was != is) error.message += "; " + one.attribute + " was " + was + " when planned, is " + is + " now";
  }
  return error;
}

}  // namespace

Result<LiveGmsa> Writer::read_account(const std::string& dn) {
  const auto entry = GMSACTL_TRY(ldap::read(transport_, dn, account_attributes(marker_)));
  if (!has_class(entry, gmsa_class))
    return fail(ErrorKind::already_exists, "another object, not a managed service account, has this name");
  auto live = GMSACTL_TRY(decode_account(entry, marker_));
  live.unread.clear();  // nothing is planned on what could not be read; what shows no longer has changed
  return live;
}

void Writer::create_account(const Change& change, const GmsaChange& detail, Steps& steps) {
  (void)change;
  auto readers = reader_sids(detail.readers);
  if (!readers) {
    steps.fail_with(std::move(readers).error());
    return;
  }
  const std::string dn = detail.dn.text();
  const auto attributes = new_account(detail, *readers, marker_);
  const auto shows = [&]() -> Result<bool> {
    auto now = read_account(dn);
    if (now) return now->marker == detail.marker;
    // Nothing, or something else, has the name.
    const ErrorKind kind = now.error().kind;
    if (kind == ErrorKind::not_found || kind == ErrorKind::already_exists) return false;
    return fail(std::move(now).error());
  };
  auto fate = with_freed_spns(detail.service_principal_names, [&] {
    return transport_.carry_out([&] { return transport_.add(dn, attributes); }, shows);
  });
  if (fate) {
    steps.wrote("created");
    return;
  }
  if (fate.kind == Fate::refused && fate.error->kind == ErrorKind::already_exists) {
    const auto now = read_account(dn);
    if (now && account_modifications(detail, *now, *readers, marker_).first.empty() &&
        now->password_interval_days.value_or(detail.desired.password_interval_days) ==
            detail.desired.password_interval_days) {
      steps.finish(Outcome::already_done);
      return;
    }
    if (now) {
      steps.conflict(
          "an account of this name appeared after the plan was made, and differs from what is declared");
      return;
    }
  }
  if (fate.kind == Fate::refused)
    fate.error = taken(std::move(*fate.error), detail.service_principal_names,
                       detail.desired.sam_account_name + "$", detail.dn, true);
  steps.fail_with(std::move(fate), "whether it was created");
}

void Writer::update_account(const Change& change, const GmsaChange& detail, Steps& steps) {
  auto readers = reader_sids(detail.readers);
  if (!readers) {
    steps.fail_with(std::move(readers).error());
    return;
  }
  if (!(change.dn == detail.dn)) {
    // A move compares nothing, so what somebody else has changed is looked for before it.
    auto now = read_account(guid_dn(change.guid));
    if (!now) {
      if (now.error().kind == ErrorKind::not_found)
        steps.was_deleted();
      else
        steps.fail_with(std::move(now).error());
      return;
    }
    const auto planned = account_modifications(detail, *detail.live, *readers, marker_);
    const auto still = only_attributes_of(
        account_modifications(detail, *now, *readers, marker_, planned.spns_after_reading_again).first,
        planned.first);
    const bool as_planned = std::all_of(still.begin(), still.end(), [&](const Modification& one) {
      return std::find(planned.first.begin(), planned.first.end(), one) != planned.first.end();
    });
    if (!as_planned) {
      steps.fail_with(conflict(planned.first, *detail.live, *now), Outcome::conflict);
      return;
    }
    if (!place(change, detail.dn, steps)) return;
  }
  const size_t placed = steps.result.written.size();
  if (!modify_account(change, detail, *readers, steps) && placed > 0 &&
      steps.result.written.size() == placed &&
      (steps.result.outcome == Outcome::partial || steps.result.outcome == Outcome::conflict))
    note_place(change, detail.live->marker, detail.marker, steps);
}

bool Writer::modify_account(const Change& change, const GmsaChange& detail, const std::vector<Sid>& readers,
                            Steps& steps) {
  const std::string object = guid_dn(change.guid);
  const auto planned = account_modifications(detail, *detail.live, readers, marker_);
  const bool spns_later = planned.spns_after_reading_again;
  const auto added = values_of(planned.first, ldap::ModifyOperation::add, attribute::service_principal_name);
  std::vector<Modification> left = planned.first;
  for (int attempt = 1; !left.empty(); ++attempt) {
    auto fate = with_freed_spns(added, [&] { return swap(object, left, planned.first_marker); });
    if (fate) {
      steps.wrote("modified " + attribute_names(left, marker_));
      note_freed(values_of(left, ldap::ModifyOperation::remove, attribute::service_principal_name));
      if (fate.error) return steps.fail_with(std::move(*fate.error), Outcome::conflict);
      break;
    }
    if (fate.kind == Fate::unknown || fate.error->not_sent)
      return steps.fail_with(std::move(fate), "whether it was modified");
    auto now = read_account(object);
    if (!now && now.error().kind == ErrorKind::not_found) return steps.was_deleted();
    if (!now) return steps.fail_with(std::move(*fate.error));
    const auto still = only_attributes_of(
        account_modifications(detail, *now, readers, marker_, spns_later).first, planned.first);
    if (still.empty()) {
      steps.finish(Outcome::already_done);
      break;
    }
    // What is left is part of what was planned: another hand with the same aim did the rest.
    const bool only_less = std::all_of(still.begin(), still.end(), [&](const Modification& one) {
      return std::find(planned.first.begin(), planned.first.end(), one) != planned.first.end();
    });
    if (!only_less || !carries(still, marker_))
      return steps.fail_with(conflict(planned.first, *detail.live, *now), Outcome::conflict);
    const bool again = fate.error->kind == ErrorKind::conflict || still != left;
    if (!again || attempt == attempts)
      return steps.fail_with(
          taken(std::move(*fate.error), added, detail.desired.sam_account_name + "$", detail.dn, false));
    left = still;
  }
  return !spns_later || settle_spns(change, detail, steps);
}

/// The server has rewritten the SPNs that held the old name: what is left to do is known only by reading
/// them. What neither it nor the plan explains is another hand's, and stands. Only now the marker can say
/// what the SPNs are.
bool Writer::settle_spns(const Change& change, const GmsaChange& detail, Steps& steps) {
  const std::string object = guid_dn(change.guid);
  const std::string before = marker_in_part(
      detail.marker, model::field_of_hook(model::gmsa_fields, model::GmsaHook::service_principal_names).key);
  note_freed(detail.live->service_principal_names);
  for (int attempt = 1;; ++attempt) {
    auto now = read_account(object);
    if (!now)
      return steps.fail_with(std::move(now).error().with_context("reading the SPNs that the server rewrote"));
    if (auto strangers = unexplained_spns(detail, now->service_principal_names); !strangers.empty())
      return steps.conflict("somebody else added " + printable(join(strangers, ", ")) +
                            " after it was planned, so its SPNs were left alone");
    auto left = spn_modifications(now->service_principal_names, detail);
    if (now->marker == detail.marker && left.empty()) return true;  // another run with the same aim
    if (now->marker != before) return steps.conflict("somebody else changed it, so its SPNs were left alone");
    const bool only_the_marker = left.empty();
    for (auto& one : marker_modifications(now->marker, detail.marker, marker_))
      left.push_back(std::move(one));
    if (left.empty()) return true;
    const auto added = values_of(left, ldap::ModifyOperation::add, attribute::service_principal_name);
    auto fate = with_freed_spns(added, [&] { return swap(object, left, detail.marker); });
    if (fate) {
      if (!only_the_marker) steps.wrote("modified servicePrincipalName");
      return true;
    }
    if (fate.kind == Fate::unknown) return steps.fail_with(std::move(fate), "whether its SPNs were modified");
    if (fate.error->kind != ErrorKind::conflict || attempt == attempts)
      return steps.fail_with(taken(std::move(*fate.error), added, {}, detail.dn, false));
  }
}

void Writer::replace_account(const Change& change, const GmsaChange& detail, Steps& steps) {
  auto marker = model::Marker::parse(detail.live->marker.value_or(""));
  if (!marker) {
    steps.fail_with(std::move(marker).error());
    return;
  }
  marker->deleting = true;
  // Nothing is deleted for an account that cannot be created.
  if (auto readers = reader_sids(detail.readers); !readers) {
    steps.fail_with(std::move(readers).error());
    return;
  }
  if (remove_object(change, {*detail.live, marker->text()}, steps)) create_account(change, detail, steps);
}

}  // namespace gmsactl::directory
