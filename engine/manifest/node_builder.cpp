#include "engine/manifest/node_builder.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"

namespace gmsactl::manifest {

namespace {

/// Both far above any honest manifest; they bound what a small file with aliases can make us do.
constexpr size_t max_nodes = 100'000;
constexpr size_t max_depth = 64;

/// Up to here comparing keys with each other is faster than hashing them.
constexpr size_t few_keys = 16;

constexpr std::string_view standard_tag = "tag:yaml.org,2002:";

size_t count(const Node& node) {
  size_t nodes = 1;
  for (const auto& item : node.items) nodes += count(item);
  for (const auto& entry : node.entries) nodes += 1 + count(entry.value);
  return nodes;
}

size_t height(const Node& node) {
  size_t below = 0;
  for (const auto& item : node.items) below = std::max(below, height(item));
  for (const auto& entry : node.entries) below = std::max(below, height(entry.value));
  return below + 1;
}

bool is_written_null(std::string_view document, const YAML::Mark& mark) {
  const auto offset = static_cast<size_t>(std::max(mark.pos, 0));
  if (offset >= document.size()) return false;
  const auto text = document.substr(offset);
  for (const std::string_view word : {"~", "null", "Null", "NULL"}) {
    if (!text.starts_with(word)) continue;
    // Else it is the next token that happens to begin like that.
    if (text.size() == word.size() ||
        std::string_view(" \t\r\n,]}").find(text[word.size()]) != std::string_view::npos)
      return true;
  }
  return false;
}

}  // namespace

Places::Places(const Chunk& chunk)
    : chunk_(chunk),
      ascii_(std::none_of(chunk.text.begin(), chunk.text.end(), [](char c) { return c < 0; })) {}

Position Places::of(const YAML::Mark& mark) const {
  const auto line = chunk_.line + static_cast<uint32_t>(std::max(mark.line, 0));
  const auto bytes = static_cast<size_t>(std::max(mark.column, 0));
  auto column = static_cast<uint32_t>(bytes);
  const auto end = static_cast<size_t>(std::max(mark.pos, 0));
  if (!ascii_ && end <= chunk_.text.size() && bytes <= end) {
    const auto before = chunk_.text.substr(end - bytes, bytes);
    column = static_cast<uint32_t>(std::count_if(before.begin(), before.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
  }
  return {line, column + 1};
}

std::optional<Position> Places::empty_entry_after(uint32_t line, uint32_t column) const {
  std::string_view rest = chunk_.text;
  for (uint32_t number = chunk_.line; !rest.empty(); ++number) {
    const auto text = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    if (number <= line || text.size() < column || text[column - 1] != '-') continue;
    const auto before = text.find_first_not_of(' ');
    const auto behind = text.find_first_not_of(" \t\r", column);
    const bool is_empty = behind == std::string_view::npos || text[behind] == '#';
    if (before == column - 1 && is_empty) return Position{number, column};
  }
  return std::nullopt;
}

Diagnostic Places::problem(const Code& code, Position at, std::string detail, std::string hint) const {
  Diagnostic problem;
  problem.code = code.code;
  problem.summary = code.summary;
  problem.detail = std::move(detail);
  problem.hint = std::move(hint);
  problem.where = range(at);
  return problem;
}

void NodeBuilder::report(const Code& code, Position at, std::string detail, std::string hint) {
  diagnostics_.push_back(places_.problem(code, at, std::move(detail), std::move(hint)));
}

void NodeBuilder::count_nodes(size_t nodes, Position at) {
  node_count_ += nodes;
  if (node_count_ > max_nodes)
    throw Refusal{places_.problem(
        codes::too_large, at,
        "With its aliases written out, this document has more than " + std::to_string(max_nodes) + " values.",
        "Split it into several documents.")};
}

void NodeBuilder::check_tag(const std::string& tag, std::string_view standard_type, Position at) {
  // "?" is what yaml-cpp gives an untagged plain value, "!" a quoted one.
  if (tag.empty() || tag == "?" || tag == "!") return;
  if (tag.starts_with(standard_tag) && std::string_view(tag).substr(standard_tag.size()) == standard_type)
    return;
  std::string shown_tag = tag.starts_with(standard_tag) ? "!!" + tag.substr(standard_tag.size()) : tag;
  report(codes::unsupported_yaml, at, "The tag " + printable(shown_tag) + " has no meaning in a manifest.",
         "Write the value without a tag.");
}

Position NodeBuilder::empty_value_position(const YAML::Mark& mark) const {
  const Position at = places_.of(mark);
  if (stack_.empty()) return at;
  if (is_written_null(places_.text(), mark)) return at;
  // yaml-cpp marks an absent value at the next token, which may be lines away.
  const Frame& frame = stack_.back();
  if (frame.node.is_mapping()) return frame.has_key ? frame.key_at : at;
  const auto& items = frame.node.items;
  const uint32_t line_before = items.empty() ? frame.node.at.line - 1 : items.back().at.line;
  const auto entry = places_.empty_entry_after(line_before, frame.node.at.column);
  return entry.value_or(items.empty() ? frame.node.at : items.back().at);
}

void NodeBuilder::check_colon(const YAML::Mark& mark) const {
  if (stack_.empty() || is_written_null(places_.text(), mark)) return;
  const Frame& frame = stack_.back();
  if (!frame.node.is_mapping() || !frame.has_key || frame.skip_value) return;
  // yaml-cpp reads a last line without a colon as a key with an empty value, and an empty value may clear a
  // field.
  const auto behind = static_cast<size_t>(frame.key_offset) + frame.key.size();
  const auto& text = places_.text();
  const size_t next = behind < text.size() ? text.find_first_not_of(" \t", behind) : std::string_view::npos;
  const bool plain_without_colon =
      frame.key_is_plain && (next == std::string_view::npos || text[next] != ':');
  if (mark.pos != frame.key_offset && !plain_without_colon) return;
  // "[a, b" reads as a list whose last entry is a mapping.
  const bool in_list = stack_.size() > 1 && stack_[stack_.size() - 2].node.is_sequence();
  if (in_list && frame.is_flow && frame.node.at == frame.key_at)
    throw Refusal{places_.problem(codes::yaml_syntax, stack_[stack_.size() - 2].node.at,
                                  "A list that is opened with [ is not closed with ].",
                                  "Add the ], or a comma that is missing between two entries.")};
  throw Refusal{places_.problem(
      codes::yaml_syntax, frame.key_at, "This key has no colon behind it.",
      "Write a colon and a value. A text that goes on from the line above must be indented more.")};
}

std::optional<Position> NodeBuilder::innermost_position() const {
  if (stack_.empty()) return std::nullopt;
  return stack_.back().node.at;
}

std::optional<Position> NodeBuilder::last_key_position() const {
  if (stack_.empty() || !stack_.back().has_key) return std::nullopt;
  return stack_.back().key_at;
}

void NodeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  check_colon(mark);
  Node node;
  node.at = empty_value_position(mark);
  add(std::move(node), anchor, mark.pos);
}

void NodeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.at = places_.of(mark);
  node.quoted = tag != "?";
  node.text = value;
  check_tag(tag, "str", node.at);
  add(std::move(node), anchor, mark.pos);
}

void NodeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const Position at = places_.of(mark);
  const auto open_frame =
      std::find_if(stack_.begin(), stack_.end(), [&](const Frame& f) { return f.anchor == anchor; });
  if (open_frame != stack_.end())
    throw Refusal{
        places_.problem(codes::alias_loop, at,
                        "This alias stands inside the value that it repeats, which begins at line " +
                            std::to_string(open_frame->node.at.line) + ".",
                        "Write the value out.")};
  const auto target = anchored_.find(anchor);
  if (target == anchored_.end()) return add(Node{Node::Kind::null, false, at, {}, {}, {}}, 0);
  count_nodes(count(target->second), at);
  if (stack_.size() + height(target->second) > max_depth)
    throw Refusal{
        places_.problem(codes::too_large, at,
                        "This alias nests values more than " + std::to_string(max_depth) + " levels deep.",
                        "Write the value out with less nesting.")};
  add(target->second, 0);
}

void NodeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value) {
  check_tag(tag, "seq", places_.of(mark));
  open(Node::Kind::sequence, mark, anchor);
}

void NodeBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value style) {
  check_tag(tag, "map", places_.of(mark));
  open(Node::Kind::mapping, mark, anchor);
  stack_.back().is_flow = style == YAML::EmitterStyle::Flow;
}

void NodeBuilder::open(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
  const Position at = places_.of(mark);
  if (stack_.size() >= max_depth)
    throw Refusal{places_.problem(
        codes::too_large, at, "Values are nested more than " + std::to_string(max_depth) + " levels deep.",
        "Manifests never need that; check the brackets.")};
  Frame frame;
  frame.node.kind = kind;
  frame.node.at = at;
  frame.anchor = anchor;
  stack_.push_back(std::move(frame));
}

void NodeBuilder::close() {
  Frame frame = std::move(stack_.back());
  stack_.pop_back();
  add(std::move(frame.node), frame.anchor);
}

void NodeBuilder::add(Node node, YAML::anchor_t anchor, int offset) {
  count_nodes(1, node.at);
  if (anchor != 0) {
    count_nodes(count(node), node.at);
    anchored_.insert_or_assign(anchor, node);
  }
  if (stack_.empty()) {
    root_ = std::move(node);
    return;
  }
  Frame& frame = stack_.back();
  if (frame.node.is_sequence()) {
    frame.node.items.push_back(std::move(node));
  } else if (!frame.has_key) {
    add_key(std::move(node), offset);
  } else {
    frame.has_key = false;
    if (!frame.skip_value)
      frame.node.entries.push_back({std::move(frame.key), frame.key_at, std::move(node)});
  }
}

void NodeBuilder::add_key(Node key, int offset) {
  Frame& frame = stack_.back();
  frame.has_key = true;
  frame.skip_value = true;
  frame.key_at = key.at;
  frame.key_offset = offset;
  frame.key_is_plain = !key.quoted;
  if (!key.is_scalar()) {
    report(codes::unsupported_yaml, key.at,
           key.is_null() ? "A key is missing or null here." : "A list or a mapping is used as a key here.",
           "Write keys as plain text. Braces that are meant as text need quotes.");
    return;
  }
  if (key.text == "<<" && !key.quoted) {
    report(codes::unsupported_yaml, key.at, "Merge keys (<<) are not part of YAML 1.2 and are not applied.",
           "Write the fields out, or repeat a whole value with an alias.");
    return;
  }
  const auto& entries = frame.node.entries;
  const Entry* first = nullptr;
  if (entries.size() <= few_keys) {
    first = frame.node.find(key.text);
  } else {
    if (frame.index_by_key.empty())
      for (const auto& entry : entries)
        frame.index_by_key.emplace(entry.key, static_cast<size_t>(&entry - entries.data()));
    const auto [known, is_new] = frame.index_by_key.emplace(key.text, entries.size());
    if (!is_new) first = &entries[known->second];
  }
  if (first != nullptr) {
    report(codes::duplicate_key, key.at,
           "The key " + printable(key.text) + " was given before, at line " +
               std::to_string(first->key_at.line) + ".",
           "Keep one of them.");
    return;
  }
  frame.skip_value = false;
  frame.key = std::move(key.text);
}

}  // namespace gmsactl::manifest
