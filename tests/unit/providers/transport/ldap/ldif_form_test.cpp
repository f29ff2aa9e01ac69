// Directory files in other forms than UTF-8 LDIF: read, or refused by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/transport/ldap/ldif_form.h"
#include "tests/unit/providers/transport/ldap/ldif_fixture.h"

namespace gmsactl::ldap {
namespace {

using ldif::as_ldif;
using testing::HasSubstr;

/// ASCII and the few others that a test needs, as UTF-16.
std::string utf16(std::u16string_view text, bool big_endian) {
  std::string bytes;
  for (const char16_t unit : text) {
    const char high = static_cast<char>(unit >> 8U);
    const char low = static_cast<char>(unit & 0xFFU);
    bytes += big_endian ? high : low;
    bytes += big_endian ? low : high;
  }
  return bytes;
}

TEST(LdifForm, utf16_is_read_in_both_byte_orders_with_and_without_a_mark) {
  const std::u16string text = u"dn: DC=a\r\nou: B\u00fcro \u20ac \U0001F511\r\n";
  const std::string expected = "dn: DC=a\r\nou: B\xC3\xBCro \xE2\x82\xAC \xF0\x9F\x94\x91\r\n";
  for (const bool big_endian : {false, true}) {
    EXPECT_EQ(as_ldif(utf16(text, big_endian)).value_or("?"), expected);
    EXPECT_EQ(as_ldif(utf16(u"\uFEFF" + text, big_endian)).value_or("?"), expected);
  }
}

TEST(LdifForm, broken_utf16_is_an_error) {
  for (const bool big_endian : {false, true}) {
    const std::string whole = utf16(u"\uFEFFdn: DC=a\n", big_endian);
    EXPECT_FALSE(as_ldif(whole.substr(0, whole.size() - 1)));
    EXPECT_FALSE(as_ldif(whole + utf16(std::u16string(1, char16_t{0xD83D}), big_endian)));
    EXPECT_FALSE(as_ldif(whole + utf16(std::u16string(1, char16_t{0xDD11}) + u"x", big_endian)));
  }
}

TEST(LdifForm, what_is_no_ldif_is_named_with_the_cure) {
  const std::pair<std::string, std::string> files[] = {
      {"DN,objectClass,cn\n\"DC=a\",domain,a\n", "csvde"},
      {"\r\n\r\nDistinguishedName : CN=a,DC=b\r\nName              : a\r\n", "Format-List"},
      {"#TYPE Microsoft.ActiveDirectory.Management.ADUser\n\"Name\",\"SID\"\n", "Export-Csv"},
      {"\"DistinguishedName\",\"Name\"\n", "Export-Csv"},
      {"{\"dn\": 1}", "JSON"},
      {"[]", "JSON"},
      {"<?xml version=\"1.0\"?>\n", "XML"},
      {"\x1F\x8B\x08", "gzip"},
  };
  for (const auto& [text, what] : files)
    for (const bool wide : {false, true}) {
      if (wide && what == "gzip") continue;
      const auto refused =
          as_ldif(wide ? utf16(u"\uFEFF" + std::u16string(text.begin(), text.end()), false) : text);
      ASSERT_FALSE(refused) << text;
      EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
      EXPECT_THAT(refused.error().message, HasSubstr(what));
      EXPECT_THAT(refused.error().hint, HasSubstr("ldifde"));
    }
}

TEST(LdifForm, what_may_be_ldif_is_left_to_the_parser) {
  for (const std::string text :
       {"", "\n", "# a comment\nversion: 1\n\ndn: DC=a\n", "dn:: REM9YQ==\n", "dn: OU=a,DC=b\n",
        "\xEF\xBB\xBF"
        "dn: DC=a\n",
        "cn: a\n"})
    EXPECT_EQ(as_ldif(text).value_or("?"), text);
}

class LdifForms : public LdifDirectory {};

TEST_F(LdifForms, a_utf16_directory_is_one_like_any_other_and_is_saved_as_utf8) {
  Transport& directory = load(
      utf16(u"\uFEFFdn: DC=contoso,DC=com\r\nobjectClass: domainDNS\r\n\r\ndn: OU=x,DC=contoso,DC=com\r\n"
            u"objectClass: organizationalUnit\r\nou: x\r\n",
            false));
  EXPECT_TRUE(read(directory, "OU=x,DC=contoso,DC=com", {"ou"}));
  ASSERT_TRUE(directory.modify("OU=x,DC=contoso,DC=com", {{ModifyOperation::add, "description", {"y"}}}));
  ASSERT_TRUE(directory.flush());
  EXPECT_THAT(file(), HasSubstr("description: y"));
  EXPECT_TRUE(read(reload(), "OU=x,DC=contoso,DC=com", {"ou"}));
}

TEST_F(LdifForms, another_format_is_named_with_the_file) {
  const Error error = load_error("DN,objectClass\n");
  EXPECT_THAT(error.message, HasSubstr("directory.ldif: this is a table"));
}

}  // namespace
}  // namespace gmsactl::ldap
