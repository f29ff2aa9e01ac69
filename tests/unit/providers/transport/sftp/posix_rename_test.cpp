// The answer to posix-rename@openssh.com; that it is asked for, tests/contract/files shows on a real server.
#include "providers/transport/sftp/posix_rename.h"

#include <gtest/gtest.h>

#include <string>

namespace gmsactl::sftp {
namespace {

TEST(PosixRename, a_status_of_the_request_is_its_outcome) {
  const std::string denied(
      "\x65\0\0\0\x07\0\0\0\x03\0\0\0\x06"
      "denied\0\0\0\0",
      23);
  EXPECT_EQ(status_of(denied, 7), SSH_FX_PERMISSION_DENIED);
  EXPECT_EQ(status_of(std::string("\x65\0\0\0\x07\0\0\0\0", 9), 7), SSH_FX_OK);
}

TEST(PosixRename, anything_else_is_no_answer) {
  EXPECT_EQ(status_of("", 7), SSH_FX_BAD_MESSAGE);
  EXPECT_EQ(status_of(std::string("\x65\0\0\0\x07\0\0\0", 8), 7), SSH_FX_BAD_MESSAGE);
  EXPECT_EQ(status_of(std::string("\x65\0\0\0\x08\0\0\0\0", 9), 7), SSH_FX_BAD_MESSAGE);
  EXPECT_EQ(status_of(std::string("\x66\0\0\0\x07\0\0\0\0", 9), 7), SSH_FX_BAD_MESSAGE);
}

}  // namespace
}  // namespace gmsactl::sftp
