// Who may be in a group, by the scopes of both ([MS-SAMR] 3.1.1.8.9): for declared and for live ones alike. A
// domain controller running Windows refuses the rest (53 with 00002144 to 00002148); Samba checks nothing.
#include <algorithm>
#include <map>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/plan/context.h"

namespace gmsactl::plan {

using model::GroupScope;
using model::Principal;
using model::Sid;

namespace {

namespace bits = model::group_type;

/// GROUP_TYPE_BUILTIN_LOCAL_GROUP.
constexpr uint32_t builtin_local = 0x1;

/// What matters of somebody who is, or is to be, in a group.
struct Member {
  std::string shown;
  Sid sid;
  bool foreign = false;  ///< of no domain of the forest: it gets an object that stands for it
  std::optional<GroupScope> scope = std::nullopt;  ///< of a group
  bool builtin = false;
};

bool is_builtin(const Sid& sid, uint32_t group_type) {
  static const Sid domain = Sid::parse("S-1-5-32").value();
  return (group_type & builtin_local) != 0 || sid.domain() == domain;
}

/// Why a group of that scope can't have the member, as the end of a sentence; empty where it can.
std::string_view obstacle(GroupScope group, const Member& member, const Sid& domain) {
  const bool elsewhere = !(member.sid.domain() == domain);
  if (member.builtin) return "is a built-in group, which no group can contain";
  switch (group) {
    case GroupScope::domain_local:
      return member.scope == GroupScope::domain_local && elsewhere
                 ? "is a DomainLocal group of another domain"
                 : std::string_view{};
    case GroupScope::global:
      if (member.foreign || elsewhere) return "does not belong to the domain";
      if (member.scope == GroupScope::domain_local) return "is a DomainLocal group";
      return member.scope == GroupScope::universal ? "is a Universal group" : std::string_view{};
    case GroupScope::universal:
      if (member.foreign) return "belongs to no domain of the forest";
      return member.scope == GroupScope::domain_local ? "is a DomainLocal group" : std::string_view{};
  }
  return {};
}

std::string_view rule(GroupScope group) {
  switch (group) {
    case GroupScope::domain_local:
      break;
    case GroupScope::global:
      return "A Global group contains accounts and Global groups of its own domain. Let the scope be "
             "DomainLocal, or name others.";
    case GroupScope::universal:
      return "A Universal group contains accounts, Global and Universal groups of its forest. Let the scope "
             "be "
             "DomainLocal, or name others.";
  }
  return "Name the built-in group's members instead.";
}

bool removes(const model::GroupChange& change, const model::Dn& member) {
  return std::any_of(change.remove.begin(), change.remove.end(),
                     [&](const std::string& dn) { return model::dn_key(dn) == member.key(); });
}

class NestingCheck {
 public:
  NestingCheck(Context& context, const model::Declaration<model::HostGroup>& declaration,
               model::GroupChange& detail)
      : context_(context), declaration_(declaration), detail_(detail), scope_(declaration.spec.scope) {
    if (const auto scope = bits::scope(detail.group_type)) scope_ = *scope;
  }

  void run(const std::vector<model::PlannedPrincipal>& wanted) {
    const bool changes = detail_.live && bits::scope(detail_.live->group_type) != scope_;
    // What is there already was allowed when it came, as long as the scope stays.
    for (const auto& principal : changes || !detail_.live ? wanted : detail_.add)
      if (principal.host_group.empty()) check(member_of(principal), "members");
    if (!changes) return;
    for (const auto& dn : detail_.live->members)
      if (!is_wanted(dn, wanted)) check_live(dn);
  }

  /// `plan_of` gives the planned change of a group, or null.
  template <class PlanOf>
  void check_containing(const PlanOf& plan_of) {
    const auto found = context_.seen.containing_groups.find(detail_.live->id.dn.key());
    if (found == context_.seen.containing_groups.end()) return;
    Member self_as_member{model::address(id()), detail_.live->id.sid};
    self_as_member.scope = scope_;
    for (const auto& group : found->second) {
      const model::GroupChange* around = plan_of(group.id.guid);
      if (around != nullptr && removes(*around, detail_.live->id.dn)) continue;
      auto scope = bits::scope(group.group_type);
      if (const auto* declared = context_.declared_group(group.id.sid)) scope = declared->spec.scope;
      if (!scope || obstacle(*scope, self_as_member, group.id.sid.domain()).empty()) continue;
      report(self() + " from now on, is a member of " + group.id.dn.text() + ", which is " +
                 std::string(name(*scope)) + " and can't contain it then.",
             "Remove it from that group first, or keep its scope.", "scope");
    }
  }

 private:
  void report(std::string detail, std::string_view hint, std::string_view field) {
    context_.report(Severity::error, "GMSA0265", "Group scopes do not allow the membership",
                    std::move(detail), std::string(hint), declaration_.position(field), id());
  }
  model::ResourceId id() const { return {model::Kind::host_group, declaration_.name}; }
  std::string self() const { return model::address(id()) + ", which is " + std::string(name(scope_)); }

  /// One that goes in the same change still stands there when a controller judges the new scope.
  void check_live(const std::string& dn) {
    const bool goes = std::find(detail_.remove.begin(), detail_.remove.end(), dn) != detail_.remove.end();
    const Member member = live_member(dn);
    if (!goes) return check(member, "scope");
    detail_.members_first |= !obstacle(scope_, member, context_.seen.directory.domain_sid).empty();
  }

  void check(const Member& member, std::string_view field) {
    const auto why = obstacle(scope_, member, context_.seen.directory.domain_sid);
    if (!why.empty())
      report(self() + ", can't contain " + printable(member.shown) + ", which " + std::string(why) + ".",
             rule(scope_), field);
  }

  Member known(const Principal& principal, std::string shown) const {
    Member member{std::move(shown), principal.id.sid};
    member.foreign = is_foreign(principal);
    if (principal.group_type != 0) member.scope = bits::scope(principal.group_type);
    // A declared group is as it is to be.
    if (const auto* declared = context_.declared_group(principal.id.sid)) member.scope = declared->spec.scope;
    member.builtin = is_builtin(principal.id.sid, principal.group_type);
    return member;
  }

  Member member_of(const model::PlannedPrincipal& planned) const {
    const auto* principal = context_.find(planned);
    if (principal != nullptr && !principal->id.dn.empty()) return known(*principal, planned.display);
    Member member{planned.display, planned.sid};
    member.foreign = true;
    member.builtin = is_builtin(planned.sid, 0);
    return member;
  }

  Member live_member(const std::string& dn) const {
    if (const auto* principal = context_.find_member(dn))
      return known(*principal, context_.display_member(dn));
    Member member{context_.display_member(dn), context_.member_sid(dn)};
    if (const auto* declared = context_.declared_group(member.sid)) member.scope = declared->spec.scope;
    // What could not be read is not judged: it would be a guess.
    if (member.sid.empty()) member.sid = context_.seen.directory.domain_sid.with_rid(0);
    member.foreign = !(member.sid.domain() == context_.seen.directory.domain_sid);
    return member;
  }

  bool is_wanted(const std::string& dn, const std::vector<model::PlannedPrincipal>& wanted) const {
    const std::string identity = context_.member_identity(dn);
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const auto& one) { return context_.identity(one) == identity; });
  }

  Context& context_;
  const model::Declaration<model::HostGroup>& declaration_;
  model::GroupChange& detail_;
  GroupScope scope_;
};

/// Live groups of one plan that are, were or will be in each other.
class NestingOrder {
 public:
  explicit NestingOrder(Context& context) : context_(context) {
    auto& changes = context_.plan.changes;
    for (size_t i = 0; i < changes.size(); ++i)
      if (const auto* group = std::get_if<model::GroupChange>(&changes[i].detail);
          group != nullptr && group->live) {
        by_dn_.emplace(group->live->id.dn.key(), i);
        by_guid_.emplace(group->live->id.guid, i);
      }
  }

  void run() {
    for (const auto& [dn, i] : by_dn_) {
      auto& group = std::get<model::GroupChange>(context_.plan.changes[i].detail);
      if (bits::scope(group.live->group_type) != bits::scope(group.group_type)) check_around(i, group);
      for (const auto& member : group.live->members) order_member(i, group, member);
      for (const auto& principal : group.add)
        if (const auto found = by_dn_.find(principal.dn.key());
            found != by_dn_.end() && !allowed(group.group_type, detail(found->second).live->group_type))
          wait(i, found->second);
    }
  }

 private:
  const model::GroupChange& detail(size_t i) const {
    return std::get<model::GroupChange>(context_.plan.changes[i].detail);
  }
  void wait(size_t waits, size_t first) {
    if (waits != first) context_.plan.changes[waits].requires_.push_back(context_.plan.changes[first].id);
  }

  bool allowed(uint32_t group_type, uint32_t member_type) const {
    const auto scope = bits::scope(group_type);
    Member member{{}, context_.seen.directory.domain_sid.with_rid(0)};
    member.scope = bits::scope(member_type);
    return !scope || obstacle(*scope, member, context_.seen.directory.domain_sid).empty();
  }

  void check_around(size_t i, model::GroupChange& group) {
    const auto& name = context_.plan.changes[i].id.name;
    const auto& all = context_.desired.host_groups;
    const auto declaration =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
    if (declaration == all.end()) return;
    NestingCheck(context_, *declaration, group).check_containing([this](const model::Guid& guid) {
      const auto found = by_guid_.find(guid);
      return found == by_guid_.end() ? nullptr : &detail(found->second);
    });
  }

  void order_member(size_t i, model::GroupChange& group, const std::string& dn) {
    const auto found = by_dn_.find(model::dn_key(dn));
    if (found == by_dn_.end()) return;
    const auto& member = detail(found->second);
    const bool later = !allowed(group.live->group_type, member.group_type);
    const bool sooner = !allowed(group.group_type, member.live->group_type);
    if (later) wait(found->second, i);
    if (sooner && removes(group, member.live->id.dn))
      group.members_first = true;
    else if (sooner)
      wait(i, found->second);
  }

  Context& context_;
  std::map<std::string, size_t> by_dn_;  // by Dn::key() of where it is
  std::map<model::Guid, size_t> by_guid_;
};

}  // namespace

void check_nesting(Context& context, const model::Declaration<model::HostGroup>& declaration,
                   const std::vector<model::PlannedPrincipal>& wanted, model::GroupChange& detail) {
  NestingCheck(context, declaration, detail).run(wanted);
}

void order_nesting(Context& context) { NestingOrder(context).run(); }

}  // namespace gmsactl::plan
