#include "engine/model/spn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/model/spn_renaming.h"

namespace gmsactl::model {
namespace {

TEST(Spn, has_two_or_three_components_and_perhaps_a_port_or_instance) {
  const auto spn = Spn::parse("MSSQLSvc/db01.contoso.com:1433/PROD");
  ASSERT_TRUE(spn);
  EXPECT_EQ(*spn, (Spn{"MSSQLSvc", "db01.contoso.com", "1433", "PROD"}));
  EXPECT_EQ(spn->text(), "MSSQLSvc/db01.contoso.com:1433/PROD");
  EXPECT_EQ(Spn::parse("http/web")->text(), "http/web");
}

TEST(Spn, what_the_directory_would_take_but_nobody_could_use_is_refused) {
  for (const auto text :
       {"", "http", "http/", "/web", "http/we b", "a/b/c/d", "http/web:", "http/:80", "a/b/", "http//x"})
    EXPECT_FALSE(Spn::parse(text)) << text;
}

TEST(Spn, look_alike_and_invisible_characters_are_refused) {
  EXPECT_FALSE(Spn::parse("http/w\u0435b"));   // Cyrillic e
  EXPECT_FALSE(Spn::parse("http/web\u200B"));  // zero-width space
}

TEST(SpnMappings, a_class_and_host_answer_for_each_other) {
  const auto mappings = SpnMappings::parse({"host=alerter, http ,www", "nonsense"});
  EXPECT_THAT(mappings.aliases(*Spn::parse("HTTP/web:80")), testing::ElementsAre(*Spn::parse("host/web:80")));
  EXPECT_THAT(
      mappings.aliases(*Spn::parse("HOST/web")),
      testing::ElementsAre(*Spn::parse("alerter/web"), *Spn::parse("http/web"), *Spn::parse("www/web")));
  EXPECT_THAT(mappings.aliases(*Spn::parse("MSSQLSvc/web")), testing::IsEmpty());
  EXPECT_TRUE(SpnMappings::parse({}).empty());
}

TEST(Spn, the_server_replaces_the_old_name_as_a_whole_component_only) {
  EXPECT_EQ(rewritten_spn("host/OLD.contoso.com", "old.contoso.com", "new.contoso.com"),
            "host/new.contoso.com");
  EXPECT_EQ(rewritten_spn("host/older", "old", "new"), "host/older");
  EXPECT_EQ(rewritten_spn("old/x", "old", "new"), "old/x");
  EXPECT_EQ(rewritten_spn("host/old:80", "old", "new"), "host/old:80");
  EXPECT_EQ(rewritten_spn("ldap/x/old", "old", "new"), "ldap/x/new");
}

TEST(Spn, an_old_name_with_a_port_is_known_again) {
  const std::map<std::string, std::string, LessFolded> names{{"old.contoso.com", "new.contoso.com"}};
  EXPECT_EQ(renamed_anywhere("ldap/OLD.contoso.com:389/old.contoso.com", names),
            "ldap/new.contoso.com:389/new.contoso.com");
  EXPECT_EQ(renamed_anywhere("http/older.contoso.com:80", names), "http/older.contoso.com:80");
  EXPECT_EQ(renamed_anywhere("http/old.contoso.com.fabrikam.com", names),
            "http/old.contoso.com.fabrikam.com");
  EXPECT_EQ(renamed_anywhere("", names), "");
}

}  // namespace
}  // namespace gmsactl::model
