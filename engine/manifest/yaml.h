// YAML as a tree with positions, strict where YAML is generous: duplicate keys, merge keys, application tags,
// keys that are not plain text, looping and exploding aliases are diagnostics. A scalar keeps its text and
// whether it was quoted, since only the decoder knows which type a field wants. The one place that knows
// yaml-cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/manifest/source.h"

namespace gmsactl::manifest {

struct Position {
  uint32_t line = 0;
  uint32_t column = 0;  ///< counts code points
  bool operator==(const Position&) const = default;
};

struct Entry;

struct Node {
  enum class Kind : uint8_t { null, scalar, sequence, mapping };
  Kind kind = Kind::null;
  bool quoted =
      false;  ///< a scalar in quotes, a block scalar or one tagged !!str: text whatever it looks like
  /// Where the value starts; where nothing is written (`key:`), that of its key.
  Position at;
  std::string text;            ///< of a scalar
  std::vector<Node> items;     ///< of a sequence
  std::vector<Entry> entries;  ///< of a mapping, in the order written, keys unique

  const Entry* find(std::string_view key) const;
  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_mapping() const { return kind == Kind::mapping; }
};

struct Entry {
  std::string key;
  Position key_at;
  Node value;
};

/// The text of one YAML document within its file, from its directives or its `---` to before the next.
struct Chunk {
  const SourceFile* file = nullptr;
  std::string_view text;
  uint32_t line = 1;  ///< of its first character
};

/// Cuts a stream at its document markers. YAML forbids them inside scalars at the start of a line, so no
/// parsing is needed, and a mistake in one document does not hide the others. Parts without any content are
/// left out.
std::vector<Chunk> split_documents(const SourceFile& file);

struct ParsedDocument {
  std::optional<Node> root;  ///< absent: not even a tree, see the diagnostics
  Diagnostics diagnostics;
};
ParsedDocument parse_document(const Chunk& chunk);

/// The base with the patch applied (RFC 7386): mappings merge, null removes, everything else replaces.
Node merge_patch(const Node& base, const Node& patch);

}  // namespace gmsactl::manifest
