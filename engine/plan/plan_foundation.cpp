// What accounts and groups stand on: containers and the KDS root key.
#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/filetime.h"
#include "engine/plan/context.h"
#include "engine/plan/field.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::Dn;
using model::Kind;
using model::ResourceId;

namespace {

// [MS-GKDI] 3.1.4.1: a key serves once its start lies a whole key cycle of ten hours back, so that every
// domain controller has it.
constexpr int64_t key_cycle = int64_t{10} * 3600 * 10'000'000;

bool creates_account(const Change& change) {
  return change.id.kind == Kind::gmsa &&
         (change.action == Action::create || change.action == Action::replace);
}

/// possSuperiors of the two classes that are created: an organizational unit stands in another or in the
/// domain, a container in any of them or in another container.
void check_may_stand(Context& context, const Dn& dn, const Change& change) {
  const auto& leaf = dn.leaf();
  const bool unit = equal_folded(leaf.type, "OU");
  if (!unit && !equal_folded(leaf.type, "CN"))
    return context.report(Severity::error, "GMSA0277", "Nothing can be created there",
                          dn.text() + " does not exist, and only OU= and CN= containers can be created.",
                          "Create it, or correct the path.", change.declared_at, change.id);
  const Dn parent = dn.parent();
  if (!unit || parent.empty() || !equal_folded(parent.leaf().type, "CN")) return;
  context.report(Severity::error, "GMSA0277", "Nothing can be created there",
                 dn.text() +
                     " does not exist and cannot be created: Active Directory keeps organizational units in "
                     "organizational units and domains only, and " +
                     parent.text() + " is a container.",
                 "Write CN= in place of OU= below it, or choose a path of organizational units.",
                 change.declared_at, change.id);
}

}  // namespace

void plan_containers(Context& context) {
  if (!context.desired.environment.create_paths) return;
  // Only those that a planned object needs, and what they themselves stand in.
  std::set<std::string> wanted;
  for (const auto& change : context.plan.changes)
    for (const auto& required : change.requires_)
      if (required.kind == Kind::container) wanted.insert(required.name);
  std::vector<Change> containers;
  std::set<std::string> done;
  const auto add = [&](const auto& self, const Dn& dn, SourceRange where) -> void {
    const auto found = context.seen.containers.find(dn.key());
    if (found == context.seen.containers.end() || !std::holds_alternative<model::Absent>(found->second))
      return;
    if (!done.insert(dn.key()).second) return;
    Change change;
    change.id = context.container_id(dn);
    change.action = Action::create;
    change.cause = model::cause::fresh;
    change.dn = dn;
    change.declared_at = where;
    change.reasons.emplace_back("it does not exist, and createPaths is true");
    change.fields.push_back({"path", {}, dn.text(), {}, {}, model::cause::fresh});
    change.detail = model::ContainerChange{dn};
    const Dn parent = dn.parent();
    check_may_stand(context, dn, change);
    self(self, parent, where);
    if (done.contains(parent.key())) change.requires_.push_back(context.container_id(parent));
    containers.push_back(std::move(change));
  };
  for (const auto& text : wanted)
    if (auto dn = Dn::parse(text)) add(add, *dn, context.desired.environment.position("createPaths"));
  context.plan.changes.insert(context.plan.changes.begin(), std::make_move_iterator(containers.begin()),
                              std::make_move_iterator(containers.end()));
}

namespace {

void plan_key_creation(Context& context, const ResourceId& id) {
  const auto& environment = context.desired.environment;
  const bool immediately = environment.kds_root_key_effective_immediately;
  const SourceRange where = environment.position("kdsRootKey");
  if (immediately && context.seen.directory.domain_controllers > 1) {
    context.report(
        Severity::error, "GMSA0302", "Back-dated KDS root key refused",
        "kdsRootKey.effective is immediately, and " + context.seen.directory.dns_domain + " has " +
            std::to_string(context.seen.directory.domain_controllers) +
            " domain controllers. Until all of them have the key, they would give out different passwords.",
        "Write effective: after10h.", where, id);
    return;
  }
  Change change;
  change.id = id;
  change.action = Action::create;
  change.cause = model::cause::fresh;
  change.declared_at = where;
  change.dn = context.seen.directory.configuration_dn.child("CN", "Services")
                  .child("CN", "Group Key Distribution Service")
                  .child("CN", "Master Root Keys");
  change.reasons.emplace_back("the forest has no KDS root key, and kdsRootKey.create is true");
  change.fields.push_back(
      {"effective", {}, std::string(immediately ? "immediately" : "after10h"), {}, {}, model::cause::fresh});
  change.detail = model::KdsRootKeyChange{immediately};
  auto& changes = context.plan.changes;
  if (immediately) {
    for (auto& other : changes)
      if (creates_account(other)) other.requires_.push_back(id);
  } else {
    const auto waiting = std::remove_if(changes.begin(), changes.end(), creates_account);
    const auto count = static_cast<size_t>(changes.end() - waiting);
    changes.erase(waiting, changes.end());
    if (count > 0)
      context.report(Severity::warning, "GMSA0204", "KDS root key not yet usable",
                     std::to_string(count) +
                         " of the declared accounts are not in this plan: the new KDS root key serves "
                         "ten hours after it is created.",
                     "Apply this plan, and run again after that.", where, id);
  }
  changes.insert(changes.begin(), std::move(change));
}

}  // namespace

void plan_kds_root_key(Context& context) {
  const ResourceId id{Kind::kds_root_key, context.seen.directory.dns_domain};
  const auto& environment = context.desired.environment;
  const SourceRange where = environment.position("kdsRootKey");
  const auto& facts = context.seen.directory;
  const bool needed = std::any_of(context.plan.changes.begin(), context.plan.changes.end(), creates_account);
  const auto* keys = std::get_if<std::vector<model::LiveKdsRootKey>>(&facts.kds_root_keys);
  if (keys != nullptr && !keys->empty()) {
    int64_t usable_from = keys->front().use_start_time;
    for (const auto& key : *keys) usable_from = std::min(usable_from, key.use_start_time);
    usable_from += key_cycle;
    // Where another one's times are hidden, that one may serve already.
    if (needed && !facts.root_key_hidden && usable_from > facts.server_time)
      context.report(Severity::error, "GMSA0204", "KDS root key not yet usable",
                     "The forest's KDS root key serves from " + model::filetime_text(usable_from) +
                         " on; until then no account can be created.",
                     "Run again after that.", where, id);
    return;
  }
  if (const auto* unread = std::get_if<model::Unreadable>(&facts.kds_root_keys)) {
    const bool wanted = environment.create_kds_root_key && context.selected(id);
    if ((!needed && !wanted) || facts.any_gmsa_exists) return;
    context.plan.unreadable.push_back({id, unread->why});
    context.report(Severity::error, "GMSA0209", "Live state could not be read",
                   "The KDS root keys could not be read: " + unread->why.message + ".", unread->why.hint,
                   where, id);
    return;
  }
  if (facts.any_gmsa_exists || facts.root_key_hidden) {
    if (needed)
      context.report(
          Severity::warning, "GMSA0212", "KDS root key not visible",
          "No KDS root key is readable for this user, who may not have the right to. " +
              std::string(facts.root_key_hidden ? "One is listed" : "Managed service accounts exist") +
              ", so the forest has a key.",
          "", where, id);
    return;
  }
  if (environment.create_kds_root_key && context.selected(id)) return plan_key_creation(context, id);
  if (needed && environment.create_kds_root_key && context.options.shard && !context.options.shard->has(id))
    return context.report(
        Severity::error, "GMSA0203", "No KDS root key",
        "The forest has no KDS root key yet. Shard 0 creates it, so that it is created once; "
        "without it no managed service account can be created.",
        "Apply --shard 0/" + std::to_string(context.options.shard->shard().count) +
            " first, or the key alone with --target 'KdsRootKey/*'.",
        where, id);
  if (needed)
    context.report(Severity::error, "GMSA0203", "No KDS root key",
                   "The forest has no KDS root key that this user can see, so no managed service account can "
                   "be created.",
                   "An enterprise administrator creates one, once per forest, with Add-KdsRootKey "
                   "-EffectiveImmediately; "
                   "it serves ten hours later. Or set kdsRootKey: {create: true} in the Environment.",
                   where, id);
}

}  // namespace gmsactl::plan
