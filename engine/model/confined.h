// Errors that concern one address and what requires it, and nothing else: the change is left out of the plan,
// and the rest can be carried out. Read by whoever decides whether a plan can be applied, and by who says so.
#pragma once

#include <algorithm>

#include "engine/base/diagnostic.h"

namespace gmsactl::model {

/// A declared principal that nothing, or more than one object, answers to, and a live one of which it is not
/// known whether it is gone: one host must not stop everybody else's changes.
inline bool is_confined(const Diagnostic& diagnostic) {
  return diagnostic.severity == Severity::error && !diagnostic.address.empty() &&
         (diagnostic.code == "GMSA0201" || diagnostic.code == "GMSA0202" || diagnostic.code == "GMSA0285");
}

inline Diagnostics without_confined(Diagnostics diagnostics) {
  std::erase_if(diagnostics, is_confined);
  return diagnostics;
}

}  // namespace gmsactl::model
