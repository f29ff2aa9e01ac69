#include "providers/transport/ldap/ldif_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "providers/transport/ldap/ldif_writer.h"

namespace gmsactl::ldap::ldif {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

struct Parsed {
  std::vector<std::string> dns;
  std::vector<Lines> records;
  std::string preface;
  std::string source;
  std::string error;
  std::string hint;
};

Parsed parse(const std::string& text) {
  Parsed parsed;
  Arena arena;
  const auto result = parse_ldif(text, arena, [&](Record& record) -> Result<void> {
    parsed.dns.emplace_back(record.dn);
    parsed.preface = record.preface;
    parsed.source = record.source;
    auto& lines = parsed.records.emplace_back();
    for (const Line& line : record.lines) lines.emplace_back(line.name, line.value);
    return {};
  });
  if (!result) {
    parsed.error = result.error().message;
    parsed.hint = result.error().hint;
  }
  return parsed;
}

TEST(LdifParser, records_are_separated_by_empty_lines) {
  const auto parsed = parse("version: 1\n\ndn: DC=a\nx: 1\nx: 2\n\n\n# two\ndn: DC=b\ny: 3");
  EXPECT_EQ(parsed.error, "");
  EXPECT_THAT(parsed.dns, testing::ElementsAre("DC=a", "DC=b"));
  EXPECT_EQ(parsed.records[0], (Lines{{"x", "1"}, {"x", "2"}}));
  EXPECT_EQ(parsed.preface, "\n\n# two\n");
  EXPECT_EQ(parsed.source, "dn: DC=b\ny: 3");
}

TEST(LdifParser, base64_and_folds_are_undone_with_either_line_end) {
  for (const std::string end : {"\n", "\r\n"}) {
    const auto parsed =
        parse("dn:: REM9\r\n YQ==" + end + "desc: one" + end + "  two" + end + " three" + end + "sid:: AQIA" +
              end + " Aw==" + end + "# a comment" + end + "  that goes on: 1" + end + "z:9");
    EXPECT_EQ(parsed.error, "");
    EXPECT_THAT(parsed.dns, testing::ElementsAre("DC=a"));
    EXPECT_EQ(parsed.records[0],
              (Lines{{"desc", "one twothree"}, {"sid", std::string("\x01\x02\x00\x03", 4)}, {"z", "9"}}));
  }
}

TEST(LdifParser, options_are_dropped_and_utf8_and_a_byte_order_mark_are_taken) {
  const auto parsed = parse(
      "\xEF\xBB\xBF"
      "dn: DC=a\ncert;binary: x\ndisplayName: Büro\n");
  EXPECT_EQ(parsed.records[0], (Lines{{"cert", "x"}, {"displayName", "Büro"}}));
}

TEST(LdifParser, a_complete_range_is_the_attribute) {
  const auto parsed =
      parse("dn: DC=a\nmember:\nmember;range=0-1: A\nmember;range=0-1: B\nmember;range=2-*: C\n");
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.records[0], (Lines{{"member", "A"}, {"member", "B"}, {"member", "C"}}));
}

TEST(LdifParser, a_part_of_a_range_is_an_error_since_the_rest_would_look_absent) {
  EXPECT_EQ(parse("dn: DC=a\nmember;range=0-1499: A\n").error,
            "line 2: only a part of member is here (range=0-1499), so its other values would look absent");
}

TEST(LdifParser, ranges_that_do_not_add_up_are_a_part_too) {
  for (const char* lines : {"member;range=1-*: B\n", "member;range=0-0: A\nmember;range=2-*: C\n",
                            "member;range=0-1: A\nmember;range=2-*: C\n", "member;range=0: A\n",
                            "member;range=0-*: A\nmember;range=1-*: B\n"})
    EXPECT_NE(parse("dn: DC=a\n" + std::string(lines)).error.find("only a part of member"), std::string::npos)
        << lines;
  EXPECT_EQ(parse("dn: DC=a\nmember;range=1-*: B\nMember;Range=0-0: A\n").error, "");
}

TEST(LdifParser, what_ldapsearch_writes_around_entries_is_passed_over) {
  const auto parsed = parse(
      "# extended LDIF\n#\n# LDAPv3\n\n# contoso.com\ndn: DC=a\nx: 1\n\n# search reference\nref: "
      "ldap://b/\n\n"
      "# refldap://c/CN=Configuration\n\n# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: "
      "2\n");
  EXPECT_EQ(parsed.error, "");
  EXPECT_THAT(parsed.dns, testing::ElementsAre("DC=a"));
}

TEST(LdifParser, an_export_that_was_cut_short_is_an_error) {
  const auto parsed = parse("dn: DC=a\nx: 1\n\nsearch: 2\nresult: 4 Size limit exceeded\n");
  EXPECT_EQ(parsed.error, "line 5: the export is incomplete, its search ended with 4 Size limit exceeded");
  EXPECT_THAT(parsed.hint, testing::HasSubstr("gmsactl snapshot"));
}

TEST(LdifParser, what_ldifde_writes_is_an_entry_but_a_change_is_not) {
  EXPECT_EQ(parse("dn: DC=a\r\nchangetype: add\r\nx: 1\r\n").records[0], (Lines{{"x", "1"}}));
  EXPECT_EQ(parse("dn: DC=a\nchangetype: modify\nadd: x\nx: 1\n-\n").error,
            "line 2: this record is a change (changetype: modify), not an entry");
}

TEST(LdifParser, each_mistake_names_its_line) {
  const std::map<std::string, std::string> mistakes{
      {"dn: DC=a\nnonsense\n", "line 2: 'nonsense' has no ':' after the attribute's name"},
      {"cn: a\n", "line 1: 'cn' stands where a record starts with 'dn:'"},
      {"dn: DC=a\nx:: ***\n", "line 2: the value of x is not base64, as '::' says it is"},
      {"dn: DC=a\njpegPhoto:< file:///etc/passwd\n", "line 2: values in other files (':<') are not read"},
      {"dn: DC=a\ndn: DC=b\n", "line 2: a second dn in one record"},
      {"version: 2\n", "line 1: only version 1 of LDIF exists"},
      {"\n lost\n", "line 2: a line that starts with a space goes on with the one before, but there is none"},
      {"dn: DC=a\nx: 1\n  2\n\n\ny: 1\n", "line 6: 'y' stands where a record starts with 'dn:'"},
  };
  for (const auto& [text, message] : mistakes) EXPECT_EQ(parse(text).error, message) << text;
}

TEST(LdifWriter, lines_fold_at_76_columns_and_parse_back) {
  for (const std::string& value :
       {std::string(""), std::string(75, 'x'), std::string(400, 'y'), std::string(" lead"),
        std::string("trail "), std::string(":x"), std::string("<x"), std::string("Büro"), std::string("a\nb"),
        std::string("\0\xFF", 2), std::string(300, '\x01')}) {
    std::string text = "dn: DC=a\n";
    append_line(text, "description", value, "\n");
    for (size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
      EXPECT_LE(end - at, 76U);
    const auto parsed = parse(text);
    EXPECT_EQ(parsed.error, "");
    EXPECT_EQ(parsed.records[0], (value.empty() ? Lines{} : Lines{{"description", value}}));
  }
}

}  // namespace
}  // namespace gmsactl::ldap::ldif
