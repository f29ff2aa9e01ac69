// The folder behind an smbclient that does what a real one seldom does: ask, say nothing, go away, know less.
// What it does on a real server is in tests/contract/files.
#include "providers/transport/smb/smb_folder.h"
#include "tests/paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gmsactl::smb {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
namespace fs = std::filesystem;

class SmbFolder : public testing::Test {
 protected:
  SmbFolder() : folder_(fs::temp_directory_path() / ("gmsactl-smb-" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "share");
  }
  ~SmbFolder() override { fs::remove_all(folder_); }

  /// An smbclient that is this script.
  Options with(const std::string& script) {
    const fs::path program = folder_ / "smbclient";
    std::ofstream(program) << "#!/bin/bash\ncd '" << folder_.string() << "'\n" << script << '\n';
    fs::permissions(program, fs::perms::owner_all);
    Options options;
    options.host = "host01.invalid";
    options.program = program.string();
    options.timeout = 20s;
    return options;
  }

  /// One whose `rename` never replaces; its share is the folder "share".
  Options old_smbclient() {
    Options options;
    options.program = folder_ / "smbclient";
    fs::create_symlink(fs::path(tests::source_dir) / "tests/fakes/old_smbclient.sh", options.program);
    options.timeout = 20s;
    return options;
  }

  std::string content_of(const std::string& name) {
    std::ostringstream content;
    content << std::ifstream(folder_ / name).rdbuf();
    return std::move(content).str();
  }
  size_t files_in_share() {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_ / "share"), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(SmbFolder, a_program_that_is_not_installed_is_named_with_its_package) {
  Options options;
  options.program = "gmsactl-no-such-program";
  const auto folder = open_folder(options, "x");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(folder.error().hint, HasSubstr("apt-get install smbclient"));
}

TEST_F(SmbFolder, what_it_says_before_the_prompt_decides_what_is_wrong) {
  struct Case {
    const char* said;
    ErrorKind kind;
    const char* message;
  };
  for (const auto& [said, kind, message] :
       {Case{"session setup failed: NT_STATUS_INVALID_PARAMETER", ErrorKind::unauthenticated,
             "no Kerberos ticket for "
             "cifs/host01.invalid"},
        Case{"session setup failed: NT_STATUS_LOGON_FAILURE", ErrorKind::unauthenticated,
             "does not take the Kerberos"},
        Case{"tree connect failed: NT_STATUS_BAD_NETWORK_NAME", ErrorKind::invalid, "there is no such share"},
        Case{"tree connect failed: NT_STATUS_ACCESS_DENIED", ErrorKind::denied, "permission denied"},
        Case{"Protocol negotiation to server x failed: NT_STATUS_CONNECTION_RESET", ErrorKind::unavailable,
             "can't be reached by SMB"},
        Case{"", ErrorKind::unavailable, "there is no host host01.invalid"}}) {
    const auto folder = open_folder(with("echo '" + std::string(said) + "' >&2; exit 1"), "x");
    ASSERT_FALSE(folder) << said;
    EXPECT_EQ(folder.error().kind, kind) << said;
    EXPECT_THAT(folder.error().message, HasSubstr(message));
    EXPECT_TRUE(folder.error().not_sent);
  }
}

TEST_F(SmbFolder, a_password_is_never_given) {
  const auto folder =
      open_folder(with("printf 'Password for [A@B]:'; read -r line; echo \"$line\" >given"), "x");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().kind, ErrorKind::unauthenticated);
  EXPECT_EQ(content_of("given"), "");
}

TEST_F(SmbFolder, one_that_says_nothing_is_ended_in_time) {
  Options options = with("echo $$ >pid; exec sleep 600");
  options.timeout = 500ms;
  const auto folder = open_folder(options, "x");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().kind, ErrorKind::timeout);
  EXPECT_NE(kill(std::stoi(content_of("pid")), 0), 0);
}

TEST_F(SmbFolder, one_that_stops_answering_is_not_asked_again) {
  Options options = with(R"(printf 'smb: \\> '; read -r line; exec sleep 600)");
  options.timeout = 500ms;
  const auto folder = open_folder(options, "x").value();
  EXPECT_EQ(folder->list().error().kind, ErrorKind::timeout);
  EXPECT_EQ(folder->list().error().kind, ErrorKind::unavailable);
}

TEST_F(SmbFolder, one_that_goes_away_is_a_lost_connection) {
  const auto folder = open_folder(with(R"(printf 'smb: \\> '; read -r line; exit 1)"), "x").value();
  EXPECT_EQ(folder->read("a", 1).error().kind, ErrorKind::unavailable);
  EXPECT_EQ(folder->write("a", "1").error().kind, ErrorKind::unavailable);
}

TEST_F(SmbFolder, words_that_are_not_expected_are_an_error_with_these_words) {
  const auto folder =
      open_folder(with(R"(while printf 'smb: \\> '; read -r line; do echo "what is $line?" >&2; done)"), "x")
          .value();
  const auto written = folder->write("a.json", "1");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr("smbclient says \"what is put "));
}

TEST_F(SmbFolder, it_is_told_to_use_kerberos_and_to_sign_and_nothing_by_a_shell) {
  Options options = with("printf '%s\\n' \"$@\" >arguments; exit 1");
  options.share = "Odd share; $(id)";
  options.port = 4445;
  EXPECT_FALSE(open_folder(options, "x"));
  EXPECT_THAT(content_of("arguments"), HasSubstr("\n--use-kerberos=required\n--client-protection=sign\n"));
  EXPECT_THAT(content_of("arguments"), HasSubstr("\n--port=4445\n//host01.invalid/Odd share; $(id)\n"));
}

TEST_F(SmbFolder, names_that_would_say_something_else_are_refused) {
  for (const char* share : {"a/b", "a\"b", "a\\b", "a\nb"}) {
    Options options = with("exit 1");
    options.share = share;
    EXPECT_EQ(open_folder(options, "x").error().kind, ErrorKind::invalid) << share;
  }
  for (const char* path : {"C:\\x", "x\" \"y", "x\ny", "x*"})
    EXPECT_EQ(open_folder(with("exit 1"), path).error().kind, ErrorKind::invalid) << path;
}

TEST_F(SmbFolder, commands_are_one_line_each_with_every_argument_in_quotes) {
  const auto folder =
      open_folder(with(R"(while printf 'smb: \\> '; read -r line; do echo "$line" >>lines; done)"),
                  "/a b/specs/")
          .value();
  EXPECT_TRUE(folder->remove("it's; $x.json"));
  EXPECT_TRUE(folder->create_folder());
  EXPECT_EQ(content_of("lines"), "del \"a b\\specs\\it's; $x.json\"\nmkdir \"a b\\specs\"\n");
  EXPECT_EQ(folder->place(), "smb://host01.invalid/C$/a b/specs");
}

TEST_F(SmbFolder, one_that_cannot_replace_lets_the_former_file_step_aside) {
  const auto folder = open_folder(old_smbclient(), "x").value();
  ASSERT_TRUE(folder->write("a", "one"));
  const auto written = folder->write("a", "two");
  EXPECT_TRUE(written) << written.error().message;
  EXPECT_EQ(content_of("share/a"), "two");
  EXPECT_EQ(files_in_share(), 1U);
}

TEST_F(SmbFolder, and_the_former_file_comes_back_where_the_new_one_cannot_take_its_place) {
  const auto folder = open_folder(old_smbclient(), "x").value();
  ASSERT_TRUE(folder->write("a", "one"));
  std::ofstream(folder_ / "stubborn") << "1";
  const auto written = folder->write("a", "two");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::denied);
  EXPECT_EQ(content_of("share/a"), "one");
  EXPECT_EQ(files_in_share(), 1U);
}

}  // namespace
}  // namespace gmsactl::smb
