#include "engine/plan/ownership.h"

#include <algorithm>
#include <array>

#include "engine/base/glob.h"
#include "engine/base/text.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::Marker;
using model::Ownership;
using model::ResourceId;

Standing judge_ownership(Context& context, const ResourceId& id, const std::optional<std::string>& marker,
                         const model::Dn& dn, SourceRange where) {
  const auto& environment = context.desired.environment;
  auto reading = model::read_ownership(marker, environment.owner, environment.name);
  const auto refuse = [&](std::string detail, std::string hint) {
    context.report(Severity::error, "GMSA0304", "Object belongs to somebody else", std::move(detail),
                   std::move(hint), where, id);
    return Standing{true, false, std::nullopt};
  };
  switch (reading.ownership) {
    case Ownership::ours:
      return {false, false, std::move(reading.marker)};
    case Ownership::none:
      if (!context.options.adopt && context.options.aim != Aim::adopt)
        context.report(
            Severity::error, "GMSA0303", "Object is not managed yet",
            dn.text() + ", which " + model::address(id) +
                " means, exists and carries no ownership marker, so gmsactl does not manage it.",
            "Pass --adopt to take it over and make it as declared, or run gmsactl adopt first, which "
            "changes nothing else.",
            where, id);
      return {false, true, std::nullopt};
    case Ownership::other_owner:
      return refuse(
          dn.text() + ", which " + model::address(id) + " means, is managed by \"" + reading.marker->owner +
              "\" as " + model::address(reading.marker->id) + " of environment " +
              reading.marker->environment + ".",
          "Let one repository manage it: there gmsactl forget releases it, here --adopt takes it over "
          "then.");
    case Ownership::other_environment:
      return refuse(dn.text() + ", which " + model::address(id) + " means, is managed as " +
                        model::address(reading.marker->id) + " of environment " +
                        reading.marker->environment + ".",
                    "Declare another samAccountName here, or release it there with gmsactl forget.");
    case Ownership::unintelligible:
      return refuse(
          environment.marker_attribute + " of " + dn.text() + ", which " + model::address(id) +
              " means, holds a text that is no ownership marker: \"" + marker.value_or("") + "\".",
          "Clear the attribute if nobody needs the text, or name another with markerAttribute in the "
          "Environment.");
  }
  return {};
}

bool refuse_built_in(Context& context, const ResourceId& id, const model::Identity& live,
                     const model::Importance& importance, const std::optional<std::string>& marker,
                     std::optional<SourceRange> where) {
  // [MS-ADTS] 3.1.1.1.9.2, 6.1.1.4.12: what is made later gets a RID of 1000 or more.
  constexpr uint32_t first_free_rid = 1000;
  constexpr uint32_t builtin_domain = 32;
  const auto& parts = live.sid.sub_authorities;
  const bool built_in = !parts.empty() && (parts.front() == builtin_domain || parts.back() < first_free_rid);
  const std::string meant =
      live.dn.text() + " (" + live.sid.text() + "), which " + model::address(id) + " means, ";
  if (built_in || importance.critical) {
    context.report(
        Severity::error, "GMSA0313", "Built-in object",
        meant +
            (built_in ? "comes with the domain" : "is a critical system object (isCriticalSystemObject)") +
            ". gmsactl never adopts, changes or deletes such an object.",
        "Declare another samAccountName. If gmsactl manages it already, release it with gmsactl "
        "forget " +
            model::address(id) + ".",
        where, id);
    return true;
  }
  // What is ours was made or taken over as what it is; that somebody put it into a protected group since is
  // no reason to stop looking after it.
  const auto& environment = context.desired.environment;
  if (!importance.admin ||
      model::read_ownership(marker, environment.owner, environment.name).ownership == Ownership::ours)
    return false;
  context.report(Severity::error, "GMSA0331", "Object protected by AdminSDHolder",
                 meant +
                     "has adminCount set: it is a protected group, or a member of one, or was. gmsactl "
                     "does not adopt such an object.",
                 "Declare another samAccountName. If it is in no protected group any more, clear the "
                 "attribute and plan again: Set-ADObject -Identity '" +
                     live.dn.text() + "' -Clear adminCount",
                 where, id);
  return true;
}

Ledger open_ledger(const Context& context, const ResourceId& id, const Standing& standing) {
  Ledger ledger;
  if (standing.marker) ledger.applied = standing.marker->applied;
  ledger.accepts = [&context, id](std::string_view field) {
    return context.accepted_drift(id, field) != nullptr;
  };
  return ledger;
}

namespace {

model::FieldChange about_marker(std::string_view path, model::FieldValue before, model::FieldValue after) {
  return {path, std::move(before), std::move(after), {}, {}, model::cause::pending};
}

std::string marker_text(Context& context, const Standing& standing, bool protect,
                        std::map<std::string, std::string, std::less<>> applied,
                        const model::Change& change) {
  const auto& environment = context.desired.environment;
  Marker marker;
  marker.owner = environment.owner;
  marker.environment = environment.name;
  marker.id = change.id;
  marker.generation = standing.marker ? standing.marker->generation + 1 : 1;
  marker.protect = protect;
  marker.applied = std::move(applied);
  std::string text = marker.text();
  // While a list is written in parts, the marker says so with a suffix.
  const size_t longest = text.size() + Marker::in_part.size();
  if (longest > Marker::longest)
    context.report(Severity::error, "GMSA0222", "Ownership marker too long",
                   "The marker of " + model::address(change.id) + " would have " + std::to_string(longest) +
                       " characters; " + environment.marker_attribute + " holds " +
                       std::to_string(Marker::longest) + ".",
                   "Shorten the owner, the environment's name or metadata.name.", change.declared_at,
                   change.id);
  return text;
}

bool leaves_names_alone(const Context& context, const ResourceId& id) {
  const auto& accounts = context.desired.accounts;
  return std::any_of(accounts.begin(), accounts.end(), [&](const auto& account) {
    return id.kind == model::Kind::gmsa && account.name == id.name &&
           account.spec.service_principal_names_mode == model::SpnMode::unmanaged;
  });
}

void report_released(Context& context, const Ledger& ledger, const model::Change& change) {
  std::vector<std::string> released;
  for (const auto& [key, hash] : ledger.applied) {
    const std::string field(Ledger::path_of(key));
    if (ledger.has(field)) continue;
    if (field == "servicePrincipalNames" && leaves_names_alone(context, change.id))
      context.report(Severity::note, "GMSA0221", "Fields are managed no longer",
                     field + " of " + model::address(change.id) +
                         " is managed no longer, since servicePrincipalNamesMode is unmanaged. What is live "
                         "stays as it is.",
                     "", change.declared_at, change.id);
    else
      released.push_back(field);
  }
  if (released.empty()) return;
  context.report(Severity::note, "GMSA0221", "Fields are managed no longer",
                 join(released, ", ") + " of " + model::address(change.id) +
                     (released.size() == 1 ? " is" : " are") +
                     " not in the manifest any more. What is live stays as it is.",
                 "Write null to clear a field.", change.declared_at, change.id);
}

void report_accepted(Context& context, const Ledger& ledger, const model::Change& change) {
  if (!ledger.accepted.empty()) context.plan.accepted.push_back(change.id);
  for (const auto& field : ledger.accepted) {
    const auto* rule = context.accepted_drift(change.id, field.path);
    if (rule != nullptr)
      context.report(Severity::note, "GMSA0224", "Accepted drift",
                     std::string(field.path) + " of " + model::address(change.id) +
                         " was changed behind gmsactl's back and is left as it is until " + rule->until +
                         ": " + rule->reason,
                     "", rule->where, change.id);
  }
}

}  // namespace

namespace {

struct ListMode {
  std::string_view list;
  std::string_view mode;
};
constexpr std::array<ListMode, 2> list_modes{
    {{"members", "membership"}, {"servicePrincipalNames", "servicePrincipalNamesMode"}}};

std::string_view mode_of(bool additive) { return additive ? "additive" : "exact"; }

/// How a list is managed is noted when it changes, also where no value does: what others add while they may
/// must not be taken for drift later.
void compare_modes(const Ledger& ledger, model::Change& change) {
  for (const auto& each : list_modes) {
    const auto last = ledger.last(each.list);
    if (!last || last->basis == Ledger::Basis::part) continue;
    const bool was_additive = last->basis == Ledger::Basis::additive;
    const auto* record = ledger.record_of(each.list);
    if (record != nullptr && record->additive == was_additive) continue;
    const std::string_view mode = record == nullptr ? "unmanaged" : mode_of(record->additive);
    change.fields.push_back(about_marker(each.mode, std::string(mode_of(was_additive)), std::string(mode)));
    change.reasons.push_back("the manifest manages " + std::string(each.list) +
                             " in another way: " + std::string(mode));
  }
}

}  // namespace

std::string settle_marker(Context& context, const Standing& standing, const Ledger& ledger, bool live,
                          bool protect, model::Change& change) {
  auto& fields = change.fields;
  const size_t compared = fields.size();
  if (standing.adopt) {
    fields.insert(fields.begin(), about_marker("owner", {}, context.desired.environment.owner));
  } else if (standing.marker) {
    const Marker& old = *standing.marker;
    // To another spelling of the same name nothing has to be written.
    if (old.id.kind != change.id.kind || !equal_folded(old.id.name, change.id.name))
      fields.push_back(about_marker("metadata.name", old.id.name, change.id.name));
    if (old.protect != protect) fields.push_back(about_marker("metadata.protect", old.protect, protect));
    // To take something back, a list is compared as a whole, however its manifest manages it.
    if (!context.options.removals) compare_modes(ledger, change);
    if (old.deleting) {
      fields.push_back(about_marker("deletion", std::string("begun"), {}));
      change.reasons.emplace_back("an earlier run began to delete it, and it is declared again");
    }
  } else if (!live && protect) {
    fields.push_back(about_marker("metadata.protect", {}, true));
  }
  if (fields.size() != compared && change.action == Action::move) change.action = Action::update;
  if (standing.adopt) {
    change.reasons.emplace_back("it exists and nobody manages it");
    if (change.action != Action::replace) change.action = Action::adopt;
  }
  if (!live)
    for (auto& field : fields) field.cause = model::cause::fresh;
  change.cause = live && !standing.adopt ? common_cause(fields) : model::cause::fresh;
  report_released(context, ledger, change);
  report_accepted(context, ledger, change);
  if (fields.empty()) return {};

  change.guards = ledger.guards();
  return marker_text(context, standing, protect, ledger.applied_afterwards(), change);
}

bool plan_adoption(Context& context, const Standing& standing, const Ledger& ledger, bool protect,
                   std::variant<model::LiveGroup, model::LiveGmsa> live, model::Change& change) {
  if (!standing.adopt) return false;
  change.action = Action::adopt;
  change.cause = model::cause::fresh;
  change.fields = {about_marker("owner", {}, context.desired.environment.owner)};
  change.reasons = {"it exists and nobody manages it"};
  change.requires_.clear();
  change.guards.clear();
  change.detail = model::MarkerChange{std::move(live),
                                      marker_text(context, standing, protect, ledger.live_values(), change)};
  return true;
}

bool may_replace(Context& context, const model::Declaration<model::Gmsa>& declaration,
                 const Standing& standing, const ResourceId& id) {
  const SourceRange where = declaration.position("managedPasswordIntervalInDays");
  if (standing.adopt) {
    // To delete what nobody has taken over yet would be two decisions in one.
    context.report(Severity::error, "GMSA0303", "Object is not managed yet",
                   model::address(id) + " would have to be replaced, and is not managed by gmsactl.",
                   "Adopt it with its present managedPasswordIntervalInDays first.", where, id);
    return false;
  }
  const bool marked = standing.marker && standing.marker->protect;
  if (context.options.allow_replace.contains(model::address(id)) && (marked || declaration.protect))
    context.report(Severity::error, "GMSA0307", "Protected object",
                   model::address(id) + " is protected (" +
                       (declaration.protect ? "metadata.protect: true" : "so its marker says") +
                       "), and replacing it deletes it, so it is not replaced.",
                   "It takes two steps: declare it with metadata.protect: false and its present "
                   "managedPasswordIntervalInDays and apply, then change the interval.",
                   where, id);
  return true;
}

void remember_losses(Context& context, const Ledger& ledger, const ResourceId& id) {
  if (context.options.removals) return;  // what an apply added is to go again
  for (const auto path : ledger.undeclared_losses) context.undeclared_losses.emplace(id, path);
}

namespace {

template <class Live>
void release(Context& context, const Live& live, const Marker& marker) {
  Change change;
  change.id = marker.id;
  change.action = Action::update;
  change.dn = live.id.dn;
  change.guid = live.id.guid;
  change.cause = model::cause::pending;
  change.fields = {about_marker("owner", marker.owner, {})};
  change.reasons = {"it is to be released"};
  change.detail = model::MarkerChange{live, {}};
  context.plan.changes.push_back(std::move(change));
}

/// Nobody should believe that something is released because a name was mistyped.
void report_unmatched(Context& context) {
  for (const auto& pattern : context.options.targets) {
    const bool matched =
        std::any_of(context.plan.changes.begin(), context.plan.changes.end(),
                    [&](const Change& change) { return glob_match(pattern, model::address(change.id)); });
    if (matched) continue;
    context.report(Severity::error, "GMSA0225", "Nothing to release",
                   "No object that environment " + context.desired.environment.name +
                       " manages has the address " + printable(pattern) + ".",
                   "Addresses look like GMSA/WebApp01; gmsactl plan warns of those declared no longer.");
  }
}

}  // namespace

void plan_release(Context& context) {
  const auto& environment = context.desired.environment;
  const auto look_at = [&](const auto& observations) {
    for (const auto& [name, observation] : observations) {
      if (observation.index() != 1) continue;
      const auto& live = std::get<1>(observation);
      const auto reading = model::read_ownership(live.marker, environment.owner, environment.name);
      if (reading.ownership == Ownership::ours && context.selected(reading.marker->id))
        release(context, live, *reading.marker);
    }
  };
  look_at(context.seen.host_groups);
  look_at(context.seen.accounts);
  if (!context.seen.leftovers) return;
  for (const auto& leftover : *context.seen.leftovers)
    if (context.selected(leftover.marker.id))
      std::visit([&](const auto& live) { release(context, live, leftover.marker); }, leftover.live);
  report_unmatched(context);
}

}  // namespace gmsactl::plan
