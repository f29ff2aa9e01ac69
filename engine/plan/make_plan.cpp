#include "engine/plan/make_plan.h"

#include <algorithm>
#include <map>
#include <optional>

#include "engine/base/glob.h"
#include "engine/base/text.h"
#include "engine/plan/context.h"
#include "engine/plan/ownership.h"
#include "engine/plan/spec_places.h"

namespace gmsactl::plan {

using model::Change;
using model::Kind;
using model::ResourceId;

bool is_selected(const Options& options, const ResourceId& id) {
  if (id.kind == Kind::credential_spec && options.only_specs && !options.only_specs->contains(id))
    return false;
  if (options.shard && !options.shard->has(id)) return false;
  if (options.targets.empty() && options.excludes.empty()) return true;
  const std::string address = model::address(id);
  const auto matches = [&](const std::string& pattern) { return glob_match(pattern, address); };
  if (std::any_of(options.excludes.begin(), options.excludes.end(), matches)) return false;
  return options.targets.empty() || std::any_of(options.targets.begin(), options.targets.end(), matches);
}

namespace {

/// Depth-first over requirements; a requirement met again on its own path is a circle.
class Order {
 public:
  explicit Order(Context& context)
      : context_(context), changes_(context.plan.changes), state_(changes_.size()) {
    for (size_t i = 0; i < changes_.size(); ++i) index_.emplace(changes_[i].id, i);
  }

  void run() {
    std::vector<size_t> roots(changes_.size());
    for (size_t i = 0; i < roots.size(); ++i) roots[i] = i;
    // The kinds' order first, then the manifests': what depends on nothing stays where a reader expects it.
    // What goes comes last.
    const auto rank = [&](size_t i) {
      return std::pair(changes_[i].action == model::Action::remove, changes_[i].id.kind);
    };
    std::stable_sort(roots.begin(), roots.end(), [&](size_t a, size_t b) { return rank(a) < rank(b); });
    for (const size_t root : roots) visit(root);
    std::vector<Change> sorted;
    sorted.reserve(order_.size());
    for (const size_t i : order_) sorted.push_back(std::move(changes_[i]));
    changes_ = std::move(sorted);
  }

 private:
  enum class State : unsigned char { fresh, open, done };

  void visit(size_t i) {
    if (state_[i] == State::done) return;
    state_[i] = State::open;
    auto& required = changes_[i].requires_;
    std::sort(required.begin(), required.end());
    required.erase(std::unique(required.begin(), required.end()), required.end());
    for (const auto& id : required) {
      const auto found = index_.find(id);
      if (found == index_.end()) continue;
      if (state_[found->second] == State::open)
        report_circle(changes_[i], id);
      else
        visit(found->second);
    }
    state_[i] = State::done;
    order_.push_back(i);
  }

  void report_circle(const Change& change, const ResourceId& id) {
    context_.report(Severity::error, "GMSA0218", "Changes wait for each other",
                    model::address(change.id) + " needs " + model::address(id) +
                        " to go first, which in turn waits for it.",
                    "Free what changes hands (an SPN, a membership) in one apply, and take it in the next.",
                    change.declared_at, change.id);
  }

  Context& context_;
  std::vector<Change>& changes_;
  std::vector<State> state_;
  std::map<ResourceId, size_t> index_;
  std::vector<size_t> order_;
};

/// What a targeted change requires is planned with it, as long as --exclude does not name it.
Options with_required(const model::Desired& desired, const model::Observations& seen,
                      const Options& options) {
  Options closed = options;
  if (options.targets.empty()) return closed;
  const auto wanted = [&](const ResourceId& id) { return is_selected(closed, id); };
  const auto require = [&](const std::vector<model::PrincipalRef>& refs) {
    bool grew = false;
    for (const auto& ref : refs) {
      const ResourceId id{Kind::host_group, ref.text};
      if (ref.form != model::PrincipalRef::Form::host_group || wanted(id)) continue;
      closed.targets.push_back(model::address(id));
      grew = true;
    }
    return grew;
  };
  for (const auto& target : desired.spec_targets) {
    const auto places = spec_places(target.spec, desired, seen);
    for (const auto* account : delivered_to(target.name, desired))
      for (const auto& host : places.hosts)
        if (wanted(spec_id(target.name, account->name, host)) && !wanted({Kind::gmsa, account->name}))
          closed.targets.push_back("GMSA/" + account->name);
  }
  bool needs_root_key = false;
  for (const auto& account : desired.accounts) {
    if (!wanted({Kind::gmsa, account.name})) continue;
    require(account.spec.principals);
    needs_root_key = true;
  }
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& group : desired.host_groups)
      if (group.spec.members && wanted({Kind::host_group, group.name})) grew |= require(*group.spec.members);
  }
  if (needs_root_key) closed.targets.emplace_back("KdsRootKey/*");
  return closed;
}

}  // namespace

void order_moves(Context& context) {
  auto& changes = context.plan.changes;
  std::multimap<std::string, size_t> moved;  // by the Dn::key() of where something stands that they move
  for (size_t i = 0; i < changes.size(); ++i) {
    const auto* account = std::get_if<model::GmsaChange>(&changes[i].detail);
    const auto* group = std::get_if<model::GroupChange>(&changes[i].detail);
    const model::Dn* target = account != nullptr ? &account->dn : group != nullptr ? &group->dn : nullptr;
    if (target != nullptr && !changes[i].guid.empty() && !(*target == changes[i].dn))
      moved.emplace(changes[i].dn.key(), i);
    for (const auto& step : changes[i].set_aside)
      if (!step.dn.empty()) moved.emplace(step.dn.key(), i);
  }
  if (moved.empty()) return;
  for (size_t i = 0; i < changes.size(); ++i) {
    const auto* group = std::get_if<model::GroupChange>(&changes[i].detail);
    if (group == nullptr) continue;
    const auto mention = [&](const std::string& key) {
      const auto [first, last] = moved.equal_range(key);
      for (auto found = first; found != last; ++found)
        if (found->second != i) changes[found->second].requires_.push_back(changes[i].id);
    };
    for (const auto& principal : group->add) mention(principal.dn.key());
    for (const auto& dn : group->remove) mention(model::dn_key(dn));
  }
}

/// What a declaration means that names something unknown is not certain, so neither is what nobody needs.
static void withhold_removals(Context& context) {
  for (const auto& change : context.plan.changes)
    if (change.action == model::Action::remove)
      context.plan.unreadable.push_back(
          {change.id, Error{ErrorKind::not_found,
                            "nothing is deleted while a declared principal cannot be resolved",
                            {},
                            {}}});
}

void withdraw_dependants(Context& context) {
  auto& changes = context.plan.changes;
  std::set<ResourceId> withdrawn;
  if (context.blocked) withhold_removals(context);
  for (const auto& one : context.plan.unreadable) withdrawn.insert(one.id);
  std::multimap<ResourceId, const Dependence*> depends;
  for (const auto& one : context.dependences) depends.emplace(one.user, &one);
  const auto reason = [&](const Change& change) -> std::optional<std::string> {
    for (const auto& id : change.requires_)
      if (withdrawn.contains(id))
        return "it requires " + model::address(id) + ", about which not enough could be read";
    for (auto [at, last] = depends.equal_range(change.id); at != last; ++at)
      if (withdrawn.contains(at->second->on)) return at->second->why;
    return std::nullopt;
  };
  for (bool more = !withdrawn.empty(); more;) {
    more = false;
    for (const auto& change : changes) {
      if (withdrawn.contains(change.id)) continue;
      auto why = reason(change);
      if (!why) continue;
      context.plan.unreadable.push_back({change.id, Error{ErrorKind::unavailable, std::move(*why), {}, {}}});
      withdrawn.insert(change.id);
      more = true;
    }
  }
  std::erase_if(changes, [&](const Change& change) { return withdrawn.contains(change.id); });
}

void order_changes(Context& context) { Order(context).run(); }

/// The groups and accounts, each without the others. Names in manifests mean who has them after the plan, and
/// who that is shows only when everything has been planned once: then it is planned again by that.
static void begin_plan(const model::Desired& desired, const model::Observations& seen, const Options& options,
                       std::optional<Context>& context) {
  constexpr int most_rounds = 8;
  References afterwards;
  for (int round = 1;; ++round) {
    context.emplace(desired, seen, options, afterwards);
    if (options.aim == Aim::forget) return;
    for (const auto& group : desired.host_groups) plan_group(*context, group);
    for (const auto& account : desired.accounts) plan_account(*context, account);
    if (options.aim == Aim::adopt || round == most_rounds) return;
    auto next = foresee(context->plan, desired, seen);
    if (next == afterwards) return;
    afterwards = std::move(next);
  }
}

model::Plan make_plan(const model::Desired& desired, const model::Observations& seen,
                      const Options& options) {
  // Whose something is concerns nothing that it requires.
  const Options closed = options.aim == Aim::as_declared ? with_required(desired, seen, options) : options;
  std::optional<Context> planning;
  begin_plan(desired, seen, closed, planning);
  Context& context = *planning;
  context.plan.environment = desired.environment.name;
  context.plan.domain = seen.directory.dns_domain;
  context.plan.domain_sid = seen.directory.domain_sid.text();
  context.plan.server = seen.directory.server;
  context.plan.declared_at = desired.environment.declared_at;
  if (options.aim == Aim::forget) {
    plan_release(context);
    return std::move(context.plan);
  }
  if (options.aim == Aim::adopt) return std::move(context.plan);
  plan_leftovers(context);
  order_nesting(context);
  check_names(context);
  plan_kds_root_key(context);
  check_service_principal_names(context);
  plan_credential_specs(context);
  report_unpruned(context);
  order_removals(context);
  if (!options.compared_only) keep_access(context);
  keep_what_nobody_takes(context);
  withdraw_dependants(context);
  resolve_circles(context);
  avoid_rewritten_spns(context);
  order_moves(context);
  plan_containers(context);
  order_dependences(context);
  order_changes(context);
  check_named_elsewhere(context);
  check_thresholds(context);
  return std::move(context.plan);
}

}  // namespace gmsactl::plan
