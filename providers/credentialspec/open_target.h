// The one way to a SpecTarget's implementation. Called by the composition root.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/model/desired.h"
#include "engine/ports/spec_target.h"

namespace gmsactl::credentialspec {

struct TargetOptions {
  size_t parallelism = 16;  ///< hosts or requests under way at once
  std::chrono::milliseconds timeout{120'000};
};

/// What the index files and labels say about whose specs these are.
struct Owner {
  std::string owner;        ///< Environment.owner
  std::string environment;  ///< its name
};

/// Never connects: what can't be reached shows in observe(). `invalid` where the declaration can't be used at
/// all.
[[nodiscard]] Result<std::unique_ptr<ports::SpecTarget>> open_target(
    const model::Declaration<model::SpecTarget>& target, const Owner& owner, const TargetOptions& options);

}  // namespace gmsactl::credentialspec
