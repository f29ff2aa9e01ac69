#include "engine/model/guid.h"

#include <gtest/gtest.h>

#include "engine/base/text.h"

namespace gmsactl::model {
namespace {

TEST(Guid, the_first_three_fields_are_little_endian_in_the_directory) {
  const auto guid = Guid::parse("56d9b66c-d746-4f87-bd26-26760cfdca2e");
  ASSERT_TRUE(guid);
  EXPECT_EQ(hex(guid->encode()),
            "6cb6d956"
            "46d7"
            "874f"
            "bd26"
            "26760cfdca2e");
  EXPECT_EQ(Guid::decode(guid->encode()), *guid);
  EXPECT_EQ(guid->text(), "56d9b66c-d746-4f87-bd26-26760cfdca2e");
}

TEST(Guid, braces_and_case_do_not_matter) {
  EXPECT_EQ(Guid::parse("{56D9B66C-D746-4F87-BD26-26760CFDCA2E}"),
            Guid::parse("56d9b66c-d746-4f87-bd26-26760cfdca2e"));
}

TEST(Guid, text_that_is_not_quite_a_guid_is_refused) {
  for (const auto text : {"", "56d9b66cd7464f87bd2626760cfdca2e", "56d9b66c-d746-4f87-bd26-26760cfdca2",
                          "56d9b66c-d746-4f87-bd26-26760cfdca2g", "{56d9b66c-d746-4f87-bd26-26760cfdca2e",
                          "56d9b66c-d746-4f87-bd2626760cfdca2e1-", "56d9b66c-d746-4f87-bd26-26760cfdca2e "})
    EXPECT_FALSE(Guid::parse(text)) << text;
}

TEST(Guid, the_directory_has_sixteen_bytes) {
  EXPECT_EQ(Guid::decode("too short").error().kind, ErrorKind::corrupt);
  EXPECT_TRUE(Guid::decode(std::string(16, '\0'))->empty());
}

}  // namespace
}  // namespace gmsactl::model
