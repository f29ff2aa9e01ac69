#include "engine/manifest/scalar.h"

#include <algorithm>
#include <array>

#include "engine/base/text.h"

namespace gmsactl::manifest {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (fold(c) >= 'a' && fold(c) <= 'f'); }

template <class Predicate>
bool every(std::string_view text, Predicate predicate) {
  return !text.empty() && std::all_of(text.begin(), text.end(), predicate);
}

/// [0-9_]+ with at least one digit, as YAML 1.1 allows.
bool digits_and_underscores(std::string_view text) {
  return every(text, [](char c) { return is_digit(c) || c == '_'; }) && is_digit(text[0]);
}

/// Base 60, "12:30:00" (YAML 1.1); the last part of a real one may have a fraction.
bool sexagesimal(std::string_view text) {
  auto parts = split(text, ':');
  if (parts.size() < 2 || !digits_and_underscores(parts[0])) return false;
  for (size_t i = 1; i < parts.size(); ++i) {
    auto part = parts[i];
    if (i + 1 == parts.size()) part = part.substr(0, part.find('.'));
    if (part.size() > 2 || !every(part, is_digit) || (part.size() == 2 && part[0] > '5')) return false;
  }
  return true;
}

bool real(std::string_view text) {
  const std::string folded = fold(text);
  if (folded == ".inf" || folded == ".nan") return true;
  const auto exponent_at = folded.find('e');
  const std::string_view mantissa = std::string_view(folded).substr(0, exponent_at);
  if (exponent_at != std::string::npos) {
    auto exponent = std::string_view(folded).substr(exponent_at + 1);
    if (exponent.starts_with('+') || exponent.starts_with('-')) exponent.remove_prefix(1);
    if (!every(exponent, is_digit)) return false;
  }
  const auto point = mantissa.find('.');
  const auto whole = mantissa.substr(0, point);
  const auto fraction = point == std::string_view::npos ? std::string_view{} : mantissa.substr(point + 1);
  if (whole.empty() && fraction.empty()) return false;
  return (whole.empty() || digits_and_underscores(whole)) &&
         (fraction.empty() || digits_and_underscores(fraction));
}

/// YYYY-MM-DD, alone or with a time behind it.
bool timestamp(std::string_view text) {
  if (text.size() < 8 || !every(text.substr(0, 4), is_digit) || text[4] != '-') return false;
  const auto parts = split(text.substr(5), '-');
  if (parts.size() < 2 || parts[0].size() > 2 || !every(parts[0], is_digit)) return false;
  const auto day = parts[1];
  const size_t digits = static_cast<size_t>(std::find_if_not(day.begin(), day.end(), is_digit) - day.begin());
  if (digits == 0 || digits > 2) return false;
  if (digits == day.size()) return parts.size() == 2;
  const bool has_time = day[digits] == 'T' || day[digits] == 't' || day[digits] == ' ';
  return has_time && day.size() > digits + 1 && is_digit(day[digits + 1]);
}

Plain classify_number(std::string_view text) {
  if (timestamp(text)) return Plain::timestamp;
  const bool negative = text[0] == '-';
  auto magnitude = text;
  if (negative || text[0] == '+') magnitude.remove_prefix(1);
  if (magnitude.empty()) return Plain::text;
  if (every(magnitude, is_digit)) {
    const bool canonical = text[0] != '+' && (magnitude.size() == 1 || magnitude[0] != '0');
    return canonical ? Plain::integer : Plain::other_integer;
  }
  if (digits_and_underscores(magnitude)) return Plain::other_integer;
  if (magnitude[0] == '0' && magnitude.size() > 2) {
    const char base = magnitude[1];
    const auto digits = magnitude.substr(2);
    if ((base == 'x' && every(digits, [](char c) { return is_hex(c) || c == '_'; })) ||
        (base == 'o' && every(digits, is_digit)) ||
        (base == 'b' && every(digits, [](char c) { return c == '0' || c == '1' || c == '_'; })))
      return Plain::other_integer;
  }
  if (sexagesimal(magnitude)) return Plain::other_integer;
  return real(magnitude) ? Plain::real : Plain::text;
}

}  // namespace

Plain classify(std::string_view text) {
  if (text.empty()) return Plain::text;
  const char first = text[0];
  if (is_digit(first) || first == '+' || first == '-' || first == '.') return classify_number(text);
  if (text.size() > 5) return Plain::text;
  if (text == "true" || text == "false") return Plain::boolean;
  static constexpr std::array<std::string_view, 8> words{"true", "false", "yes", "no", "on", "off", "y", "n"};
  const bool is_word = std::any_of(words.begin(), words.end(),
                                   [&](std::string_view word) { return equal_folded(word, text); });
  return is_word ? Plain::other_boolean : Plain::text;
}

std::string_view description(Plain kind) {
  switch (kind) {
    case Plain::text:
      return "a text";
    case Plain::boolean:
    case Plain::other_boolean:
      return "a boolean";
    case Plain::integer:
    case Plain::other_integer:
    case Plain::real:
      return "a number";
    case Plain::timestamp:
      return "a date";
  }
  return "";
}

}  // namespace gmsactl::manifest
