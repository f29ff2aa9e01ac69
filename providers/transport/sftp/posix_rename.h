// posix-rename@openssh.com (OpenSSH's PROTOCOL, 4.3): one file put over another in one step. Version 3 of
// SFTP has no word for that, and libssh before 0.11 no call, so the request is written and its answer read
// here. Private to this folder.
#pragma once

#include <libssh/sftp.h>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace gmsactl::sftp {

bool has_posix_rename(sftp_session sftp);

/// `channel` is the session's own, and nothing may be under way on it. An SFTP status: SSH_FX_OK, or
/// SSH_FX_CONNECTION_LOST where no answer comes that makes sense.
int posix_rename(ssh_channel channel, std::string_view from, std::string_view to,
                 std::chrono::milliseconds timeout);

/// Status in the answer's bytes, its length left out; SSH_FX_BAD_MESSAGE where it is none to this request.
/// For tests and fuzzing.
int status_of(std::string_view answer, uint32_t request);

}  // namespace gmsactl::sftp
