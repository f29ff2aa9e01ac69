#include "engine/base/unicode.h"

#include <unicase.h>
#include <unictype.h>
#include <uniname.h>
#include <uninorm.h>
#include <unistr.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "engine/base/text.h"

namespace gmsactl {

namespace {

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; });
}

/// Calls `take(code point)` for each character; bytes that are no UTF-8 count as one each.
template <class Take>
void each_character(std::string_view text, const Take& take) {
  const auto* at = reinterpret_cast<const uint8_t*>(text.data());
  size_t left = text.size();
  while (left > 0) {
    ucs4_t code = 0;
    const int length = u8_mbtoucr(&code, at, left);
    const size_t step = length > 0 ? static_cast<size_t>(length) : 1;
    if (!take(length > 0 ? code : ucs4_t{0xFFFD})) return;
    at += step;
    left -= step;
  }
}

/// Letters that the comparison takes apart and the normal forms of Unicode do not.
std::string_view expansion(ucs4_t code) {
  switch (code) {
    case 0x00E6:
      return "ae";
    case 0x0153:
      return "oe";
    case 0x00FE:
      return "th";
    default:
      return {};
  }
}

ucs4_t without_kana_type(ucs4_t code) {
  const bool katakana = (code >= 0x30A1 && code <= 0x30F6) || code == 0x30FD || code == 0x30FE;
  return katakana ? code - 0x60 : code;
}

void append(std::string& text, ucs4_t code) {
  std::array<uint8_t, 6> bytes{};
  const int length = u8_uctomb(bytes.data(), code, bytes.size());
  for (int i = 0; i < length; ++i) text += static_cast<char>(bytes[static_cast<size_t>(i)]);
}

bool is_weightless(ucs4_t code) {
  return uc_is_general_category(code, UC_CATEGORY_Mn) || uc_is_general_category(code, UC_CATEGORY_Me) ||
         uc_is_property_default_ignorable_code_point(code);
}

bool is_hidden(ucs4_t code) {
  if (code < 0x80) return code < 0x20 || code == 0x7F;
  constexpr ucs4_t blank_braille = 0x2800;
  return code == blank_braille || uc_is_property_default_ignorable_code_point(code) ||
         uc_is_general_category(code, UC_CATEGORY_Cc) || uc_is_general_category(code, UC_CATEGORY_Cf) ||
         uc_is_general_category(code, UC_CATEGORY_Zs) || uc_is_general_category(code, UC_CATEGORY_Zl) ||
         uc_is_general_category(code, UC_CATEGORY_Zp);
}

}  // namespace

std::string collation_key(std::string_view text) {
  if (is_ascii(text) || !valid_utf8(text)) return fold(text);
  size_t length = 0;
  const std::unique_ptr<uint8_t, decltype(&std::free)> folded(
      u8_casefold(reinterpret_cast<const uint8_t*>(text.data()), text.size(), nullptr, UNINORM_NFKD, nullptr,
                  &length),
      &std::free);
  if (!folded) return fold(text);
  std::string key;
  each_character({reinterpret_cast<const char*>(folded.get()), length}, [&](ucs4_t code) {
    if (is_weightless(code)) return true;
    if (const auto letters = expansion(code); !letters.empty())
      key += letters;
    else
      append(key, without_kana_type(code));
    return true;
  });
  return key;
}

size_t utf16_length(std::string_view text) {
  size_t units = 0;
  each_character(text, [&](ucs4_t code) {
    units += code > 0xFFFF ? 2 : 1;
    return true;
  });
  return units;
}

tl::expected<std::string, size_t> utf8_of_utf16(std::string_view bytes, bool big_endian) {
  if (bytes.size() % 2 != 0) return tl::unexpected(bytes.size() - 1);
  if (bytes.empty()) return {};
  std::vector<uint16_t> units(bytes.size() / 2);
  for (size_t i = 0; i < units.size(); ++i) {
    const auto first = static_cast<uint8_t>(bytes[2 * i]);
    const auto second = static_cast<uint8_t>(bytes[2 * i + 1]);
    units[i] = static_cast<uint16_t>(big_endian ? first << 8U | second : second << 8U | first);
  }
  if (const uint16_t* broken = u16_check(units.data(), units.size()))
    return tl::unexpected(2 * static_cast<size_t>(broken - units.data()));
  size_t length = 0;
  const std::unique_ptr<uint8_t, decltype(&std::free)> text(
      u16_to_u8(units.data(), units.size(), nullptr, &length), &std::free);
  if (!text) throw std::bad_alloc();
  return std::string(reinterpret_cast<const char*>(text.get()), length);
}

std::optional<HiddenCharacter> first_hidden_character(std::string_view text) {
  std::optional<HiddenCharacter> found;
  size_t position = 0;
  each_character(text, [&](ucs4_t code) {
    ++position;
    if (is_hidden(code)) found = HiddenCharacter{static_cast<char32_t>(code), position};
    return !found;
  });
  return found;
}

std::string describe(const HiddenCharacter& character) {
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), "U+%04X", static_cast<unsigned>(character.code));
  std::array<char, UNINAME_MAX> name{};
  if (unicode_character_name(character.code, name.data()) == nullptr) return number.data();
  return std::string(number.data()) + " (" + fold(name.data()) + ")";
}

}  // namespace gmsactl
