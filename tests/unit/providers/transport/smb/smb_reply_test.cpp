// What smbclient prints, right and wrong: listings as 4.22 prints them, refusals by their status.
#include "providers/transport/smb/smb_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gmsactl::smb {
namespace {

using files::FileEntry;

constexpr std::string_view free_space = "\n\t\t264212084 blocks of size 1024. 78309260 blocks available\n";

Result<std::vector<FileEntry>> listed(std::string_view lines) {
  return parse_listing(std::string(lines) + std::string(free_space), "listing");
}

TEST(SmbListing, files_are_listed_and_folders_and_links_are_not) {
  const auto files = listed(
      "  .                                   D        0  Tue Nov 24 12:38:07 2026\n"
      "  ..                                  D        0  Tue Nov 24 12:36:34 2026\n"
      "  contoso_webapp01.json               A      612  Tue Nov  3 12:38:08 2026\n"
      "  hidden.json                       AHR       12  Tue Nov 24 12:38:08 2026\n"
      "  link                               Ar        0  Tue Nov 24 12:38:08 2026\n"
      "  plain                                        0  Tue Nov 24 12:38:08 2026\n");
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(*files,
            (std::vector<FileEntry>{{"contoso_webapp01.json", 612}, {"hidden.json", 12}, {"plain", 0}}));
}

TEST(SmbListing, what_is_longer_than_its_column_pushes_the_others) {
  const auto files = listed(
      "  a name that is longer than thirty characters.json      A      612  Tue Nov 24 12:38:08 2026\n"
      "  all-attributes                AHSNRts 123456789  Tue Nov 24 12:38:08 2026\n"
      "  large                               A 12345678901  Tue Nov 24 12:38:08 2026\n"
      "  no date                             A        1  <unknown time>\n");
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(*files, (std::vector<FileEntry>{{"a name that is longer than thirty characters.json", 612},
                                            {"all-attributes", 123456789},
                                            {"large", 12345678901},
                                            {"no date", 1}}));
}

TEST(SmbListing, a_name_that_looks_like_a_column_or_a_refusal_is_a_name) {
  const auto files = listed(
      "  x      A       12  Tue Nov 24 12:38:08 2026      A        7  Tue Nov 24 12:38:08 2026\n"
      "  NT_STATUS_ACCESS_DENIED             A        7  Tue Nov 24 12:38:08 2026\n");
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(*files, (std::vector<FileEntry>{{"NT_STATUS_ACCESS_DENIED", 7},
                                            {"x      A       12  Tue Nov 24 12:38:08 2026", 7}}));
}

TEST(SmbListing, a_folder_that_is_not_there_is_not_found) {
  for (const char* printed : {"NT_STATUS_OBJECT_NAME_NOT_FOUND listing \\ProgramData\\none\\*\n",
                              "NT_STATUS_OBJECT_PATH_NOT_FOUND listing \\none\\none\\*\n",
                              "do_list: [\\none\\*] NT_STATUS_OBJECT_PATH_NOT_FOUND\n"})
    EXPECT_EQ(parse_listing(printed, "listing").error().kind, ErrorKind::not_found) << printed;
}

TEST(SmbListing, a_refusal_after_some_files_is_one_of_the_whole) {
  const auto files = parse_listing(
      "  a                                   A        7  Tue Nov 24 12:38:08 2026\n"
      "NT_STATUS_ACCESS_DENIED listing \\*\n",
      "listing");
  EXPECT_EQ(files.error().kind, ErrorKind::denied);
}

TEST(SmbListing, free_space_that_is_not_told_is_no_refusal) {
  const auto files = parse_listing(
      "  a                                   A        7  Tue Nov 24 12:38:08 2026\n"
      "Error in dskattr: NT_STATUS_ACCESS_DENIED\n",
      "listing");
  EXPECT_TRUE(files);
}

TEST(SmbListing, lines_that_make_no_sense_are_errors) {
  for (const char* printed :
       {"what is this\n", "  \n", "  a\n", "  a A 1 Tue Nov 24 12:38:08 2026\n",
        "  a                                   A        x  Tue Nov 24 12:38:08 2026\n",
        "  a                                   A99999999999999999999  Tue Nov 24 12:38:08 2026\n",
        "  a                                   A 99999999999999999999  Tue Nov 24 12:38:08 2026\n",
        "                                      A        1  Tue Nov 24 12:38:08 2026\n"})
    EXPECT_EQ(parse_listing(printed, "listing").error().kind, ErrorKind::corrupt) << printed;
}

TEST(SmbRefusal, the_status_decides_what_it_means) {
  const auto kind = [](const char* printed) { return refusal(printed, "writing x").kind; };
  EXPECT_EQ(kind("NT_STATUS_ACCESS_DENIED opening remote file \\x\n"), ErrorKind::denied);
  EXPECT_EQ(kind("NT_STATUS_OBJECT_NAME_COLLISION renaming files \\x -> \\y \n"), ErrorKind::already_exists);
  EXPECT_EQ(kind("cli_push returned NT_STATUS_DISK_FULL\n"), ErrorKind::constraint);
  EXPECT_EQ(kind("NT_STATUS_NO_SUCH_FILE listing \\x\n"), ErrorKind::not_found);
  EXPECT_EQ(kind("NT_STATUS_CONNECTION_RESET listing \\x\n"), ErrorKind::unavailable);
  EXPECT_EQ(kind("NT_STATUS_IO_TIMEOUT listing \\x\n"), ErrorKind::timeout);
  EXPECT_EQ(kind("NT_STATUS_SOMETHING_NEW listing \\x\n"), ErrorKind::constraint);
  EXPECT_EQ(kind("command not found\n"), ErrorKind::internal);
}

TEST(SmbRefusal, says_what_was_being_done_and_what_to_do) {
  const Error full = refusal("cli_push returned NT_STATUS_DISK_FULL\n", "writing smb://h/C$/x");
  EXPECT_EQ(full.message, "writing smb://h/C$/x: no space is left there");
  EXPECT_EQ(full.hint, "Free some space; nothing was changed");
  EXPECT_EQ(full.native->name, "NT_STATUS_DISK_FULL");
  EXPECT_EQ(refusal("NT_STATUS_SOMETHING_NEW\n", "x").message,
            "x: the host refuses it (NT_STATUS_SOMETHING_NEW)");
}

}  // namespace
}  // namespace gmsactl::smb
