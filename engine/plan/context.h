// What every part of the planner shares while one plan is made: the inputs, the plan under construction, and
// the words for a diagnostic. Internal to engine/plan.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/plan.h"
#include "engine/plan/afterwards.h"
#include "engine/plan/make_plan.h"

namespace gmsactl::plan {

/// A principal reference that stands for something, or why it can't be used.
struct ResolvedRef {
  std::optional<model::PlannedPrincipal> principal;
  bool unreadable = false;  ///< what it names could not be read: nothing that depends on it is planned
  bool unknown =
      false;  ///< it names nothing, or several things: reported, and no more is planned of its user
};

/// The sAMAccountName and the place that a planned object is to have.
struct NameClaim {
  model::ResourceId id;
  model::Dn dn;
  std::string sam_account_name;
  model::Guid self;  ///< empty for one to be created
  SourceRange where;
};

/// What one planned object takes from another, which lets go of it in the same plan and so is among what the
/// taker requires, once for each handover.
struct Handover {
  enum class What { name, place, spn } what = What::name;
  model::ResourceId taker;
  model::ResourceId giver;
  std::string spn = {};
};

/// A change that must not be carried out without another: it is withheld with it, and waits for it unless
/// that would be a circle.
struct Dependence {
  model::ResourceId user;
  model::ResourceId on;
  std::string why;      ///< what would be lost, as said of the user where it is withheld
  bool always = false;  ///< it waits even where that is a circle, which is an error then
  bool access = false;  ///< hosts would lose access in between
};

class Context {
 public:
  Context(const model::Desired& wanted, const model::Observations& observed, const Options& chosen,
          References afterwards = {});

  const model::Desired& desired;
  const model::Observations& seen;
  const Options& options;
  model::Plan plan;
  std::vector<NameClaim> name_claims;  ///< of everything planned that is created, moved or renamed
  std::vector<Handover> handovers;
  std::vector<Dependence> dependences;
  bool blocked = false;  ///< a declared principal could not be resolved, so its users are left out
  /// Lists, by their field's path, that lose values which nobody is known to have declared.
  std::set<std::pair<model::ResourceId, std::string_view>> undeclared_losses;
  std::vector<std::string> unpruned;  ///< addresses of what is ours and declared no longer, and stays

  bool selected(const model::ResourceId& id) const;

  void report(Severity severity, std::string_view code, std::string summary, std::string detail,
              std::string hint, std::optional<SourceRange> where, const model::ResourceId& id);
  /// What is about the environment, not about one address.
  void report(Severity severity, std::string_view code, std::string summary, std::string detail,
              std::string hint, std::optional<SourceRange> where = std::nullopt);
  void unreadable(const model::ResourceId& id, const Error& why, SourceRange where);

  /// Resolves, and reports what is unknown or ambiguous.
  ResolvedRef resolve(const model::PrincipalRef& ref, const model::ResourceId& user);
  /// Whether it is an account that this plan replaces, whose SID and memberships are yet to come.
  bool is_replaced(const model::PlannedPrincipal& principal) const;
  /// A live SID for people: its sAMAccountName, or the SID where nothing has it.
  std::string display(const model::Sid& sid) const;
  /// A live member's DN for people.
  std::string display_member(const std::string& dn) const;
  /// Whether what a live SID or a live member's DN stands for is still there. What lies outside of the
  /// domain cannot be looked up here, and counts as known.
  enum class Whereabouts { known, gone, unseen };
  Whereabouts whereabouts(const model::Sid& sid) const;
  Whereabouts whereabouts_of_member(const std::string& dn) const;
  /// Leaves a change out since it would keep or remove `names`, of whom it is not known whether they are
  /// gone.
  void report_unseen(const model::ResourceId& id, const std::vector<std::string>& names,
                     std::string_view attribute, SourceRange where);
  /// What a principal is, whatever it is called: its SID, or the HostGroup that it is or will be.
  std::string identity(const model::PlannedPrincipal& principal) const;
  std::string identity(const model::Sid& sid) const;
  /// Likewise of a live member.
  std::string member_identity(const std::string& dn) const;
  /// What was read of it, or null where nothing was, as of a SID of another forest.
  const model::Principal* find(const model::PlannedPrincipal& principal) const;
  const model::Principal* find_member(const std::string& dn) const;
  /// The SID of a live member; empty where it is not known.
  model::Sid member_sid(const std::string& dn) const;
  /// metadata.name of the declared group that a live one is, or null.
  const model::Declaration<model::HostGroup>* declared_group(const model::Sid& sid) const;
  /// The rule that accepts drift of this field today, or null.
  const model::AcceptedDrift* accepted_drift(const model::ResourceId& id, std::string_view field) const;

  const model::Observation<model::LiveGroup>& group(const std::string& name) const;
  const model::Observation<model::LiveGmsa>& account(const std::string& name) const;

  template <class Spec>
  model::Dn parent_for(const Spec& spec) const {
    return model::declared_parent(spec, desired.environment, seen.directory);
  }
  /// Checks that the parent is there or planned, and adds the container to what `change` requires. False, and
  /// the change's address is unreadable, where that is not known.
  bool require_container(const model::Dn& parent, SourceRange where, model::Change& change);
  /// One id for one container, however its DN is written in this place and that.
  model::ResourceId container_id(const model::Dn& dn);
  /// Leaves out what names something that cannot be resolved; what requires it goes with it, the rest does
  /// not.
  void block(const model::ResourceId& id, std::string why);
  /// Whether --prune may take away what is declared no longer; it never does from nothing, or from a part.
  bool prunes() const;
  /// Remembers which declaration a live object belongs to; false and an error where another has claimed it.
  bool claim(const model::Identity& live, const model::ResourceId& id, SourceRange where);

 private:
  ResolvedRef follow(const Afterwards& after, const model::PrincipalRef& ref, const model::ResourceId& user);

  References afterwards_;
  std::set<std::string> replaced_;  // Dn::key() of where replaced accounts will be
  std::map<std::string, const model::Principal*> principals_by_sid_;
  std::map<std::string, const model::Principal*> principals_by_dn_;
  std::map<std::string, const model::LiveGroup*> groups_by_sid_;
  std::map<std::string, const model::LiveGroup*> groups_by_dn_;
  std::map<std::string, std::string> group_names_by_sid_;  // metadata.name
  std::map<std::string, std::string> container_names_;     // by Dn::key()
  std::map<std::string, const model::Declaration<model::HostGroup>*> group_declarations_;
  std::map<model::Guid, model::ResourceId> claims_;
};

// One function per kind; each adds to context.plan.
void plan_containers(Context& context);
void plan_group(Context& context, const model::Declaration<model::HostGroup>& declaration);
/// Refuses members that the group's scope does not allow; sets detail.members_first.
void check_nesting(Context& context, const model::Declaration<model::HostGroup>& declaration,
                   const std::vector<model::PlannedPrincipal>& wanted, model::GroupChange& detail);
/// Once all groups are planned: refuses places in other groups that a changed scope does not allow, and lets
/// memberships and scopes that depend on each other change in an order in which each step is allowed.
void order_nesting(Context& context);
void plan_account(Context& context, const model::Declaration<model::Gmsa>& declaration);
/// The KDS root key, once it is known whether any account is to be created.
void plan_kds_root_key(Context& context);
/// The credential specs of all accounts at all places they are delivered to.
void plan_credential_specs(Context& context);
/// Conflicts over SPNs, and who must free one before another takes it.
void check_service_principal_names(Context& context);
/// Names that others hold: who must let go of one before another takes it, or that nobody does.
void check_names(Context& context);
/// Where objects hand names or SPNs to each other in a circle: one of them steps aside first.
void resolve_circles(Context& context);
/// An SPN that the server would rewrite into one that another account has or is to have is given up first.
void avoid_rewritten_spns(Context& context);
/// Members are written by DN, so a group is changed before what it names gets another DN.
void order_moves(Context& context);
/// Who loses a way to read a password and gets another keeps the old one until there is the new one.
void keep_access(Context& context);
/// Whoever gives up what another is to take keeps it where that other is left as it is.
void keep_what_nobody_takes(Context& context);
/// Takes out what cannot be done without something that could not be read.
void withdraw_dependants(Context& context);
/// Makes the dependences part of what changes require, as far as that is no circle.
void order_dependences(Context& context);
/// Sorts plan.changes so that everything stands after what it requires; reports circles.
void order_changes(Context& context);

}  // namespace gmsactl::plan
