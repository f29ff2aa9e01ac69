#include "engine/base/text.h"

#include <gtest/gtest.h>

#include <array>

namespace gmsactl {
namespace {

TEST(Text, comparison_ignores_case_of_every_alphabet) {
  EXPECT_TRUE(equal_folded("MsDS-Group", "msds-GROUP"));
  EXPECT_TRUE(equal_folded("ÄÉŁЖΣ", "äéłжς"));
  EXPECT_TRUE(equal_folded("xÄ", "Xä"));
  EXPECT_FALSE(equal_folded("a", "ab"));
  EXPECT_FALSE(equal_folded("ä", "äa"));
  EXPECT_TRUE(LessFolded{}("A", "b"));
  EXPECT_FALSE(LessFolded{}("b", "A"));
  EXPECT_FALSE(LessFolded{}("Ä", "ä"));
  EXPECT_FALSE(LessFolded{}("ä", "Ä"));
}

TEST(Text, letters_that_only_look_alike_or_lack_an_accent_differ) {
  EXPECT_FALSE(equal_folded("e", "é"));
  EXPECT_FALSE(equal_folded("ss", "ß"));
  EXPECT_FALSE(equal_folded("a", "а"));       // Cyrillic
  EXPECT_FALSE(equal_folded("k", "\u212A"));  // the Kelvin sign
  EXPECT_FALSE(equal_folded("i", "ı"));       // without its dot
  EXPECT_FALSE(
      equal_folded("\xFF"
                   "a",
                   "\xFE"
                   "a"));  // no UTF-8: bytes
  EXPECT_TRUE(
      equal_folded("\xFF"
                   "A",
                   "\xFF"
                   "a"));
}

TEST(Text, bytes_above_127_sort_after_ascii) { EXPECT_TRUE(LessFolded{}("z", "\xC3\xA4")); }

TEST(Text, splitting_keeps_empty_parts) {
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
}

TEST(Text, trimming_knows_line_ends) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(Text, one_is_not_plural) {
  EXPECT_EQ(plural(1, "group"), "1 group");
  EXPECT_EQ(plural(0, "group"), "0 groups");
}

TEST(Text, printable_text_cannot_drive_a_terminal) {
  EXPECT_EQ(printable("a\x1b[31m\n\x7f"), "a\\x1b[31m\\x0a\\x7f");
  EXPECT_EQ(printable("\xC2\x9B"), "\\x9b");  // CSI as a C1 control
}

TEST(Text, urls_are_shown_without_credentials) {
  EXPECT_EQ(without_credentials("https://anna:geheim@host/x.git is no repository"),
            "https://***@host/x.git is no repository");
  EXPECT_EQ(without_credentials("https://anna:a@b@host, then ldaps://bob:c@dc1:636."),
            "https://***@host, then ldaps://***@dc1:636.");
  EXPECT_EQ(without_credentials("ssh://git@host"), "ssh://***@host");
  EXPECT_EQ(without_credentials("https://host/path@v1 and anna@contoso.com"),
            "https://host/path@v1 and anna@contoso.com");
  EXPECT_EQ(without_credentials("://"), "://");
  EXPECT_EQ(without_credentials("\"https://a:b@\""), "\"https://***@\"");
  EXPECT_EQ(without_credentials(""), "");
}

TEST(Text, printable_text_shows_what_hides_or_turns_around) {
  EXPECT_EQ(printable("a\u202Eb"), "a\\u{202e}b");
  EXPECT_EQ(printable("\u200B\u2066\uFEFF"), "\\u{200b}\\u{2066}\\u{feff}");
  EXPECT_EQ(printable("Web\u3164\U000E0041\u00A0\u115F\u180B"),
            "Web\\u{3164}\\u{e0041}\\u{00a0}\\u{115f}\\u{180b}");
}

TEST(Text, printable_text_keeps_letters_of_any_script) {
  EXPECT_EQ(printable("Büro 事務所 🚀"), "Büro 事務所 🚀");
}

TEST(Text, printable_text_shows_ill_formed_utf8_byte_by_byte) {
  EXPECT_EQ(printable("\xC3"), "\\xc3");
  EXPECT_EQ(printable("\xC0\xAF"), "\\xc0\\xaf");           // overlong
  EXPECT_EQ(printable("\xED\xA0\x80"), "\\xed\\xa0\\x80");  // surrogate
}

TEST(Text, utf8_is_judged_by_the_unicode_standard) {
  EXPECT_TRUE(valid_utf8("ä€🚀"));
  EXPECT_FALSE(valid_utf8("\xF4\x90\x80\x80"));  // beyond U+10FFFF
  EXPECT_FALSE(valid_utf8("\x80"));
}

TEST(Text, base64_is_that_of_rfc_4648_section_10) {
  const std::array<std::pair<std::string_view, std::string_view>, 7> examples{{{"", ""},
                                                                               {"f", "Zg=="},
                                                                               {"fo", "Zm8="},
                                                                               {"foo", "Zm9v"},
                                                                               {"foob", "Zm9vYg=="},
                                                                               {"fooba", "Zm9vYmE="},
                                                                               {"foobar", "Zm9vYmFy"}}};
  for (const auto& [plain, encoded] : examples) {
    EXPECT_EQ(base64_encode(plain), encoded);
    std::string bytes;
    EXPECT_TRUE(base64_decode(encoded, bytes)) << encoded;
    EXPECT_EQ(bytes, plain);
  }
}

TEST(Text, base64_passes_over_folds_and_refuses_what_is_not_canonical) {
  std::string bytes;
  EXPECT_TRUE(base64_decode("Zm9v\n Ym\r\nFy", bytes));
  EXPECT_EQ(bytes, "foobar");
  for (const auto wrong : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm9v=", "Z!==", "Zg==Zg=="})
    EXPECT_FALSE(base64_decode(wrong, bytes)) << wrong;
}

TEST(Text, hex_has_two_lower_case_digits_a_byte) { EXPECT_EQ(hex(std::string_view("\0\xAF", 2)), "00af"); }

TEST(Text, nearest_offers_a_likely_word_and_no_unlikely_one) {
  const std::array<std::string_view, 3> words{"dnsHostName", "description", "members"};
  EXPECT_EQ(nearest("dnsHostname", words), "dnsHostName");
  EXPECT_EQ(nearest("member", words), "members");
  EXPECT_EQ(nearest("password", words), "");
  const std::array<std::string_view, 2> short_words{"host", "port"};
  EXPECT_EQ(nearest("hots", short_words), "host");
  EXPECT_EQ(nearest("prot", short_words), "port");
}

}  // namespace
}  // namespace gmsactl
