#include "providers/transport/ldap/ldif_form.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/text.h"

namespace gmsactl::ldap::ldif {
namespace {

constexpr std::string_view export_hint =
    "export as LDIF: 'gmsactl snapshot', 'ldapsearch -LLL -o ldif-wrap=no -E pr=1000/noprompt', or on "
    "Windows "
    "'ldifde -u -f directory.ldif -d DC=contoso,DC=com'";

tl::unexpected<Error> foreign(std::string_view what) {
  return fail(ErrorKind::invalid, "this is " + std::string(what) + ", not LDIF", std::string(export_hint));
}

void append_utf8(std::string& text, uint32_t point) {
  const auto byte = [&](uint32_t value) { text += static_cast<char>(static_cast<uint8_t>(value)); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0U | point >> 6U);
    byte(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    byte(0xE0U | point >> 12U);
    byte(0x80U | (point >> 6U & 0x3FU));
    byte(0x80U | (point & 0x3FU));
  } else {
    byte(0xF0U | point >> 18U);
    byte(0x80U | (point >> 12U & 0x3FU));
    byte(0x80U | (point >> 6U & 0x3FU));
    byte(0x80U | (point & 0x3FU));
  }
}

Result<std::string> from_utf16(std::string_view bytes, bool big_endian) {
  const auto broken = [](size_t at, const char* why) {
    return fail(ErrorKind::invalid, "the UTF-16 text breaks off at byte " + std::to_string(at) + ": " + why,
                "the file was cut short or changed; export it again");
  };
  const auto unit = [&](size_t at) {
    const auto first = static_cast<uint8_t>(bytes[at]);
    const auto second = static_cast<uint8_t>(bytes[at + 1]);
    return static_cast<uint32_t>(big_endian ? first << 8U | second : second << 8U | first);
  };
  if (bytes.size() % 2 != 0) return broken(bytes.size() - 1, "half a character");
  std::string text;
  text.reserve(bytes.size() / 2 + bytes.size() / 8);
  for (size_t at = 0; at < bytes.size(); at += 2) {
    uint32_t point = unit(at);
    if (at == 0 && point == 0xFEFF) continue;
    if (point >= 0xDC00 && point < 0xE000) return broken(at, "half a pair");
    if (point >= 0xD800 && point < 0xDC00) {
      const uint32_t low = at + 3 < bytes.size() ? unit(at + 2) : 0;
      if (low < 0xDC00 || low >= 0xE000) return broken(at, "half a pair");
      point = 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00);
      at += 2;
    }
    append_utf8(text, point);
  }
  return text;
}

/// True for big-endian, false for little-endian; nothing where it is not UTF-16. LDIF begins with a letter,
/// '#' or a line end, so without a byte-order mark the zero halves tell.
std::optional<bool> utf16_byte_order(std::string_view bytes) {
  if (bytes.starts_with("\xFE\xFF")) return true;
  if (bytes.starts_with("\xFF\xFE")) return false;
  if (bytes.size() < 4) return std::nullopt;
  const auto zero = [&](size_t i) { return bytes[i] == '\0'; };
  if (zero(0) && !zero(1) && zero(2) && !zero(3)) return true;
  if (!zero(0) && zero(1) && !zero(2) && zero(3)) return false;
  return std::nullopt;
}

bool is_word(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
             std::string_view::npos;
}

/// The first line that says something.
std::string_view first_line(std::string_view text) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    const auto said = trim(line);
    // "#TYPE …" is what Export-Csv begins with; other comments are LDIF's.
    if (!said.empty() && (!said.starts_with('#') || said.starts_with("#TYPE "))) return said;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return {};
}

/// What a file is that is no LDIF, by its first line; empty where it may be LDIF.
std::string_view other_format(std::string_view bytes, std::string_view line) {
  if (bytes.starts_with("\x1F\x8B")) return "compressed with gzip";
  if (bytes.starts_with("PK\x03\x04")) return "a ZIP archive";
  if (line.starts_with("#TYPE ")) return "what PowerShell's Export-Csv writes";
  if (line.starts_with('"') && line.find("\",\"") != std::string_view::npos)
    return "what PowerShell's Export-Csv writes";
  const auto comma = line.find(',');
  if (comma != std::string_view::npos && line.find(':') == std::string_view::npos &&
      is_word(trim(line.substr(0, comma))))
    return "a table of comma-separated values, as csvde writes it";
  if (line.starts_with('{') || line.starts_with('[')) return "JSON";
  if (line.starts_with("<?xml") || line.starts_with("<Objs") || line.starts_with("<dsml")) return "XML";
  const auto colon = line.find(':');
  if (colon != std::string_view::npos && colon > 0 && line[colon - 1] == ' ' &&
      is_word(trim(line.substr(0, colon))))
    return "what PowerShell's Format-List writes";
  return {};
}

}  // namespace

Result<std::string> as_ldif(std::string bytes) {
  constexpr std::string_view utf32_marks[] = {{"\xFF\xFE\0\0", 4}, {"\0\0\xFE\xFF", 4}};
  for (const auto mark : utf32_marks)
    if (std::string_view(bytes).starts_with(mark)) return foreign("UTF-32 text");
  if (const auto big_endian = utf16_byte_order(bytes)) bytes = GMSACTL_TRY(from_utf16(bytes, *big_endian));
  std::string_view text = bytes;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (const auto what = other_format(bytes, first_line(text)); !what.empty()) return foreign(what);
  return bytes;
}

}  // namespace gmsactl::ldap::ldif
