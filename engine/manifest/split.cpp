#include "engine/manifest/yaml.h"

namespace gmsactl::manifest {

namespace {

enum class Line { content, nothing, directive, start_marker, end_marker };

bool is_marker(std::string_view line, std::string_view marker) {
  return line.starts_with(marker) &&
         (line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r');
}

/// Of a marker line: whether anything but a comment follows on it.
bool has_content_after_marker(std::string_view line) {
  const auto first = line.find_first_not_of(" \t\r", 3);
  return first != std::string_view::npos && line[first] != '#';
}

Line classify(std::string_view line) {
  if (is_marker(line, "---")) return Line::start_marker;
  if (is_marker(line, "...")) return Line::end_marker;
  if (line.starts_with('%')) return Line::directive;
  const auto first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#' ? Line::nothing : Line::content;
}

}  // namespace

std::vector<Chunk> split_documents(const SourceFile& file) {
  std::vector<Chunk> chunks;
  const std::string_view text = file.text;
  size_t start = 0;
  uint32_t start_line = 1;
  uint32_t line_number = 0;
  bool has_content = false;  // something to parse since `start`
  bool has_marker = false;   // a `---` since `start`
  bool has_directive = false;
  const auto close = [&](size_t end, uint32_t next_line) {
    if (has_content || has_directive) chunks.push_back({&file, text.substr(start, end - start), start_line});
    start = end;
    start_line = next_line;
    has_content = has_marker = has_directive = false;
  };
  for (size_t at = 0; at < text.size();) {
    ++line_number;
    const size_t line_end = text.find('\n', at);
    const size_t next = line_end == std::string_view::npos ? text.size() : line_end + 1;
    const auto line = text.substr(at, (line_end == std::string_view::npos ? text.size() : line_end) - at);
    switch (classify(line)) {
      case Line::start_marker:
        if (has_content || has_marker) close(at, line_number);
        has_marker = true;
        has_content = has_content_after_marker(line);
        break;
      case Line::end_marker:
        close(next, line_number + 1);
        break;
      case Line::directive:
        // After content it is no directive but a mistake, which the parser explains.
        if (!has_content && !has_marker) has_directive = true;
        break;
      case Line::content:
        has_content = true;
        break;
      case Line::nothing:
        break;
    }
    at = next;
  }
  close(text.size(), line_number + 1);
  return chunks;
}

}  // namespace gmsactl::manifest
