#include "engine/drift/memory.h"

#include <gtest/gtest.h>

namespace gmsactl::drift {
namespace {

model::Guid guid(uint8_t number) {
  model::Guid guid;
  guid.bytes.fill(number);
  return guid;
}

Memory sample() {
  Memory memory;
  memory.settings = "5e77";
  memory.facts = "fac7";
  memory.position = {"dc01.contoso.com", guid(7), 4711, 134'000'000'000'000'000, "0b5e"};
  memory.read_all_at = 133'999'000'000'000'000;
  memory.host_groups["Web Hosts \xC3\xA9 %"] = {"abc", guid(1), true};
  memory.host_groups["-"] = {"abd", {}, false};
  memory.accounts["Web\n01"] = {"abe", guid(2), true};
  memory.principals["dn:CN=a\\, b,DC=c"] = {guid(3), guid(4)};
  memory.principals["name:nobody"] = {};
  memory.leftovers = {guid(5), guid(6)};
  return memory;
}

TEST(DriftMemory, what_is_written_is_read) {
  const auto memory = sample();
  const auto read = Memory::parse(memory.text());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, memory);
  EXPECT_EQ(read->text(), memory.text());
  EXPECT_EQ(*Memory::parse(Memory().text()), Memory());
}

TEST(DriftMemory, each_byte_counts) {
  const std::string text = sample().text();
  for (size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(Memory::parse(damaged)) << "byte " << i;
    EXPECT_FALSE(Memory::parse(text.substr(0, i))) << "cut at " << i;
  }
  EXPECT_FALSE(Memory::parse(text + "\n"));
}

TEST(DriftMemory, another_version_is_told_from_damage) {
  EXPECT_EQ(Memory::parse("gmsactl-drift 2\nwhat it may hold").error().kind, ErrorKind::unsupported);
  EXPECT_EQ(Memory::parse("somebody's file").error().kind, ErrorKind::corrupt);
  EXPECT_EQ(Memory::parse("").error().kind, ErrorKind::corrupt);
}

}  // namespace
}  // namespace gmsactl::drift
