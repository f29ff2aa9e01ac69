#include "engine/plan/access.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/plan/field.h"
#include "engine/plan/readers.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::Declaration;
using model::Gmsa;
using model::GmsaChange;
using model::GroupChange;
using model::HostGroup;
using model::Kind;
using model::LiveGmsa;
using model::LiveGroup;
using model::PrincipalRef;
using model::ResourceId;

namespace {

constexpr std::string_view group_prefix = "HostGroup/";

/// What holds after the change, of what is declared; `live` where it says nothing.
std::vector<std::string> declared_over(const std::vector<std::string>& live,
                                       std::vector<std::string> declared, bool exact) {
  if (!exact) declared.insert(declared.end(), live.begin(), live.end());
  return declared;
}

}  // namespace

Access::Access(const Context& context) : context_(context) {
  for (const auto& change : context.plan.changes) changes_.emplace(change.id, &change);
  for (const auto& one : context.plan.unreadable) withheld_.insert(one.id);
  for (const auto& group : context.desired.host_groups) groups_.emplace(group.name, &group);
  if (context.seen.leftovers)
    for (const auto& leftover : *context.seen.leftovers)
      if (const auto* live = std::get_if<LiveGroup>(&leftover.live))
        leftovers_.emplace(context.identity(live->id.sid), live);
}

Access::Node Access::node(const std::string& identity) {
  const auto [found, fresh] = nodes_.try_emplace(identity, static_cast<Node>(names_.size()));
  if (fresh) names_.push_back(&found->first);
  return found->second;
}

std::vector<Access::Edge> Access::edges(const std::vector<std::string>& live,
                                        const std::vector<std::string>& planned, const ResourceId& by,
                                        bool left_out) {
  std::map<Node, Edge> all;
  for (const auto& one : live) {
    Edge& edge = all[node(one)];
    edge.live = true;
    edge.planned |= left_out;
  }
  for (const auto& one : planned) {
    Edge& edge = all[node(one)];
    if (!left_out)
      edge.planned = true;
    else
      edge.left_out = !edge.live;
  }
  std::vector<Edge> result;
  result.reserve(all.size());
  for (auto& [to, edge] : all) {
    edge.to = to;
    if (edge.live != edge.planned || edge.left_out) edge.by = &by;
    result.push_back(edge);
  }
  return result;
}

std::vector<std::string> Access::identities(const std::vector<PrincipalRef>& refs) const {
  std::vector<std::string> all;
  for (const auto& ref : refs) {
    if (ref.form == PrincipalRef::Form::host_group) {
      all.push_back(std::string(group_prefix) + ref.text);
      continue;
    }
    const auto found = context_.seen.principals.find(model::principal_key(ref));
    if (found == context_.seen.principals.end() || found->second.matches.size() != 1) continue;
    const auto& match = found->second.matches.front().id;
    all.push_back(match.sid.empty() ? match.dn.key() : context_.identity(match.sid));
  }
  return all;
}

const std::vector<Access::Edge>& Access::members(Node group) {
  if (const auto known = members_.find(group); known != members_.end()) return known->second;
  auto read = read_members(identity(group));
  return members_.emplace(group, std::move(read)).first->second;
}

std::vector<Access::Edge> Access::read_members(const std::string& group) {
  if (group.starts_with(group_prefix)) {
    const auto found = groups_.find(group.substr(group_prefix.size()));
    return found == groups_.end() ? std::vector<Edge>() : declared_members(*found->second);
  }
  const auto found = leftovers_.find(group);
  if (found == leftovers_.end()) return {};
  std::vector<std::string> live;
  for (const auto& dn : found->second->members) live.push_back(context_.member_identity(dn));
  static const ResourceId nobody;
  return edges(live, live, nobody, false);
}

std::vector<Access::Edge> Access::declared_members(const Declaration<HostGroup>& group) {
  std::vector<std::string> live;
  if (const auto* found = std::get_if<LiveGroup>(&context_.group(group.name)))
    for (const auto& dn : found->members) live.push_back(context_.member_identity(dn));
  const ResourceId id{Kind::host_group, group.name};
  const auto change = changes_.find(id);
  if (change != changes_.end()) {
    const auto* detail = std::get_if<GroupChange>(&change->second->detail);
    if (detail == nullptr) return edges(live, live, change->first, false);
    std::vector<std::string> gone;
    for (const auto& dn : detail->remove) gone.push_back(context_.member_identity(dn));
    std::sort(gone.begin(), gone.end());
    std::vector<std::string> planned;
    for (const auto& one : live)
      if (!std::binary_search(gone.begin(), gone.end(), one)) planned.push_back(one);
    for (const auto& principal : detail->add) planned.push_back(context_.identity(principal));
    return edges(live, planned, change->first, false);
  }
  if (!group.spec.members) return edges(live, live, id, false);
  auto declared = identities(*group.spec.members);
  if (group.settled) return edges(declared, declared, id, false);
  const auto held = withheld_.find(id);
  if (held != withheld_.end())
    return edges(live, declared_over(live, declared, group.spec.membership == model::Membership::exact),
                 *held, false);
  if (context_.selected(id)) return edges(live, live, id, false);
  static const ResourceId left_out;
  return edges(live, declared, left_out, true);
}

std::vector<std::string> Access::live_readers(const LiveGmsa& live) const {
  std::vector<std::string> readers;
  if (const auto descriptor = model::SecurityDescriptor::decode(live.group_msa_membership.value_or("")))
    for (const auto& sid : descriptor->possible_readers()) readers.push_back(context_.identity(sid));
  return readers;
}

Access::Account Access::account_after(const Change& change) {
  const auto& detail = std::get<GmsaChange>(change.detail);
  std::vector<std::string> live;
  if (detail.live) live = live_readers(*detail.live);
  std::vector<std::string> planned;
  if (change.action != Action::replace &&
      (field_of(change, readers_field) == nullptr || detail.keeps_readers)) {
    planned = live;
  } else {
    for (const auto& reader : detail.readers) planned.push_back(context_.identity(reader));
    for (const auto& sid : detail.kept_orphans) planned.push_back(context_.identity(sid));
  }
  return {change.id, edges(live, planned, change.id, false)};
}

Access::Account Access::declared_account(const Declaration<Gmsa>& account, const LiveGmsa* live) {
  const ResourceId id{Kind::gmsa, account.name};
  if (const auto change = changes_.find(id); change != changes_.end())
    return std::holds_alternative<GmsaChange>(change->second->detail) ? account_after(*change->second)
                                                                      : Account{id, {}};
  if (live == nullptr) return {id, {}};
  const auto readers = live_readers(*live);
  const auto held = withheld_.find(id);
  if (held == withheld_.end()) return {id, edges(readers, readers, id, false)};
  return {id,
          edges(readers, declared_over(readers, identities(account.spec.principals), false), *held, false)};
}

bool Access::loses(Node group) {
  const auto goes = [](const Edge& edge) { return edge.live && !edge.planned; };
  const auto [known, fresh] = loses_.try_emplace(group, false);
  if (!fresh) return known->second;
  auto all = reached(members(group), Side::live);
  all.insert(group);
  return known->second = std::any_of(all.begin(), all.end(), [&](const Node one) {
           const auto& edges = members(one);
           return std::any_of(edges.begin(), edges.end(), goes);
         });
}

/// Only where something that somebody reads through is taken away.
bool Access::may_lose(const Account& account) {
  return std::any_of(account.readers.begin(), account.readers.end(),
                     [&](const Edge& edge) { return edge.live && (!edge.planned || loses(edge.to)); });
}

std::vector<Access::Account> Access::accounts_that_lose() {
  const bool from_groups = std::any_of(changes_.begin(), changes_.end(), [](const auto& one) {
    const auto* group = std::get_if<GroupChange>(&one.second->detail);
    return group != nullptr && !group->remove.empty();
  });
  std::vector<Account> found;
  for (const auto& declaration : context_.desired.accounts) {
    const auto change = changes_.find({Kind::gmsa, declaration.name});
    if (!from_groups && (change == changes_.end() || field_of(*change->second, readers_field) == nullptr))
      continue;
    const auto* live = std::get_if<LiveGmsa>(&context_.account(declaration.name));
    if (auto account = declared_account(declaration, live); may_lose(account))
      found.push_back(std::move(account));
  }
  return found;
}

std::set<Access::Node> Access::reached(const std::vector<Edge>& from, Side side) {
  const auto counts = [side](const Edge& edge) {
    switch (side) {
      case Side::live:
        return edge.live;
      case Side::both:
        return edge.live && edge.planned;
      case Side::planned:
        return edge.planned;
      case Side::declared:
        return edge.planned || edge.left_out;
    }
    return false;
  };
  std::set<Node> seen;
  std::vector<Node> open;
  const auto follow = [&](const std::vector<Edge>& all) {
    for (const auto& edge : all)
      if (counts(edge) && seen.insert(edge.to).second) open.push_back(edge.to);
  };
  follow(from);
  while (!open.empty()) {
    const Node next = open.back();
    open.pop_back();
    follow(members(next));
  }
  return seen;
}

}  // namespace gmsactl::plan
