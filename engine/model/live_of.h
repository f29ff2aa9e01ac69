// The live object of an observation, for who has nothing to say where there is none.
#pragma once

#include <map>
#include <string>
#include <variant>

#include "engine/model/live.h"

namespace gmsactl::model {

/// Null where the object is absent, could not be read or was not asked for.
template <class Live>
const Live* live_of(const std::map<std::string, Observation<Live>>& observations, const std::string& name) {
  const auto found = observations.find(name);
  return found == observations.end() ? nullptr : std::get_if<Live>(&found->second);
}

}  // namespace gmsactl::model
