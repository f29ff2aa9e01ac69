// What stands against carrying a saved plan out: a table for people, each value that is neither what the plan
// read nor what it would have written.
#pragma once

#include <span>
#include <string>

#include "engine/model/plan.h"
#include "engine/report/style.h"

namespace gmsactl::report {

struct StaleRow {
  std::string address;
  std::string field;
  model::FieldValue planned;
  model::FieldValue live;
  std::string changed;  ///< "2026-01-31T12:00:00Z on dc01.contoso.com", or empty where nothing tells
};

///   GMSA/WebApp01
///     description
///       planned  "Web"
///       live     "by hand"
///       changed  2026-01-31T12:00:00Z on dc01.contoso.com
std::string stale_text(std::span<const StaleRow> rows, Color color = Color::off);

}  // namespace gmsactl::report
