// Whose a live object is, and what its marker is to say after a change. Internal to engine/plan.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "engine/plan/context.h"
#include "engine/plan/field.h"

namespace gmsactl::plan {

/// Whether a live object may be changed, and as what.
struct Standing {
  bool refused = false;  ///< somebody else's; reported
  bool adopt = false;    ///< nobody's so far
  std::optional<model::Marker> marker;
};

Standing judge_ownership(Context& context, const model::ResourceId& id,
                         const std::optional<std::string>& marker, const model::Dn& dn, SourceRange where);

/// True, and an error, for an object that comes with the domain itself, such as Domain Admins, and for one
/// that is not ours yet and AdminSDHolder protects: whoever declares one has mistaken a name, or is not to
/// decide about it.
bool refuse_built_in(Context& context, const model::ResourceId& id, const model::Identity& live,
                     const model::Importance& importance, const std::optional<std::string>& marker,
                     std::optional<SourceRange> where);
template <class Live>
bool refuse_built_in(Context& context, const model::ResourceId& id, const Live& live,
                     std::optional<SourceRange> where) {
  return refuse_built_in(context, id, live.id, live.importance, live.marker, std::move(where));
}

/// A ledger that knows what the marker remembers, and which drift is accepted.
Ledger open_ledger(const Context& context, const model::ResourceId& id, const Standing& standing);

/// After everything was compared: adds what concerns the marker itself (adoption, protection, a new name) to
/// `change`, settles its action, cause and guards, reports released fields and accepted drift, and gives the
/// marker's wanted text; empty where nothing is to be written. `live` is false for an object that is created.
std::string settle_marker(Context& context, const Standing& standing, const Ledger& ledger, bool live,
                          bool protect, model::Change& change);

/// Takes an object over as it is: of what was compared only the marker is left. False where there is nothing
/// to take over.
bool plan_adoption(Context& context, const Standing& standing, const Ledger& ledger, bool protect,
                   std::variant<model::LiveGroup, model::LiveGmsa> live, model::Change& change);
/// For check_thresholds: lists that lose what nobody is known to have declared.
void remember_losses(Context& context, const Ledger& ledger, const model::ResourceId& id);
/// Replacing deletes what is there. False where that is nobody's, and so is not to be planned; what is
/// protected is reported.
bool may_replace(Context& context, const model::Declaration<model::Gmsa>& declaration,
                 const Standing& standing, const model::ResourceId& id);
/// Releases what is ours and selected.
void plan_release(Context& context);

/// Objects that are ours by their marker and declared no longer.
void plan_leftovers(Context& context);
/// Says what could be deleted and is not, once the credential specs have been looked at too.
void report_unpruned(Context& context);
/// What must have let go of an object before that is deleted.
void order_removals(Context& context);
/// What goes or gets another name although an environment that is not planned in this run names it by that.
void check_named_elsewhere(Context& context);
/// How much the plan takes away, against what the environment allows.
void check_thresholds(Context& context);

/// The built-in rules, on one declared account and on whom it lets read its password.
void check_rules(Context& context, const model::Declaration<model::Gmsa>& declaration,
                 const std::vector<model::PlannedPrincipal>& readers);

}  // namespace gmsactl::plan
