// A folder on another machine, reached by SFTP (libssh). The server's key must be known, and who we are is
// proven by Kerberos, an agent or a key; a password is never asked for. Called by providers that put files on
// hosts.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "providers/transport/files/file_store.h"

namespace gmsactl::sftp {

enum class Authentication { automatic, key, agent, kerberos };

struct Options {
  std::string host;
  int port = 0;          ///< 0: 22
  std::string username;  ///< empty: the current user's name
  Authentication authentication =
      Authentication::automatic;  ///< automatic: Kerberos, then the agent, then keys
  std::string identity_file;      ///< private key without a passphrase; empty: the usual ones of ~/.ssh
  std::string known_hosts_file;   ///< empty: ~/.ssh/known_hosts
  std::chrono::milliseconds timeout{30'000};  ///< of connecting, and of each answer
};

/// Connects and logs in. Errors: `unavailable` (refused, no such host, lost), `timeout`, `unauthenticated`
/// (the server's key is unknown or another one, or the server does not take us).
[[nodiscard]] Result<std::unique_ptr<files::FileStore>> open_folder(const Options& options,
                                                                    const std::string& path);

}  // namespace gmsactl::sftp
