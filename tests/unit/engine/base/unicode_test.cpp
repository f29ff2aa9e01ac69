// What the names of Active Directory are compared by, and what nobody sees in them.
#include "engine/base/unicode.h"

#include <gtest/gtest.h>

#include "engine/base/text.h"

namespace gmsactl {
namespace {

TEST(Collation, names_that_a_domain_controller_takes_for_one) {
  const std::pair<const char*, const char*> same[] = {
      {"Jose", "José"},         {"JOSÉ", "jose"},  {"e\u0301", "é"}, {"Straße", "STRASSE"},
      {"Ælfred", "aelfred"},    {"ｗｅｂ", "web"}, {"カ", "か"},     {"ﬁle", "file"},
      {"Web\u200B01", "Web01"}, {"Ẑ", "z"},        {"\u212A", "k"},  {"ОКНО", "окно"}};
  for (const auto& [a, b] : same) EXPECT_EQ(collation_key(a), collation_key(b)) << a << " " << b;
}

TEST(Collation, names_that_it_tells_apart) {
  const std::pair<const char*, const char*> different[] = {
      {"Jose", "Josef"}, {"а", "a"}, {"web-01", "web01"}, {"ø", "o"}, {"漢", "字"}, {"", "a"}};
  for (const auto& [a, b] : different) EXPECT_NE(collation_key(a), collation_key(b)) << a << " " << b;
}

TEST(Collation, bytes_that_are_no_text_are_compared_as_they_are) {
  EXPECT_EQ(collation_key("\xFF"
                          "A"),
            "\xFF"
            "a");
}

TEST(Utf16, counts_code_units) {
  EXPECT_EQ(utf16_length("abc"), 3u);
  EXPECT_EQ(utf16_length("é漢"), 2u);
  EXPECT_EQ(utf16_length("😀"), 2u);
  EXPECT_EQ(utf16_length(""), 0u);
}

TEST(Utf16, is_decoded_in_both_byte_orders_and_says_where_it_breaks) {
  using namespace std::string_literals;
  EXPECT_EQ(utf8_of_utf16("a\0\xE9\0\x3D\xD8\x00\xDE"s, false), "aé😀");
  EXPECT_EQ(utf8_of_utf16("\0a\0\xE9\xD8\x3D\xDE\x00"s, true), "aé😀");
  EXPECT_EQ(utf8_of_utf16("", false), "");
  EXPECT_EQ(utf8_of_utf16("\xFE\xFF\0a"s, true), "\uFEFFa") << "a mark is a character";
  EXPECT_EQ(utf8_of_utf16("a\0b"s, false).error(), 2u);
  EXPECT_EQ(utf8_of_utf16("a\0\x3D\xD8"s, false).error(), 2u) << "the second half is missing";
  EXPECT_EQ(utf8_of_utf16("a\0\x3D\xD8z\0"s, false).error(), 2u);
  EXPECT_EQ(utf8_of_utf16("a\0\x00\xDE"s, false).error(), 2u) << "the first half is missing";
}

TEST(HiddenCharacters, are_found_where_they_stand) {
  for (const char* hidden :
       {"\u200B", "\u200D", "\u202E", "\u2066", "\uFEFF", "\u00AD", "\u00A0", "\u2028", "\u2029", "\u0085",
        "\x07", "\x7F", "\u3000", "\u2800", "\u115F", "\uFE0F", "\U000E0041"}) {
    const auto found = first_hidden_character(std::string("Wéb") + hidden + "01");
    ASSERT_TRUE(found) << describe({static_cast<char32_t>(0), 0});
    EXPECT_EQ(found->position, 4u);
  }
  EXPECT_EQ(first_hidden_character({"a\0", 2})->position, 2u);
  EXPECT_EQ(describe(*first_hidden_character("\u200B")), "U+200B (zero width space)");
}

TEST(HiddenCharacters, ordinary_text_has_none) {
  for (const char* text : {"Web 01", "Größe Ä 漢字 ß", "😀", "e\u0301", "ＡＢＣ", "עברית", "– “quoted” ✓"})
    EXPECT_FALSE(first_hidden_character(text)) << text;
}

}  // namespace
}  // namespace gmsactl
