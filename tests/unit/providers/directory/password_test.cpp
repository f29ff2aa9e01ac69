// What is taken for a password, and what is refused before it is sent.
#include "providers/directory/password.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace gmsactl {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string utf16(std::string_view text, bool big_endian) {
  std::string out;
  for (const char c : text) {
    if (big_endian) out += '\0';
    out += c;
    if (!big_endian) out += '\0';
  }
  return out;
}

TEST(Password, marks_and_line_ends_of_tools_are_taken_off) {
  using namespace std::string_literals;
  for (const auto& bytes :
       {"Gr4nite!"s, "Gr4nite!\n"s, "Gr4nite!\r\n"s, "\xEF\xBB\xBFGr4nite!\r\n"s,
        "\xFF\xFE" + utf16("Gr4nite!\r\n", false), "\xFE\xFF" + utf16("Gr4nite!\n", true),
        utf16("Gr4nite!", false), utf16("Gr4nite!", true), utf16("Gr4nite!\r\n", false),
        "\xEF\xBB\xBF\xEF\xBB\xBFGr4nite!"s, "\xFF\xFE\xFF\xFE" + utf16("Gr4nite!", false)}) {
    const auto password = directory::password_in(bytes, "the file pw");
    ASSERT_TRUE(password) << password.error().message;
    EXPECT_EQ(password->value.expose(), "Gr4nite!");
    EXPECT_THAT(password->doubts, IsEmpty());
  }
}

TEST(Password, characters_beyond_latin_survive_utf16) {
  const std::string whole("\xFF\xFE\x3D\xD8\x00\xDE\xE9\x00", 8);
  const auto right = directory::password_in(whole, "the file pw");
  ASSERT_TRUE(right) << right.error().message;
  EXPECT_EQ(right->value.expose(), "\U0001F600\u00E9");
}

TEST(Password, what_cannot_be_one_is_refused_with_its_flaw) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "is empty"},
      {"\n", "is empty"},
      {"\xEF\xBB\xBF\r\n", "is empty"},
      {" \t\r\n", "holds nothing but white space"},
      {std::string("\xFF\xFE\0\0s\0\0\0", 8), "is UTF-32"},
      {std::string("secret\0", 7), "contains a zero byte"},
      {"secret\n# comment\n", "has 2 lines"},
      {"secret\rother", "has 2 lines"},
      {std::string("sec\0ret!", 8), "contains a zero byte"},
      {"caf\xE9", "is not UTF-8 text"},
      {std::string("\xFF\xFEs\0e", 5), "is UTF-16, and cut off or damaged"},
      {std::string("\xFF\xFE\x00\xDC", 4), "is UTF-16, and cut off or damaged"},
  };
  for (const auto& [bytes, flaw] : table) {
    const auto password = directory::password_in(bytes, "the file pw");
    ASSERT_FALSE(password) << flaw;
    EXPECT_EQ(password.error().kind, ErrorKind::unauthenticated);
    EXPECT_THAT(password.error().message, HasSubstr("the file pw " + flaw));
    EXPECT_THAT(password.error().message + password.error().hint, testing::Not(HasSubstr("secret")));
    EXPECT_FALSE(password.error().hint.empty());
  }
}

TEST(Password, what_may_be_wrong_is_used_and_doubted) {
  const auto padded = directory::password_in("secret \n", "the file pw");
  ASSERT_TRUE(padded);
  EXPECT_EQ(padded->value.expose(), "secret ");
  EXPECT_THAT(padded->doubts, testing::ElementsAre(HasSubstr("begins or ends with white space")));
  const auto encoded = directory::password_in("R3I0bml0ZS1MYWIhIQ==", "the file pw");
  ASSERT_TRUE(encoded);
  EXPECT_THAT(encoded->doubts, testing::ElementsAre(HasSubstr("looks like base64")));
}

TEST(Password, each_doubt_is_said_and_the_password_is_not) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"\"secret\"", "is in quotation marks"},
      {"'secret'", "is in quotation marks"},
      {"AD_PASSWORD=secret", "looks like a line of a settings file"},
      {"password: secret", "looks like a line of a settings file"},
      {"sec\u200Bret", "holds U+200B (zero width space)"},
      {"\x1B[0msecret", "holds U+001B"},
  };
  for (const auto& [bytes, doubt] : table) {
    const auto password = directory::password_in(bytes, "the file pw");
    ASSERT_TRUE(password) << doubt;
    EXPECT_EQ(password->value.expose(), bytes);
    EXPECT_THAT(password->doubts,
                testing::ElementsAre(testing::AllOf(HasSubstr(doubt), testing::Not(HasSubstr("secret")))));
  }
  for (const auto* plain : {"\"", "a:b", "x='y'", "\"a'"})
    EXPECT_THAT(directory::password_in(plain, "the file pw")->doubts, IsEmpty()) << plain;
}

TEST(Password, of_a_file_each_flaw_is_named) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("password-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto read = [&](const std::string& name) {
    return directory::read_password({model::SecretSource::Kind::file, (folder / name).string()});
  };
  EXPECT_THAT(read("none").error().message, HasSubstr("does not exist"));
  EXPECT_THAT(read(".").error().message, HasSubstr("is a directory"));
  std::ofstream(folder / "large") << std::string(5000, 'x');
  EXPECT_THAT(read("large").error().message, HasSubstr("is larger than 4096 bytes"));
  std::ofstream(folder / "pw") << "secret\n";
  std::filesystem::permissions(folder / "pw", std::filesystem::perms(0644));
  auto open = read("pw");
  ASSERT_TRUE(open);
  EXPECT_THAT(open->doubts, testing::ElementsAre(HasSubstr("every user of this machine can read")));
  std::filesystem::permissions(folder / "pw", std::filesystem::perms(0600));
  EXPECT_THAT(read("pw")->doubts, IsEmpty());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gmsactl
