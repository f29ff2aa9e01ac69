#include "engine/plan/saved_plan.h"

#include <algorithm>
#include <map>

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::FieldChange;
using model::FieldValue;
using model::Guard;
using model::Kind;
using model::ResourceId;

namespace {

template <class List>
const typename List::value_type* find_path(const List& list, std::string_view path) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto& each) { return each.path == path; });
  return found == list.end() ? nullptr : &*found;
}

FieldValue object_text(const Change& change) {
  if (change.action == Action::create) return {};
  std::string text = change.dn.text();
  if (!change.guid.empty()) text += " (" + change.guid.text() + ")";
  return text;
}

class Comparison {
 public:
  Comparison(const model::Plan& saved, model::Plan fresh) : saved_(saved), fresh_(std::move(fresh)) {
    for (const auto& change : fresh_.changes) fresh_by_id_.emplace(change.id, &change);
    for (const auto& change : saved_.changes) saved_ids_.insert(change.id);
  }

  SavedCheck run() {
    for (const auto& change : saved_.changes) {
      const auto found = fresh_by_id_.find(change.id);
      if (found != fresh_by_id_.end())
        compare(change, *found->second);
      else
        compare_absent(change);
    }
    find_new_errors();
    check_.rest = std::move(fresh_);
    std::erase_if(check_.rest.changes, [&](const Change& change) { return !saved_ids_.contains(change.id); });
    return std::move(check_);
  }

 private:
  void stale(const ResourceId& id, std::string_view field, FieldValue planned, FieldValue live) {
    check_.stale.push_back({id, std::string(field), std::move(planned), std::move(live)});
  }

  void compare(const Change& saved, const Change& fresh) {
    const bool was_there = saved.action != Action::create;
    const bool is_there = fresh.action != Action::create;
    if (was_there != is_there || !(saved.guid == fresh.guid))
      return stale(saved.id, "object", object_text(saved), object_text(fresh));
    const size_t before = check_.stale.size();
    std::string_view unseen;  // a guard that fails without a field that shows why
    for (const auto& guard : saved.guards)
      if (!holds(fresh, guard) && !show(saved, fresh, guard.path)) unseen = guard.path;
    for (const auto& field : fresh.fields) compare_field(saved, field);
    if (!unseen.empty() && check_.stale.size() == before)
      stale(saved.id, unseen, std::string("as it was read"), std::string("something else"));
    for (const auto& required : fresh.requires_)
      if (fresh_by_id_.contains(required) && !saved_ids_.contains(required))
        stale(saved.id, "requires", {}, model::address(required));
    for (const auto& step : fresh.set_aside)
      if (!saved_ids_.contains(step.id)) stale(saved.id, "requires", {}, model::address(step.id));
  }

  /// The value is as it was read, or as it shall be, and what it shall be is still the same.
  static bool holds(const Change& fresh, const Guard& guard) {
    const Guard* now = find_path(fresh.guards, guard.path);
    return now != nullptr && now->after == guard.after &&
           (now->before == guard.before || now->before == guard.after);
  }

  /// False where neither plan has a field of that name to show.
  bool show(const Change& saved, const Change& fresh, const std::string& path) {
    const FieldChange* then = find_path(saved.fields, path);
    const FieldChange* now = find_path(fresh.fields, path);
    if (then == nullptr && now == nullptr) return false;
    FieldValue planned = then != nullptr ? then->before : now->after;
    FieldValue live = now != nullptr ? now->before : then->after;
    // Equal names may mean another object than they did.
    if (planned == live) live = std::string("the same name of another object");
    stale(saved.id, path, std::move(planned), std::move(live));
    return true;
  }

  /// What has no guard is judged by what is shown of it.
  void compare_field(const Change& saved, const FieldChange& now) {
    if (find_path(saved.guards, now.path) != nullptr) return;
    const FieldChange* then = find_path(saved.fields, now.path);
    if (then != nullptr && then->before == now.before && then->after == now.after) return;
    stale(saved.id, now.path, then != nullptr ? then->before : now.after, now.before);
  }

  /// Nothing is planned for it any more: because it is as the plan makes it, or because it can't be planned.
  void compare_absent(const Change& saved) {
    const auto concerns = [&](const auto& each) { return each.id == saved.id; };
    const auto unread = std::find_if(fresh_.unreadable.begin(), fresh_.unreadable.end(), concerns);
    if (unread != fresh_.unreadable.end())
      return stale(saved.id, "object", object_text(saved), "unreadable: " + unread->why.message);
    const bool declared = saved.action != Action::remove && saved.id.kind != Kind::container &&
                          saved.id.kind != Kind::kds_root_key;
    const bool as_declared =
        std::find(fresh_.unchanged.begin(), fresh_.unchanged.end(), saved.id) != fresh_.unchanged.end();
    if (!declared || as_declared)
      check_.done.push_back(saved.id);
    else
      stale(saved.id, "object", object_text(saved), std::string("can't be planned any more"));
  }

  void find_new_errors() {
    for (const auto& diagnostic : fresh_.diagnostics) {
      if (diagnostic.severity != Severity::error) continue;
      const bool concerns = diagnostic.address.empty() ||
                            std::any_of(saved_ids_.begin(), saved_ids_.end(), [&](const ResourceId& id) {
                              return model::address(id) == diagnostic.address;
                            });
      const bool known = std::find(saved_.diagnostics.begin(), saved_.diagnostics.end(), diagnostic) !=
                         saved_.diagnostics.end();
      if (concerns && !known) check_.errors.push_back(diagnostic);
    }
  }

  const model::Plan& saved_;
  model::Plan fresh_;
  std::map<ResourceId, const Change*> fresh_by_id_;
  std::set<ResourceId> saved_ids_;
  SavedCheck check_;
};

/// Goes from declaration to declaration until nothing new is named.
class Closure {
 public:
  explicit Closure(const model::Desired& desired) : desired_(desired) {}

  void add_group(const std::string& name) {
    if (!addresses_.insert("HostGroup/" + name).second) return;
    for (const auto& group : desired_.host_groups)
      if (group.name == name && group.spec.members) add_groups(*group.spec.members);
  }
  void add_account(const std::string& name) {
    if (!addresses_.insert("GMSA/" + name).second) return;
    for (const auto& account : desired_.accounts) {
      if (account.name != name) continue;
      add_groups(account.spec.principals);
      if (!account.spec.credential_spec) continue;
      for (const auto& target : account.spec.credential_spec->targets) add_target(target.text);
      for (const auto& more : account.spec.credential_spec->additional_accounts)
        if (!more.gmsa.empty()) add_account(more.gmsa);
    }
  }
  void add_target(const std::string& name) {
    if (!addresses_.insert("SpecTarget/" + name).second) return;
    for (const auto& target : desired_.spec_targets)
      if (const auto* docker = std::get_if<model::DockerTarget>(&target.spec.place);
          docker != nullptr && target.name == name)
        add_groups(docker->hosts);
  }
  std::set<std::string> take() { return std::move(addresses_); }

 private:
  void add_groups(const std::vector<model::PrincipalRef>& refs) {
    for (const auto& ref : refs)
      if (ref.form == model::PrincipalRef::Form::host_group) add_group(ref.text);
  }

  const model::Desired& desired_;
  std::set<std::string> addresses_;
};

}  // namespace

SavedCheck compare_with_saved(const model::Plan& saved, model::Plan fresh) {
  return Comparison(saved, std::move(fresh)).run();
}

std::set<std::string> declarations_behind(const model::Desired& desired, const std::vector<Change>& changes) {
  Closure closure(desired);
  for (const auto& change : changes) {
    if (change.id.kind == Kind::host_group) closure.add_group(change.id.name);
    if (change.id.kind == Kind::gmsa) closure.add_account(change.id.name);
    if (const auto* spec = std::get_if<model::CredentialSpecChange>(&change.detail)) {
      closure.add_target(spec->target);
      closure.add_account(spec->account);
    }
    // What it waits for may be made by the same plan.
    for (const auto& required : change.requires_) {
      if (required.kind == Kind::host_group) closure.add_group(required.name);
      if (required.kind == Kind::gmsa) closure.add_account(required.name);
    }
  }
  return closure.take();
}

}  // namespace gmsactl::plan
