// One change of a plan may need another although neither reads what the other writes: hosts that move into a
// group keep their grant until they are in it, and an SPN or a name is given up only for somebody who takes
// it. Such a change is withheld with the other, and stands after it unless that would be a circle.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>

#include "engine/base/text.h"
#include "engine/plan/access.h"
#include "engine/plan/field.h"
#include "engine/plan/names.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::GmsaChange;
using model::Kind;
using model::ResourceId;

namespace {

constexpr size_t shown = 10;

/// Of each account: who reads on by another way than before, which changes make that way, and which take the
/// old one away.
class Keeping {
 public:
  explicit Keeping(Context& context) : context_(context), access_(context) {}

  void run() {
    for (const auto& account : access_.accounts_that_lose()) keep(account);
    for (const auto& [user, on] : pairs_)
      context_.dependences.push_back({user, on,
                                      "hosts that lose access to a managed password by it have it through " +
                                          model::address(on) + " only, which this plan leaves as it is",
                                      false, true});
  }

 private:
  using Nodes = std::set<Access::Node>;

  void keep(const Access::Account& account) {
    const Nodes before = access_.reached(account.readers, Access::Side::live);
    const Nodes kept = access_.reached(account.readers, Access::Side::both);
    const Nodes after = access_.reached(account.readers, Access::Side::planned);
    Nodes moved;
    for (const auto node : before)
      if (after.contains(node) && !kept.contains(node)) moved.insert(node);
    if (!moved.empty()) connect(account, before, after, moved);
    refuse_left_out(account, before, after);
  }

  void connect(const Access::Account& account, const Nodes& before, const Nodes& after, const Nodes& moved) {
    std::set<ResourceId> makers;
    std::set<ResourceId> takers;
    const auto look = [&](const std::vector<Access::Edge>& edges, bool is_before, bool is_after) {
      for (const auto& edge : edges) {
        if (edge.by == nullptr || edge.left_out) continue;
        if (is_after && edge.planned && !edge.live && leads_to(edge.to, Access::Side::planned, moved))
          makers.insert(*edge.by);
        if (is_before && edge.live && !edge.planned && leads_to(edge.to, Access::Side::live, moved))
          takers.insert(*edge.by);
      }
    };
    look(account.readers, true, true);
    Nodes all = before;
    all.insert(after.begin(), after.end());
    for (const auto node : all) look(access_.members(node), before.contains(node), after.contains(node));
    for (const auto& taker : takers)
      for (const auto& maker : makers)
        if (!(taker == maker)) pairs_.emplace(taker, maker);
  }

  bool leads_to(Access::Node node, Access::Side side, const Nodes& wanted) {
    if (wanted.contains(node)) return true;
    const Nodes reached = access_.reached(access_.members(node), side);
    return std::any_of(reached.begin(), reached.end(), [&](const auto one) { return wanted.contains(one); });
  }

  /// They read on by what is declared, and this run does not make it so.
  void refuse_left_out(const Access::Account& account, const Nodes& before, const Nodes& after) {
    const Nodes declared = access_.reached(account.readers, Access::Side::declared);
    std::vector<std::string> lost;
    for (const auto node : before)
      if (!after.contains(node) && declared.contains(node)) lost.push_back(shown_as(node));
    if (lost.empty()) return;
    std::set<std::string> groups;
    for (const auto node : declared) {
      const auto& edges = access_.members(node);
      if (std::any_of(edges.begin(), edges.end(), [](const auto& edge) { return edge.left_out; }))
        groups.insert(access_.identity(node));
    }
    std::sort(lost.begin(), lost.end(), LessFolded{});
    const std::string names = join(std::vector<std::string>(groups.begin(), groups.end()), ", ");
    context_.report(Severity::error, "GMSA0217", "A required group is left out of the plan",
                    model::address(account.id) + " would lose readers that are to read through " + names +
                        ", which --target, --exclude or --shard leaves out: " + some_of(lost, shown) + ".",
                    "Add --target '" + *groups.begin() + "', or drop the --exclude.", where_of(account.id),
                    account.id);
  }

  std::string shown_as(Access::Node node) const {
    const std::string& identity = access_.identity(node);
    const auto sid = model::Sid::parse(identity);
    return sid ? context_.display(*sid) : identity;
  }

  SourceRange where_of(const ResourceId& id) const {
    for (const auto& account : context_.desired.accounts)
      if (account.name == id.name) return account.position("principalsAllowedToRetrieveManagedPassword");
    return {};
  }

  Context& context_;
  Access access_;
  std::set<std::pair<ResourceId, ResourceId>> pairs_;
};

/// What the declarations that are left as they are want to have.
class Unserved {
 public:
  explicit Unserved(const Context& context) : context_(context) {
    std::set<ResourceId> withheld;
    for (const auto& one : context.plan.unreadable) withheld.insert(one.id);
    if (withheld.empty()) return;
    for (const auto& group : context.desired.host_groups) {
      const ResourceId id{Kind::host_group, group.name};
      if (!withheld.contains(id)) continue;
      names_.emplace(fold(group.spec.sam_account_name), id);
      places_.emplace(context.parent_for(group.spec).child("CN", group.spec.common_name).key(), id);
    }
    for (const auto& account : context.desired.accounts) {
      const ResourceId id{Kind::gmsa, account.name};
      if (!withheld.contains(id)) continue;
      names_.emplace(fold(account.spec.sam_account_name + "$"), id);
      places_.emplace(context.parent_for(account.spec).child("CN", account.name).key(), id);
      if (account.spec.service_principal_names_mode != model::SpnMode::unmanaged)
        for (const auto& spn : account.spec.service_principal_names) note_spn(spn.text, id);
    }
  }

  bool empty() const { return names_.empty(); }

  void hold(const Change& change, std::vector<Dependence>& dependences) const {
    const auto note = [&](const std::map<std::string, ResourceId>& wanted, const std::string& key,
                          const std::string& what) {
      const auto found = wanted.find(key);
      if (found != wanted.end() && !(found->second == change.id))
        dependences.push_back({change.id, found->second, not_taken(what, found->second)});
    };
    for (const auto& spn : given_up(change)) note(spns_, fold(spn), spn);
    const auto names = names_of(change);
    if (!names) return;
    if (names->goes || !equal_folded(names->sam_before, names->sam_after))
      note(names_, fold(names->sam_before), "the name " + names->sam_before);
    if (names->goes || !(names->dn_before == names->dn_after))
      note(places_, names->dn_before.key(), names->dn_before.text());
  }

  static std::string not_taken(const std::string& what, const ResourceId& taker) {
    return "it gives up " + what + " for " + model::address(taker) + ", which this plan leaves as it is";
  }

 private:
  /// HOST stands for what others name by its class.
  void note_spn(const std::string& text, const ResourceId& id) {
    spns_.emplace(fold(text), id);
    if (const auto spn = model::Spn::parse(text))
      for (const auto& alias : context_.seen.directory.spn_mappings.aliases(*spn))
        spns_.emplace(fold(alias.text()), id);
  }

  static std::vector<std::string> given_up(const Change& change) {
    if (const auto* removal = std::get_if<model::RemovalChange>(&change.detail)) {
      const auto* live = std::get_if<model::LiveGmsa>(&removal->live);
      return live == nullptr ? std::vector<std::string>() : live->service_principal_names;
    }
    if (!std::holds_alternative<GmsaChange>(change.detail)) return {};
    const auto* field = field_of(change, spn_field);
    return field == nullptr ? std::vector<std::string>() : field->removed;
  }

  const Context& context_;
  std::map<std::string, ResourceId> names_;
  std::map<std::string, ResourceId> places_;
  std::map<std::string, ResourceId> spns_;
};

/// Adds requirements that make no circle.
class Order {
 public:
  explicit Order(std::vector<Change>& changes) : changes_(changes) {
    for (size_t i = 0; i < changes.size(); ++i) index_.emplace(changes[i].id, i);
  }

  /// What must be, circle or not.
  void demand(const ResourceId& user, const ResourceId& on) {
    const auto from = index_.find(user);
    if (from != index_.end() && index_.contains(on)) changes_[from->second].requires_.push_back(on);
  }

  enum class Added { yes, no, circle };
  Added require(const ResourceId& user, const ResourceId& on) {
    const auto from = index_.find(user);
    const auto to = index_.find(on);
    if (from == index_.end() || to == index_.end() || from->second == to->second) return Added::no;
    auto& required = changes_[from->second].requires_;
    if (std::find(required.begin(), required.end(), on) != required.end()) return Added::no;
    if (reaches(to->second, from->second)) return Added::circle;
    required.push_back(on);
    return Added::yes;
  }

  Change* change(const ResourceId& id) const {
    const auto found = index_.find(id);
    return found == index_.end() ? nullptr : &changes_[found->second];
  }

  std::vector<ResourceId> required_by(const ResourceId& id) const {
    const auto found = index_.find(id);
    return found == index_.end() ? std::vector<ResourceId>() : changes_[found->second].requires_;
  }

 private:
  bool reaches(size_t from, size_t wanted) const {
    std::set<size_t> seen{from};
    std::vector<size_t> open{from};
    while (!open.empty()) {
      const size_t next = open.back();
      open.pop_back();
      if (next == wanted) return true;
      for (const auto& id : changes_[next].requires_)
        if (const auto found = index_.find(id); found != index_.end() && seen.insert(found->second).second)
          open.push_back(found->second);
    }
    return false;
  }

  std::vector<Change>& changes_;
  std::map<ResourceId, size_t> index_;
};

/// Hosts: a group may be in another that is to leave this one first.
std::vector<model::PlannedPrincipal> early_members(const model::GroupChange& group) {
  std::vector<model::PlannedPrincipal> hosts;
  std::copy_if(group.add.begin(), group.add.end(), std::back_inserter(hosts),
               [](const auto& one) { return one.host_group.empty() && !one.dn.empty(); });
  return hosts;
}

/// Whether a group can get its members before, and apart from, the rest of its change: it is there, it is
/// ours, and they need no other scope.
bool can_have_early(const Change* change) {
  const auto* group = change == nullptr ? nullptr : std::get_if<model::GroupChange>(&change->detail);
  return group != nullptr && change->action == Action::update && group->live && group->live->marker &&
         group->group_type == group->live->group_type && !early_members(*group).empty();
}

/// Hosts that change places between groups which wait for each other: one of the groups has all of them for a
/// while.
void add_early(Change& before, Change& group) {
  const auto& detail = std::get<model::GroupChange>(group.detail);
  if (std::any_of(before.set_aside.begin(), before.set_aside.end(),
                  [&](const auto& step) { return step.id == group.id && !step.members.empty(); }))
    return;
  model::SetAside step;
  step.id = group.id;
  step.guid = group.guid;
  step.members = early_members(detail);
  step.marker_before = *detail.live->marker;
  step.marker = detail.marker;
  before.set_aside.push_back(std::move(step));
  before.reasons.push_back(model::address(group.id) +
                           " gets its new members first, so that no host loses access in between");
  group.reasons.push_back("it gets its new members before " + model::address(before.id) +
                          " is changed, and loses the others after that");
}

}  // namespace

void keep_access(Context& context) { Keeping(context).run(); }

void keep_what_nobody_takes(Context& context) {
  for (const auto& one : context.handovers)
    context.dependences.push_back(
        {one.giver, one.taker, Unserved::not_taken(one.spn.empty() ? "a name" : one.spn, one.taker)});
  const Unserved unserved(context);
  if (unserved.empty()) return;
  for (const auto& change : context.plan.changes) unserved.hold(change, context.dependences);
}

void order_dependences(Context& context) {
  if (context.dependences.empty()) return;
  Order order(context.plan.changes);
  for (const auto& one : context.dependences)
    if (one.always) order.demand(one.user, one.on);
  // What can be done in two steps comes last: the circles are closed there.
  auto dependences = context.dependences;
  std::stable_partition(dependences.begin(), dependences.end(), [&](const Dependence& one) {
    return !one.access || !can_have_early(order.change(one.on));
  });
  for (const auto& one : dependences)
    if (order.require(one.user, one.on) == Order::Added::circle && one.access &&
        can_have_early(order.change(one.on)))
      add_early(*order.change(one.user), *order.change(one.on));
  // What a taker waits for may fail, and then nobody would take what was given up already.
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& one : context.handovers)
      for (const auto& id : order.required_by(one.taker))
        grew |= order.require(one.giver, id) == Order::Added::yes;
  }
}

}  // namespace gmsactl::plan
