// What holds for a folder on whatever machine, however it is reached.
#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "tests/contract/files/contract.h"

namespace gmsactl::contract {
namespace {

using files::FileEntry;
using testing::ElementsAre;
using testing::IsEmpty;
namespace fs = std::filesystem;

constexpr uint64_t plenty = uint64_t{16} << 20;

template <class T>
testing::AssertionResult refused(ErrorKind kind, const Result<T>& result) {
  if (result) return testing::AssertionFailure() << "it succeeded";
  if (result.error().kind == kind) return testing::AssertionSuccess();
  return testing::AssertionFailure() << name(result.error().kind) << ": " << result.error().message;
}

TEST_F(FileContract, what_is_written_is_listed_and_read_and_removed) {
  ASSERT_TRUE(store_->write("b.json", "two"));
  ASSERT_TRUE(store_->write("a.json", "one"));
  EXPECT_EQ(store_->list().value(), (std::vector<FileEntry>{{"a.json", 3}, {"b.json", 3}}));
  EXPECT_EQ(store_->read("a.json", plenty).value(), "one");
  EXPECT_EQ(content_of("b.json"), "two");
  ASSERT_TRUE(store_->remove("a.json"));
  EXPECT_THAT(names(), ElementsAre("b.json"));
}

TEST_F(FileContract, what_another_wrote_is_listed_and_read) {
  put("theirs.json", "{}\r\n");
  EXPECT_EQ(store_->list().value(), (std::vector<FileEntry>{{"theirs.json", 4}}));
  EXPECT_EQ(store_->read("theirs.json", plenty).value(), "{}\r\n");
}

TEST_F(FileContract, content_is_bytes) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (const auto& content : {std::string(), std::string("\n"), std::string("\xef\xbb\xbf{}\r\n"), all}) {
    ASSERT_TRUE(store_->write("a", content));
    EXPECT_EQ(content_of("a"), content);
    EXPECT_EQ(store_->read("a", plenty).value(), content);
  }
}

TEST_F(FileContract, a_megabyte_goes_both_ways) {
  std::string content;
  for (size_t i = 0; content.size() < (size_t{1} << 20); ++i) content += std::to_string(i) + "\n";
  ASSERT_TRUE(store_->write("a", content));
  EXPECT_EQ(content_of("a"), content);
  EXPECT_EQ(store_->read("a", plenty).value(), content);
}

TEST_F(FileContract, a_file_longer_than_the_limit_is_refused_and_others_are_not) {
  ASSERT_TRUE(store_->write("long", std::string(300'000, 'x')));
  ASSERT_TRUE(store_->write("short", "12345"));
  EXPECT_TRUE(refused(ErrorKind::constraint, store_->read("long", 5)));
  EXPECT_TRUE(refused(ErrorKind::constraint, store_->read("short", 4)));
  EXPECT_EQ(store_->read("short", 5).value(), "12345");
}

TEST_F(FileContract, what_is_not_there_is_not_found) {
  EXPECT_TRUE(refused(ErrorKind::not_found, store_->read("a", plenty)));
  EXPECT_TRUE(refused(ErrorKind::not_found, store_->remove("a")));
  EXPECT_THAT(listed(), IsEmpty());
}

TEST_F(FileContract, a_folder_that_does_not_exist_is_told_from_an_empty_one_and_made) {
  const auto missing = open("below");
  EXPECT_TRUE(refused(ErrorKind::not_found, missing->list()));
  EXPECT_TRUE(refused(ErrorKind::not_found, missing->read("a", plenty)));
  EXPECT_TRUE(refused(ErrorKind::not_found, missing->write("a", "1")));
  ASSERT_TRUE(missing->create_folder());
  EXPECT_TRUE(missing->create_folder());
  EXPECT_THAT(missing->list().value(), IsEmpty());
  EXPECT_TRUE(missing->write("a", "1"));
  EXPECT_FALSE(open("none/below")->create_folder());
}

TEST_F(FileContract, a_file_in_the_place_of_the_folder_is_an_error_and_stays) {
  put("below", "theirs");
  const auto below = open("below");
  EXPECT_FALSE(below->list());
  EXPECT_FALSE(below->create_folder());
  EXPECT_FALSE(below->write("a", "1"));
  EXPECT_EQ(content_of("below"), "theirs");
}

TEST_F(FileContract, a_folder_in_it_is_no_file) {
  fs::create_directory(folder_ / "sub");
  EXPECT_THAT(listed(), IsEmpty());
  EXPECT_FALSE(store_->read("sub", plenty));
  EXPECT_FALSE(store_->write("sub", "ours"));
  EXPECT_FALSE(store_->remove("sub"));
  EXPECT_TRUE(fs::is_directory(folder_ / "sub"));
  EXPECT_THAT(names(), ElementsAre("sub"));
}

TEST_F(FileContract, names_cannot_lead_out_of_it) {
  std::ofstream(folder_.parent_path() / "outside") << "theirs";
  for (const char* name : {"../outside", "..\\outside", "/etc/passwd", "..", ".", "", "C:outside", "sub/a"}) {
    EXPECT_TRUE(refused(ErrorKind::invalid, store_->write(name, "ours"))) << name;
    EXPECT_TRUE(refused(ErrorKind::invalid, store_->read(name, plenty))) << name;
    EXPECT_TRUE(refused(ErrorKind::invalid, store_->remove(name))) << name;
  }
  std::string line;
  std::ifstream(folder_.parent_path() / "outside") >> line;
  EXPECT_EQ(line, "theirs");
  fs::remove(folder_.parent_path() / "outside");
}

/// A name is a name, whatever it looks like to a shell, a command line or a pattern: it works or is refused,
/// and nothing else comes of it.
TEST_F(FileContract, a_hostile_name_means_itself_or_nothing) {
  put("kept.json", "kept");
  put("-f", "kept");
  const std::vector<std::string> hostile{"with blank.json",
                                         " leading",
                                         "a;rm kept.json",
                                         "!touch gone",
                                         "$(touch gone)",
                                         "`touch gone`",
                                         "a|b",
                                         "a>b",
                                         "<b",
                                         "a\"; rm kept.json; \"",
                                         "\" rm \"kept.json",
                                         "'quoted'",
                                         "*",
                                         "*.json",
                                         "k?pt.json",
                                         "kept.json -f",
                                         "%s%n",
                                         "a\nrm kept.json",
                                         "a\r\nrm kept.json",
                                         "a\trm",
                                         "-a",
                                         "NT_STATUS_ACCESS_DENIED",
                                         "#comment",
                                         "~",
                                         "[k]ept.json",
                                         "\xc3\xbcml\xc3\xa4ut.json",
                                         "\xe2\x80\xaegnp.json",
                                         std::string(180, 'n')};
  for (const auto& name : hostile) {
    const auto written = store_->write(name, "ours");
    if (written) {
      EXPECT_EQ(store_->read(name, plenty).value_or("unreadable"), "ours") << name;
      EXPECT_TRUE(store_->remove(name)) << name;
    } else {
      EXPECT_EQ(written.error().kind, ErrorKind::invalid) << name << ": " << written.error().message;
      EXPECT_FALSE(store_->read(name, plenty)) << name;
      EXPECT_FALSE(store_->remove(name)) << name;
    }
    ASSERT_THAT(names(), ElementsAre("-f", "kept.json")) << name;
  }
  EXPECT_EQ(content_of("kept.json"), "kept");
}

TEST_F(FileContract, an_endless_name_is_refused_and_the_next_is_not) {
  EXPECT_FALSE(store_->write(std::string(9000, 'n'), "ours"));
  EXPECT_FALSE(store_->read(std::string(9000, 'n'), plenty));
  EXPECT_TRUE(store_->write("a", "1"));
  EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(FileContract, temporary_files_are_not_shown_and_none_is_left) {
  put(files::temporary_name("a.json"), "half");
  ASSERT_TRUE(store_->write("a.json", "1"));
  ASSERT_TRUE(store_->write("a.json", "2"));
  EXPECT_THAT(listed(), ElementsAre("a.json"));
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(FileContract, a_reader_never_sees_half_a_file) {
  const std::string small = "small";
  const std::string large(200'000, 'L');
  ASSERT_TRUE(store_->write("a", small));
  std::atomic<bool> stop{false};
  size_t seen = 0;
  size_t wrong = 0;
  std::thread reader([&] {
    while (!stop) {
      const std::string content = content_of("a");
      ++seen;
      if (content != small && content != large) ++wrong;
    }
  });
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(store_->write("a", i % 2 == 0 ? large : small));
  stop = true;
  reader.join();
  EXPECT_EQ(wrong, 0U) << "of " << seen;
  EXPECT_THAT(names(), ElementsAre("a"));
}

/// A write may be refused while the other one is under way, but never harms.
TEST_F(FileContract, two_writers_leave_the_file_of_one_of_them) {
  const auto other = open();
  const std::string ours(50'000, 'o');
  const std::string theirs(70'000, 't');
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) (void)other->write("a", theirs);
  });
  for (int i = 0; i < 50; ++i) (void)store_->write("a", ours);
  writer.join();
  const std::string content = content_of("a");
  EXPECT_TRUE(content == ours || content == theirs);
  EXPECT_THAT(names(), ElementsAre("a"));
  EXPECT_TRUE(store_->write("a", ours));
}

TEST_F(FileContract, a_thousand_files_are_listed) {
  std::vector<FileEntry> expected;
  for (int i = 1000; i < 2000; ++i) {
    put("spec-" + std::to_string(i) + ".json", "{}");
    expected.push_back({"spec-" + std::to_string(i) + ".json", 2});
  }
  EXPECT_EQ(store_->list().value(), expected);
}

}  // namespace
}  // namespace gmsactl::contract
