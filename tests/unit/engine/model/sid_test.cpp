#include "engine/model/sid.h"

#include <gtest/gtest.h>

#include "engine/base/text.h"

namespace gmsactl::model {
namespace {

TEST(Sid, binary_form_is_the_one_of_ms_dtyp) {
  const auto sid = Sid::parse("S-1-5-21-702590844-1001920913-2680819671-1103");
  ASSERT_TRUE(sid);
  EXPECT_EQ(hex(sid->encode()),
            "010500000000000515000000"
            "7cafe029"
            "9119b83b"
            "d70fca9f"
            "4f040000");
  EXPECT_EQ(Sid::decode(sid->encode()), *sid);
  EXPECT_EQ(sid->text(), "S-1-5-21-702590844-1001920913-2680819671-1103");
}

TEST(Sid, an_authority_of_2_to_the_32_and_above_is_hexadecimal) {
  const auto sid = Sid::parse("S-1-0x0123456789ab-1");
  ASSERT_TRUE(sid);
  EXPECT_EQ(sid->authority, 0x0123456789ABU);
  EXPECT_EQ(sid->text(), "S-1-0x0123456789ab-1");
  EXPECT_EQ(Sid::parse("S-1-4294967295-1")->text(), "S-1-4294967295-1");
  EXPECT_FALSE(Sid::parse("S-1-4294967296-1"));
  EXPECT_FALSE(Sid::parse("S-1-0x1000000000000-1"));
}

TEST(Sid, fifteen_sub_authorities_are_the_most) {
  std::string text = "S-1-5";
  for (int i = 0; i < 15; ++i) text += "-4294967295";
  const auto most = Sid::parse(text);
  ASSERT_TRUE(most);
  EXPECT_EQ(most->encode().size(), 68U);
  EXPECT_EQ(Sid::decode(most->encode()), *most);
  EXPECT_FALSE(Sid::parse(text + "-1"));
}

TEST(Sid, text_that_is_not_quite_a_sid_is_refused) {
  for (const auto text : {"", "S-1", "S-2-5-1", "S-1-5-", "S-1-5--1", "S-1-5-+1", "S-1-5-4294967296",
                          "S-1-5-1 ", "X-1-5-1", "S-1-0x-1", "S-1-5-0x1", " S-1-5"})
    EXPECT_FALSE(Sid::parse(text)) << text;
}

TEST(Sid, bytes_are_exactly_one_sid) {
  const std::string bytes = Sid{5, {32, 544}}.encode();
  EXPECT_TRUE(Sid::decode(bytes));
  EXPECT_EQ(Sid::decode(bytes + '\0').error().kind, ErrorKind::corrupt);
  EXPECT_FALSE(Sid::decode(bytes.substr(1)));
  EXPECT_FALSE(Sid::decode(""));
  std::string sixteen(8 + 64, '\0');
  sixteen[0] = 1;
  sixteen[1] = 16;
  EXPECT_FALSE(Sid::decode(sixteen));
}

TEST(Sid, a_domain_has_no_rid) {
  const Sid domain = *Sid::parse("S-1-5-21-1-2-3");
  EXPECT_TRUE(domain.is_domain());
  EXPECT_FALSE(domain.with_rid(515).is_domain());
  EXPECT_EQ(domain.with_rid(515).domain(), domain);
  EXPECT_FALSE(Sid::parse("S-1-5-32-544")->is_domain());
}

}  // namespace
}  // namespace gmsactl::model
