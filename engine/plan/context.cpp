#include "engine/plan/context.h"

#include <algorithm>

#include "engine/base/glob.h"
#include "engine/base/text.h"
#include "engine/model/domain.h"
#include "engine/plan/names.h"

namespace gmsactl::plan {

using model::Absent;
using model::Change;
using model::Dn;
using model::Kind;
using model::Observation;
using model::PlannedPrincipal;
using model::Principal;
using model::PrincipalRef;
using model::ResourceId;
using model::Sid;
using model::Unreadable;

Context::Context(const model::Desired& wanted, const model::Observations& observed, const Options& chosen,
                 References afterwards)
    : desired(wanted), seen(observed), options(chosen), afterwards_(std::move(afterwards)) {
  for (const auto& [key, after] : afterwards_)
    if (after.replaced) replaced_.insert(after.dn_after.key());
  const auto remember = [this](const Principal& principal) {
    if (!principal.id.sid.empty()) {
      auto& known = principals_by_sid_[principal.id.sid.text()];
      if (known == nullptr || is_foreign(*known)) known = &principal;
    }
    if (!principal.id.dn.empty()) principals_by_dn_.emplace(principal.id.dn.key(), &principal);
  };
  for (const auto& [key, lookup] : seen.principals)
    for (const auto& match : lookup.matches) remember(match);
  for (const auto& [sid, principal] : seen.known_sids) remember(principal);
  for (const auto& [dn, principal] : seen.known_members) remember(principal);
  for (const auto& [name, observation] : seen.host_groups) {
    const auto* live = std::get_if<model::LiveGroup>(&observation);
    if (live == nullptr) continue;
    groups_by_sid_.emplace(live->id.sid.text(), live);
    group_names_by_sid_.emplace(live->id.sid.text(), name);
    groups_by_dn_.emplace(live->id.dn.key(), live);
  }
  if (seen.leftovers)
    for (const auto& leftover : *seen.leftovers)
      if (const auto* live = std::get_if<model::LiveGroup>(&leftover.live)) {
        groups_by_sid_.emplace(live->id.sid.text(), live);
        groups_by_dn_.emplace(live->id.dn.key(), live);
      }
  for (const auto& declaration : desired.host_groups)
    group_declarations_.emplace(declaration.name, &declaration);
}

bool Context::selected(const ResourceId& id) const { return is_selected(options, id); }

void Context::report(Severity severity, std::string_view code, std::string summary, std::string detail,
                     std::string hint, std::optional<SourceRange> where, const ResourceId& id) {
  plan.diagnostics.push_back(
      {severity, code, std::move(summary), std::move(detail), std::move(hint), where, model::address(id)});
}

void Context::report(Severity severity, std::string_view code, std::string summary, std::string detail,
                     std::string hint, std::optional<SourceRange> where) {
  plan.diagnostics.push_back(
      {severity, code, std::move(summary), std::move(detail), std::move(hint), where, {}});
}

void Context::unreadable(const ResourceId& id, const Error& why, SourceRange where) {
  plan.unreadable.push_back({id, why});
  report(Severity::error, "GMSA0209", "Live state could not be read",
         model::address(id) +
             " is neither planned nor counted as absent, since reading it failed: " + why.message + ".",
         why.hint, where, id);
}

namespace {

const Observation<model::LiveGroup> no_group = Absent{};
const Observation<model::LiveGmsa> no_account = Absent{};

std::string quoted(const PrincipalRef& ref) {
  return ref.form == PrincipalRef::Form::host_group ? "{hostGroup: " + ref.text + "}"
                                                    : "\"" + ref.text + "\"";
}

}  // namespace

const Observation<model::LiveGroup>& Context::group(const std::string& name) const {
  const auto found = seen.host_groups.find(name);
  return found == seen.host_groups.end() ? no_group : found->second;
}

const Observation<model::LiveGmsa>& Context::account(const std::string& name) const {
  const auto found = seen.accounts.find(name);
  return found == seen.accounts.end() ? no_account : found->second;
}

ResolvedRef Context::resolve(const PrincipalRef& ref, const ResourceId& user) {
  if (ref.form == PrincipalRef::Form::host_group) {
    const auto declared = group_declarations_.find(ref.text);
    if (declared == group_declarations_.end()) return {};  // the manifest reader has reported it
    const auto& observation = group(ref.text);
    if (std::holds_alternative<Unreadable>(observation)) return {std::nullopt, true};
    PlannedPrincipal planned{declared->second->spec.sam_account_name, {}, {}, ref.text};
    if (const auto* live = std::get_if<model::LiveGroup>(&observation)) {
      planned.display =
          live->sam_account_name;  // as where it stands already, be it renamed in this plan or not
      planned.sid = live->id.sid;
      planned.dn = live->id.dn;
    } else if (!selected({Kind::host_group, ref.text})) {
      report(Severity::error, "GMSA0217", "A required group is left out of the plan",
             model::address(user) + " needs HostGroup/" + ref.text +
                 ", which does not exist yet and which --target or --exclude leaves out.",
             "Add --target 'HostGroup/" + ref.text + "', or drop the --exclude.", ref.where, user);
      return {};
    }
    return {std::move(planned), false};
  }
  const auto found = seen.principals.find(model::principal_key(ref));
  if (found == seen.principals.end()) return {};
  const auto& lookup = found->second;
  if (lookup.unreadable && lookup.unreadable->kind == ErrorKind::unsupported) {
    report(Severity::error, "GMSA0201", "Unknown principal",
           quoted(ref) + " can't be looked up here: " + lookup.unreadable->message + ".",
           lookup.unreadable->hint, ref.where, user);
    return {std::nullopt, false, true};
  }
  if (lookup.unreadable) {
    report(Severity::error, "GMSA0209", "Live state could not be read",
           quoted(ref) + " could not be looked up: " + lookup.unreadable->message + ".",
           lookup.unreadable->hint, ref.where, user);
    return {std::nullopt, true};
  }
  if (const auto after = afterwards_.find(found->first); after != afterwards_.end())
    return follow(after->second, ref, user);
  if (lookup.matches.size() == 1) {
    const auto& match = lookup.matches.front();
    return {PlannedPrincipal{label(match, seen.directory.domain_dn), match.id.sid, match.id.dn, {}}, false};
  }
  if (lookup.matches.empty()) {
    report(Severity::error, "GMSA0201", "Unknown principal",
           quoted(ref) + " is no computer, group, user or managed service account in " +
               seen.directory.dns_domain + ".",
           "Join the host to the domain first, or correct the name. A group of these manifests is written as "
           "{hostGroup: NAME}.",
           ref.where, user);
    return {std::nullopt, false, true};
  }
  std::string candidates;
  for (const auto& match : lookup.matches)
    candidates += "\n  " + match.id.dn.text() + " (" + match.object_class + ")";
  report(Severity::error, "GMSA0202", "Ambiguous principal", quoted(ref) + " may be any of:" + candidates,
         "Write its DN or its SID.", ref.where, user);
  return {std::nullopt, false, true};
}

/// What is declared is what shall be, so a name means who is to have it.
ResolvedRef Context::follow(const Afterwards& after, const PrincipalRef& ref, const ResourceId& user) {
  if (!after.principal) {
    report(Severity::error, "GMSA0201", "Unknown principal",
           quoted(ref) + " is " + after.why + ". Then nothing is called that any more.",
           "Write \"" + after.instead + "\".", ref.where, user);
    return {std::nullopt, false, true};
  }
  PlannedPrincipal planned{
      label(*after.principal, seen.directory.domain_dn), after.principal->id.sid, after.principal->id.dn, {}};
  if (after.replaced) {
    planned.display += " (replaced)";
    planned.sid = {};
    planned.dn = after.dn_after;
  }
  if (after.by && (after.replaced || !(*after.by == user)))
    dependences.push_back({user, *after.by,
                           "it names " + quoted(ref) + ", which is to be " + model::address(*after.by) +
                               ", and this plan leaves that as it is",
                           after.replaced});
  return {std::move(planned), false};
}

bool Context::is_replaced(const PlannedPrincipal& principal) const {
  return principal.sid.empty() && principal.host_group.empty() && replaced_.contains(principal.dn.key());
}

std::string Context::display(const Sid& sid) const {
  std::string text = sid.text();
  const auto found = principals_by_sid_.find(text);
  if (found != principals_by_sid_.end()) return label(*found->second, seen.directory.domain_dn);
  const auto group = groups_by_sid_.find(text);
  if (group != groups_by_sid_.end()) return group->second->sam_account_name;
  return text;
}

Context::Whereabouts Context::whereabouts(const Sid& sid) const {
  const std::string text = sid.text();
  if (!(sid.domain() == seen.directory.domain_sid) || groups_by_sid_.contains(text))
    return Whereabouts::known;
  const auto found = principals_by_sid_.find(text);
  if (found != principals_by_sid_.end() && !is_foreign(*found->second)) return Whereabouts::known;
  return seen.blind_spot && !seen.deleted_sids.contains(text) ? Whereabouts::unseen : Whereabouts::gone;
}

Context::Whereabouts Context::whereabouts_of_member(const std::string& dn) const {
  const auto parsed = Dn::parse(dn);
  const Dn& domain = seen.directory.domain_dn;
  if (!parsed || !(model::domain_of(*parsed) == domain)) return Whereabouts::known;
  // A foreign security principal is there, and stands for nothing where its SID is one that this very domain
  // had.
  if (parsed->parent() == domain.child("CN", "ForeignSecurityPrincipals"))
    if (const auto sid = Sid::parse(parsed->leaf().value)) return whereabouts(*sid);
  const std::string key = model::dn_key(dn);
  if (principals_by_dn_.contains(key) || groups_by_dn_.contains(key)) return Whereabouts::known;
  return seen.blind_spot ? Whereabouts::unseen : Whereabouts::gone;
}

void Context::report_unseen(const ResourceId& id, const std::vector<std::string>& names,
                            std::string_view attribute, SourceRange where) {
  const Error& why = *seen.blind_spot;
  plan.unreadable.push_back(
      {id, Error{why.kind,
                 "whether " + join(names, "; ") + " in its " + std::string(attribute) +
                     (names.size() == 1 ? " is" : " are") + " gone is not known: " + why.message,
                 why.hint, std::nullopt}});
  const bool one = names.size() == 1;
  report(Severity::error, "GMSA0285", "Whether a principal is gone is not known",
         model::address(id) + " is left as it is: " + join(names, "; ") + " in " + std::string(attribute) +
             (one ? " is not declared, and was" : " are not declared, and were") +
             " not found. It may exist out of sight, since " + why.message + ". Then it is " +
             (attribute == "member" ? "a member" : "a principal that may retrieve the managed password") +
             " without a declaration.",
         why.hint, where, id);
}

const model::AcceptedDrift* Context::accepted_drift(const ResourceId& id, std::string_view field) const {
  const std::string address = model::address(id);
  for (const auto& rule : desired.environment.accepted_drift)
    if (!options.today.empty() && options.today <= rule.until && glob_match(rule.address, address) &&
        (rule.field.empty() || rule.field == field))
      return &rule;
  return nullptr;
}

std::string Context::identity(const Sid& sid) const {
  std::string text = sid.text();
  const auto ours = group_names_by_sid_.find(text);
  return ours == group_names_by_sid_.end() ? text : "HostGroup/" + ours->second;
}

std::string Context::identity(const PlannedPrincipal& principal) const {
  if (!principal.host_group.empty()) return "HostGroup/" + principal.host_group;
  return principal.sid.empty() ? principal.dn.key() : identity(principal.sid);
}

const Principal* Context::find(const PlannedPrincipal& principal) const {
  if (!principal.sid.empty())
    if (const auto by_sid = principals_by_sid_.find(principal.sid.text()); by_sid != principals_by_sid_.end())
      return by_sid->second;
  const auto by_dn = principals_by_dn_.find(principal.dn.key());
  return by_dn == principals_by_dn_.end() ? nullptr : by_dn->second;
}

const Principal* Context::find_member(const std::string& dn) const {
  const auto found = principals_by_dn_.find(model::dn_key(dn));
  return found == principals_by_dn_.end() ? nullptr : found->second;
}

const model::Declaration<model::HostGroup>* Context::declared_group(const Sid& sid) const {
  const auto name = group_names_by_sid_.find(sid.text());
  if (name == group_names_by_sid_.end()) return nullptr;
  const auto found = group_declarations_.find(name->second);
  return found == group_declarations_.end() ? nullptr : found->second;
}

Sid Context::member_sid(const std::string& dn) const {
  const std::string key = model::dn_key(dn);
  if (const auto found = principals_by_dn_.find(key); found != principals_by_dn_.end())
    return found->second->id.sid;
  if (const auto group = groups_by_dn_.find(key); group != groups_by_dn_.end()) return group->second->id.sid;
  // A foreign security principal is called by the SID that it stands for ([MS-ADTS] 6.1.1.4.10).
  constexpr std::string_view start = "cn=s-1-";
  if (!key.starts_with(start)) return {};
  const auto parsed = Dn::parse(dn);
  if (!parsed || !(parsed->parent() == seen.directory.domain_dn.child("CN", "ForeignSecurityPrincipals")))
    return {};
  return Sid::parse(parsed->leaf().value).value_or(Sid{});
}

std::string Context::member_identity(const std::string& dn) const {
  const Sid sid = member_sid(dn);
  return sid.empty() ? model::dn_key(dn) : identity(sid);
}

std::string Context::display_member(const std::string& dn) const {
  const std::string key = model::dn_key(dn);
  if (const auto found = principals_by_dn_.find(key); found != principals_by_dn_.end())
    return label(*found->second, seen.directory.domain_dn);
  const auto group = groups_by_dn_.find(key);
  return group == groups_by_dn_.end() ? dn : group->second->sam_account_name;
}

ResourceId Context::container_id(const Dn& dn) {
  return {Kind::container, container_names_.try_emplace(dn.key(), dn.text()).first->second};
}

bool Context::require_container(const Dn& parent, SourceRange where, Change& change) {
  // A missing one stands in others, down to the first that is there or could not be read.
  const Observation<model::LiveContainer>* found = nullptr;
  Dn at = parent;
  bool missing = false;
  for (; !at.empty(); at = at.parent()) {
    const auto entry = seen.containers.find(at.key());
    found = entry == seen.containers.end() ? nullptr : &entry->second;
    if (found == nullptr || !std::holds_alternative<Absent>(*found)) break;
    missing = true;
  }
  if (const auto* unread = found == nullptr ? nullptr : std::get_if<Unreadable>(found)) {
    // The place is known, and it is not one.
    if (unread->why.kind == ErrorKind::constraint) {
      report(
          Severity::error, "GMSA0277", "Nothing can be created there",
          model::address(change.id) + " cannot stand in " + parent.text() + ": " + unread->why.message + ".",
          unread->why.hint, where, change.id);
      return false;
    }
    report(Severity::error, "GMSA0209", "Live state could not be read",
           at.text() + " could not be read: " + unread->why.message + ".", unread->why.hint, where,
           change.id);
    plan.unreadable.push_back({change.id, Error{unread->why}.with_context(at.text())});
    return false;
  }
  if (!missing) return true;
  if (desired.environment.create_paths) {
    change.requires_.push_back(container_id(parent));
  } else {
    report(Severity::error, "GMSA0208", "Container does not exist",
           parent.text() + ", where " + model::address(change.id) + " belongs, does not exist.",
           "Create it, correct the path, or set createPaths: true in the Environment.", where, change.id);
  }
  return true;
}

void Context::block(const ResourceId& id, std::string why) {
  blocked = true;
  plan.unreadable.push_back({id, Error{ErrorKind::not_found, std::move(why), {}, {}}});
}

bool Context::prunes() const {
  if (options.removals) return true;
  return options.prune && options.targets.empty() && !options.shard &&
         !(desired.accounts.empty() && desired.host_groups.empty());
}

bool Context::claim(const model::Identity& live, const ResourceId& id, SourceRange where) {
  const auto [entry, fresh] = claims_.emplace(live.guid, id);
  if (fresh) return true;
  report(
      Severity::error, "GMSA0216", "Two declarations mean one object",
      model::address(id) + " and " + model::address(entry->second) + " both match " + live.dn.text() + ".",
      "Give one of them another name. A name that one declaration frees can be taken by another in the same "
      "run once the object carries gmsactl's marker: adopt it first.",
      where, id);
  return false;
}

}  // namespace gmsactl::plan
