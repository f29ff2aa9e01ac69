#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/model/dn.h"
#include "engine/model/fields.h"
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

constexpr const auto& members_row = model::field_of_hook(model::group_fields, model::GroupHook::members);
constexpr const auto& scope_row = model::field_of_hook(model::group_fields, model::GroupHook::scope);

/// What is not written while a group is on its way: all attributes of it but its members.
std::vector<std::string_view> written_last() {
  std::vector<std::string_view> keys;
  for (const auto& row : model::group_fields)
    if (row.mutability == model::Mutability::in_place && row.key != members_row.key) keys.push_back(row.key);
  return keys;
}

/// [MS-ADTS] 3.1.1.5.3.1.2: Global and DomainLocal change into each other by way of Universal only.
bool needs_detour(uint32_t live, uint32_t wanted) {
  const uint32_t from = live & bits::scopes;
  const uint32_t to = wanted & bits::scopes;
  return (from == bits::global && to == bits::domain_local) ||
         (from == bits::domain_local && to == bits::global);
}

std::vector<std::string> first_part(const std::vector<std::string>& all) {
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), members_per_request))};
}

void drop_first_part(std::vector<std::string>& all) {
  all.erase(all.begin(),
            all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), members_per_request)));
}

constexpr std::string_view sid_prefix = "<SID=";

/// What one request does for a group on its way. Of these the first that there is a need for is next.
enum class Step : uint8_t {
  members_first,  ///< removes members that the new scope forbids
  detour,         ///< by way of the scope between
  rest,           ///< attributes, and members
};

/// What is still to be done, judged by what is there now.
struct Remaining {
  std::vector<Modification> attributes;
  std::vector<std::string> add;
  std::vector<std::string> remove;

  bool nothing() const { return attributes.empty() && add.empty() && remove.empty(); }
  bool operator==(const Remaining&) const = default;
};

/// Those of the DNs that are members of the group, or those that are not.
std::vector<std::string> members_among(const std::vector<std::string>& dns, const LiveGroup& live, bool are) {
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
  std::vector<std::string> found;
  std::copy_if(dns.begin(), dns.end(), std::back_inserter(found),
               [&](const std::string& dn) { return is_member(dn) == are; });
  return found;
}

Remaining remaining(const GroupChange& detail, const LiveGroup& live, const std::vector<std::string>& add) {
  return {group_modifications(detail, live), members_among(add, live, false),
          members_among(detail.remove, live, true)};
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

constexpr char changed[] = "somebody else changed the group after it was planned";

}  // namespace

/// A group on its way from what was planned to what is wanted. Several requests may be needed: by way of
/// another scope, and for members in parts. Each swaps the marker for one that claims no more than what has
/// been done by then.
struct Writer::GroupState {
  Remaining planned;  ///< as it began
  Remaining left;
  std::vector<std::string> add;  ///< DNs, all of the planned ones
  uint32_t live_type = 0;
  std::string live_marker;   ///< empty: none
  std::string before_scope;  ///< without members that the new scope forbids; everything else to come
  std::string on_the_way;    ///< after the scope between, with members and other attributes to come
  std::string in_parts;      ///< with members to come
  std::string wanted;

  bool finished() const { return left.nothing() && live_marker == wanted; }
  uint32_t universal() const { return (live_type & ~bits::scopes) | bits::universal; }

  Step next(const GroupChange& detail) const {
    const bool other_scope = ((live_type ^ detail.group_type) & bits::scopes) != 0;
    if (detail.members_first && other_scope && !left.remove.empty()) return Step::members_first;
    return needs_detour(live_type, detail.group_type) ? Step::detour : Step::rest;
  }

  /// What to write, without the marker, and the marker that goes with it.
  std::pair<std::vector<Modification>, std::string> request(Step step) const {
    if (step == Step::members_first)
      return {{{ModifyOperation::remove, attribute::member, first_part(left.remove)}}, before_scope};
    if (step == Step::detour)
      return {{{ModifyOperation::remove, attribute::group_type, {signed_text(live_type)}},
               {ModifyOperation::add, attribute::group_type, {signed_text(universal())}}},
              on_the_way};
    std::vector<Modification> all = left.attributes;
    if (auto values = first_part(left.remove); !values.empty())
      all.push_back({ModifyOperation::remove, attribute::member, std::move(values)});
    if (auto values = first_part(left.add); !values.empty())
      all.push_back({ModifyOperation::add, attribute::member, std::move(values)});
    const bool last = std::max(left.add.size(), left.remove.size()) <= members_per_request;
    return {std::move(all), last ? wanted : in_parts};
  }

  void done(Step step, const GroupChange& detail) {
    if (step != Step::detour) drop_first_part(left.remove);
    if (step == Step::detour) {
      live_type = universal();
      LiveGroup between = *detail.live;
      between.group_type = live_type;
      planned.attributes = left.attributes = group_modifications(detail, between);
    } else if (step == Step::rest) {
      left.attributes.clear();
      live_type = detail.group_type;
      drop_first_part(left.add);
    }
  }
  bool knows(const std::string& marker, const std::string& before) const {
    return marker == before || marker == before_scope || marker == on_the_way || marker == in_parts ||
           marker == wanted;
  }
};

Result<LiveGroup> Writer::read_group(const std::string& dn) {
  auto entry = GMSACTL_TRY(ldap::read(transport_, dn, group_attributes(marker_)));
  if (!has_class(entry, group_class))
    return fail(ErrorKind::already_exists, "another object, not a group, has this name");
  auto live = GMSACTL_TRY(decode_group(entry, marker_));
  live.unread.clear();  // nothing is planned on what could not be read; what shows no longer has changed
  return live;
}

void Writer::create_group(const Change& change, const GroupChange& detail, Steps& steps) {
  auto members = member_dns(detail.add);
  if (!members) {
    steps.fail_with(std::move(members).error());
    return;
  }
  const std::string dn = detail.dn.text();
  auto attributes = new_group(detail, marker_);
  GroupState state;
  state.add = *members;
  state.live_type = detail.group_type;
  state.wanted = detail.marker;
  state.before_scope = state.on_the_way = state.in_parts = marker_in_part(detail.marker, members_row.key);
  state.left.add = *members;
  if (auto at_once = first_part(*members); !at_once.empty())
    attributes.push_back({attribute::member, std::move(at_once)});
  drop_first_part(state.left.add);
  state.planned = state.left;
  state.live_marker = state.left.add.empty() ? state.wanted : state.in_parts;
  for (auto& one : attributes)
    if (one.name == marker_) one.values = {state.live_marker};

  auto fate = transport_.carry_out([&] { return transport_.add(dn, attributes); },
                                   [&]() -> Result<bool> {
                                     auto now = read_group(dn);
                                     if (now) return now->marker == state.live_marker;
                                     const ErrorKind kind = now.error().kind;
                                     if (kind == ErrorKind::not_found || kind == ErrorKind::already_exists)
                                       return false;
                                     return fail(std::move(now).error());
                                   });
  model::Identity id{{}, {}, detail.dn};
  if (fate) {
    steps.wrote("created");
  } else {
    auto now = fate.kind == Fate::refused && fate.error->kind == ErrorKind::already_exists
                   ? read_group(dn)
                   : Result<LiveGroup>(fail(*fate.error));
    if (!now) {
      if (fate.kind == Fate::refused)
        fate.error = taken(std::move(*fate.error), {}, detail.desired.sam_account_name, detail.dn, true);
      steps.fail_with(std::move(fate), "whether it was created");
      return;
    }
    const Remaining left = remaining(detail, *now, *members);
    const std::string marker = now->marker.value_or("");
    const bool started = left.add.size() <= state.left.add.size() && left.attributes.empty() &&
                         (marker == state.wanted || marker == state.in_parts);
    const bool others = detail.desired.members && detail.desired.membership == model::Membership::exact &&
                        now->members.size() + left.add.size() > members->size();
    if (!started || others) {
      steps.conflict(
          "a group of this name appeared after the plan was made, and differs from what is declared");
      return;
    }
    state.left.add = left.add;
    state.live_marker = marker;
    id = now->id;
    steps.finish(Outcome::already_done);
  }
  {
    const std::lock_guard lock(mutex_);
    created_groups_[change.id.name] = std::move(id);
  }
  modify_group(dn, detail, state, steps);
}

bool Writer::add_members_early(const model::SetAside& step, Steps& steps) {
  const std::string object = guid_dn(step.guid);
  const auto dns = member_dns(step.members);
  if (!dns) return steps.fail_with(dns.error());
  const std::string receipt =
      marker_so_far(marker_in_part(step.marker, members_row.key), step.marker_before, written_last());
  for (int attempt = 1;;) {
    const auto now = read_group(object);
    if (!now) return steps.fail_with(now.error());
    const std::string marker = now->marker.value_or("");
    if (marker != step.marker_before && marker != receipt) return steps.conflict(changed, "Plan again.");
    const auto missing = members_among(*dns, *now, false);
    if (missing.empty() && marker == receipt) break;
    std::vector<Modification> request;
    if (const auto part = first_part(missing); !part.empty())
      request.push_back({ModifyOperation::add, attribute::member, part});
    for (auto& one : marker_modifications(marker, receipt, marker_)) request.push_back(std::move(one));
    auto fate =
        transport_.carry_out([&] { return transport_.modify(object, request); },
                             [&]() -> Result<bool> {
                               const auto then = GMSACTL_TRY(read_group(object));
                               return then.marker == receipt && members_among(*dns, then, false).size() <
                                                                    std::max<size_t>(missing.size(), 1);
                             });
    if (fate) {
      steps.wrote("added members to " + model::address(step.id));
      continue;
    }
    const bool again = fate.kind == Fate::refused && fate.error->kind == ErrorKind::conflict;
    if (!again || ++attempt > attempts) return steps.fail_with(std::move(fate), "whether it got its members");
  }
  const std::lock_guard lock(mutex_);
  added_early_.insert_or_assign(step.guid, receipt);
  return true;
}

std::optional<std::string> Writer::marker_of_early(const model::Guid& group) {
  const std::lock_guard lock(mutex_);
  const auto found = added_early_.find(group);
  return found == added_early_.end() ? std::nullopt : std::optional(found->second);
}

void Writer::update_group(const Change& change, const GroupChange& detail, Steps& steps) {
  auto add = member_dns(detail.add);
  if (!add) {
    steps.fail_with(std::move(add).error());
    return;
  }
  const std::string object = guid_dn(change.guid);
  GroupState state;
  state.planned = {group_modifications(detail, *detail.live), *add, detail.remove};
  state.left = state.planned;
  state.add = std::move(*add);
  state.live_type = detail.live->group_type;
  state.live_marker = detail.live->marker.value_or("");
  state.wanted = detail.marker;
  state.in_parts = marker_in_part(detail.marker, members_row.key);
  auto pending = written_last();
  state.before_scope = marker_so_far(state.in_parts, state.live_marker, pending);
  std::erase(pending, scope_row.key);
  state.on_the_way =
      marker_without(marker_so_far(state.in_parts, state.live_marker, pending), {scope_row.key});
  if (const auto early = marker_of_early(change.guid)) {
    state.live_marker = *early;
    if (const auto now = read_group(object)) {
      auto left = remaining(detail, *now, state.add);
      if (!only_less(left, state.planned)) {
        steps.conflict(changed);
        return;
      }
      state.left = std::move(left);
    }
  }
  // Of what was nobody's the two say the same, and a lost answer is cleared up by the marker.
  if (auto marker = model::Marker::parse(state.on_the_way);
      marker && state.on_the_way == state.before_scope) {
    ++marker->generation;
    state.on_the_way = marker->text();
  }
  if (!(change.dn == detail.dn)) {
    // A move compares nothing, so what somebody else has changed is looked for before it.
    auto now = marker_of(object);
    if (!now && now.error().kind != ErrorKind::not_found) {
      steps.fail_with(std::move(now).error());
      return;
    }
    if (now && !state.knows(*now, state.live_marker)) {
      steps.conflict(changed);
      return;
    }
    if (!place(change, detail.dn, steps)) return;
  }
  const size_t placed = steps.result.written.size();
  if (!modify_group(object, detail, state, steps) && placed > 0 && steps.result.written.size() == placed &&
      (steps.result.outcome == Outcome::partial || steps.result.outcome == Outcome::conflict))
    note_place(change, detail.live->marker, detail.marker, steps);
}

bool Writer::modify_group(const std::string& object, const GroupChange& detail, GroupState& state,
                          Steps& steps) {
  const std::string planned_marker = state.live_marker;
  for (int attempt = 1; !state.finished();) {
    const Step step = state.next(detail);
    auto [request, receipt] = state.request(step);
    const std::string names = attribute_names(request, marker_);
    const auto optional_text = [](const std::string& text) {
      return text.empty() ? std::nullopt : std::optional<std::string>(text);
    };
    for (auto& one : marker_modifications(optional_text(state.live_marker), receipt, marker_))
      request.push_back(std::move(one));
    // Of parts between the first and the last the marker can't tell one from the next.
    const bool tells = receipt != state.live_marker;
    auto fate = tells ? swap(object, request, receipt)
                      : transport_.carry_out([&] { return transport_.modify(object, request); },
                                             [&]() -> Result<bool> {
                                               const auto now = GMSACTL_TRY(read_group(object));
                                               const auto still = remaining(detail, now, state.add);
                                               return still.add.size() + still.remove.size() <
                                                      state.left.add.size() + state.left.remove.size();
                                             });
    if (fate) {
      steps.wrote(step == Step::detour ? "modified groupType to Universal on the way"
                                       : "modified " + (names.empty() ? marker_ : names));
      if (fate.error) return steps.fail_with(std::move(*fate.error), Outcome::conflict);
      state.live_marker = receipt;
      state.done(step, detail);
      continue;
    }
    if (fate.kind == Fate::unknown || fate.error->not_sent)
      return steps.fail_with(std::move(fate), "whether it was modified");
    auto now = read_group(object);
    if (!now && now.error().kind == ErrorKind::not_found) return steps.was_deleted();
    if (!now) return steps.fail_with(std::move(*fate.error));
    const std::string marker = now->marker.value_or("");
    const Remaining still = remaining(detail, *now, state.add);
    if (!state.knows(marker, planned_marker) || !only_less(still, state.planned))
      return steps.conflict(changed);
    // As planned, or closer to it: a refusal of any other kind would be the same again.
    const bool again = fate.error->kind == ErrorKind::conflict || !(still == state.left);
    if (again && ++attempt <= attempts) {
      state.left = still;
      state.live_type = now->group_type;
      state.live_marker = marker;
      if (state.finished() && steps.result.written.empty()) steps.finish(Outcome::already_done);
      continue;
    }
    return steps.fail_with(
        taken(std::move(*fate.error), {}, detail.desired.sam_account_name, detail.dn, false));
  }
  return true;
}

}  // namespace gmsactl::directory
