// What is ours by its marker and declared no longer: reported, and deleted where --prune says so. Nothing
// else is ever deleted, and this never where it is protected, where the manifests are empty or where only a
// part of them is looked at.
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>

#include "engine/base/glob.h"
#include "engine/base/text.h"
#include "engine/base/unicode.h"
#include "engine/plan/ownership.h"
#include "engine/plan/readers.h"
#include "engine/plan/unread.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::Kind;
using model::Leftover;
using model::LiveGmsa;
using model::LiveGroup;
using model::ResourceId;

namespace {

/// Everything that goes with an object, so that a reviewer sees what is lost: one function for each shape of
/// field. What it does not have is not lost.
class Losses {
 public:
  Losses(Context& context, std::vector<model::FieldChange>& changes) : context_(context), fields_(changes) {}

  void show(const model::GmsaField& row, model::GmsaHook hook, const LiveGmsa& live) {
    using Hook = model::GmsaHook;
    switch (hook) {
      case Hook::sam_account_name:
        fields_.value(row.key, live.sam_account_name, {});
        break;
      case Hook::dns_host_name:
        fields_.value(row.key, text_value(live.dns_host_name), {});
        break;
      case Hook::service_principal_names:
        fields_.set(row.key, live.service_principal_names, {});
        break;
      case Hook::readers:
        fields_.set(row.key, readers_of(live), {});
        break;
      case Hook::password_interval:
        if (live.password_interval_days) fields_.value(row.key, int64_t{*live.password_interval_days}, {});
        break;
      case Hook::encryption_types:
        fields_.set(
            row.key,
            model::encryption_type_names(live.encryption_types.value_or(0) & model::encryption::managed), {});
        break;
      case Hook::path:
      case Hook::common_name:
        break;  // its DN is shown
      case Hook::allow_long_name:
      case Hook::service_principal_names_mode:
      case Hook::orphaned_principals:
      case Hook::credential_spec:
        break;  // rules
    }
  }
  void show(const model::GmsaField& row, const model::FlagField& flag, const LiveGmsa& live) {
    const bool value = flag.live(live.user_account_control);
    if (value || flag.always != nullptr) fields_.value(row.key, value, {});
  }
  void show(const model::GmsaField& row, const model::ListField& list, const LiveGmsa& live) {
    fields_.set(row.key, live.*list.live, {});
  }
  void show(const model::GroupField& row, model::GroupHook hook, const LiveGroup& live) {
    using Hook = model::GroupHook;
    switch (hook) {
      case Hook::sam_account_name:
        fields_.value(row.key, live.sam_account_name, {});
        break;
      case Hook::scope:
        if (const auto scope = model::group_type::scope(live.group_type))
          fields_.value(row.key, std::string(model::name(*scope)), {});
        break;
      case Hook::members:
        fields_.set(row.key, members_of(live), {});
        break;
      case Hook::common_name:
      case Hook::path:
        break;  // its DN is shown
      case Hook::membership:
      case Hook::orphaned_members:
        break;  // rules
    }
  }
  template <class Row, class Spec, class Live>
  void show(const Row& row, const model::TextField<Spec, Live>& text, const Live& live) {
    fields_.value(row.key, live_text(text, live), {});
  }

 private:
  std::vector<std::string> readers_of(const LiveGmsa& live) const {
    std::vector<std::string> readers;
    if (const auto descriptor = model::SecurityDescriptor::decode(live.group_msa_membership.value_or("")))
      for (const auto& sid : descriptor->possible_readers()) readers.push_back(context_.display(sid));
    return readers;
  }
  std::vector<std::string> members_of(const LiveGroup& live) const {
    std::vector<std::string> members;
    for (const auto& dn : live.members) members.push_back(context_.display_member(dn));
    return members;
  }

  Context& context_;
  Fields fields_;
};

Change removal_of(Context& context, const Leftover& leftover) {
  Change change;
  change.id = leftover.marker.id;
  change.action = Action::remove;
  change.dn = leftover.id().dn;
  change.guid = leftover.id().guid;
  change.cause = model::cause::pending;
  change.reasons.emplace_back(
      context.options.removals
          ? "the apply that is to be undone has created it"
          : "it is ours by its marker, no manifest declares it any more, and --prune was given");
  Losses losses(context, change.fields);
  std::visit(
      [&](const auto& live) {
        for (const auto& row : model::fields_of(live))
          std::visit([&](const auto& access) { losses.show(row, access, live); }, row.access);
      },
      leftover.live);
  for (auto& field : change.fields) field.after = std::monostate{};  // nothing, not an empty list
  model::Marker marker = leftover.marker;
  ++marker.generation;
  marker.deleting = true;
  change.detail = model::RemovalChange{leftover.live, marker.text()};
  return change;
}

/// Names as the directory compares them: a letter in another case does not make another object.
class DeclaredNames {
 public:
  explicit DeclaredNames(const model::Desired& desired) {
    for (const auto& group : desired.host_groups) groups_.insert(collation_key(group.name));
    for (const auto& account : desired.accounts) accounts_.insert(collation_key(account.name));
  }
  bool has(const ResourceId& id) const {
    return (id.kind == Kind::gmsa ? accounts_ : groups_).contains(collation_key(id.name));
  }

 private:
  std::unordered_set<std::string> groups_;
  std::unordered_set<std::string> accounts_;
};

void report_copy(Context& context, const Leftover& leftover) {
  context.report(Severity::warning, "GMSA0223", "Two objects carry one marker",
                 leftover.id().dn.text() + " carries the marker of " + model::address(leftover.marker.id) +
                     ", which is another object. Somebody copied it. It is left alone.",
                 "Clear " + context.desired.environment.marker_attribute + " of that object.", std::nullopt,
                 leftover.marker.id);
}

/// Readers are named by their SID, which would dangle.
bool reads_through(const LiveGmsa& account, const model::Sid& group) {
  const auto descriptor = model::SecurityDescriptor::decode(account.group_msa_membership.value_or(""));
  if (!descriptor) return false;
  const auto readers = descriptor->possible_readers();
  return std::find(readers.begin(), readers.end(), group) != readers.end();
}

/// A group that a declaration still names by its name, SID or DN is wanted after all, and so is one that an
/// account of ours reads its password through, where that account is declared no longer either and stays.
void check_not_needed(Context& context, const Leftover& leftover,
                      const std::vector<const Leftover*>& staying) {
  for (const auto& [key, lookup] : context.seen.principals)
    for (const auto& match : lookup.matches)
      if (match.id.guid == leftover.id().guid)
        context.report(
            Severity::error, "GMSA0310", "Object to be deleted is still named",
            leftover.id().dn.text() + " is to be deleted, and a declaration still names it (" + key + ").",
            "Remove it there first, or keep both.", std::nullopt, leftover.marker.id);
  const auto* group = std::get_if<LiveGroup>(&leftover.live);
  if (group == nullptr) return;
  for (const auto* other : staying) {
    const auto* account = std::get_if<LiveGmsa>(&other->live);
    if (account != nullptr && reads_through(*account, group->id.sid))
      context.report(Severity::error, "GMSA0310", "Object to be deleted is still named",
                     leftover.id().dn.text() + " is to be deleted, and " + model::address(other->marker.id) +
                         " reads its password through it, and stays.",
                     "Delete the account too, or let it read through another group first.", std::nullopt,
                     leftover.marker.id);
  }
}

void refuse_pruning(Context& context, std::string detail, std::string hint) {
  context.report(Severity::error, "GMSA0306", "Pruning refused", std::move(detail), std::move(hint));
}

/// What --exclude is to keep must not go because its name was mistyped.
void check_excludes(Context& context) {
  for (const auto& pattern : context.options.undeclared_excludes) {
    const auto& all = *context.seen.leftovers;
    if (std::any_of(all.begin(), all.end(), [&](const Leftover& leftover) {
          return glob_match(pattern, model::address(leftover.marker.id));
        }))
      continue;
    refuse_pruning(context,
                   "--exclude \"" + printable(pattern) + "\" matches no address of environment " +
                       context.desired.environment.name +
                       ", neither declared nor declared no longer, so what it is to keep might go.",
                   "Correct it; gmsactl plan without --prune lists what is declared no longer.");
  }
}

}  // namespace

void plan_leftovers(Context& context) {
  const bool targeted = !context.options.targets.empty();
  if (context.options.prune && targeted)
    refuse_pruning(
        context,
        "--prune deletes what no manifest declares, and --target and --since look at a part of them "
        "only.",
        "Run it without them.");
  // What goes waits for what lets go of it, wherever that is, and the policy's limits are of one run.
  if (context.options.prune && context.options.shard)
    return refuse_pruning(
        context, "--prune deletes what no manifest declares, and --shard looks at a part of them only.",
        "Run it without --shard.");
  if (!context.seen.leftovers || targeted) return;
  if (context.options.prune) check_excludes(context);
  const auto& removals = context.options.removals;
  std::vector<const Leftover*> removed, staying;
  std::optional<DeclaredNames> declared;
  for (const auto& leftover : *context.seen.leftovers) {
    if (!declared) declared.emplace(context.desired);
    const ResourceId& id = leftover.marker.id;
    if (declared->has(id)) {
      report_copy(context, leftover);
    } else if (removals ? !removals->contains(model::address(id)) : !context.selected(id)) {
      staying.push_back(&leftover);
    } else if (!context.prunes()) {
      context.unpruned.push_back(model::address(id));
    } else if (std::visit([&](const auto& live) { return refuse_built_in(context, id, live, std::nullopt); },
                          leftover.live)) {
      staying.push_back(&leftover);
    } else if (leftover.marker.protect) {
      staying.push_back(&leftover);
      context.report(Severity::error, "GMSA0307", "Protected object",
                     leftover.id().dn.text() + " is declared no longer and protected, so it is not deleted.",
                     "It takes two steps: declare it with metadata.protect: false and apply, then remove the "
                     "declaration. gmsactl forget leaves it as it is, and unmanaged.",
                     std::nullopt, id);
    } else {
      removed.push_back(&leftover);
    }
  }
  for (const auto* leftover : removed) {
    const auto& unread = std::visit(
        [](const auto& live) -> const auto& { return live.unread; }, leftover->live);
    if (!read_in_full(context, leftover->marker.id, leftover->id().dn, unread)) continue;
    check_not_needed(context, *leftover, staying);
    context.plan.changes.push_back(removal_of(context, *leftover));
  }
}

void report_unpruned(Context& context) {
  auto& unpruned = context.unpruned;
  if (unpruned.empty()) return;
  std::sort(unpruned.begin(), unpruned.end());
  if (context.options.shard && context.options.prune) return;  // refused already
  if (context.options.prune)
    return refuse_pruning(context,
                          "The manifests of environment " + context.desired.environment.name +
                              " declare no account and no group, so everything managed would go: " +
                              join(unpruned, ", ") + ". That is rather a wrong path than a wish.",
                          "Check --manifests. To give up an environment, release its objects with gmsactl "
                          "forget.");
  context.report(Severity::warning, "GMSA0305", "Managed objects are declared no longer",
                 plural(unpruned.size(), "object") + ": " + join(unpruned, ", ") + ".",
                 "Pass --prune to delete them, or release them with gmsactl forget.");
}

namespace {

const LiveGmsa* live_account(const Change& change) {
  if (const auto* account = std::get_if<model::GmsaChange>(&change.detail))
    return account->live ? &*account->live : nullptr;
  if (const auto* removal = std::get_if<model::RemovalChange>(&change.detail))
    return std::get_if<LiveGmsa>(&removal->live);
  return nullptr;
}

}  // namespace

void order_removals(Context& context) {
  auto& changes = context.plan.changes;
  for (auto& removal : changes) {
    if (removal.action != Action::remove || removal.id.kind == Kind::credential_spec) continue;
    const std::string key = removal.dn.key();
    const auto* group = std::get_if<LiveGroup>(&std::get<model::RemovalChange>(removal.detail).live);
    for (const auto& other : changes) {
      if (&other == &removal) continue;
      bool lets_go = false;
      if (const auto* change = std::get_if<model::GroupChange>(&other.detail))
        lets_go = std::any_of(change->remove.begin(), change->remove.end(),
                              [&](const std::string& dn) { return model::dn_key(dn) == key; });
      else if (const auto* spec = std::get_if<model::CredentialSpecChange>(&other.detail))
        lets_go = removal.id.kind == Kind::gmsa && spec->account == removal.id.name;
      else if (const auto* account = live_account(other))
        lets_go = group != nullptr && reads_through(*account, group->id.sid);
      if (lets_go) removal.requires_.push_back(other.id);
    }
  }
}

}  // namespace gmsactl::plan
