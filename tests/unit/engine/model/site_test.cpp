// Which texts name a site, and what is said of the others.
#include "engine/model/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gmsactl {
namespace {

TEST(SiteName, names_that_sites_have_are_taken) {
  for (const std::string& name : {std::string("Default-First-Site-Name"), std::string("HQ_2"),
                                  std::string("7"), std::string("K\u00F6ln"), std::string(63, 'a')})
    EXPECT_EQ(model::site_name_problem(name), std::nullopt) << name;
}

TEST(SiteName, what_would_become_another_dns_name_or_none_is_refused_with_the_reason) {
  using namespace std::string_literals;
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "is empty"},
      {"Here There", "has a space"},
      {" Here", "has a space"},
      {".", "has a dot"},
      {"here.evil", "has a dot"},
      {"../x", "has a dot"},
      {"a/b", "has the character /"},
      {"a\\b", "has the character \\"},
      {"CN=Here,CN=Sites", "has the character ="},
      {"*", "has the character *"},
      {"Here@contoso", "has the character @"},
      {"a\0b"s, "has U+0000"},
      {"Here\n", "has U+000A"},
      {"\x1B[31m", "has U+001B"},
      {"a\u200Bb", "has U+200B (zero width space)"},
      {"a\u00A0b", "has U+00A0 (no-break space)"},
      {"caf\xE9", "is not UTF-8"},
      {"-Here", "begins or ends with a hyphen"},
      {"Here-", "begins or ends with a hyphen"},
      {std::string(64, 'a'), "has 64 bytes, and a DNS label no more than 63"},
      {"\u00F6" + std::string(62, 'a'), "has 64 bytes, and a DNS label no more than 63"},
  };
  for (const auto& [name, problem] : table)
    EXPECT_THAT(model::site_name_problem(name).value_or("nothing"), testing::StartsWith(problem)) << name;
}

}  // namespace
}  // namespace gmsactl
