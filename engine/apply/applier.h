// Carries out a plan: in dependency order, independent changes at the same time, one result per change
// always. The only caller of Provider::apply. Not responsible for: whether the plan may be applied (the
// caller has looked at its diagnostics), or what a change does.
#pragma once

#include <cstddef>
#include <stop_token>
#include <vector>

#include "engine/model/plan.h"
#include "engine/ports/provider.h"

namespace gmsactl::apply {

struct Limits {
  size_t parallelism = 16;  ///< changes under way at once
};

/// Results in the plan's order. A failed change skips what requires it and nothing else. When `stop` is
/// requested no further change begins; those under way are finished and reported.
std::vector<model::ChangeResult> run(const model::Plan& plan, ports::Provider& provider, const Limits& limits,
                                     std::stop_token stop, ports::EventSink& events);

}  // namespace gmsactl::apply
