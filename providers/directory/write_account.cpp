#include <algorithm>
#include <set>

#include "engine/base/text.h"
#include "engine/model/account.h"
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

std::string text_of(const LiveGmsa& live, std::string_view name) {
  const auto or_nothing = [](const std::optional<std::string>& text) {
    return text ? "\"" + printable(*text) + "\"" : "(not set)";
  };
  const auto list = [](const std::vector<std::string>& values) {
    return "[" + printable(join(values, ", ")) + "]";
  };
  if (name == attribute::sam_account_name) return live.sam_account_name;
  if (name == attribute::dns_host_name) return or_nothing(live.dns_host_name);
  if (name == attribute::service_principal_name) return list(live.service_principal_names);
  if (name == attribute::encryption_types)
    return live.encryption_types ? std::to_string(*live.encryption_types) : "(not set)";
  if (name == attribute::user_account_control) return std::to_string(live.user_account_control);
  if (name == attribute::description) return or_nothing(live.description);
  if (name == attribute::display_name) return or_nothing(live.display_name);
  if (name == attribute::allowed_to_delegate_to) return list(live.allowed_to_delegate_to);
  if (name == attribute::group_msa_membership) {
    if (!live.group_msa_membership) return "(not set)";
    std::vector<std::string> sids;
    if (const auto descriptor = model::SecurityDescriptor::decode(*live.group_msa_membership))
      for (const auto& sid : descriptor->readers()) sids.push_back(sid.text());
    return list(sids);
  }
  // The marker, whose attribute's name is not fixed.
  const auto marker = model::Marker::parse(live.marker.value_or(""));
  return marker ? "generation " + std::to_string(marker->generation) + " of gmsactl's marker"
                : or_nothing(live.marker);
}

/// SPNs that were neither there when planned, nor made of those by the server, nor are declared.
std::vector<std::string> unexplained_spns(const GmsaChange& detail, const std::vector<std::string>& now) {
  if (detail.desired.service_principal_names_mode != model::SpnMode::exact) return {};  // they stay
  std::set<std::string, LessFolded> explained(detail.service_principal_names.begin(),
                                              detail.service_principal_names.end());
  const LiveGmsa& before = *detail.live;
  for (const auto& spn : before.service_principal_names) {
    explained.insert(spn);
    explained.insert(model::spn_after_renaming(spn, before, detail.desired));
  }
  std::vector<std::string> strangers;
  for (const auto& spn : now)
    if (!explained.contains(spn)) strangers.push_back(spn);
  return strangers;
}

Error conflict(const std::vector<Modification>& planned, const LiveGmsa& before, const LiveGmsa& now) {
  Error error{ErrorKind::conflict, "somebody else changed it after it was planned",
              "Plan again and review the difference.", std::nullopt};
  std::vector<std::string> seen;
  for (const auto& one : planned) {
    if (std::find(seen.begin(), seen.end(), one.attribute) != seen.end()) continue;
    seen.push_back(one.attribute);
    const std::string was = text_of(before, one.attribute);
    const std::string is = text_of(now, one.attribute);
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
  auto readers = reader_sids(detail.readers);
  if (!readers) {
    steps.fail_with(std::move(readers).error());
    return;
  }
  auto added = transport_.add(detail.dn.text(), new_account(detail, *readers, marker_));
  if (added) {
    steps.wrote("created");
    return;
  }
  const bool unknown = outcome_unknown(added.error());
  if (!unknown && added.error().kind != ErrorKind::already_exists) {
    steps.fail_with(std::move(added).error());
    return;
  }
  auto now = read_account(detail.dn.text());
  const bool as_declared = now && account_modifications(detail, *now, *readers, marker_).first.empty() &&
                           now->password_interval_days.value_or(detail.desired.password_interval_days) ==
                               detail.desired.password_interval_days;
  if (as_declared) {
    if (unknown) steps.wrote("created");
    steps.finish(unknown ? Outcome::applied : Outcome::already_done);
  } else if (now) {
    steps.fail_with(
        {ErrorKind::conflict,
         "an account of this name appeared after the plan was made, and differs from what is declared",
         "Plan again and review the difference.", std::nullopt},
        Outcome::conflict);
  } else if (unknown && now.error().kind != ErrorKind::not_found) {
    steps.fail_with(std::move(added).error().with_context("whether it was created is not known"),
                    Outcome::unknown);
  } else {
    steps.fail_with(std::move(added).error());
  }
  (void)change;
}

void Writer::update_account(const Change& change, const GmsaChange& detail, Steps& steps) {
  auto readers = reader_sids(detail.readers);
  if (!readers) {
    steps.fail_with(std::move(readers).error());
    return;
  }
  if (modify_account(change, detail, *readers, steps)) place(change, detail.dn, steps);
}

bool Writer::modify_account(const Change& change, const GmsaChange& detail, const std::vector<Sid>& readers,
                            Steps& steps) {
  const std::string object = guid_dn(change.guid);
  const auto planned = account_modifications(detail, *detail.live, readers, marker_);
  std::vector<Modification> left = planned.first;
  for (int attempt = 1; !left.empty(); ++attempt) {
    auto modified = transport_.modify(object, left);
    if (modified) {
      steps.wrote("modified " + attribute_names(left, marker_));
      break;
    }
    auto now = read_account(object);
    const bool unknown = outcome_unknown(modified.error());
    if (!now) {
      if (unknown)
        return steps.fail_with(
            std::move(modified).error().with_context("whether it was modified is not known"),
            Outcome::unknown);
      return steps.fail_with(
          now.error().kind == ErrorKind::not_found
              ? Error{ErrorKind::conflict, "it was deleted after it was planned", "Plan again.", std::nullopt}
              : std::move(modified).error(),
          now.error().kind == ErrorKind::not_found ? Outcome::conflict : Outcome::failed);
    }
    const auto still =
        only_attributes_of(account_modifications(detail, *now, readers, marker_).first, planned.first);
    if (still.empty()) {
      if (unknown)
        steps.wrote("modified " + attribute_names(left, marker_));
      else
        steps.finish(Outcome::already_done);
      break;
    }
    // What is left is part of what was planned: another hand with the same aim did the rest.
    const bool only_less = std::all_of(still.begin(), still.end(), [&](const Modification& one) {
      return std::find(planned.first.begin(), planned.first.end(), one) != planned.first.end();
    });
    if (!only_less) return steps.fail_with(conflict(planned.first, *detail.live, *now), Outcome::conflict);
    const bool again = unknown || modified.error().kind == ErrorKind::conflict || still != left;
    if (!again || attempt == attempts) return steps.fail_with(std::move(modified).error());
    left = still;
  }
  return !planned.spns_after_reading_again || settle_spns(change, detail, steps);
}

/// The server has rewritten the SPNs that held the old name: what is left to do is known only by reading
/// them. What neither it nor the plan explains is another hand's, and stands.
bool Writer::settle_spns(const Change& change, const GmsaChange& detail, Steps& steps) {
  const std::string object = guid_dn(change.guid);
  for (int attempt = 1;; ++attempt) {
    auto now = read_account(object);
    if (!now)
      return steps.fail_with(std::move(now).error().with_context("reading the SPNs that the server rewrote"));
    if (auto strangers = unexplained_spns(detail, now->service_principal_names); !strangers.empty())
      return steps.fail_with({ErrorKind::conflict,
                              "somebody else added " + printable(join(strangers, ", ")) +
                                  " after it was planned, so its SPNs were left alone",
                              "Plan again and review the difference.", std::nullopt},
                             Outcome::conflict);
    const auto left = spn_modifications(now->service_principal_names, detail);
    if (left.empty()) return true;
    auto modified = transport_.modify(object, left);
    if (modified) {
      steps.wrote("modified servicePrincipalName");
      return true;
    }
    const bool again = outcome_unknown(modified.error()) || modified.error().kind == ErrorKind::conflict;
    if (!again || attempt == attempts) return steps.fail_with(std::move(modified).error());
  }
}

void Writer::replace_account(const Change& change, const GmsaChange& detail, Steps& steps) {
  auto marker = model::Marker::parse(detail.live->marker.value_or(""));
  if (!marker) {
    steps.fail_with(std::move(marker).error());
    return;
  }
  marker->deleting = true;
  if (remove_object(change, {*detail.live, marker->text()}, steps)) create_account(change, detail, steps);
}

}  // namespace gmsactl::directory
