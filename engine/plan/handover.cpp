// Names and service principal names that change hands within one plan. Each belongs to one object at a time,
// so whoever lets go of one is changed before whoever takes it; and where that would be a circle, one object
// steps aside first: it gets a temporary name, or gives SPNs up, as the first step of the change that waits
// for it. Whatever step a run ends at, the next plan goes on from there: the object is known by its marker.
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "engine/base/digest.h"
#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/plan/context.h"
#include "engine/plan/field.h"
#include "engine/plan/names.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::Dn;
using model::GmsaChange;
using model::GroupChange;
using model::Guid;
using model::Kind;
using model::Principal;
using model::ResourceId;
using model::SetAside;

namespace {

class NameCheck {
 public:
  explicit NameCheck(Context& context) : context_(context) {
    auto& changes = context_.plan.changes;
    for (size_t i = 0; i < changes.size(); ++i) {
      by_id_.emplace(changes[i].id, i);
      if (!changes[i].guid.empty()) by_guid_.emplace(changes[i].guid, i);
    }
  }

  void run() {
    std::set<ResourceId> impossible;
    for (const auto& claim : context_.name_claims) {
      const auto change = by_id_.find(claim.id);
      if (change == by_id_.end()) continue;
      const auto& seen = context_.seen;
      bool free = true;
      if (const auto held = seen.sam_account_name_holders.find(fold(claim.sam_account_name));
          held != seen.sam_account_name_holders.end())
        free = settle(claim, change->second, held->second, Handover::What::name);
      if (const auto held = seen.dn_holders.find(claim.dn.key()); free && held != seen.dn_holders.end())
        free = settle(claim, change->second, held->second, Handover::What::place);
      // Of what exists the other differences are worth showing.
      if (!free && claim.self.empty()) impossible.insert(claim.id);
    }
    std::erase_if(context_.plan.changes,
                  [&](const Change& change) { return impossible.contains(change.id); });
  }

 private:
  /// Whether the claim can be met: at once, or after another change of this plan.
  bool settle(const NameClaim& claim, size_t taker, const Principal& holder, Handover::What what) {
    if (holder.id.guid == claim.self && !claim.self.empty()) return true;
    auto& changes = context_.plan.changes;
    const auto found = by_guid_.find(holder.id.guid);
    const auto names = found == by_guid_.end() ? std::nullopt : names_of(changes[found->second]);
    const std::string shown = what == Handover::What::name ? "sAMAccountName " + claim.sam_account_name
                                                           : "The name " + claim.dn.text();
    const bool freed = names && (what == Handover::What::name ? names->gives_up_name(claim.sam_account_name)
                                                              : names->gives_up_place(claim.dn));
    if (!freed) {
      report_taken(claim, holder, shown);
      return false;
    }
    const ResourceId& giver = changes[found->second].id;
    changes[taker].requires_.push_back(giver);
    changes[taker].reasons.push_back(shown + " is freed by " + model::address(giver) + " first");
    context_.handovers.push_back({what, claim.id, giver});
    return true;
  }

  /// The declaration that the live object belongs to.
  std::optional<ResourceId> declaration_of(const Guid& guid) const {
    for (const auto& [name, observation] : context_.seen.accounts)
      if (const auto* live = std::get_if<model::LiveGmsa>(&observation);
          live != nullptr && live->id.guid == guid)
        return ResourceId{Kind::gmsa, name};
    for (const auto& [name, observation] : context_.seen.host_groups)
      if (const auto* live = std::get_if<model::LiveGroup>(&observation);
          live != nullptr && live->id.guid == guid)
        return ResourceId{Kind::host_group, name};
    return std::nullopt;
  }

  void report_taken(const NameClaim& claim, const Principal& holder, const std::string& shown) {
    const auto declared = declaration_of(holder.id.guid);
    const std::string kind = holder.object_class.empty() ? "object" : holder.object_class;
    std::string detail = shown + " is taken by the " + kind + " " + holder.id.dn.text();
    std::string hint = "Choose another name, or remove or rename that object first.";
    if (declared) {
      detail += ", which is " + model::address(*declared) + ", so " + model::address(claim.id) +
                " can't have it in this plan.";
      if (by_guid_.contains(holder.id.guid))
        hint =
            "Give " + model::address(*declared) + " another name in the manifests, or choose another here.";
      else
        hint = "If " + model::address(*declared) +
               " is declared to give it up, plan it too: this plan leaves it out. Otherwise choose another "
               "name.";
    } else {
      detail += ", so " + model::address(claim.id) +
                " can't have it. gmsactl never takes over an object of another kind.";
    }
    context_.report(Severity::error, "GMSA0207", "Name held by another object", std::move(detail),
                    std::move(hint), claim.where, claim.id);
  }

  Context& context_;
  std::map<ResourceId, size_t> by_id_;
  std::map<Guid, size_t> by_guid_;
};

/// Tarjan's strongly connected components over what changes require, without recursion.
class Components {
 public:
  Components(const std::vector<Change>& changes, const std::map<ResourceId, size_t>& index)
      : number_(changes.size()), low_(changes.size()), on_stack_(changes.size()) {
    for (size_t root = 0; root < changes.size(); ++root)
      if (number_[root] == 0) search(root, changes, index);
  }

  /// Those with more than one change.
  std::vector<std::vector<size_t>> circles;

 private:
  struct Step {
    size_t change;
    size_t next = 0;
  };

  void open(size_t change) {
    number_[change] = low_[change] = ++count_;
    on_stack_[change] = true;
    stack_.push_back(change);
    path_.push_back({change});
  }

  void search(size_t root, const std::vector<Change>& changes, const std::map<ResourceId, size_t>& index) {
    open(root);
    while (!path_.empty()) {
      Step& step = path_.back();
      const size_t at = step.change;
      const auto& required = changes[at].requires_;
      if (step.next == required.size()) {
        close(at);
        continue;
      }
      const auto found = index.find(required[step.next++]);
      if (found == index.end()) continue;
      if (number_[found->second] == 0)
        open(found->second);
      else if (on_stack_[found->second])
        low_[at] = std::min(low_[at], number_[found->second]);
    }
  }

  void close(size_t at) {
    path_.pop_back();
    if (!path_.empty()) low_[path_.back().change] = std::min(low_[path_.back().change], low_[at]);
    if (low_[at] != number_[at]) return;
    std::vector<size_t> component;
    for (size_t member = at + 1; member != at;) {
      member = stack_.back();
      stack_.pop_back();
      on_stack_[member] = false;
      component.push_back(member);
    }
    std::sort(component.begin(), component.end());
    if (component.size() > 1) circles.push_back(std::move(component));
  }

  std::vector<size_t> number_, low_;
  std::vector<bool> on_stack_;
  std::vector<size_t> stack_;
  std::vector<Step> path_;
  size_t count_ = 0;
};

class Circles {
 public:
  explicit Circles(Context& context) : context_(context), changes_(context.plan.changes) {
    for (size_t i = 0; i < changes_.size(); ++i) index_.emplace(changes_[i].id, i);
  }

  void run() {
    if (context_.handovers.empty()) return;
    // Each round takes what steps aside out of its circle, so there are no more rounds than changes.
    for (bool broken = true; broken;) {
      broken = false;
      for (const auto& circle : Components(changes_, index_).circles) broken |= break_up(circle);
    }
  }

 private:
  bool break_up(const std::vector<size_t>& circle) {
    const auto chosen = std::find_if(circle.begin(), circle.end(),
                                     [&](size_t change) { return can_step_aside(change, circle); });
    if (chosen == circle.end()) return false;  // order_changes() reports it
    step_aside(*chosen, circle);
    return true;
  }

  /// Those that `taker` waits for `giver` for.
  std::vector<const Handover*> handovers(size_t taker, size_t giver) const {
    std::vector<const Handover*> found;
    for (const auto& one : context_.handovers)
      if (one.taker == changes_[taker].id && one.giver == changes_[giver].id) found.push_back(&one);
    return found;
  }

  /// It carries our marker, by which the next plan knows it whatever it is called, and all that waits for it
  /// in the circle waits for names and SPNs only.
  bool can_step_aside(size_t giver, const std::vector<size_t>& circle) const {
    const Change& change = changes_[giver];
    const bool ours = (change.action == Action::update || change.action == Action::move) &&
                      names_of(change) && !names_of(change)->goes;
    return ours && std::all_of(circle.begin(), circle.end(), [&](size_t taker) {
             const auto& required = changes_[taker].requires_;
             return std::count(required.begin(), required.end(), change.id) ==
                    static_cast<std::ptrdiff_t>(handovers(taker, giver).size());
           });
  }

  void step_aside(size_t giver, const std::vector<size_t>& circle) {
    Change& change = changes_[giver];
    // Given up at once wherever it steps aside first, so that what is left does not depend on that.
    std::vector<std::string> spns;
    for (const size_t taker : circle)
      for (const auto* one : handovers(taker, giver))
        if (one->what == Handover::What::spn) spns.push_back(one->spn);
    SetAside whole;
    for (const size_t taker : circle) {
      const auto taken = handovers(taker, giver);
      if (taken.empty()) continue;
      SetAside step = aside(change, taken, spns);
      if (!step.sam_account_name.empty()) {
        whole.sam_account_name = step.sam_account_name;
        whole.temporary_name = step.temporary_name;
      }
      if (!step.dn.empty()) whole.temporary_dn = step.temporary_dn;
      Change& other = changes_[taker];
      std::erase(other.requires_, change.id);
      change.requires_.push_back(other.id);
      other.reasons.push_back(model::address(change.id) + " steps aside first" + words(step) +
                              ", since each takes over what the other gives up");
      other.set_aside.push_back(std::move(step));
    }
    whole.service_principal_names = spns;
    change.reasons.push_back("it steps aside" + words(whole) + " before that, and is changed last");
    std::erase_if(context_.handovers, [&](const Handover& one) {
      const auto taker = index_.find(one.taker);
      return one.giver == change.id && taker != index_.end() &&
             std::find(circle.begin(), circle.end(), taker->second) != circle.end();
    });
    foresee(change, whole);
  }

  static SetAside aside(const Change& change, const std::vector<const Handover*>& taken,
                        const std::vector<std::string>& spns) {
    const Names names = *names_of(change);
    const std::string temporary = "tmp-" + sha256(change.guid.text()).substr(0, 10);
    SetAside step;
    step.id = change.id;
    step.guid = change.guid;
    step.service_principal_names = spns;
    for (const auto* one : taken) {
      if (one->what == Handover::What::name) {
        step.sam_account_name = names.sam_before;
        step.temporary_name = temporary + (change.id.kind == Kind::gmsa ? "$" : "");
      } else if (one->what == Handover::What::place) {
        step.dn = names.dn_before;
        step.temporary_dn = names.dn_before.parent().child("CN", temporary);
      }
    }
    return step;
  }

  static std::string words(const SetAside& step) {
    std::string text;
    if (!step.temporary_name.empty()) text += " as " + step.temporary_name;
    if (!step.temporary_dn.empty()) text += " to " + step.temporary_dn.text();
    if (!step.service_principal_names.empty()) text += " without " + join(step.service_principal_names, ", ");
    return text;
  }

  /// Its own change begins at what stepping aside has left.
  static void foresee(Change& change, const SetAside& step) {
    if (!step.temporary_dn.empty()) change.set_aside_at = step.temporary_dn;
    if (auto* group = std::get_if<GroupChange>(&change.detail)) {
      if (!step.temporary_name.empty()) group->live->sam_account_name = step.temporary_name;
      if (!step.temporary_dn.empty()) group->live->id.dn = step.temporary_dn;
      return;
    }
    model::LiveGmsa& live = *std::get<GmsaChange>(change.detail).live;
    auto& spns = live.service_principal_names;
    spns = without_folded(spns, step.service_principal_names);
    if (!step.temporary_name.empty()) {
      const std::string before = model::bare_name(live.sam_account_name);
      for (auto& spn : spns) spn = model::rewritten_spn(spn, before, model::bare_name(step.temporary_name));
      live.sam_account_name = step.temporary_name;
    }
    if (!step.temporary_dn.empty()) live.id.dn = step.temporary_dn;
  }

  Context& context_;
  std::vector<Change>& changes_;
  std::map<ResourceId, size_t> index_;
};

}  // namespace

void check_names(Context& context) {
  if (!context.name_claims.empty()) NameCheck(context).run();
}

void resolve_circles(Context& context) { Circles(context).run(); }

}  // namespace gmsactl::plan
