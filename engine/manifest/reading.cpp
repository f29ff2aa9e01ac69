#include "engine/manifest/reading.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "engine/base/text.h"
#include "engine/manifest/scalar.h"

namespace gmsactl::manifest {

namespace {

std::string_view description(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return node.quoted ? "a quoted text" : description(classify(node.text));
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::mapping:
      return "a mapping";
  }
  return "";
}

std::string_view intended_boolean(std::string_view text) {
  for (const std::string_view word : {"true", "yes", "on", "y"})
    if (equal_folded(word, text)) return "true";
  return "false";
}

std::string quoting_hint(const Node& node, Plain kind) {
  std::string hint = "Write \"" + printable(node.text) + "\" in quotes";
  if (kind == Plain::other_boolean && !equal_folded(node.text, "true") && !equal_folded(node.text, "false"))
    hint += ", since YAML readers differ on it";
  return hint + ".";
}

}  // namespace

Diagnostic make_diagnostic(Severity severity, const Code& code, SourceRange where, std::string detail,
                           std::string hint) {
  Diagnostic problem;
  problem.severity = severity;
  problem.code = code.code;
  problem.summary = code.summary;
  problem.detail = std::move(detail);
  problem.hint = std::move(hint);
  problem.where = where;
  return problem;
}

std::string place(const SourceRange& where) {
  return printable(where.file) + ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
}

void Reading::error(const Code& code, Position at, std::string detail, std::string hint) {
  auto problem = make_diagnostic(Severity::error, code, range(at), std::move(detail), std::move(hint));
  problem.address = address_;
  diagnostics_.push_back(std::move(problem));
}

void Reading::warning(const Code& code, Position at, std::string detail, std::string hint) {
  auto problem = make_diagnostic(Severity::warning, code, range(at), std::move(detail), std::move(hint));
  problem.address = address_;
  diagnostics_.push_back(std::move(problem));
}

std::string in_quotes(std::string_view text) {
  constexpr size_t longest = 80;
  if (code_points(text) <= longest) return "'" + printable(text) + "'";
  size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return "'" + printable(text.substr(0, end)) + "…'";
}

std::string sentence(const Error& error) { return printable(error.message) + "."; }

size_t code_points(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  // The distance grows with both lengths, and a text that long is no typing error.
  if (word.size() > 256) return {};
  const auto near = nearest(word, candidates);
  return near.empty() ? std::string() : "Did you mean " + printable(near) + "?";
}

std::string enumerate(std::span<const std::string_view> words, std::string_view last_joint) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " " + std::string(last_joint) + " " : ", ";
    text += words[i];
  }
  return text;
}

void wrong_type(const Field& field, std::string_view wanted, std::string hint, Reading& reading) {
  if (field.value.is_null()) {
    reading.error(codes::empty_value, field.value.at,
                  std::string(field.name) + " is empty or null, but must be " + std::string(wanted) + ".",
                  hint.empty() ? "Give a value, or remove the key." : std::move(hint));
    return;
  }
  reading.error(codes::wrong_type, field.value.at,
                std::string(field.name) + " must be " + std::string(wanted) + ", but this is " +
                    std::string(description(field.value)) + ".",
                std::move(hint));
}

void check_keys(const Node& mapping, std::string_view what, std::span<const std::string_view> known,
                Reading& reading) {
  for (const Entry& entry : mapping.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    std::string hint = did_you_mean(entry.key, known);
    if (hint.empty())
      hint = (known.size() == 1 ? "Its only key is " : "Its keys are ") + enumerate(known, "and") + ".";
    reading.error(codes::unknown_key, entry.key_at,
                  "There is no " + in_quotes(entry.key) + " in " + std::string(what) + ".", std::move(hint));
  }
}

bool require_mapping(const Field& field, Reading& reading) {
  if (field.value.is_mapping()) return true;
  wrong_type(field, "a mapping", "", reading);
  return false;
}

bool require_sequence(const Field& field, Reading& reading) {
  if (field.value.is_sequence()) return true;
  std::string hint;
  if (field.value.is_scalar()) hint = "Write a list: [" + printable(field.value.text) + "].";
  if (field.value.is_mapping()) hint = "Write a list: each entry on a line of its own behind a hyphen.";
  wrong_type(field, "a list", std::move(hint), reading);
  return false;
}

void missing(std::string_view key, std::string_view what, Position at, std::string hint, Reading& reading) {
  reading.error(codes::missing_field, at, std::string(what) + " needs " + std::string(key) + ".",
                std::move(hint));
}

std::optional<std::string> read_literal_text(const Field& field, Reading& reading) {
  const Node& node = field.value;
  if (!node.is_scalar()) {
    wrong_type(field, "a text", "", reading);
    return std::nullopt;
  }
  if (!node.quoted) {
    const Plain kind = classify(node.text);
    if (kind != Plain::text) {
      reading.error(codes::ambiguous_scalar, node.at,
                    std::string(field.name) + " must be a text, but without quotes " + printable(node.text) +
                        " is " + std::string(description(kind)) + ".",
                    quoting_hint(node, kind));
      return std::nullopt;
    }
  }
  if (!valid_utf8(node.text)) {
    reading.error(
        codes::hidden_character, node.at,
        std::string(field.name) + " contains bytes that are no characters: '" + printable(node.text) + "'.",
        "Write \\u00A0 for \\_, and \\u0085 for \\N.");
    return std::nullopt;
  }
  if (const auto null = node.text.find('\0'); null != std::string::npos) {
    reading.error(codes::hidden_character, node.at,
                  std::string(field.name) + " contains U+0000 at character " +
                      std::to_string(code_points(node.text.substr(0, null)) + 1) +
                      ", where most programs take a text to end.",
                  "Remove \\0 from it.");
    return std::nullopt;
  }
  if (trim(node.text).empty()) {
    reading.error(codes::empty_value, node.at, std::string(field.name) + " is an empty text.",
                  "Give a value, or remove the key.");
    return std::nullopt;
  }
  return node.text;
}

std::optional<std::string> read_text(const Field& field, Reading& reading) {
  auto text = read_literal_text(field, reading);
  if (!text || text->find("${") == std::string::npos) return text;
  auto expansion = expand(*text, reading.variables());
  if (const auto& mistake = expansion.mistake) {
    if (mistake->undefined) {
      std::vector<std::string_view> names;
      for (const auto& [name, value] : reading.variables().values) names.push_back(name);
      std::string hint = did_you_mean(mistake->name, names);
      if (hint.empty()) hint = "Add it to spec.variables of that Environment.";
      reading.error(codes::undefined_variable, field.value.at,
                    "The environment " + printable(reading.variables().environment) +
                        " defines no variable " + printable(mistake->name) + ".",
                    std::move(hint));
    } else {
      reading.error(codes::invalid_variable, field.value.at, mistake->detail,
                    "Write ${name}, or $${ where the characters ${ are meant.");
    }
  } else if (expansion.text && trim(*expansion.text).empty()) {
    reading.error(codes::empty_value, field.value.at,
                  std::string(field.name) + " is an empty text once its variables are filled in.",
                  "Give the variables a value.");
    return std::nullopt;
  }
  return expansion.text;
}

std::optional<bool> read_boolean(const Field& field, Reading& reading) {
  const Node& node = field.value;
  if (node.is_scalar() && !node.quoted) {
    const Plain kind = classify(node.text);
    if (kind == Plain::boolean) return node.text == "true";
    if (kind == Plain::other_boolean) {
      reading.error(codes::wrong_type, node.at,
                    std::string(field.name) + " must be true or false, but " + node.text +
                        " is a boolean to some YAML readers and a text to others.",
                    "Write " + std::string(intended_boolean(node.text)) + ".");
      return std::nullopt;
    }
  }
  wrong_type(field, "true or false", node.quoted ? "Remove the quotes." : "", reading);
  return std::nullopt;
}

std::optional<uint32_t> read_integer(const Field& field, uint32_t least, uint32_t most, Reading& reading) {
  const Node& node = field.value;
  const std::string_view wanted = "a whole number in decimal digits";
  if (node.is_scalar() && !node.quoted && classify(node.text) == Plain::other_integer) {
    reading.error(codes::wrong_type, node.at,
                  std::string(field.name) + " must be " + std::string(wanted) +
                      ", but YAML readers differ on what " + printable(node.text) + " is.",
                  "Write decimal digits without a leading zero, sign or separator.");
    return std::nullopt;
  }
  if (node.is_scalar() && !node.quoted && classify(node.text) == Plain::real) {
    reading.error(codes::wrong_type, node.at,
                  std::string(field.name) + " must be " + std::string(wanted) + ", but " +
                      printable(node.text) + " is not whole.",
                  "");
    return std::nullopt;
  }
  if (!node.is_scalar() || node.quoted || classify(node.text) != Plain::integer) {
    wrong_type(field, wanted, node.quoted ? "Remove the quotes." : "", reading);
    return std::nullopt;
  }
  uint32_t number = 0;
  const char* end = node.text.data() + node.text.size();
  const auto parsed = std::from_chars(node.text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number < least || number > most) {
    reading.error(codes::out_of_range, node.at,
                  std::string(field.name) + " must be from " + std::to_string(least) + " to " +
                      std::to_string(most) + ", but is " + printable(node.text) + ".",
                  "");
    return std::nullopt;
  }
  return number;
}

std::optional<size_t> read_choice(const Field& field, std::span<const std::string_view> names,
                                  Reading& reading) {
  const auto text = read_text(field, reading);
  if (!text) return std::nullopt;
  const auto found = std::find(names.begin(), names.end(), *text);
  if (found != names.end()) return static_cast<size_t>(found - names.begin());
  reading.error(
      codes::unknown_value, field.value.at,
      std::string(field.name) + " must be " + enumerate(names, "or") + ", but is " + in_quotes(*text) + ".",
      did_you_mean(*text, names));
  return std::nullopt;
}

}  // namespace gmsactl::manifest
