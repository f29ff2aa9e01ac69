// The decision what to change: a pure function of what is wanted and what was seen. No clock, file, network
// or log. When each action is proposed, as a list: docs/planning-behaviour.md.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "engine/model/live.h"
#include "engine/model/plan.h"
#include "engine/model/plan_inputs.h"
#include "engine/plan/shard.h"

namespace gmsactl::plan {

/// What a run is to bring about.
enum class Aim {
  as_declared,
  adopt,   ///< take over what is declared, exists and belongs to nobody; change nothing else
  forget,  ///< release what is ours and selected; change nothing else
};

/// A principal that a declaration of another environment names, which shares the directory and is not planned
/// in this run.
struct NamedElsewhere {
  std::string environment;
  std::string address;  ///< of the declaration
  model::PrincipalRef ref;
};

struct Options : model::PlanRequest {
  std::string today = {};  ///< "2026-01-31", for what is accepted until a day; empty: nothing is
  /// Accounts that other environments of the same domain declare too, by fold(sAMAccountName).
  std::map<std::string, std::string> shared_accounts = {};
  /// Whom other environments name; without {hostGroup: …}, which means a group of their own.
  std::vector<NamedElsewhere> named_elsewhere = {};
  Aim aim = Aim::as_declared;
  /// Nothing of it will be carried out, as in drift: which change keeps another waiting does not matter then,
  /// and cannot be told alike where only a part was read.
  bool compared_only = false;
  /// The only credential specs to plan, where a part of an estate is looked at again; absent: all.
  std::optional<std::set<model::ResourceId>> only_specs = std::nullopt;
  std::optional<ShardMembers> shard = std::nullopt;  ///< the part to plan; absent: everything
  /// Those of `excludes` that match no declaration. With `prune` they may mean what is declared no longer.
  std::vector<std::string> undeclared_excludes = {};
};

/// Every error found is in Plan::diagnostics; the changes it blocks are left in the plan so that a reader
/// sees them, and applying is refused as long as there is one.
model::Plan make_plan(const model::Desired& desired, const model::Observations& seen, const Options& options);

/// Whether --target, --exclude and --shard leave this address in the plan.
bool is_selected(const Options& options, const model::ResourceId& id);

}  // namespace gmsactl::plan
