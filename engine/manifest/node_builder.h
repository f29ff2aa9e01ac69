// Builds one document's Node tree from yaml-cpp's events. Private to this folder: only the YAML reader
// includes it. Mistakes that leave the rest readable are collected; those that don't are thrown as Refusal
// and end the document.
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "engine/manifest/codes.h"
#include "engine/manifest/yaml.h"

namespace gmsactl::manifest {

/// A document that is not read any further.
struct Refusal {
  Diagnostic problem;
};

/// From yaml-cpp's marks, which are 0-based and count bytes, to positions in the file.
class Places {
 public:
  explicit Places(const Chunk& chunk);
  Position of(const YAML::Mark& mark) const;
  SourceRange range(Position at) const { return {chunk_.file->name, at.line, at.column}; }
  Diagnostic problem(const Code& code, Position at, std::string detail, std::string hint) const;
  std::string_view text() const { return chunk_.text; }
  /// The line of the first list entry after `line` whose dash stands at that column with nothing behind it.
  std::optional<Position> empty_entry_after(uint32_t line, uint32_t column) const;

 private:
  const Chunk& chunk_;
  bool ascii_;
};

class NodeBuilder final : public YAML::EventHandler {
 public:
  NodeBuilder(const Places& places, Diagnostics& diagnostics) : places_(places), diagnostics_(diagnostics) {}

  /// After the parser returned.
  Node take_root() { return std::move(root_); }
  /// Of the value that is still open, after the parser gave up.
  std::optional<Position> innermost_position() const;
  /// Of the key whose value was being read.
  std::optional<Position> last_key_position() const;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  /// A sequence or mapping that is still open.
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    bool is_flow = false;     ///< in braces
    bool has_key = false;     ///< of a mapping: the key is read, its value comes next
    bool skip_value = false;  ///< the key was refused, so its value is read and dropped
    std::string key;
    Position key_at;
    int key_offset = 0;  ///< in bytes from the chunk's start
    bool key_is_plain = false;
    std::unordered_map<std::string, size_t> index_by_key;  ///< only of a mapping with many keys
  };

  void open(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor);
  void close();
  void add(Node node, YAML::anchor_t anchor, int offset = 0);
  void add_key(Node key, int offset);
  void count_nodes(size_t count, Position at);
  void check_tag(const std::string& tag, std::string_view standard_type, Position at);
  /// Where a null is meant to stand that yaml-cpp reports at the next token.
  Position empty_value_position(const YAML::Mark& mark) const;
  void check_colon(const YAML::Mark& mark) const;
  void report(const Code& code, Position at, std::string detail, std::string hint);

  const Places& places_;
  Diagnostics& diagnostics_;
  std::vector<Frame> stack_;
  std::unordered_map<YAML::anchor_t, Node> anchored_;
  Node root_;
  size_t node_count_ = 0;
};

}  // namespace gmsactl::manifest
