#include "engine/model/replication_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/model/filetime.h"

namespace gmsactl::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Guid dc01 = *Guid::parse("f4c3ff8e-a620-4bdc-8c8a-19c6ae449434");

std::string little_endian(uint64_t number, size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFFU);
  return bytes;
}

std::string entry(uint32_t id, uint32_t version, uint64_t seconds, uint64_t usn) {
  return little_endian(id, 4) + little_endian(version, 4) + little_endian(seconds, 8) + dc01.encode() +
         little_endian(usn, 8) + little_endian(4711, 8);
}

std::string blob(const std::string& entries, uint32_t count) {
  return little_endian(1, 4) + little_endian(0, 4) + little_endian(count, 4) + little_endian(0, 4) + entries;
}

TEST(ReplicationMetadata, a_controllers_own_bytes_are_read) {
  // Of a computer on Samba 4.22: what ndr_unpack(drsblobs.replPropertyMetaDataBlob) says of it, too.
  const auto stamps = decode_property_metadata(
      blob(entry(0x00000000, 1, 13'439'999'047, 4195) + entry(0x0009026B, 3, 13'439'999'047, 4195), 2));
  ASSERT_TRUE(stamps);
  EXPECT_THAT(*stamps, ElementsAre(AttributeStamp{"dNSHostName", 3, 134'399'990'470'000'000, dc01, 4195}));
  EXPECT_EQ(filetime_text(stamps->front().time), "2026-11-24T13:04:07Z");
}

TEST(ReplicationMetadata, a_vector_without_entries_says_nothing) {
  const auto stamps = decode_property_metadata(blob("", 0));
  ASSERT_TRUE(stamps);
  EXPECT_THAT(*stamps, IsEmpty());
}

TEST(ReplicationMetadata, bytes_that_are_no_vector_are_refused) {
  const std::string whole = blob(entry(0xD, 1, 1, 1), 1);
  EXPECT_TRUE(decode_property_metadata(whole));
  EXPECT_FALSE(decode_property_metadata(""));
  EXPECT_FALSE(decode_property_metadata(whole.substr(0, whole.size() - 1)));
  EXPECT_FALSE(decode_property_metadata(whole + "x"));
  EXPECT_FALSE(decode_property_metadata(blob(entry(0xD, 1, 1, 1), 2)));
  EXPECT_FALSE(decode_property_metadata("\x02" + whole.substr(1)));
  EXPECT_FALSE(decode_property_metadata(blob(entry(0xD, 1, UINT64_MAX, 1), 1)));
  EXPECT_FALSE(decode_property_metadata(blob(entry(0xD, 1, 1, UINT64_MAX), 1)));
}

// As MS-ADTS and Microsoft's own examples show it; the NUL at the end is Windows' own.
const std::string attribute_xml =
    "<DS_REPL_ATTR_META_DATA>\n"
    "\t<pszAttributeName>servicePrincipalName</pszAttributeName>\n"
    "\t<dwVersion>7</dwVersion>\n"
    "\t<ftimeLastOriginatingChange>2026-11-24T13:04:07Z</ftimeLastOriginatingChange>\n"
    "\t<uuidLastOriginatingDsaInvocationID>f4c3ff8e-a620-4bdc-8c8a-19c6ae449434</"
    "uuidLastOriginatingDsaInvocationID>\n"
    "\t<usnOriginatingChange>4195</usnOriginatingChange>\n"
    "\t<usnLocalChange>91</usnLocalChange>\n"
    "\t<pszLastOriginatingDsaDN>CN=NTDS Settings,CN=DC01,CN=Servers</pszLastOriginatingDsaDN>\n"
    "</DS_REPL_ATTR_META_DATA>\n" +
    std::string(1, '\0');

std::string value_xml(const std::string& dn, const std::string& deleted) {
  return "<DS_REPL_VALUE_META_DATA>\n"
         "\t<pszAttributeName>member</pszAttributeName>\n"
         "\t<pszObjectDn>" +
         dn +
         "</pszObjectDn>\n"
         "\t<cbData>0</cbData>\n"
         "\t<pbData></pbData>\n"
         "\t<ftimeDeleted>" +
         deleted +
         "</ftimeDeleted>\n"
         "\t<ftimeCreated>2026-11-20T08:00:00Z</ftimeCreated>\n"
         "\t<dwVersion>2</dwVersion>\n"
         "\t<ftimeLastOriginatingChange>2026-11-24T13:04:07Z</ftimeLastOriginatingChange>\n"
         "\t<uuidLastOriginatingDsaInvocationID>f4c3ff8e-a620-4bdc-8c8a-19c6ae449434</"
         "uuidLastOriginatingDsaInvocationID>\n"
         "\t<usnOriginatingChange>4195</usnOriginatingChange>\n"
         "</DS_REPL_VALUE_META_DATA>\n";
}

TEST(ReplicationMetadata, the_xml_of_an_attribute_says_the_same_as_the_bytes) {
  EXPECT_EQ(decode_attribute_metadata(attribute_xml),
            (AttributeStamp{"servicePrincipalName", 7, 134'399'990'470'000'000, dc01, 4195}));
}

TEST(ReplicationMetadata, a_linked_value_is_there_or_was_removed) {
  const AttributeStamp stamp{"member", 2, 134'399'990'470'000'000, dc01, 4195};
  EXPECT_EQ(decode_value_metadata(value_xml("CN=HOST01,DC=contoso,DC=com", "1601-01-01T00:00:00Z")),
            (LinkValueStamp{stamp, "CN=HOST01,DC=contoso,DC=com", false}));
  EXPECT_EQ(decode_value_metadata(value_xml("CN=HOST01,DC=contoso,DC=com", "2026-11-24T13:04:07Z")),
            (LinkValueStamp{stamp, "CN=HOST01,DC=contoso,DC=com", true}));
}

TEST(ReplicationMetadata, an_ampersand_that_windows_left_as_it_is_is_itself) {
  const auto value = [](const std::string& dn) {
    return decode_value_metadata(value_xml(dn, "1601-01-01T00:00:00Z"))->value;
  };
  EXPECT_EQ(value("CN=A & B,DC=x"), "CN=A & B,DC=x");
  EXPECT_EQ(value("CN=A &amp;amp; &lt;B&gt;,DC=x"), "CN=A &amp; <B>,DC=x");
}

TEST(ReplicationMetadata, the_root_element_may_be_named_after_the_structure) {
  const auto renamed = [](std::string xml, const std::string& name) {
    for (size_t at = 0; (at = xml.find(name, at)) != std::string::npos; at += name.size() + 2)
      xml.replace(at, name.size(), name + "_2");
    return xml;
  };
  EXPECT_EQ(decode_attribute_metadata(renamed(attribute_xml, "DS_REPL_ATTR_META_DATA")),
            decode_attribute_metadata(attribute_xml).value());
  const std::string value = value_xml("CN=HOST01,DC=x", "1601-01-01T00:00:00Z");
  EXPECT_EQ(decode_value_metadata(renamed(value, "DS_REPL_VALUE_META_DATA")),
            decode_value_metadata(value).value());
  std::string mixed = attribute_xml;
  mixed.replace(mixed.find("_DATA>"), 6, "_DATA_2>");
  EXPECT_FALSE(decode_attribute_metadata(mixed)) << "begins in one way and ends in the other";
}

std::string wide(std::string_view text) {
  std::string units;
  for (const char c : text) units += {c, '\0'};
  return units + std::string(2, '\0');
}

/// A link value as bytes; aligned: as a compiler lays it out, else as the specification draws it.
std::string value_blob(bool aligned, uint64_t deleted) {
  const size_t fixed = aligned ? 88 : 80;
  const std::string gap(aligned ? 4 : 0, '\0');
  const std::string name = wide("member");
  return little_endian(fixed, 4) + little_endian(fixed + name.size(), 4) + little_endian(0, 4) +
         little_endian(0, 4) + little_endian(deleted, 8) + little_endian(1, 8) + little_endian(2, 4) +
         little_endian(134'399'990'470'000'000, 8) + dc01.encode() + gap + little_endian(4195, 8) +
         little_endian(91, 8) + little_endian(0, 4) + gap + name + wide("CN=HOST01,DC=x");
}

TEST(ReplicationMetadata, a_linked_value_is_read_from_bytes_in_either_layout) {
  const AttributeStamp stamp{"member", 2, 134'399'990'470'000'000, dc01, 4195};
  for (const bool aligned : {false, true}) {
    EXPECT_EQ(decode_value_metadata_blob(value_blob(aligned, 0)),
              (LinkValueStamp{stamp, "CN=HOST01,DC=x", false}));
    EXPECT_TRUE(decode_value_metadata_blob(value_blob(aligned, 134'399'990'470'000'000))->removed);
  }
}

TEST(ReplicationMetadata, bytes_that_are_no_linked_value_are_refused) {
  const std::string whole = value_blob(true, 0);
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(decode_value_metadata_blob(whole.substr(0, length))) << length;
  const auto with = [&](size_t at, const std::string& bytes) {
    std::string other = whole;
    return other.replace(at, bytes.size(), bytes);
  };
  EXPECT_FALSE(decode_value_metadata_blob(with(0, little_endian(12, 4)))) << "a text among the numbers";
  EXPECT_FALSE(decode_value_metadata_blob(with(4, little_endian(UINT32_MAX, 4)))) << "beyond the end";
  EXPECT_FALSE(decode_value_metadata_blob(with(36, little_endian(UINT64_MAX, 8)))) << "no time";
  EXPECT_FALSE(decode_value_metadata_blob(with(88, little_endian(0xDC00, 2)))) << "half a surrogate";
}

TEST(ReplicationMetadata, other_xml_is_refused) {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string xml = attribute_xml;
    return xml.replace(xml.find(from), from.size(), to);
  };
  EXPECT_TRUE(decode_attribute_metadata(with("usnLocalChange>91</usnLocalChange", "a>b</a")));
  for (const auto& xml :
       {std::string(), std::string("<DS_REPL_ATTR_META_DATA>"), attribute_xml.substr(1), attribute_xml + "x",
        with("<DS_REPL_ATTR_META_DATA>", "<DS_REPL_ATTR_META_DATA a='b'>"),
        with("</DS_REPL_ATTR_META_DATA>", "</x>"), with("</dwVersion>", ""),
        with("<dwVersion>7</dwVersion>", ""), with("dwVersion>7", "dwVersion>-7"),
        with("dwVersion>7", "dwVersion>7 "), with("dwVersion>7", "dwVersion>99999999999"),
        with("2026-11-24T13:04:07Z", "yesterday"), with("f4c3ff8e", "nobody"),
        with("<usnLocalChange>91</usnLocalChange>", "<dwVersion>8</dwVersion>"),
        with("<usnLocalChange>91</usnLocalChange>", "<a><b></b></a>"),
        with("<usnLocalChange>91</usnLocalChange>", "text")})
    EXPECT_FALSE(decode_attribute_metadata(xml)) << xml;
  EXPECT_FALSE(decode_value_metadata(attribute_xml));
}

}  // namespace
}  // namespace gmsactl::model
