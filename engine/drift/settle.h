// The decision what need not be looked at again: a pure function of what is remembered and of what has
// changed since. Errs on the side of looking. The rules, as a list: docs/drift.md.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/drift/memory.h"
#include "engine/model/desired.h"
#include "engine/model/directory_changes.h"
#include "engine/model/plan.h"

namespace gmsactl::drift {

/// Why the directory's account of its changes is of no use, so that everything has to be read; nothing where
/// it is. `settings` is the present fingerprint(environment, …), `now` where the directory stands.
std::optional<std::string> reason_to_read_all(const Memory& memory, const std::string& settings,
                                              const model::DirectoryPosition& now,
                                              std::chrono::seconds full_every);

/// The same, once it is known what has changed.
std::optional<std::string> reason_to_read_all(std::span<const model::ChangedObject> changes);

/// Marks those declarations as settled of which nothing that they depend on has changed, and lists the
/// suspects: see Desired. Undone by unsettle(). `shared_accounts` as in plan::Options. Gives how many are not
/// settled.
size_t settle(const Memory& memory, std::span<const model::ChangedObject> changes,
              const std::map<std::string, std::string>& shared_accounts, model::Desired& desired);
void unsettle(model::Desired& desired);

/// What there is to remember of a look at `desired`, whose plan was made without --prune; of settled
/// declarations what `before` says. Nothing where they were settled by another memory than that.
Memory remember(const Memory* before, const model::Desired& desired, const model::Observations& seen,
                const model::Plan& plan, const std::map<std::string, std::string>& shared_accounts);

}  // namespace gmsactl::drift
