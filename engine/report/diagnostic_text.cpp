#include "engine/report/diagnostic_text.h"

#include <algorithm>
#include <vector>

#include "engine/base/text.h"
#include "engine/report/words.h"

namespace gmsactl::report {

namespace {

constexpr size_t tab_stop = 4;

/// One code point as it is shown, and the columns that takes.
struct Cell {
  std::string shown;
  size_t columns = 1;
};

/// The bytes of the code point at the front; an ill-formed one is a single byte.
std::string_view front_code_point(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  const auto candidate = text.substr(0, length);
  return valid_utf8(candidate) ? candidate : text.substr(0, 1);
}

uint32_t decode(std::string_view code_point) {
  if (code_point.size() == 1) return static_cast<unsigned char>(code_point[0]);
  uint32_t code = static_cast<unsigned char>(code_point[0]) & (0xFFU >> (code_point.size() + 1));
  for (const char c : code_point.substr(1)) code = code << 6U | (static_cast<unsigned char>(c) & 0x3FU);
  return code;
}

/// The blocks that terminals show two columns wide (Unicode TR 11, W and F) and the common combining marks.
size_t columns_of(uint32_t code) {
  const auto within = [code](uint32_t first, uint32_t last) { return code >= first && code <= last; };
  if (within(0x300, 0x36F) || within(0x20D0, 0x20FF) || within(0xFE00, 0xFE0F)) return 0;
  if (within(0x1100, 0x115F) || within(0x2E80, 0xA4CF) || within(0xAC00, 0xD7A3) || within(0xF900, 0xFAFF) ||
      within(0xFE30, 0xFE6F) || within(0xFF00, 0xFF60) || within(0xFFE0, 0xFFE6) ||
      within(0x1F300, 0x1FAFF) || within(0x20000, 0x3FFFD))
    return 2;
  return 1;
}

std::vector<Cell> cells_of(std::string_view line) {
  std::vector<Cell> cells;
  size_t column = 0;
  while (!line.empty()) {
    const auto code_point = front_code_point(line);
    Cell cell;
    if (code_point == "\t") {
      cell.columns = tab_stop - column % tab_stop;
      cell.shown = std::string(cell.columns, ' ');
    } else {
      cell.shown = printable(code_point);
      cell.columns = cell.shown == code_point ? columns_of(decode(code_point)) : cell.shown.size();
    }
    column += cell.columns;
    cells.push_back(std::move(cell));
    line.remove_prefix(code_point.size());
  }
  return cells;
}

size_t columns_between(const std::vector<Cell>& cells, size_t first, size_t last) {
  size_t columns = 0;
  for (size_t i = first; i < last; ++i) columns += cells[i].columns;
  return columns;
}

struct Excerpt {
  std::string text;
  size_t caret = 0;  ///< columns before it
};

/// The part of the line that fits into `width` columns, with the caret in view.
Excerpt excerpt(std::string_view line, uint32_t column, size_t width) {
  static constexpr std::string_view gap = "...";
  const auto cells = cells_of(line);
  const size_t at = std::min<size_t>(column == 0 ? 0 : column - 1, cells.size());
  size_t first = 0;
  size_t last = cells.size();
  if (columns_between(cells, 0, cells.size()) > width) {
    // Two thirds of the room go to what stands before the caret: context is read from the left.
    size_t before = 0;
    for (first = at; first > 0 && before + cells[first - 1].columns <= width * 2 / 3; --first)
      before += cells[first - 1].columns;
    size_t shown = before;
    for (last = at; last < cells.size() && shown + cells[last].columns <= width; ++last)
      shown += cells[last].columns;
  }
  Excerpt part;
  if (first > 0) part.text = gap;
  part.caret = part.text.size() + columns_between(cells, first, at);
  for (size_t i = first; i < last; ++i) part.text += cells[i].shown;
  if (last < cells.size()) part.text += gap;
  return part;
}

/// Each line made printable and indented: a diagnostic may list things, one a line.
std::string indented(std::string_view text, std::string_view first, std::string_view next) {
  std::string result;
  const std::string shown = without_credentials(text);
  for (const auto line : split(shown, '\n')) {
    result += result.empty() ? first : next;
    result += printable(line);
    result += '\n';
  }
  return result;
}

std::string source_excerpt(const SourceRange& where, const SourceLines& source,
                           const DiagnosticTextOptions& options) {
  if (!source || where.line == 0) return {};
  auto line = source(where.file, where.line);
  if (!line) return {};
  if (line->ends_with('\r')) line->remove_suffix(1);
  const auto part = excerpt(without_credentials(*line), where.column, options.width);
  const std::string number = std::to_string(where.line);
  const std::string margin(number.size() + 1, ' ');
  const auto bar = [&](const std::string& text) { return paint(options.color, Tone::blue, text); };
  std::string text = bar(margin + "|") + "\n" + bar(number + " |") + " " + part.text + "\n";
  if (where.column != 0)
    text +=
        bar(margin + "|") + " " + std::string(part.caret, ' ') + paint(options.color, Tone::red, "^") + "\n";
  return text;
}

}  // namespace

std::string diagnostic_text(const Diagnostic& diagnostic, const SourceLines& source,
                            const DiagnosticTextOptions& options) {
  std::string head(name(diagnostic.severity));
  if (!diagnostic.code.empty()) head += "[" + printable(diagnostic.code) + "]";
  std::string text = paint(options.color, tone(diagnostic.severity), head) + ": " +
                     paint(options.color, Tone::strong, printable(diagnostic.summary)) + "\n";
  if (diagnostic.where && !diagnostic.where->file.empty()) {
    text += paint(options.color, Tone::blue, "  -->") + " " + place_words(*diagnostic.where) + "\n";
    text += source_excerpt(*diagnostic.where, source, options);
  } else if (!diagnostic.address.empty()) {
    text += paint(options.color, Tone::blue, "  -->") + " " + printable(diagnostic.address) + "\n";
  }
  if (!diagnostic.detail.empty()) text += indented(diagnostic.detail, "  ", "  ");
  if (!diagnostic.hint.empty())
    text += "  " + paint(options.color, Tone::cyan, "help") + indented(diagnostic.hint, ": ", "        ");
  return text;
}

std::string diagnostics_text(const Diagnostics& diagnostics, const SourceLines& source,
                             const DiagnosticTextOptions& options) {
  std::string text;
  for (const auto& diagnostic : diagnostics) text += diagnostic_text(diagnostic, source, options) + "\n";
  return text;
}

std::string diagnostics_summary(const Diagnostics& diagnostics) {
  const auto count = [&](Severity severity) {
    return static_cast<size_t>(
        std::count_if(diagnostics.begin(), diagnostics.end(),
                      [severity](const Diagnostic& d) { return d.severity == severity; }));
  };
  const size_t errors = count(Severity::error);
  const size_t warnings = count(Severity::warning);
  std::string text;
  if (errors != 0) text += plural(errors, "error");
  if (warnings != 0) text += (text.empty() ? "" : ", ") + plural(warnings, "warning");
  return text;
}

}  // namespace gmsactl::report
