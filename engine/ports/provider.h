// The one seam between the engine and the world. An observer reads many objects at once; a provider is an
// observer that carries out changes as well, one at a time. Who only looks holds an Observer, which has no
// way to write. The engine owns the flow, the order and the concurrency. Implemented by providers/directory;
// by a small world in memory in tests.
#pragma once

#include <functional>
#include <span>
#include <stop_token>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/live.h"
#include "engine/model/plan.h"

namespace gmsactl::ports {

/// Told what is going on, for progress and logs. Called from any thread.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// `done` of `total` (0: not known) things of a phase: "reading accounts", "applying".
  virtual void progress(std::string_view phase, size_t done, size_t total) = 0;
  virtual void change_started(const model::Change& change) = 0;
  virtual void change_finished(const model::Change& change, const model::ChangeResult& result) = 0;
};

class Observer {
 public:
  virtual ~Observer() = default;

  /// Reads everything that planning `desired` needs. The Result fails only where nothing at all can be said
  /// (not connected, another domain); what could not be read of one object is in its Observation.
  [[nodiscard]] virtual Result<model::Observations> observe(const model::Desired& desired,
                                                            EventSink& events) = 0;

  /// When and where the live values of these objects were last written, field by field; nothing for a field
  /// or an object of which the directory does not tell.
  [[nodiscard]] virtual Result<model::LastWrites> last_writes(std::span<const model::Guid> objects) = 0;
};

class Provider : public Observer {
 public:
  /// Carries out one change. Thread-safe; changes whose requirements have succeeded may run at the same time.
  /// Never overwrites a value other than the planned one: that is Outcome::conflict. After an unknown outcome
  /// it reads again.
  virtual model::ChangeResult apply(const model::Change& change) = 0;

  /// Once, before the first apply(): whether the server still answers. From here on no other server is used;
  /// a failure leaves the choice open, so that the caller may observe and plan anew.
  [[nodiscard]] virtual Result<void> begin_writes() = 0;

  /// Makes what was applied durable.
  [[nodiscard]] virtual Result<void> flush() = 0;
};

}  // namespace gmsactl::ports
