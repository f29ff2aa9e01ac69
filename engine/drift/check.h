// Looks at one environment, again and again, each time at no more of the directory than may have changed
// since the last look, with the findings that a look at everything would have. Reads only: what it holds has
// no way to write. Called by engine/cli for drift, once, and for watch, as often as something changes.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/drift/memory.h"
#include "engine/model/desired.h"
#include "engine/model/plan.h"
#include "engine/plan/make_plan.h"
#include "engine/ports/change_feed.h"
#include "engine/ports/provider.h"

namespace gmsactl::drift {

struct CheckOptions {
  plan::Options planning;
  std::string program;                                       ///< version, which a memory must be of
  std::chrono::seconds full_every = std::chrono::hours(24);  ///< how long a look at a part may be relied on
  bool remember = true;  ///< false: always at everything, and nothing is asked for that
};

/// One look and how it was done.
struct Look {
  model::Plan plan;
  /// Why everything was read; absent where a part was.
  std::optional<std::string> read_all;
  size_t changed = 0;   ///< objects that the directory said had changed
  size_t compared = 0;  ///< declarations that were compared with live state
  /// Why the next look will be at everything as well, where that is so.
  std::optional<Error> forgotten;
  std::optional<Error> undated;  ///< why it is not known when drift came about
};

class Check {
 public:
  /// All are not owned. `desired` gets marks while a look is under way, and has none afterwards.
  Check(ports::Observer& observer, ports::ChangeFeed& feed, model::Desired& desired, CheckOptions options,
        std::optional<Memory> memory);

  /// Fails where planning would: nothing could be read at all.
  [[nodiscard]] Result<Look> look(ports::EventSink& events);

  /// Of the last look; empty where the next one has nothing to go by.
  const std::optional<Memory>& memory() const { return memory_; }

 private:
  /// Settles what it can, and reads the rest.
  [[nodiscard]] Result<model::Observations> observe(const std::optional<model::DirectoryPosition>& position,
                                                    Look& look, ports::EventSink& events);
  [[nodiscard]] Result<void> remember(const model::DirectoryPosition& position,
                                      const model::Observations& seen, Look& look);

  ports::Observer& observer_;
  ports::ChangeFeed& feed_;
  model::Desired& desired_;
  const CheckOptions options_;
  const std::string settings_;
  std::optional<Memory> memory_;
};

}  // namespace gmsactl::drift
