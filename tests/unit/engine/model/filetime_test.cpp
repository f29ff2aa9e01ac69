#include "engine/model/filetime.h"

#include <gtest/gtest.h>

namespace gmsactl::model {
namespace {

TEST(Filetime, text_and_number_mean_each_other) {
  for (const auto* text :
       {"1601-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "9999-12-31T23:59:59Z"}) {
    const auto parsed = parse_filetime_text(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(filetime_text(*parsed), text);
  }
  EXPECT_EQ(parse_filetime_text("1970-01-01T00:00:00Z"), 116'444'736'000'000'000);
}

TEST(Filetime, fractions_of_a_second_are_dropped) {
  EXPECT_EQ(filetime_text(116'444'736'009'999'999), "1970-01-01T00:00:00Z");
}

TEST(Filetime, a_number_out_of_range_is_the_nearest_time_there_is) {
  EXPECT_EQ(filetime_text(-1'000'000'000), "1601-01-01T00:00:00Z");
  EXPECT_EQ(filetime_text(INT64_MAX), "9999-12-31T23:59:59Z");
}

TEST(Filetime, text_of_another_form_is_no_time) {
  for (const auto* text :
       {"", "2024-02-30T00:00:00Z", "2024-00-01T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:00:60Z",
        "2024-01-01 00:00:00Z", "2024-01-01T00:00:00", "1600-12-31T23:59:59Z", "2024-01-01T00:00:00.0Z",
        "20240101000000.0Z", "2024-01-0xT00:00:00Z"})
    EXPECT_FALSE(parse_filetime_text(text)) << text;
}

}  // namespace
}  // namespace gmsactl::model
