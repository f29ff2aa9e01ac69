// Values, and that there are none, come out of what was read in full only.
#include "providers/transport/ldap/reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/transport/ldap/transport.h"

namespace gmsactl::ldap {
namespace {

using Extent = Reading::Extent;

Entry entry(std::vector<Attribute> attributes, bool whole = false) {
  return {"CN=a", std::move(attributes), whole};
}

TEST(Reading, what_came_is_complete) {
  const auto all = entry({{"MEMBER", {"CN=b", "CN=c"}}});
  EXPECT_EQ(all.read("member").extent(), Extent::complete);
  EXPECT_THAT(*all.read("member").values(), testing::ElementsAre("CN=b", "CN=c"));
  EXPECT_EQ(*all.read("member").value(), "CN=b");
}

TEST(Reading, what_did_not_come_is_hidden_unless_the_entry_is_whole) {
  const auto reading = entry({}).read("member");
  EXPECT_EQ(reading.extent(), Extent::hidden);
  ASSERT_FALSE(reading.values());
  ASSERT_FALSE(reading.value());
  EXPECT_EQ(reading.values().error().kind, ErrorKind::denied);
  EXPECT_THAT(reading.values().error().message, testing::HasSubstr("member"));
  const auto absent = entry({}, true).read("member");
  ASSERT_TRUE(absent.values());
  EXPECT_TRUE(absent.values()->empty());
  EXPECT_EQ(*absent.value(), std::nullopt);
}

TEST(Reading, a_range_is_a_part_whatever_stands_beside_it) {
  for (const bool whole : {false, true}) {
    const auto part = entry({{"member", {}}, {"member;range=0-1499", {"CN=b"}}}, whole);
    EXPECT_EQ(part.read("member").extent(), Extent::partial);
    EXPECT_FALSE(part.read("member").values());
    const auto later = entry({{"Member;Range=1500-*", {"CN=b"}}}, whole);
    EXPECT_EQ(later.read("member").extent(), Extent::partial) << "it has no beginning";
  }
}

TEST(Reading, a_range_of_all_is_all) {
  const auto all = entry({{"member;range=0-*", {"CN=b"}}});
  ASSERT_TRUE(all.read("member").values());
  EXPECT_THAT(*all.read("member").values(), testing::ElementsAre("CN=b"));
}

TEST(Reading, another_name_that_begins_alike_is_another) {
  EXPECT_EQ(entry({{"memberOf", {"CN=b"}}}).read("member").extent(), Extent::hidden);
}

}  // namespace
}  // namespace gmsactl::ldap
