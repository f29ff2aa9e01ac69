#include "engine/model/marker.h"

#include <gtest/gtest.h>

#include "engine/base/text.h"

namespace gmsactl::model {
namespace {

Marker sample() {
  Marker marker;
  marker.owner = "platform";
  marker.environment = "prod";
  marker.id = {Kind::gmsa, "WebApp01"};
  marker.generation = 7;
  marker.applied = {{"enabled", "b5bea41b"}, {"path", "1c8f0d11"}};
  return marker;
}

TEST(Marker, is_one_line_that_names_owner_environment_and_declaration) {
  EXPECT_EQ(sample().text(),
            "gmsactl/1 o=platform e=prod n=GMSA/WebApp01 g=7 p=0 f=enabled:b5bea41b,path:1c8f0d11");
}

TEST(Marker, comes_back_as_it_was_written) {
  Marker marker = sample();
  marker.owner = "tëam, a=b%20:c";
  marker.environment = "prod west";
  marker.id = {Kind::host_group, "Web (1), hosts"};
  marker.protect = true;
  marker.deleting = true;
  const auto again = Marker::parse(marker.text());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, marker);
}

TEST(Marker, without_fields_comes_back_as_well) {
  Marker marker = sample();
  marker.applied.clear();
  ASSERT_TRUE(Marker::parse(marker.text()));
  EXPECT_EQ(*Marker::parse(marker.text()), marker);
}

TEST(Marker, keys_of_a_later_writer_are_passed_over) {
  EXPECT_TRUE(Marker::parse("gmsactl/1 o=a e=b n=GMSA/x g=1 p=0 z=later f="));
}

TEST(Marker, of_one_environment_begin_alike) {
  EXPECT_TRUE(sample().text().starts_with(Marker::prefix("platform", "prod")));
  EXPECT_FALSE(sample().text().starts_with(Marker::prefix("platform", "pro")));
  EXPECT_FALSE(sample().text().starts_with(Marker::prefix("plat", "prod")));
}

TEST(Marker, is_found_in_upper_and_lower_case) {
  Marker lower = sample();
  lower.owner = "büro 1";
  Marker upper = lower;
  upper.owner = "BÜRO 1";
  for (const auto& marker : {lower, upper})
    for (const auto& wanted : {lower.owner, upper.owner}) {
      const auto prefix = Marker::prefix(wanted, "prod");
      EXPECT_TRUE(equal_folded(marker.text().substr(0, prefix.size()), prefix)) << prefix;
      EXPECT_EQ(read_ownership(marker.text(), wanted, "Prod").ownership, Ownership::ours);
    }
  EXPECT_EQ(Marker::prefix("a b", "prod"), "gmsactl/1 o=a%20b e=prod ");
}

TEST(Marker, whatever_the_writer_would_not_have_written_is_refused) {
  for (const char* text : {"",
                           "gmsactl",
                           "gmsactl/1",
                           "gmsactl/2 o=a e=b n=GMSA/x g=1 p=0 f=",
                           "Web server of the shop",
                           "gmsactl/1 o=a e=b n=GMSA/x g=1 p=0",                  // no fields
                           "gmsactl/1 o= e=b n=GMSA/x g=1 p=0 f=",                // nobody
                           "gmsactl/1 o=a e=b n=GMSA/ g=1 p=0 f=",                // nothing
                           "gmsactl/1 o=a e=b n=Environment/x g=1 p=0 f=",        // nothing that is marked
                           "gmsactl/1 o=a e=b n=GMSA/x g=0 p=0 f=",               // never written
                           "gmsactl/1 o=a e=b n=GMSA/x g=1x p=0 f=",              //
                           "gmsactl/1 o=a e=b n=GMSA/x g=1 p=2 f=",               //
                           "gmsactl/1 o=a o=b e=b n=GMSA/x g=1 p=0 f=",           // two owners
                           "gmsactl/1 o=%61 e=b n=GMSA/x g=1 p=0 f=",             // an owner in disguise
                           "gmsactl/1 o=a e=b n=GMSA/x g=1 p=0 f=path",           //
                           "gmsactl/1 o=a e=b n=GMSA/x g=1 p=0 f=path:1C8F0D11",  //
                           "gmsactl/1 o=a e=b n=GMSA/x g=1 p=0 f=path:1c8f0d1",   //
                           "gmsactl/1 o=a e=b n=GMSA/x g=1 p=0 f=a:1c8f0d11,a:1c8f0d11",
                           "gmsactl/1 o=a%ff e=b n=GMSA/x g=1 p=0 f=",
                           "gmsactl/1  o=a e=b n=GMSA/x g=1 p=0 f="})
    EXPECT_FALSE(Marker::parse(text)) << text;
  EXPECT_FALSE(Marker::parse(sample().text() + std::string(Marker::longest, 'x')));
}

TEST(Ownership, is_read_from_the_marker_and_nothing_else) {
  const auto of = [](std::optional<std::string> text) {
    return read_ownership(text, "platform", "prod").ownership;
  };
  EXPECT_EQ(of(std::nullopt), Ownership::none);
  EXPECT_EQ(of(""), Ownership::none);
  EXPECT_EQ(of("Web server of the shop"), Ownership::unintelligible);
  EXPECT_EQ(of("gmsactl/1 o=platform"), Ownership::unintelligible);
  EXPECT_EQ(of(sample().text()), Ownership::ours);
  Marker other = sample();
  other.environment = "test";
  EXPECT_EQ(of(other.text()), Ownership::other_environment);
  other.owner = "plat";
  EXPECT_EQ(of(other.text()), Ownership::other_owner);
  Marker spelled_otherwise = sample();
  spelled_otherwise.owner = "Platform";
  spelled_otherwise.environment = "PROD";
  EXPECT_EQ(of(spelled_otherwise.text()), Ownership::ours) << "upper and lower case are the same in names";
}

}  // namespace
}  // namespace gmsactl::model
