#include "engine/model/dn.h"

#include <gtest/gtest.h>

namespace gmsactl::model {
namespace {

TEST(Dn, case_and_spaces_around_separators_do_not_tell_names_apart) {
  const auto a = Dn::parse("CN=Web 01, OU = Servers ,DC=contoso,DC=com");
  ASSERT_TRUE(a);
  EXPECT_EQ(*a, *Dn::parse("cn=WEB 01,ou=servers,dc=Contoso,dc=COM"));
  EXPECT_EQ(a->text(), "CN=Web 01,OU=Servers,DC=contoso,DC=com");
}

TEST(Dn, escapes_are_undone_and_hex_pairs_are_bytes) {
  const auto dn = Dn::parse(R"(CN=Smith\2C J\, Jr\5C\20,OU=\#1\ )");
  ASSERT_TRUE(dn);
  EXPECT_EQ(dn->rdns()[0].value, "Smith, J, Jr\\ ");
  EXPECT_EQ(dn->rdns()[1].value, "#1 ");
  EXPECT_EQ(dn->text(), R"(CN=Smith\, J\, Jr\\\ ,OU=\#1\ )");
}

TEST(Dn, text_parses_to_the_same_name_again) {
  for (const auto value : {" a", "a ", " ", "#a", "a#", "a,b", "a+b", "a=b", "a\"<>;b", "\\", "a\nDEL:1",
                           "Büro", "  ", "a  b", "\\ "}) {
    const Dn dn = Dn::from_rdns({{"CN", value}, {"DC", "com"}});
    const auto again = Dn::parse(dn.text());
    ASSERT_TRUE(again) << dn.text();
    EXPECT_EQ(again->rdns(), dn.rdns()) << dn.text();
    EXPECT_EQ(dn_key(dn.text()), dn.key()) << dn.text();
    EXPECT_EQ(dn_key(dn.key()), dn.key()) << dn.text();
  }
}

TEST(Dn, a_deleted_objects_name_has_an_escaped_line_feed) {
  EXPECT_EQ(Dn::parse(R"(CN=a\0ADEL:1,DC=com)")->text(), R"(CN=a\0ADEL:1,DC=com)");
}

TEST(Dn, key_of_text_equals_key_of_the_parsed_name) {
  for (const auto text : {R"(CN = A\2c b ,DC=COM)", R"(CN=\20a\20,DC=com)", "CN=Büro,DC=com", R"(cn=a\+b)",
                          "", "  ", "CN=a  b,DC=c", "CN=a=b,DC=c", "CN =a", "CN= a", "CN=a ,DC=b", " CN=a"}) {
    ASSERT_TRUE(Dn::parse(text)) << text;
    EXPECT_EQ(dn_key(text), Dn::parse(text)->key()) << text;
  }
}

TEST(Dn, what_does_not_parse_keys_as_itself_folded) { EXPECT_EQ(dn_key("Not A DN"), "not a dn"); }

TEST(Dn, multi_valued_rdns_do_not_exist_in_the_directory) {
  const auto dn = Dn::parse("CN=a+OU=b,DC=com");
  ASSERT_FALSE(dn);
  EXPECT_EQ(dn.error().message,
            "'CN=a+OU=b,DC=com' is not a distinguished name: at character 5, multi-valued RDNs do not exist "
            "in Active "
            "Directory; write '\\+' for a plus sign");
}

TEST(Dn, a_malformed_name_is_refused) {
  for (const auto text : {"CN", "CN=", "=a", "CN=a,", ",CN=a", "CN=a,,DC=b", "CN=a\\", R"(CN=a\zb)",
                          "CN=\"a\"", "CN=#04", "CN=a;DC=b", "C N=a", "CN=<x>"})
    EXPECT_FALSE(Dn::parse(text)) << text;
}

TEST(Dn, the_empty_name_is_the_root) {
  EXPECT_TRUE(Dn::parse("")->empty());
  EXPECT_TRUE(Dn::parse("DC=com")->is_under(Dn()));
  EXPECT_TRUE(Dn().parent().empty());
}

TEST(Dn, under_means_whole_components) {
  const Dn base = *Dn::parse("OU=b,DC=com");
  EXPECT_TRUE(Dn::parse("CN=a,ou=B,dc=com")->is_under(base));
  EXPECT_FALSE(Dn::parse(R"(CN=a\,OU=b,DC=com)")->is_under(base));
  EXPECT_FALSE(Dn::parse("OU=bb,DC=com")->is_under(base));
  EXPECT_FALSE(base.is_under(base));
}

TEST(Dn, a_domains_name_has_one_component_per_label) {
  EXPECT_EQ(Dn::of_domain("contoso.com").text(), "DC=contoso,DC=com");
  EXPECT_EQ(Dn::of_domain("contoso.com").child("CN", "a,b").text(), R"(CN=a\,b,DC=contoso,DC=com)");
}

TEST(Filter, values_are_escaped_byte_by_byte) {
  EXPECT_EQ(escape_filter_value("a*(b)\\"), R"(a\2a\28b\29\5c)");
  EXPECT_EQ(escape_filter_value(std::string_view("\0\xFF", 2)), R"(\00\ff)");
}

}  // namespace
}  // namespace gmsactl::model
