// Fingerprints of what findings depend on: equal where nothing that matters has changed since the last look.
#pragma once

#include <string>
#include <string_view>

#include "engine/drift/memory.h"
#include "engine/model/desired.h"
#include "engine/model/live.h"
#include "engine/plan/make_plan.h"

namespace gmsactl::drift {

/// Of a declaration. `shared_with`: the other environment that declares the same account, or empty.
Fingerprint fingerprint(const model::Declaration<model::HostGroup>& declaration);
Fingerprint fingerprint(const model::Declaration<model::Gmsa>& declaration, std::string_view shared_with);

/// Of the environment and of how planning was asked for. `program`: its version, since another one may judge
/// otherwise.
std::string fingerprint(const model::Environment& environment, const plan::Options& options,
                        std::string_view program);

/// Of those facts that an object which is in order could stop being so by.
std::string fingerprint(const model::DirectoryFacts& facts);

}  // namespace gmsactl::drift
