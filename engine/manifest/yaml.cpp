#include "engine/manifest/yaml.h"

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <istream>
#include <streambuf>
#include <utility>

#include "engine/base/text.h"
#include "engine/manifest/node_builder.h"

namespace gmsactl::manifest {

namespace {

/// Reads a text in place, since std::istringstream would copy it, and an end marker after it: without one,
/// yaml-cpp takes the end of input for a missing closing quotation mark.
class MarkedBuffer final : public std::streambuf {
 public:
  explicit MarkedBuffer(std::string_view text) : end_marker_(text.ends_with('\n') ? "...\n" : "\n...\n") {
    show(text);
  }

 protected:
  int_type underflow() override {
    if (end_marker_.empty()) return traits_type::eof();
    show(std::exchange(end_marker_, {}));
    return traits_type::to_int_type(*gptr());
  }

 private:
  void show(std::string_view text) {
    char* start = const_cast<char*>(text.data());  // streambuf's interface; nothing writes through it
    setg(start, start, start + text.size());
  }

  std::string_view end_marker_;
};

struct Explanation {
  std::string_view message;  ///< yaml-cpp's own
  std::string_view detail;
  std::string_view hint;
};

constexpr std::array explanations{
    Explanation{"illegal map value", "A \": \" is not expected here.",
                "Put a text that holds \": \" in quotes; otherwise check the indentation of this line and "
                "the one above."},
    Explanation{"end of map not found", "This line does not continue the mapping above it.",
                "Check the indentation, and that every key ends in a colon."},
    Explanation{"end of sequence not found", "This line does not continue the list above it.",
                "Check the indentation, and that every entry begins with \"- \"."},
    Explanation{"illegal block entry", "A list entry is not expected here.",
                "Start the list on a line of its own below its key."},
    Explanation{"unknown token", "No text can begin with this character.", "Put the text in quotes."},
    Explanation{"end of sequence flow not found", "A list that is opened with [ is not closed with ].",
                "Add the ], or a comma that is missing between two entries."},
    Explanation{"end of map flow not found", "A mapping that is opened with { is not closed with }.",
                "Add the }, or put a text that begins with { in quotes."},
    Explanation{"illegal flow end", "A closing bracket has no opening one.",
                "Remove it, or put the text in quotes."},
    Explanation{"illegal map key", "A key is not expected here.", "Check the indentation of this line."},

    Explanation{"illegal document indicator in scalar",
                "A quoted text that begins here or below is not closed.", "Add the closing quotation mark."},
    Explanation{"the referenced anchor is not defined",
                "This alias repeats an anchor that is not defined above it.",
                "A text that begins with * needs quotes."},
    Explanation{"YAML major version too large", "Only YAML 1.x is read.", "Remove the %YAML line."},
};

/// yaml-cpp explains a tab in the indentation by whatever goes wrong after it.
bool indented_by_tab(std::string_view text, size_t at) {
  const size_t newline = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  const size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  const auto blank = text.substr(start, text.find_first_not_of(" \t", start) - start);
  return blank.find('\t') != std::string_view::npos;
}

/// Where something that is never closed begins, which helps more than the end of the document.
std::optional<Position> opening(const NodeBuilder& builder, std::string_view message) {
  if (message == "end of sequence flow not found" || message == "end of map flow not found")
    return builder.innermost_position();
  if (message == "illegal document indicator in scalar") return builder.last_key_position();
  return std::nullopt;
}

Diagnostic syntax_error(const Places& places, const NodeBuilder& builder, const YAML::Exception& exception) {
  Position at = exception.mark.is_null() ? Position{1, 1} : places.of(exception.mark);
  const auto offset = std::min(static_cast<size_t>(std::max(exception.mark.pos, 0)), places.text().size());
  if (indented_by_tab(places.text(), offset))
    return places.problem(codes::yaml_syntax, at, "This line is indented with a tab.",
                          "YAML allows spaces only; set the editor to insert spaces.");
  at = opening(builder, exception.msg).value_or(at);
  for (const auto& known : explanations)
    if (exception.msg.starts_with(known.message))
      return places.problem(codes::yaml_syntax, at, std::string(known.detail), std::string(known.hint));
  return places.problem(codes::yaml_syntax, at, "The text does not parse: " + printable(exception.msg) + ".",
                        "");
}

/// What is left in a chunk after its document is one that no `---` announces: yaml-cpp reads `{{ x }}` and
/// the lines after it as two documents.
class TrailingContent final : public YAML::EventHandler {
 public:
  explicit TrailingContent(const Places& places) : places_(places) {}
  void OnDocumentStart(const YAML::Mark& mark) override {
    throw Refusal{places_.problem(
        codes::yaml_syntax, places_.of(mark), "The document above ends before this line.",
        "Put quotes around a text that begins with { or [, or begin a new document with ---.")};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}

 private:
  const Places& places_;
};

std::optional<Diagnostic> refuse_bytes(const Chunk& chunk, const Places& places) {
  // A NUL makes yaml-cpp stop as if the text ended there, so what follows would be lost without a word.
  Position at{chunk.line, 1};
  std::string_view rest = chunk.text;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    if (line.find('\0') != std::string_view::npos || !valid_utf8(line)) {
      return places.problem(codes::not_utf8, at, "This line holds bytes that are not UTF-8 text.",
                            "Save the file as UTF-8.");
    }
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    ++at.line;
  }
  return std::nullopt;
}

}  // namespace

ParsedDocument parse_document(const Chunk& chunk) {
  ParsedDocument document;
  const Places places(chunk);
  if (auto problem = refuse_bytes(chunk, places)) {
    document.diagnostics.push_back(std::move(*problem));
    return document;
  }
  NodeBuilder builder(places, document.diagnostics);
  try {
    MarkedBuffer buffer(chunk.text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return document;
    TrailingContent trailing(places);
    parser.HandleNextDocument(trailing);
    document.root = builder.take_root();
  } catch (const Refusal& refusal) {
    document.diagnostics.push_back(refusal.problem);
  } catch (const YAML::Exception& exception) {
    document.diagnostics.push_back(syntax_error(places, builder, exception));
  }
  return document;
}

}  // namespace gmsactl::manifest
