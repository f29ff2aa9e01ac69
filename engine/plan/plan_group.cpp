#include <algorithm>
#include <set>
#include <unordered_set>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/model/domain.h"
#include "engine/model/fields.h"
#include "engine/plan/context.h"
#include "engine/plan/field.h"
#include "engine/plan/ownership.h"
#include "engine/plan/unread.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::Declaration;
using model::Dn;
using model::GroupChange;
using model::GroupHook;
using model::HostGroup;
using model::Kind;
using model::LiveGroup;
using model::PlannedPrincipal;
using model::ResourceId;

namespace {

namespace bits = model::group_type;

std::string scope_text(uint32_t group_type) {
  const auto scope = bits::scope(group_type);
  std::string text(scope ? model::name(*scope) : "unknown");
  if ((group_type & bits::security_enabled) == 0) text += " (distribution)";
  return text;
}

struct Members {
  std::vector<PlannedPrincipal> wanted;
  bool unreadable = false;
  bool unknown = false;
};

Members resolve_members(Context& context, const ResourceId& id, const HostGroup& spec) {
  Members members;
  if (!spec.members) return members;
  members.wanted.reserve(spec.members->size());
  std::set<std::string> seen;
  for (const auto& ref : *spec.members) {
    auto resolved = context.resolve(ref, id);
    members.unreadable |= resolved.unreadable;
    members.unknown |= resolved.unknown;
    // One principal may be named in two ways, and a value that is added twice is refused.
    if (resolved.principal && seen.insert(context.identity(*resolved.principal)).second)
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

struct Undeclared {
  std::vector<std::string> kept;    ///< although nothing stands for them
  std::vector<std::string> unseen;  ///< neither to be kept nor to be removed
};

/// Who is wanted and not there, and the other way round.
Undeclared split_members(const Context& context, const HostGroup& spec,
                         const std::vector<PlannedPrincipal>& wanted, const std::vector<std::string>& live,
                         GroupChange& detail) {
  // By the DN, and by what stands there: an account and the foreign security principal that stands for it are
  // one member.
  std::vector<std::string> live_keys;
  std::vector<std::string> live_identities;
  for (const auto& dn : live) {
    live_keys.push_back(model::dn_key(dn));
    live_identities.push_back(context.member_identity(dn));
  }
  std::unordered_set<std::string_view> present(live_keys.begin(), live_keys.end());
  present.insert(live_identities.begin(), live_identities.end());

  std::unordered_set<std::string> wanted_keys;
  for (const auto& principal : wanted) {
    auto key = member_key(context, principal);
    auto identity = context.identity(principal);
    const bool is_member = present.contains(identity) || present.contains(key);
    if (!is_member || context.is_replaced(principal)) detail.add.push_back(principal);
    wanted_keys.insert(std::move(identity));
    if (!key.empty()) wanted_keys.insert(std::move(key));
  }
  Undeclared undeclared;
  if (spec.membership != model::Membership::exact) return undeclared;
  for (size_t i = 0; i < live.size(); ++i) {
    if (wanted_keys.contains(live_keys[i]) || wanted_keys.contains(live_identities[i])) continue;
    const auto where = context.whereabouts_of_member(live[i]);
    const bool gone = where == Context::Whereabouts::gone;
    if (where == Context::Whereabouts::unseen)
      undeclared.unseen.push_back(live[i]);
    else
      (gone && spec.keep_orphaned_members ? undeclared.kept : detail.remove).push_back(live[i]);
  }
  return undeclared;
}

void note_orphans(Context& context, const Declaration<HostGroup>& declaration, const ResourceId& id,
                  const std::vector<std::string>& orphans) {
  if (orphans.empty()) return;
  context.report(
      Severity::warning, "GMSA0275", "Orphaned members of a group",
      model::address(id) + " has " + plural(orphans.size(), "member") +
          " whose object cannot be found: " + join(orphans, "; ") + ". They are kept.",
      "Set orphanedMembers: remove in the group's spec to have them removed, if you can read every "
      "object of the domain.",
      declaration.position("members"), id);
}

/// An account that is replaced leaves its groups by that.
void lose_replaced(const Context& context, GroupChange& detail, model::FieldChange& field) {
  for (const auto& principal : detail.add) {
    if (!context.is_replaced(principal) || !detail.live) continue;
    const std::string key = principal.dn.key();
    auto& members = detail.live->members;
    for (const auto& dn : members)
      if (model::dn_key(dn) == key) field.removed.push_back(context.display_member(dn));
    std::erase_if(members, [&](const std::string& dn) { return model::dn_key(dn) == key; });
  }
}

/// What the group is to hold: what an apply kept has been there since.
std::vector<std::string> with_kept(const Context& context, std::vector<std::string> declared,
                                   const std::vector<std::string>& kept) {
  for (const auto& dn : kept) declared.push_back(context.display_member(dn));
  return declared;
}

/// Of whom nothing was found, and whom somebody has added since the last apply, is no orphan of what was
/// declared, gone or not: he goes. The others whose object was deleted, and who go too, nobody has removed;
/// they are what this gives.
std::vector<std::string> judge_unfound(const Context& context, const std::vector<std::string>& declared,
                                       const Fields& fields, GroupChange& detail, Undeclared& undeclared) {
  std::vector<std::string> gone;
  for (const auto& dn : detail.remove)
    if (context.whereabouts_of_member(dn) == Context::Whereabouts::gone)
      gone.push_back(context.display_member(dn));
  auto doubtful = gone;
  for (const auto* list : {&undeclared.kept, &undeclared.unseen})
    for (const auto& dn : *list) doubtful.push_back(context.display_member(dn));
  if (doubtful.empty()) return {};
  const auto later = fields.came_later("members", declared, doubtful);
  for (auto* list : {&undeclared.kept, &undeclared.unseen})
    std::erase_if(*list, [&](const std::string& dn) {
      if (!contains_folded(later, context.display_member(dn))) return false;
      detail.remove.push_back(dn);
      return true;
    });
  return minus_folded(gone, later);
}

/// Fills detail.add and detail.remove, and the members field.
void diff_members(Context& context, const Declaration<HostGroup>& declaration,
                  const std::vector<PlannedPrincipal>& wanted, GroupChange& detail, Change& change,
                  Fields& fields) {
  const HostGroup& spec = declaration.spec;
  if (!spec.members) return;
  const bool additive = spec.membership == model::Membership::additive;
  static const std::vector<std::string> nobody;
  const auto& live = detail.live ? detail.live->members : nobody;
  std::vector<std::string> declared;
  for (const auto& principal : wanted) declared.push_back(principal.display);
  auto undeclared = split_members(context, spec, wanted, live, detail);
  const auto gone = judge_unfound(context, declared, fields, detail, undeclared);
  const auto& [kept, unseen] = undeclared;
  if (!unseen.empty() && context.options.aim != Aim::adopt)
    return context.report_unseen(change.id, unseen, "member", declaration.position("members"));
  note_orphans(context, declaration, change.id, kept);
  const auto identify = [&context, &live, &wanted, &fields, additive, &kept = kept] {
    fields.identify("members", [&context, &live, &wanted, additive, kept] {
      Ledger::Identities identities;
      for (const auto& dn : live)
        if (std::find(kept.begin(), kept.end(), dn) == kept.end())
          identities.before.push_back(context.member_identity(dn));
      for (const auto& principal : wanted) identities.after.push_back(context.identity(principal));
      if (additive)
        std::erase_if(identities.before, [&](const std::string& member) {
          return std::find(identities.after.begin(), identities.after.end(), member) ==
                 identities.after.end();
        });
      return identities;
    });
  };
  if (detail.add.empty() && detail.remove.empty()) {
    fields.note("members", with_kept(context, declared, kept), additive);
    return identify();
  }

  model::FieldChange field{"members", {}, {}, {}, {}, {}};
  std::vector<std::string> before;
  for (const auto& dn : live) before.push_back(context.display_member(dn));
  for (const auto& principal : detail.add) field.added.push_back(principal.display);
  for (const auto& dn : detail.remove) field.removed.push_back(context.display_member(dn));
  lose_replaced(context, detail, field);
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
  const auto ours = minus_folded(additive ? declared : before, additive ? field.added : gone);
  const auto wanted_members = with_kept(context, declared, kept);
  if (additive ? !fields.add_additive(std::move(field), ours, wanted_members)
               : !fields.add(std::move(field), ours, wanted_members)) {
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

void diff_field(const model::GroupField& row, GroupHook hook, const HostGroup& spec, GroupChange& detail,
                Change& change, Fields& fields) {
  const LiveGroup& live = *detail.live;
  switch (hook) {
    case GroupHook::sam_account_name:
      if (fields.name(row.key, live.sam_account_name, spec.sam_account_name))
        change.reasons.push_back(
            "the group was found by its common name or its marker and has another sAMAccountName");
      break;
    case GroupHook::scope:
      detail.group_type = (live.group_type & ~bits::scopes) | bits::security_enabled | bits::of(spec.scope);
      if (fields.value(row.key, scope_text(live.group_type), scope_text(detail.group_type)))
        change.reasons.emplace_back("the group's type differs");
      break;
    case GroupHook::path:
    case GroupHook::common_name:
    case GroupHook::members:
      break;  // where it is to be comes first, who is in it last
    case GroupHook::membership:
    case GroupHook::orphaned_members:
      break;  // rules
  }
}

void diff_field(const model::GroupField& row, const model::GroupText& text, const HostGroup& spec,
                GroupChange& detail, Change& change, Fields& fields) {
  if (fields.text(row.key, live_text(text, *detail.live), spec.*text.declared))
    change.reasons.push_back("the " + std::string(row.key) + " differs");
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
  for (const auto& row : model::group_fields)
    std::visit([&](const auto& access) { diff_field(row, access, spec, detail, change, fields); },
               row.access);
  change.action = placed > 0 && change.fields.size() == placed ? Action::move : Action::update;
}

/// What somebody has changed and somebody else has accepted is wanted as it is, for now.
void leave_alone(const Ledger& ledger, const LiveGroup& live, GroupChange& detail) {
  for (const auto& row : model::group_fields) {
    const auto* hook = std::get_if<GroupHook>(&row.access);
    // Nothing is added to the members and nothing taken away; without the list it would not be compared.
    if (!ledger.left_alone(row.key) || (hook != nullptr && *hook == GroupHook::members)) continue;
    if (model::leave_unmanaged(row, detail.desired) || hook == nullptr) continue;
    if (*hook == GroupHook::sam_account_name) detail.desired.sam_account_name = live.sam_account_name;
    if (*hook == GroupHook::scope) detail.group_type = live.group_type;
  }
}

void fill_new(Context& context, const Declaration<HostGroup>& declaration, GroupChange& detail,
              Change& change, Fields& fields) {
  const auto& spec = declaration.spec;
  change.action = Action::create;
  change.reasons.push_back("no group has sAMAccountName " + spec.sam_account_name);
  detail.group_type = bits::security_enabled | bits::of(spec.scope);
  const auto fill = [&](const model::GroupField& row, GroupHook hook) {
    switch (hook) {
      case GroupHook::sam_account_name:
        fields.name(row.key, {}, spec.sam_account_name);
        break;
      case GroupHook::common_name:
        fields.name(row.key, {}, spec.common_name);
        break;
      case GroupHook::path:
        fields.name(row.key, {}, change.dn.parent().text());
        break;
      case GroupHook::scope:
        fields.value(row.key, {}, std::string(model::name(spec.scope)));
        break;
      case GroupHook::members:
        break;  // they come last, after everything that a group is
      case GroupHook::membership:
      case GroupHook::orphaned_members:
        break;  // rules
    }
  };
  for (const auto& row : model::group_fields)
    std::visit(model::Overloaded{[&](GroupHook hook) { fill(row, hook); },
                                 [&](const model::GroupText& text) {
                                   fields.text(row.key, std::nullopt, spec.*text.declared);
                                 }},
               row.access);
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
  const bool adopts = context.options.aim == Aim::adopt;
  const size_t said = context.plan.diagnostics.size();
  const auto members = resolve_members(context, id, declaration.spec);
  if (members.unreadable) {
    context.plan.unreadable.push_back(
        {id, Error{ErrorKind::unavailable, "a member could not be read", {}, {}}});
    return;
  }
  if (adopts)
    context.plan.diagnostics.resize(said);  // whom it names is not the question
  else if (members.unknown)
    return context.block(id, "a member that it names cannot be resolved");
  const auto* live = std::get_if<LiveGroup>(&observation);
  const size_t unreadable_before = context.plan.unreadable.size();
  Standing standing;
  if (live != nullptr) {
    if (!context.claim(live->id, id, declaration.declared_at)) return;
    if (refuse_built_in(context, id, *live, declaration.declared_at)) return;
    if (!read_in_full(context, id, live->id.dn, live->unread,
                      model::decisive_attributes(declaration.spec, context.desired.environment, live->marker),
                      declaration.declared_at))
      return;
    standing = judge_ownership(context, id, live->marker, live->id.dn, declaration.declared_at);
    if (standing.refused) return;
    change.guid = live->id.guid;
    change.dn = live->id.dn;
    detail.live = *live;
  }
  Ledger ledger = open_ledger(context, id, standing);
  Fields fields(change.fields, ledger);
  const size_t compared = context.plan.diagnostics.size();
  if (live != nullptr)
    diff_live(context, declaration, detail, change, ledger, fields);
  else
    fill_new(context, declaration, detail, change, fields);
  if (context.plan.unreadable.size() != unreadable_before) return;
  const size_t without_members = change.fields.size();
  diff_members(context, declaration, members.wanted, detail, change, fields);
  if (context.plan.unreadable.size() != unreadable_before) return;
  if (change.fields.size() != without_members && change.action == Action::move)
    change.action = Action::update;
  if (adopts) {
    context.plan.diagnostics.resize(compared);  // how it differs is not the question
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
  context.name_claims.push_back({id, detail.dn, detail.desired.sam_account_name, change.guid, where});
  // Every marker that gmsactl writes remembers something.
  if (standing.adopt || !ledger.applied.empty()) remember_losses(context, ledger, id);
  check_nesting(context, declaration, members.wanted, detail);
  require_groups(detail, change);
  change.detail = std::move(detail);
  context.plan.changes.push_back(std::move(change));
}

}  // namespace gmsactl::plan
