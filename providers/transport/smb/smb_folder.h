// A folder on a share of another machine, reached by SMB. The smbclient program does it, as a child:
// libsmbclient is under the GPL. The Kerberos ticket says who we are, and all that is sent is signed. Called
// by providers that put files on hosts.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "providers/transport/files/file_store.h"

namespace gmsactl::smb {

struct Options {
  std::string host;  ///< by the DNS name of its computer account: the ticket is for cifs/HOST
  int port = 0;      ///< 0: 445
  std::string share = "C$";
  std::chrono::milliseconds timeout{30'000};  ///< of connecting, and of each answer
  std::string program = "smbclient";          ///< 4.15 or later; a path, or looked up in PATH
};

/// Connects and logs in; `path` is that of the folder on the share, "ProgramData\docker\CredentialSpecs" with
/// separators of either kind, empty for the share itself. The program stays for as long as the store. Errors:
/// `unavailable` and `timeout` (no such host, refused, silent), `unauthenticated` (no ticket, an expired one,
/// or one that the host does not take), `invalid` (no such share, a path that Windows does not take),
/// `denied`, `unsupported` (the program is not installed).
[[nodiscard]] Result<std::unique_ptr<files::FileStore>> open_folder(const Options& options,
                                                                    const std::string& path);

}  // namespace gmsactl::smb
