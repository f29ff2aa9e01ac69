#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/model/dn.h"
#include "providers/directory/decode.h"
#include "providers/directory/modifications.h"
#include "providers/directory/writer.h"

namespace gmsactl::directory {

using ldap::Modification;
using ldap::ModifyOperation;
using model::Change;
using model::GroupChange;
using model::LiveGroup;
using model::Outcome;

namespace {

constexpr int attempts = 4;
/// AD takes up to 5,000 values in one request by default; a fifth of that keeps each transaction short.
constexpr size_t members_per_request = 1'000;

namespace bits = model::group_type;

/// [MS-ADTS] 3.1.1.5.3.1.2: Global and DomainLocal change into each other by way of Universal only.
bool needs_detour(uint32_t live, uint32_t wanted) {
  const uint32_t from = live & bits::scopes;
  const uint32_t to = wanted & bits::scopes;
  return (from == bits::global && to == bits::domain_local) ||
         (from == bits::domain_local && to == bits::global);
}

std::vector<Modification> member_modifications(const std::vector<std::string>& remove,
                                               const std::vector<std::string>& add, size_t first) {
  const auto slice = [&](const std::vector<std::string>& all, size_t offset) {
    const size_t begin = std::min(all.size(), offset);
    return std::vector<std::string>(
        all.begin() + static_cast<std::ptrdiff_t>(begin),
        all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), begin + members_per_request)));
  };
  std::vector<Modification> modifications;
  if (auto values = slice(remove, first); !values.empty())
    modifications.push_back({ModifyOperation::remove, attribute::member, std::move(values)});
  if (auto values = slice(add, first); !values.empty())
    modifications.push_back({ModifyOperation::add, attribute::member, std::move(values)});
  return modifications;
}

constexpr std::string_view sid_prefix = "<SID=";

/// What is still to be done, judged by what is there now.
struct Remaining {
  std::vector<Modification> attributes;
  std::vector<std::string> add;
  std::vector<std::string> remove;

  bool nothing() const { return attributes.empty() && add.empty() && remove.empty(); }
  bool operator==(const Remaining&) const = default;
};

Remaining remaining(const GroupChange& detail, const LiveGroup& live, const std::vector<std::string>& add,
                    const std::string& marker) {
  std::vector<std::string> present;
  for (const auto& dn : live.members) present.push_back(model::dn_key(dn));
  std::sort(present.begin(), present.end());
  const auto is_member = [&](const std::string& dn) {
    if (!dn.starts_with(sid_prefix))
      return std::binary_search(present.begin(), present.end(), model::dn_key(dn));
    // A principal without an object here is a member by the name of its SID.
    const std::string start =
        "cn=" + fold(dn.substr(sid_prefix.size(), dn.size() - sid_prefix.size() - 1)) + ",";
    const auto at = std::lower_bound(present.begin(), present.end(), start);
    return at != present.end() && at->starts_with(start);
  };
  Remaining left;
  left.attributes = group_modifications(detail, live, marker);
  for (const auto& dn : add)
    if (!is_member(dn)) left.add.push_back(dn);
  for (const auto& dn : detail.remove)
    if (is_member(dn)) left.remove.push_back(dn);
  return left;
}

/// What is left is part of what was planned: an earlier attempt, or another hand with the same aim, did the
/// rest.
bool only_less(const Remaining& left, const Remaining& planned) {
  const auto within = [](const auto& part, const auto& whole) {
    return std::all_of(part.begin(), part.end(), [&](const auto& one) {
      return std::find(whole.begin(), whole.end(), one) != whole.end();
    });
  };
  return within(left.attributes, planned.attributes) && within(left.add, planned.add) &&
         within(left.remove, planned.remove);
}

/// "groupType, member".
std::string names_of(const Remaining& planned, const std::string& marker) {
  auto all = planned.attributes;
  if (!planned.add.empty() || !planned.remove.empty())
    all.push_back({ModifyOperation::add, attribute::member, {}});
  return attribute_names(all, marker);
}

Error conflict() {
  return {ErrorKind::conflict, "somebody else changed the group after it was planned",
          "Plan again and review the difference.", std::nullopt};
}

}  // namespace

Result<LiveGroup> Writer::read_group(const std::string& dn) {
  auto entry = GMSACTL_TRY(ldap::read(transport_, dn, group_attributes(marker_)));
  if (!has_class(entry, group_class))
    return fail(ErrorKind::already_exists, "another object, not a group, has this name");
  return decode_group(std::move(entry), marker_);
}

void Writer::create_group(const Change& change, const GroupChange& detail, Steps& steps) {
  auto members = member_dns(detail.add);
  if (!members) {
    steps.fail_with(std::move(members).error());
    return;
  }
  const std::string dn = detail.dn.text();
  auto attributes = new_group(detail, marker_);
  const auto remember = [&](model::Identity id) {
    const std::lock_guard lock(mutex_);
    created_groups_[change.id.name] = std::move(id);
  };
  const auto at_once = static_cast<std::ptrdiff_t>(std::min(members->size(), members_per_request));
  if (at_once > 0) attributes.push_back({attribute::member, {members->begin(), members->begin() + at_once}});
  std::vector<std::string> rest(members->begin() + at_once, members->end());
  auto added = transport_.add(dn, attributes);
  if (added) {
    steps.wrote("created");
  } else {
    const bool unknown = outcome_unknown(added.error());
    auto now = unknown || added.error().kind == ErrorKind::already_exists
                   ? read_group(dn)
                   : Result<LiveGroup>(fail(added.error()));
    if (!now) {
      steps.fail_with(std::move(added).error(), unknown && now.error().kind != ErrorKind::not_found
                                                    ? Outcome::unknown
                                                    : Outcome::failed);
      return;
    }
    Remaining left = remaining(detail, *now, *members, marker_);
    const bool started = left.add.size() <= rest.size() && left.attributes.empty();
    const bool others = detail.desired.members && detail.desired.membership == model::Membership::exact &&
                        now->members.size() + left.add.size() > members->size();
    if (!started || others) {
      steps.fail_with(
          {ErrorKind::conflict,
           "a group of this name appeared after the plan was made, and differs from what is declared",
           "Plan again and review the difference.", std::nullopt},
          Outcome::conflict);
      return;
    }
    rest = std::move(left.add);
    if (unknown)
      steps.wrote("created");
    else
      steps.finish(Outcome::already_done);
    remember(now->id);
  }
  if (added) remember({{}, {}, detail.dn});
  add_remaining_members(detail, rest, steps);
}

bool Writer::add_remaining_members(const GroupChange& detail, const std::vector<std::string>& members,
                                   Steps& steps) {
  const std::string dn = detail.dn.text();
  std::vector<std::string> left = members;
  for (int attempt = 1; !left.empty(); ++attempt) {
    Result<void> added;
    for (size_t first = 0; added && first < left.size(); first += members_per_request) {
      added = transport_.modify(dn, member_modifications({}, left, first));
      if (added) steps.wrote("added members");
    }
    if (added) return true;
    const bool unknown = outcome_unknown(added.error());
    auto now = read_group(dn);
    if (!now || attempt == attempts || !(unknown || added.error().kind == ErrorKind::conflict))
      return steps.fail_with(std::move(added).error().with_context("adding more members"),
                             !now && unknown ? Outcome::unknown : Outcome::failed);
    left = remaining(detail, *now, left, marker_).add;
    if (unknown && left.empty()) steps.wrote("added members");
  }
  return true;
}

void Writer::update_group(const Change& change, const GroupChange& detail, Steps& steps) {
  if (modify_group(change, detail, steps)) place(change, detail.dn, steps);
}

bool Writer::modify_group(const Change& change, const GroupChange& detail, Steps& steps) {
  auto add = member_dns(detail.add);
  if (!add) return steps.fail_with(std::move(add).error());
  const std::string object = guid_dn(change.guid);
  Remaining planned{group_modifications(detail, *detail.live, marker_), *add, detail.remove};
  Remaining left = planned;
  uint32_t live_type = detail.live->group_type;
  for (int attempt = 1; !left.nothing(); ++attempt) {
    Result<void> modified;
    const uint32_t universal = (live_type & ~bits::scopes) | bits::universal;
    LiveGroup between = *detail.live;
    between.group_type = universal;
    // A controller running Windows judges each request by the members that are there ([MS-SAMR] 3.1.1.8.9):
    // those that the new scope does not allow go before the scope changes.
    const bool other_scope = ((live_type ^ detail.group_type) & bits::scopes) != 0;
    for (size_t first = 0; other_scope && modified && first < left.remove.size();
         first += members_per_request) {
      modified = transport_.modify(object, member_modifications(left.remove, {}, first));
      if (modified) steps.wrote("modified member");
    }
    if (other_scope && modified) left.remove.clear();
    const bool detour = needs_detour(live_type, detail.group_type);
    if (detour && modified) {
      modified = transport_.modify(
          object, {{ModifyOperation::remove, attribute::group_type, {signed_text(live_type)}},
                   {ModifyOperation::add, attribute::group_type, {signed_text(universal)}}});
      if (modified) {
        steps.wrote("modified groupType to Universal on the way");
        live_type = universal;
        planned.attributes = left.attributes = group_modifications(detail, between, marker_);
      }
    }
    for (size_t first = 0; modified && (first == 0 || first < std::max(left.add.size(), left.remove.size()));
         first += members_per_request) {
      auto modifications = member_modifications(left.remove, left.add, first);
      if (first == 0)
        modifications.insert(modifications.begin(), left.attributes.begin(), left.attributes.end());
      modified = transport_.modify(object, modifications);
      if (modified) steps.wrote("modified " + attribute_names(modifications, marker_));
    }
    if (modified) return true;

    auto now = read_group(object);
    const bool unknown = outcome_unknown(modified.error());
    if (!now) {
      if (unknown)
        return steps.fail_with(
            std::move(modified).error().with_context("whether it was modified is not known"),
            Outcome::unknown);
      if (now.error().kind == ErrorKind::not_found)
        return steps.fail_with(
            {ErrorKind::conflict, "it was deleted after it was planned", "Plan again.", std::nullopt},
            Outcome::conflict);
      return steps.fail_with(std::move(modified).error());
    }
    // On the way to another scope, and it was us who went there.
    if (detour && unknown && live_type != universal && now->group_type == universal) {
      steps.wrote("modified groupType to Universal on the way");
      planned.attributes = left.attributes = group_modifications(detail, between, marker_);
    }
    const Remaining still = remaining(detail, *now, *add, marker_);
    if (still.nothing()) {
      if (unknown)
        steps.wrote("modified " + names_of(planned, marker_));
      else if (steps.result.written.empty())
        steps.finish(Outcome::already_done);
      return true;
    }
    if (!only_less(still, planned)) return steps.fail_with(conflict(), Outcome::conflict);
    // As planned, or closer to it: a refusal of any other kind would be the same again.
    const bool again = unknown || modified.error().kind == ErrorKind::conflict || !(still == left);
    if (!again || attempt == attempts) return steps.fail_with(std::move(modified).error());
    left = still;
    live_type = now->group_type;
  }
  return true;
}

}  // namespace gmsactl::directory
