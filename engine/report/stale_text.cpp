#include "engine/report/stale_text.h"

#include "engine/base/text.h"
#include "engine/report/value_text.h"

namespace gmsactl::report {

std::string stale_text(std::span<const StaleRow> rows, Color color) {
  std::string text;
  std::string_view address;
  for (const auto& row : rows) {
    if (row.address != address) {
      address = row.address;
      text += "  " + paint(color, Tone::strong, printable(row.address)) + "\n";
    }
    text += "    " + printable(row.field) + "\n";
    text += "      planned  " + value_text(row.planned, "(not set)") + "\n";
    text += "      live     " + paint(color, Tone::red, value_text(row.live, "(not set)")) + "\n";
    if (!row.changed.empty()) text += "      changed  " + printable(row.changed) + "\n";
  }
  return text;
}

}  // namespace gmsactl::report
