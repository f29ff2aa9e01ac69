#include "engine/model/security_descriptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/text.h"

namespace gmsactl::model {
namespace {

const Sid hosts = *Sid::parse("S-1-5-21-702590844-1001920913-2680819671-1103");
const Sid others = *Sid::parse("S-1-5-21-702590844-1001920913-2680819671-1104");

Ace ace(uint8_t type, uint8_t flags, uint32_t mask, const Sid& sid) { return {type, flags, mask, sid, {}}; }

SecurityDescriptor decoded(const std::vector<Ace>& aces) {
  const auto descriptor = SecurityDescriptor::decode(SecurityDescriptor::encode_readers({}, aces));
  EXPECT_TRUE(descriptor);
  return descriptor.value_or(SecurityDescriptor{});
}

TEST(SecurityDescriptor, one_reader_takes_the_80_bytes_that_windows_tools_write) {
  EXPECT_EQ(hex(SecurityDescriptor::encode_readers({{hosts}})),
            "01000480"
            "14000000"
            "00000000"
            "00000000"
            "24000000"
            "01020000"
            "00000005"
            "20000000"
            "20020000"
            "04002c00"
            "01000000"
            "00002400"
            "ff010f00"
            "010500000000000515000000"
            "7cafe029"
            "9119b83b"
            "d70fca9f"
            "4f040000");
}

TEST(SecurityDescriptor, what_is_encoded_decodes_to_the_same_readers) {
  const auto descriptor =
      SecurityDescriptor::decode(SecurityDescriptor::encode_readers({{others, hosts, hosts}}));
  ASSERT_TRUE(descriptor);
  EXPECT_EQ(descriptor->owner, *Sid::parse("S-1-5-32-544"));
  EXPECT_FALSE(descriptor->group);
  EXPECT_EQ(descriptor->control, 0x8004);
  EXPECT_THAT(descriptor->readers(), testing::ElementsAre(hosts, others));
  EXPECT_TRUE(descriptor->unusual().empty());
}

TEST(SecurityDescriptor, no_principals_are_an_empty_list_that_grants_nothing) {
  EXPECT_TRUE(decoded({}).readers().empty());
  EXPECT_TRUE(decoded({}).dacl_present);
}

TEST(SecurityDescriptor, any_right_that_includes_reading_properties_counts) {
  for (const uint32_t mask : {0x10U, 0xF01FFU, 0x10000000U, 0x80000000U})
    EXPECT_THAT(decoded({ace(Ace::allowed, 0, mask, hosts)}).readers(), testing::ElementsAre(hosts)) << mask;
  EXPECT_TRUE(decoded({ace(Ace::allowed, 0, 0x20, hosts)}).readers().empty());
}

TEST(SecurityDescriptor, an_inherit_only_entry_does_not_grant) {
  const auto descriptor = decoded({ace(Ace::allowed, 0x08, 0xF01FF, hosts)});
  EXPECT_TRUE(descriptor.readers().empty());
  EXPECT_EQ(descriptor.unusual().size(), 1U);
}

TEST(SecurityDescriptor, deny_entries_are_unusual_and_stay_before_the_rest) {
  const auto kept = decoded({ace(Ace::denied, 0, 0x10, others)}).unusual();
  ASSERT_EQ(kept.size(), 1U);
  const auto again = SecurityDescriptor::decode(SecurityDescriptor::encode_readers({{hosts}}, kept));
  ASSERT_TRUE(again);
  ASSERT_EQ(again->dacl.size(), 2U);
  EXPECT_EQ(again->dacl[0], kept[0]);
  EXPECT_EQ(again->dacl[1].sid, hosts);
}

TEST(SecurityDescriptor, an_entry_of_unknown_type_survives_byte_for_byte) {
  const Ace strange{0x77, 0, 0, {}, std::string("\x77\x00\x08\x00wxyz", 8)};
  const auto kept = decoded({strange}).unusual();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].bytes, strange.bytes);
  EXPECT_TRUE(kept[0].sid.empty());
}

TEST(SecurityDescriptor, without_a_list_everyone_may_read) {
  const std::string bytes("\x01\x00\x00\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  const auto descriptor = SecurityDescriptor::decode(bytes);
  ASSERT_TRUE(descriptor);
  EXPECT_FALSE(descriptor->dacl_present);
  EXPECT_THAT(descriptor->readers(), testing::ElementsAre(*Sid::parse("S-1-1-0")));
  EXPECT_TRUE(SecurityDescriptor{}.readers().empty());  // an absent attribute
}

TEST(SecurityDescriptor, truncation_anywhere_is_corrupt) {
  const std::string bytes = SecurityDescriptor::encode_readers({{hosts}});
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto descriptor = SecurityDescriptor::decode(bytes.substr(0, size));
    ASSERT_FALSE(descriptor) << size;
    EXPECT_EQ(descriptor.error().kind, ErrorKind::corrupt);
  }
}

TEST(SecurityDescriptor, a_list_of_more_than_65535_bytes_cannot_be_written) {
  EXPECT_FALSE(SecurityDescriptor::encode_readers(std::vector<Sid>(1820, hosts)).empty());
  EXPECT_TRUE(SecurityDescriptor::encode_readers(std::vector<Sid>(1821, hosts)).empty());
}

}  // namespace
}  // namespace gmsactl::model
