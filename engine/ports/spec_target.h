// The seam to the places that credential specs are delivered to: one implementation for each type of
// SpecTarget, in providers/credentialspec. It knows files and APIs; what should be where is the planner's to
// say.
#pragma once

#include <map>
#include <span>
#include <string>

#include "engine/model/live.h"
#include "engine/model/plan.h"
#include "engine/ports/provider.h"

namespace gmsactl::ports {

/// One declared SpecTarget, for who only looks.
class SpecObserver {
 public:
  virtual ~SpecObserver() = default;

  /// What is at each of these places, by SpecHost::name ("" where the target has one place only, and `hosts`
  /// has that one element). Each place is asked by itself: one that can't be reached is Unreadable and holds
  /// up no other. `accounts` are those delivered here. Called once for a plan, from any thread.
  [[nodiscard]] virtual std::map<std::string, model::Observation<model::LivePlace>> observe(
      std::span<const model::SpecHost> hosts,
      std::span<const model::Declaration<model::Gmsa>* const> accounts, EventSink& events) = 0;
};

class SpecTarget : public SpecObserver {
 public:
  /// Carries out a change whose detail is a CredentialSpecChange for this target. Thread-safe. What is there
  /// must still be what was planned against, else Outcome::conflict. A reader never sees half of a spec.
  virtual model::ChangeResult apply(const model::Change& change) = 0;
};

}  // namespace gmsactl::ports
