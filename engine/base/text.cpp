#include "engine/base/text.h"

#include <unicase.h>
#include <unistr.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <utility>

#include "engine/base/unicode.h"

namespace gmsactl {

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

namespace {

bool beyond_ascii(char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; }

/// One letter for one letter, as the tables of Windows and of Samba have it. No letter beyond ASCII becomes
/// an ASCII one: that a Kelvin sign equals a k is for collation_key() to say.
ucs4_t fold_character(ucs4_t code) {
  const ucs4_t folded = uc_tolower(uc_toupper(code));
  return folded < 0x80 ? code : folded;
}

/// From the first character beyond ASCII on.
void append_folded(std::string& folded, std::string_view text) {
  std::array<uint8_t, 6> bytes{};
  while (!text.empty()) {
    if (!beyond_ascii(text.front())) {
      folded += fold(text.front());
      text.remove_prefix(1);
      continue;
    }
    ucs4_t code = 0;
    const int length = u8_mbtoucr(&code, reinterpret_cast<const uint8_t*>(text.data()), text.size());
    if (length <= 0) {
      folded += text.front();  // no UTF-8, and so itself
      text.remove_prefix(1);
      continue;
    }
    const int written = u8_uctomb(bytes.data(), fold_character(code), bytes.size());
    for (int i = 0; i < written; ++i) folded += static_cast<char>(bytes[static_cast<size_t>(i)]);
    text.remove_prefix(static_cast<size_t>(length));
  }
}

/// How many characters the two begin with that are ASCII and equal but for their case.
size_t common_ascii(std::string_view a, std::string_view b) {
  size_t same = 0;
  while (same < a.size() && same < b.size() && !beyond_ascii(a[same]) && fold(a[same]) == fold(b[same]))
    ++same;
  return same;
}

}  // namespace

std::string fold(std::string_view text) {
  std::string folded(text);
  for (size_t i = 0; i < folded.size(); ++i) {
    if (beyond_ascii(folded[i])) {
      folded.resize(i);
      append_folded(folded, text.substr(i));
      break;
    }
    folded[i] = fold(folded[i]);
  }
  return folded;
}

bool equal_folded(std::string_view a, std::string_view b) {
  const size_t same = common_ascii(a, b);
  a.remove_prefix(same);
  b.remove_prefix(same);
  if (a.empty() || b.empty()) return a.empty() && b.empty();
  if (!beyond_ascii(a.front()) && !beyond_ascii(b.front())) return false;
  return fold(a) == fold(b);
}

bool LessFolded::operator()(std::string_view a, std::string_view b) const {
  const size_t same = common_ascii(a, b);
  a.remove_prefix(same);
  b.remove_prefix(same);
  if (a.empty() || b.empty()) return a.empty() && !b.empty();
  if (!beyond_ascii(a.front()) && !beyond_ascii(b.front())) return fold(a.front()) < fold(b.front());
  return fold(a) < fold(b);
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string text;
  for (const auto& part : parts) {
    if (&part != parts.data()) text += separator;
    text += part;
  }
  return text;
}

std::string some_of(std::span<const std::string> parts, size_t most) {
  const size_t shown = std::min(most, parts.size());
  std::string text = join(parts.first(shown), ", ");
  if (shown < parts.size()) text += " and " + std::to_string(parts.size() - shown) + " more";
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t start = 0;
  for (size_t at; (at = text.find(separator, start)) != std::string_view::npos; start = at + 1)
    parts.push_back(text.substr(start, at - start));
  parts.push_back(text.substr(start));
  return parts;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string plural(size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

namespace {

/// Length of the well-formed UTF-8 sequence at the front (Unicode 15, table 3-7), 0 where it is ill-formed.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF)
    return tail(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) && tail(2) ? 3 : 0;
  if (first >= 0xF0 && first <= 0xF4)
    return tail(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) && tail(2) && tail(3) ? 4 : 0;
  return 0;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  std::array<char, 16> escape{};
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    if (length == 0 || (length == 1 && (first < 0x20 || first == 0x7F))) {
      std::snprintf(escape.data(), escape.size(), "\\x%02x", first);
      safe += escape.data();
      text.remove_prefix(1);
      continue;
    }
    uint32_t code = first;
    if (length > 1) {
      code = first & (0xFFU >> (length + 1));
      for (size_t i = 1; i < length; ++i) code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    if (length > 1 && first_hidden_character(text.substr(0, length))) {
      std::snprintf(escape.data(), escape.size(), code < 0xA0 ? "\\x%02x" : "\\u{%04x}", code);
      safe += escape.data();
    } else {
      safe += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return safe;
}

bool valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string hex(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4U];
    text += digits[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

namespace {
constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

std::string base64_encode(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t block = 0;
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    for (size_t j = 0; j < 3; ++j)
      block = block << 8U | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (size_t j = 0; j < 4; ++j) text += j <= count ? base64_alphabet[block >> (18 - 6 * j) & 63U] : '=';
  }
  return text;
}

bool base64_decode(std::string_view text, std::string& bytes) {
  static const auto values = [] {
    std::array<int, 256> table{};
    table.fill(-1);
    for (size_t i = 0; i < base64_alphabet.size(); ++i)
      table[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<int>(i);
    return table;
  }();
  bytes.clear();
  bytes.reserve(text.size() / 4 * 3);
  uint32_t block = 0;
  int digits = 0;
  int padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0 || padding > 0) return false;
    block = block << 6U | static_cast<uint32_t>(value);
    if (++digits == 4) {
      for (const unsigned shift : {16U, 8U, 0U}) bytes += static_cast<char>(block >> shift & 0xFFU);
      block = 0;
      digits = 0;
    }
  }
  if (digits == 0) return padding == 0;
  if (digits == 1 || digits + padding != 4) return false;
  const uint32_t unused = digits == 2 ? 0xFU : 0x3U;
  if ((block & unused) != 0) return false;
  block <<= digits == 2 ? 12U : 6U;
  bytes += static_cast<char>(block >> 16U & 0xFFU);
  if (digits == 3) bytes += static_cast<char>(block >> 8U & 0xFFU);
  return true;
}

namespace {

bool stands_for_itself(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._-/@").find(c) != std::string_view::npos;
}

}  // namespace

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (stands_for_itself(c))
      result += c;
    else
      result.append({'%', digits[byte >> 4U], digits[byte & 0xFU]});
  }
  return result;
}

std::string without_credentials(std::string_view text) {
  std::string result;
  constexpr std::string_view slashes = "://";
  for (size_t at = text.find(slashes); at != std::string_view::npos; at = text.find(slashes)) {
    result += text.substr(0, at + slashes.size());
    text.remove_prefix(at + slashes.size());
    const auto authority = text.substr(0, text.find_first_of("/?# \t\r\n\"'<>"));
    const size_t end = authority.rfind('@');
    if (end == std::string_view::npos) continue;
    result += "***";
    text.remove_prefix(end);
  }
  result += text;
  return result;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    if (error != std::errc{} || end != text.data() + i + 3) return std::nullopt;
    result += static_cast<char>(value);
    i += 2;
  }
  // What can be written in two ways could be taken for two things.
  if (!valid_utf8(result) || percent_encode(result) != text) return std::nullopt;
  return result;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  // Optimal string alignment: swapping two neighbours is the commonest slip and counts as one edit.
  std::string_view best;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  std::vector<size_t> before;
  std::vector<size_t> above;
  std::vector<size_t> row;
  for (const auto candidate : candidates) {
    const auto same = [&](size_t i, size_t j) { return fold(word[i - 1]) == fold(candidate[j - 1]); };
    row.resize(candidate.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 1; i <= word.size(); ++i) {
      before = std::exchange(above, row);
      row[0] = i;
      for (size_t j = 1; j <= candidate.size(); ++j) {
        row[j] = std::min({above[j - 1] + (same(i, j) ? 0U : 1U), above[j] + 1, row[j - 1] + 1});
        if (i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j)) row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace gmsactl
