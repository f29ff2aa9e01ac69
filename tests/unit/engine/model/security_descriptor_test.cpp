#include "engine/model/security_descriptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/text.h"
#include "engine/model/guid.h"

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

/// As [MS-DTYP] 2.4.4.3 and 2.4.4.5 lay out object and callback entries; the condition is not looked into.
Ace made(uint8_t type, uint8_t flags, uint32_t mask, const std::string& object_type = {},
         bool inherited_type = false) {
  const auto bytes_of = [](uint32_t value) {
    std::string bytes;
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFFU);
    return bytes;
  };
  std::string body = bytes_of(mask);
  const bool object = (type >= 0x05 && type <= 0x08) || type == 0x0B || type == 0x0C;
  if (object) {
    body += bytes_of((object_type.empty() ? 0U : 1U) | (inherited_type ? 2U : 0U));
    if (!object_type.empty()) body += Guid::parse(object_type).value().encode();
    if (inherited_type) body += std::string(16, '\x11');
  }
  body += hosts.encode();
  if (type >= 0x09 && type <= 0x0C) body += std::string("artx\0\0\0\0", 8);
  std::string bytes{static_cast<char>(type), static_cast<char>(flags), static_cast<char>(4 + body.size()),
                    '\0'};
  return {type, flags, mask, hosts, bytes + body};
}

TEST(SecurityDescriptor, each_kind_of_entry_has_its_effect_on_reading) {
  using Effect = Ace::Effect;
  const std::string password = "e362ed86-b728-0842-b27d-2dea7a9df218";
  const std::string no_property_set = "771727b1-31b8-4cdf-ae62-4fe39fadf89e";
  const std::string gmsa_class = "7b8b558a-93a5-4af7-adca-c017e67f1057";
  const std::string member = "bf9679c0-0de6-11d0-a285-00aa003049e2";
  constexpr uint32_t full = 0xF01FF, read = 0x10, write_only = 0x20, list = 0x4;
  constexpr uint8_t inherited = 0x10, inherit_only = 0x08, both = 0x18;
  const struct {
    const char* what;
    Ace ace;
    Effect effect;
  } cases[] = {
      {"plain", made(0x00, 0, read), Effect::grants},
      {"plain, inherited", made(0x00, inherited, read), Effect::grants},
      {"plain, inherit-only", made(0x00, inherit_only, read), Effect::none},
      {"plain, inherited and inherit-only", made(0x00, both, read), Effect::none},
      {"plain, without the right", made(0x00, 0, write_only | list), Effect::none},
      {"object without a type", made(0x05, 0, full), Effect::grants},
      {"object without a type, inherited", made(0x05, inherited, read), Effect::grants},
      {"object without a type, for a class that inherits", made(0x05, 0, read, "", true), Effect::grants},
      {"object without a type, generic read", made(0x05, 0, 0x80000000), Effect::grants},
      {"object without a type, inherit-only", made(0x05, inherit_only, full), Effect::none},
      {"object without a type, without the right", made(0x05, 0, write_only), Effect::none},
      {"object, the password", made(0x05, 0, full, password), Effect::may_grant},
      {"object, the password, for a class that inherits", made(0x05, 0, full, password, true),
       Effect::may_grant},
      {"object, what is in no property set", made(0x05, 0, read, no_property_set), Effect::may_grant},
      {"object, the account's class", made(0x05, 0, read, gmsa_class), Effect::may_grant},
      {"object, another attribute", made(0x05, 0, full, member), Effect::none},
      {"object, the password, without the right", made(0x05, 0, write_only, password), Effect::none},
      {"conditional", made(0x09, 0, full), Effect::may_grant},
      {"conditional, inherit-only", made(0x09, inherit_only, full), Effect::none},
      {"conditional, without the right", made(0x09, 0, write_only), Effect::none},
      {"conditional object without a type", made(0x0B, 0, full), Effect::may_grant},
      {"conditional object, another attribute", made(0x0B, 0, full, member), Effect::none},
      {"deny", made(0x01, 0, read), Effect::denies},
      {"deny, without the right", made(0x01, 0, write_only), Effect::none},
      {"object deny", made(0x06, 0, full, password), Effect::denies},
      {"conditional deny", made(0x0A, 0, full), Effect::denies},
      {"conditional object deny", made(0x0C, 0, full, member), Effect::denies},
      {"audit", made(0x02, 0, full), Effect::unknown},
      {"unknown", {0x77, 0, 0, {}, std::string("\x77\0\x08\0wxyz", 8)}, Effect::unknown},
  };
  for (const auto& one : cases) {
    const auto descriptor = decoded({one.ace});
    ASSERT_EQ(descriptor.dacl.size(), 1U) << one.what;
    EXPECT_EQ(descriptor.dacl[0].effect(), one.effect) << one.what;
    EXPECT_EQ(descriptor.readers().empty(), one.effect != Effect::grants) << one.what;
    EXPECT_EQ(descriptor.unusual().empty(), one.effect == Effect::grants) << one.what;
    EXPECT_EQ(descriptor.uncertain().empty(), one.effect != Effect::may_grant) << one.what;
    EXPECT_EQ(descriptor.possible_readers().empty(),
              one.effect != Effect::grants && one.effect != Effect::may_grant)
        << one.what;
  }
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
