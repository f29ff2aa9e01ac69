// How many of each: the numbers that every format of a plan ends or begins with.
#pragma once

#include <cstddef>
#include <string>

#include "engine/model/plan.h"

namespace gmsactl::report {

struct Summary {
  size_t create = 0;
  size_t update = 0;
  size_t replace = 0;
  size_t remove = 0;
  size_t move = 0;
  size_t adopt = 0;
  size_t unchanged = 0;
  size_t unreadable = 0;
  bool operator==(const Summary&) const = default;

  size_t changes() const { return create + update + replace + remove + move + adopt; }
};

Summary summarise(const model::Plan& plan);
/// Of several environments together.
Summary operator+(const Summary& a, const Summary& b);

/// "2 to create, 1 to update, 0 to replace, 0 to delete; 41 unchanged"; moves and adoptions after the updates
/// and unreadable ones at the end, only where there are any.
std::string plan_counts(const Summary& summary);

}  // namespace gmsactl::report
