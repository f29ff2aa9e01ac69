// What decoders share: the document they are in, where mistakes go, and how a YAML value becomes a text, a
// number, a boolean or one of a few names. Each reader reports what is wrong and returns nothing then, so
// that the decoder goes on to the next field.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/error.h"
#include "engine/manifest/codes.h"
#include "engine/manifest/variables.h"
#include "engine/manifest/yaml.h"

namespace gmsactl::manifest {

Diagnostic make_diagnostic(Severity severity, const Code& code, SourceRange where, std::string detail,
                           std::string hint);
/// "accounts.yaml:12:3", for the second place of a mistake that has two.
std::string place(const SourceRange& where);

/// One document being decoded.
class Reading {
 public:
  Reading(std::string_view file, const Variables& variables, Diagnostics& diagnostics)
      : file_(file), variables_(variables), diagnostics_(diagnostics) {}

  void set_address(std::string address) { address_ = std::move(address); }
  void error(const Code& code, Position at, std::string detail, std::string hint);
  void warning(const Code& code, Position at, std::string detail, std::string hint);
  SourceRange range(Position at) const { return {file_, at.line, at.column}; }
  const Variables& variables() const { return variables_; }
  const Diagnostics& diagnostics() const { return diagnostics_; }

 private:
  std::string_view file_;
  std::string address_;
  const Variables& variables_;
  Diagnostics& diagnostics_;
};

/// How a value is named in messages: "spec.description", "an entry of members".
struct Field {
  std::string_view name;
  const Node& value;
};

/// The mapping's keys must be among `known`. `what` is where they are: "the spec of a GMSA".
void check_keys(const Node& mapping, std::string_view what, std::span<const std::string_view> known,
                Reading& reading);
/// Reports that the value is of another kind than `wanted`, "a text".
void wrong_type(const Field& field, std::string_view wanted, std::string hint, Reading& reading);
/// False, and reported, unless the value is a mapping (or a list).
bool require_mapping(const Field& field, Reading& reading);
bool require_sequence(const Field& field, Reading& reading);
/// Reports that a required key is absent.
void missing(std::string_view key, std::string_view what, Position at, std::string hint, Reading& reading);

/// A text that all YAML readers take for one, not empty, variables expanded.
std::optional<std::string> read_text(const Field& field, Reading& reading);
/// The same without expansion, for what stands outside of `spec`.
std::optional<std::string> read_literal_text(const Field& field, Reading& reading);
std::optional<bool> read_boolean(const Field& field, Reading& reading);
std::optional<uint32_t> read_integer(const Field& field, uint32_t least, uint32_t most, Reading& reading);

/// The position of one of `names`, which are compared exactly.
std::optional<size_t> read_choice(const Field& field, std::span<const std::string_view> names,
                                  Reading& reading);

/// "Did you mean x?", or empty.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);
/// The message of another layer's error, safe to print and with its full stop.
std::string sentence(const Error& error);
/// "a, b and c".
std::string enumerate(std::span<const std::string_view> words, std::string_view last_joint);
/// In quotes and safe to print, long ones cut.
std::string in_quotes(std::string_view text);
size_t code_points(std::string_view text);

}  // namespace gmsactl::manifest
