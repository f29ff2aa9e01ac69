#include "providers/transport/ldap/ldif_form.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/text.h"
#include "engine/base/unicode.h"

namespace gmsactl::ldap::ldif {
namespace {

constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";
constexpr std::string_view export_hint =
    "export as LDIF: 'gmsactl snapshot', 'ldapsearch -LLL -o ldif-wrap=no -E pr=1000/noprompt', or on "
    "Windows "
    "'ldifde -u -f directory.ldif -d DC=contoso,DC=com'";

tl::unexpected<Error> foreign(std::string_view what) {
  return fail(ErrorKind::invalid, "this is " + std::string(what) + ", not LDIF", std::string(export_hint));
}

Result<std::string> from_utf16(std::string_view bytes, bool big_endian) {
  auto text = utf8_of_utf16(bytes, big_endian);
  if (!text)
    return fail(ErrorKind::invalid,
                "the UTF-16 text breaks off at byte " + std::to_string(text.error()) +
                    (bytes.size() % 2 != 0 ? ": half a character" : ": half a pair"),
                "the file was cut short or changed; export it again");
  if (text->starts_with(utf8_mark)) text->erase(0, utf8_mark.size());
  return std::move(*text);
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
  if (text.starts_with(utf8_mark)) text.remove_prefix(utf8_mark.size());
  if (const auto what = other_format(bytes, first_line(text)); !what.empty()) return foreign(what);
  return bytes;
}

}  // namespace gmsactl::ldap::ldif
