#include <algorithm>
#include <set>
#include <tuple>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/plan/context.h"
#include "engine/plan/field.h"
#include "engine/plan/ownership.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::Declaration;
using model::Dn;
using model::GroupChange;
using model::HostGroup;
using model::Kind;
using model::LiveGroup;
using model::PlannedPrincipal;
using model::ResourceId;

namespace {

namespace bits = model::group_type;

std::string scope_text(uint32_t group_type) {
  std::string text = (group_type & bits::global) != 0         ? "Global"
                     : (group_type & bits::domain_local) != 0 ? "DomainLocal"
                     : (group_type & bits::universal) != 0    ? "Universal"
                                                              : "unknown";
  if ((group_type & bits::security_enabled) == 0) text += " (distribution)";
  return text;
}

struct Members {
  std::vector<PlannedPrincipal> wanted;
  bool unreadable = false;
};

Members resolve_members(Context& context, const ResourceId& id, const HostGroup& spec) {
  Members members;
  if (!spec.members) return members;
  members.wanted.reserve(spec.members->size());
  std::set<std::tuple<model::Sid, Dn, std::string>> seen;
  for (const auto& ref : *spec.members) {
    auto resolved = context.resolve(ref, id);
    members.unreadable |= resolved.unreadable;
    // One principal may be named in two ways, and a value that is added twice is refused.
    if (resolved.principal &&
        seen.insert({resolved.principal->sid, resolved.principal->dn, resolved.principal->host_group}).second)
      members.wanted.push_back(std::move(*resolved.principal));
  }
  return members;
}

/// Dn::key() of the member value that the principal has or will have; empty for a group yet to be created.
std::string member_key(const Context& context, const PlannedPrincipal& principal) {
  if (!principal.dn.empty()) return principal.dn.key();
  if (principal.sid.empty()) return {};
  // [MS-ADTS] 6.1.1.4.10: what is of no domain here gets an object that stands for it.
  return context.seen.directory.domain_dn.child("CN", "ForeignSecurityPrincipals")
      .child("CN", principal.sid.text())
      .key();
}

/// Who is wanted and not there, and the other way round.
void split_members(const Context& context, const HostGroup& spec, const std::vector<PlannedPrincipal>& wanted,
                   const std::vector<std::string>& live, GroupChange& detail) {
  std::vector<std::string> live_keys;
  live_keys.reserve(live.size());
  for (const auto& dn : live) live_keys.push_back(model::dn_key(dn));
  std::vector<std::string_view> sorted_live(live_keys.begin(), live_keys.end());
  std::sort(sorted_live.begin(), sorted_live.end());

  std::vector<std::string> wanted_keys;
  for (const auto& principal : wanted) {
    if (auto key = member_key(context, principal); !key.empty()) {
      wanted_keys.push_back(std::move(key));
      if (std::binary_search(sorted_live.begin(), sorted_live.end(), std::string_view(wanted_keys.back())))
        continue;
    }
    detail.add.push_back(principal);
  }
  std::sort(wanted_keys.begin(), wanted_keys.end());
  if (spec.membership != model::Membership::exact) return;
  for (size_t i = 0; i < live.size(); ++i)
    if (!std::binary_search(wanted_keys.begin(), wanted_keys.end(), live_keys[i]))
      detail.remove.push_back(live[i]);
}

/// Fills detail.add and detail.remove, and the members field.
void diff_members(Context& context, const HostGroup& spec, const std::vector<PlannedPrincipal>& wanted,
                  GroupChange& detail, Change& change, Fields& fields) {
  if (!spec.members) return;
  static const std::vector<std::string> nobody;
  const auto& live = detail.live ? detail.live->members : nobody;
  split_members(context, spec, wanted, live, detail);
  std::vector<std::string> declared;
  for (const auto& principal : wanted) declared.push_back(principal.display);
  const auto identify = [&context, &live, &wanted, &fields, &spec] {
    fields.identify("members", [&context, &live, &wanted, &spec] {
      Ledger::Identities identities;
      for (const auto& dn : live) identities.before.push_back(context.member_identity(dn));
      for (const auto& principal : wanted) identities.after.push_back(context.identity(principal));
      if (spec.membership == model::Membership::additive)
        std::erase_if(identities.before, [&](const std::string& member) {
          return std::find(identities.after.begin(), identities.after.end(), member) ==
                 identities.after.end();
        });
      return identities;
    });
  };
  if (detail.add.empty() && detail.remove.empty()) {
    fields.note("members", declared);
    return identify();
  }

  model::FieldChange field{"members", {}, {}, {}, {}, {}};
  std::vector<std::string> before;
  for (const auto& dn : live) before.push_back(context.display_member(dn));
  for (const auto& principal : detail.add) field.added.push_back(principal.display);
  for (const auto& dn : detail.remove) field.removed.push_back(context.display_member(dn));
  std::vector<std::string> after = minus_folded(before, field.removed);
  after.insert(after.end(), field.added.begin(), field.added.end());
  for (auto* list : {&before, &after, &field.added, &field.removed})
    std::sort(list->begin(), list->end(), LessFolded{});
  if (detail.live) field.before = before;
  field.after = after;
  if (detail.live) {
    if (!field.added.empty())
      change.reasons.push_back(plural(field.added.size(), "member") + " declared but not in the group");
    if (!field.removed.empty())
      change.reasons.push_back(plural(field.removed.size(), "member") +
                               " in the group but not declared, and membership is exact");
  }
  // Of an additive group only the declared members are our affair.
  const auto ours =
      spec.membership == model::Membership::exact ? before : minus_folded(declared, field.added);
  if (!fields.add(std::move(field), ours, declared)) {
    detail.add.clear();
    detail.remove.clear();
  }
  identify();
}

void require_groups(const GroupChange& detail, Change& change) {
  for (const auto& principal : detail.add)
    if (!principal.host_group.empty() && principal.sid.empty())
      change.requires_.push_back({Kind::host_group, principal.host_group});
}

void diff_live(Context& context, const Declaration<HostGroup>& declaration, GroupChange& detail,
               Change& change, const Ledger& ledger, Fields& fields) {
  const auto& spec = declaration.spec;
  const LiveGroup& live = *detail.live;
  Dn parent = context.parent_for(spec);
  const Dn now = live.id.dn.parent();
  // Equal DNs may be written in several ways.
  if (fields.name("path", parent == now ? parent.text() : now.text(), parent.text())) {
    change.reasons.push_back("the group stands in another container than declared");
    context.require_container(parent, declaration.position("path"), change);
  }
  if (ledger.left_alone("path")) parent = now;
  std::string common_name = spec.common_name;
  if (fields.name("commonName", live.id.dn.leaf().value, common_name))
    change.reasons.push_back("the group's common name differs");
  if (ledger.left_alone("commonName")) common_name = live.id.dn.leaf().value;
  detail.dn = parent.child("CN", common_name);
  const size_t placed = change.fields.size();
  if (fields.name("samAccountName", live.sam_account_name, spec.sam_account_name))
    change.reasons.push_back(
        "the group was found by its common name or its marker and has another sAMAccountName");
  detail.group_type = (live.group_type & ~bits::scopes) | bits::security_enabled | bits::of(spec.scope);
  if (fields.value("scope", scope_text(live.group_type), scope_text(detail.group_type)))
    change.reasons.emplace_back("the group's type differs");
  if (fields.text("description", text_value(live.description, live.more_descriptions), spec.description))
    change.reasons.emplace_back("the description differs");
  change.action = placed > 0 && change.fields.size() == placed ? Action::move : Action::update;
}

/// What somebody has changed and somebody else has accepted is wanted as it is, for now.
void leave_alone(const Ledger& ledger, const LiveGroup& live, GroupChange& detail) {
  if (ledger.left_alone("samAccountName")) detail.desired.sam_account_name = live.sam_account_name;
  if (ledger.left_alone("scope")) detail.group_type = live.group_type;
  if (ledger.left_alone("description")) detail.desired.description.reset();
}

void fill_new(Context& context, const Declaration<HostGroup>& declaration, GroupChange& detail,
              Change& change, Fields& fields) {
  const auto& spec = declaration.spec;
  change.action = Action::create;
  change.reasons.push_back("no group has sAMAccountName " + spec.sam_account_name);
  detail.group_type = bits::security_enabled | bits::of(spec.scope);
  fields.name("samAccountName", {}, spec.sam_account_name);
  fields.name("commonName", {}, spec.common_name);
  fields.name("path", {}, change.dn.parent().text());
  fields.value("scope", {}, std::string(model::name(spec.scope)));
  fields.text("description", std::nullopt, spec.description);
  context.require_container(change.dn.parent(), declaration.position("path"), change);
}

}  // namespace

void plan_group(Context& context, const Declaration<HostGroup>& declaration) {
  const ResourceId id{Kind::host_group, declaration.name};
  if (!context.selected(id)) return;
  if (declaration.settled) {
    context.plan.unchanged.push_back(id);
    return;
  }
  const auto& observation = context.group(declaration.name);
  if (const auto* unread = std::get_if<model::Unreadable>(&observation))
    return context.unreadable(id, unread->why, declaration.declared_at);

  Change change;
  change.id = id;
  change.declared_at = declaration.declared_at;
  change.dn = context.parent_for(declaration.spec).child("CN", declaration.spec.common_name);
  GroupChange detail;
  detail.desired = declaration.spec;
  detail.dn = change.dn;
  const auto members = resolve_members(context, id, declaration.spec);
  if (members.unreadable) {
    context.plan.unreadable.push_back(
        {id, Error{ErrorKind::unavailable, "a member could not be read", {}, {}}});
    return;
  }
  const auto* live = std::get_if<LiveGroup>(&observation);
  const size_t unreadable_before = context.plan.unreadable.size();
  Standing standing;
  if (live != nullptr) {
    if (!context.claim(live->id, id, declaration.declared_at)) return;
    standing = judge_ownership(context, id, live->marker, live->id.dn, declaration.declared_at);
    if (standing.refused) return;
    change.guid = live->id.guid;
    change.dn = live->id.dn;
    detail.live = *live;
  }
  Ledger ledger = open_ledger(context, id, standing);
  Fields fields(change.fields, ledger);
  const size_t said = context.plan.diagnostics.size();
  if (live != nullptr)
    diff_live(context, declaration, detail, change, ledger, fields);
  else
    fill_new(context, declaration, detail, change, fields);
  if (context.plan.unreadable.size() != unreadable_before) return;
  const size_t without_members = change.fields.size();
  diff_members(context, declaration.spec, members.wanted, detail, change, fields);
  if (change.fields.size() != without_members && change.action == Action::move)
    change.action = Action::update;
  if (context.options.aim == Aim::adopt) {
    context.plan.diagnostics.resize(said);  // how it differs is not the question
    if (live != nullptr && plan_adoption(context, standing, ledger, declaration.protect, *live, change))
      context.plan.changes.push_back(std::move(change));
    return;
  }
  detail.marker = settle_marker(context, standing, ledger, live != nullptr, declaration.protect, change);
  if (change.fields.empty()) {
    context.plan.unchanged.push_back(id);
    return;
  }
  if (live != nullptr) leave_alone(ledger, *live, detail);
  const auto where = declaration.position(live != nullptr ? "commonName" : "samAccountName");
  if (!context.check_names_free(id, detail.dn, declaration.spec.sam_account_name, change.guid, where) &&
      live == nullptr)
    return;
  require_groups(detail, change);
  change.detail = std::move(detail);
  context.plan.changes.push_back(std::move(change));
}

}  // namespace gmsactl::plan
