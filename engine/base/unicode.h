// What needs the Unicode tables: the comparison of names as Active Directory makes it, lengths as it counts
// them, and characters that nobody sees. Not responsible for folding case, which fold() in text.h does for
// all of Unicode.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace gmsactl {

/// What Active Directory's comparison leaves of a name: equal keys, one name to a domain controller running
/// Windows. Case, accents, width and the kind of kana do not count, and neither do characters without weight
/// ([MS-ADTS] 3.1.1.2.2.4.13 and 6.5: NORM_IGNORECASE, NORM_IGNORENONSPACE, NORM_IGNOREWIDTH,
/// NORM_IGNOREKANATYPE). Samba compares more strictly, as fold() does, so two live objects with equal keys
/// may still be two: never use it for what a server told apart, only for what it must be able to tell apart.
std::string collation_key(std::string_view text);

/// Lengths in the schema count UTF-16 code units: an emoji is two.
size_t utf16_length(std::string_view text);

/// UTF-16 as UTF-8, a byte-order mark like any character. The error is the offset of the first byte that is
/// of no whole character: half a unit at the end, or half a surrogate pair.
tl::expected<std::string, size_t> utf8_of_utf16(std::string_view bytes, bool big_endian);

struct HiddenCharacter {
  char32_t code = 0;
  size_t position = 0;  ///< in characters, from 1
};
/// The first character that can't be seen, or that looks like an ordinary space and is not one: controls,
/// bidirectional controls, zero-width characters, soft hyphens, separators, unusual spaces.
std::optional<HiddenCharacter> first_hidden_character(std::string_view text);
/// "U+200B (zero width space)".
std::string describe(const HiddenCharacter& character);

}  // namespace gmsactl
