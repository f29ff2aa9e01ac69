// The local folder: nothing outside of it, nothing half-written, errors that say what they are.
#include "providers/transport/files/local_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace gmsactl::files {
namespace {

namespace fs = std::filesystem;

class LocalFolder : public testing::Test {
 protected:
  LocalFolder() : path(fs::temp_directory_path() / ("gmsactl-files-" + std::to_string(::getpid()))) {
    fs::create_directories(path);
    folder = local_folder(path.string());
  }
  ~LocalFolder() override { fs::remove_all(path); }
  fs::path path;
  std::unique_ptr<FileStore> folder;
};

TEST_F(LocalFolder, what_is_written_is_read_and_listed_and_removed) {
  ASSERT_TRUE(folder->write("a.json", "one"));
  ASSERT_TRUE(folder->write("a.json", "two"));
  EXPECT_EQ(folder->read("a.json", 10).value(), "two");
  EXPECT_EQ(folder->list().value(), (std::vector<FileEntry>{{"a.json", 3}}));
  ASSERT_TRUE(folder->remove("a.json"));
  EXPECT_EQ(folder->read("a.json", 10).error().kind, ErrorKind::not_found);
}

TEST_F(LocalFolder, names_cannot_lead_out_of_it) {
  for (const char* name : {"../a", "a/b", "..", ".", "", "C:a", "a\\b"}) {
    EXPECT_EQ(folder->write(name, "x").error().kind, ErrorKind::invalid) << name;
    EXPECT_EQ(folder->read(name, 1).error().kind, ErrorKind::invalid) << name;
    EXPECT_EQ(folder->remove(name).error().kind, ErrorKind::invalid) << name;
  }
}

TEST_F(LocalFolder, a_symbolic_link_is_neither_followed_nor_replaced) {
  const auto outside = path.parent_path() / (path.filename().string() + "-outside");
  std::ofstream(outside) << "theirs";
  fs::create_symlink(outside, path / "link.json");
  EXPECT_FALSE(folder->read("link.json", 100));
  EXPECT_FALSE(folder->write("link.json", "ours"));
  EXPECT_TRUE(folder->list().value().empty());
  std::string text;
  std::ifstream(outside) >> text;
  EXPECT_EQ(text, "theirs");
  fs::remove(outside);
}

TEST_F(LocalFolder, a_file_longer_than_the_limit_is_refused) {
  ASSERT_TRUE(folder->write("a", "12345"));
  EXPECT_EQ(folder->read("a", 4).error().kind, ErrorKind::constraint);
  EXPECT_TRUE(folder->read("a", 5));
}

TEST_F(LocalFolder, a_folder_that_does_not_exist_is_told_from_an_empty_one) {
  const auto missing = local_folder((path / "missing").string());
  EXPECT_EQ(missing->list().error().kind, ErrorKind::not_found);
  ASSERT_TRUE(missing->create_folder());
  EXPECT_TRUE(missing->create_folder());
  EXPECT_TRUE(missing->list().value().empty());
  EXPECT_FALSE(local_folder((path / "no" / "parent").string())->create_folder());
}

TEST_F(LocalFolder, permissions_of_a_replaced_file_stay) {
  ASSERT_TRUE(folder->write("a", "1"));
  fs::permissions(path / "a", fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_TRUE(folder->write("a", "2"));
  EXPECT_EQ(fs::status(path / "a").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

}  // namespace
}  // namespace gmsactl::files
