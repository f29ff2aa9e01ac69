// Small text functions that the standard library lacks. Case is folded for all of Unicode, letter for letter,
// as every domain controller compares names; accents count here (see collation_key() in unicode.h).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gmsactl {

char fold(char c);  ///< of ASCII; others are returned as they are
std::string fold(std::string_view text);
bool equal_folded(std::string_view a, std::string_view b);
struct LessFolded {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

std::string join(std::span<const std::string> parts, std::string_view separator);
/// The first `most`, and how many others there are: "a, b and 3 more".
std::string some_of(std::span<const std::string> parts, size_t most);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
/// "1 group", "2 groups".
std::string plural(size_t count, std::string_view noun);

/// Text from a server or a manifest, safe for a terminal: C0 and C1 control characters, DEL and invalid UTF-8
/// become \xNN, bidirectional overrides, separators and zero-width characters (U+00AD, U+200B…U+200F,
/// U+2028…U+202E, U+2060…U+2069, U+FEFF) become \u{NNNN}. A line feed is a control character too.
std::string printable(std::string_view text);
bool valid_utf8(std::string_view text);
/// The text with what stands before the @ of each URL in it as ***: user names there go with passwords.
std::string without_credentials(std::string_view text);
/// Lower-case hexadecimal, two digits a byte.
std::string hex(std::string_view bytes);
std::string base64_encode(std::string_view bytes);
/// All but letters, digits and ._-/@ as %XX, so that what stands between such texts can't be part of one.
std::string percent_encode(std::string_view text);
/// Nothing where percent_encode() would not have written it, or it holds no UTF-8.
std::optional<std::string> percent_decode(std::string_view text);
/// False where the text is not canonical RFC 4648 base64 (white space is passed over).
bool base64_decode(std::string_view text, std::string& bytes);

/// The candidate nearest to `word` for "did you mean", or empty where none is within a third of its length.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace gmsactl
