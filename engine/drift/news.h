// What is new between one look and the next: which addresses became different, or differ in another way, and
// which are in order again. Keeps what was told, so that nothing is told twice.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/model/plan.h"

namespace gmsactl::drift {

/// Points into the plan that it was made from.
struct News {
  std::vector<const model::Change*> different;
  std::vector<const model::UnreadableResource*> unreadable;
  std::vector<model::ResourceId> in_sync;  ///< again, or no longer any concern
  Diagnostics diagnostics;

  bool any() const { return !different.empty() || !unreadable.empty() || !in_sync.empty(); }
};

class Newsroom {
 public:
  News compare(const model::Plan& plan);

 private:
  struct Story {
    model::Action action = model::Action::update;
    std::vector<model::FieldChange> fields;
    std::string unreadable;  ///< why
    bool operator==(const Story&) const = default;
  };
  std::map<model::ResourceId, Story> told_;
  Diagnostics diagnostics_;
};

}  // namespace gmsactl::drift
