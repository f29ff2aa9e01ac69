// How to reach and prove oneself to a directory, and the function that does it. Called by
// providers/directory.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/base/secret.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::ldap {

enum class Bind { kerberos, simple };
enum class Tls { automatic, start_tls, ldaps };

struct ConnectOptions {
  Bind bind = Bind::kerberos;
  std::string
      username;  ///< of a simple bind: DN, UPN or DOMAIN\name; of a kerberos one with a keytab: the principal
  Secret password;
  /// Keytab for kerberos, empty: the ticket cache (KRB5CCNAME), or KRB5_CLIENT_KTNAME where there is one.
  std::string keytab;
  Tls tls = Tls::automatic;  ///< automatic: ldaps:// as it is; ldap:// with simple bind uses StartTLS
  std::string ca_file;       ///< PEM; empty: the system's
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds request_timeout{120'000};  ///< between two messages of one answer
  /// One until widen() is called. Searches go to the least busy one; writes all go to the first, in the order
  /// given.
  std::chrono::milliseconds retry_pause{250};  ///< the shortest one before a search is tried again
  /// The server is to be a global catalog; its ports, 3268 and 3269, are refused without.
  bool global_catalog = false;
  int connections = 2;
  int window = 32;  ///< requests under way on one connection
  /// IP address to connect to in place of looking the host name up; certificates and Kerberos still use the
  /// name.
  std::string address;
  /// Told, by any thread, that a Kerberos ticket is waited for.
  std::function<void(const std::string&)> progress = {};
};

/// url: ldap://host[:port], ldaps://host[:port]. Binds before it returns. A simple bind never crosses an
/// unprotected connection; a Kerberos bind signs and seals. A connection that breaks answers `unavailable` to
/// the writes that were under way; searches are begun anew on the same server (never on another), a write
/// never is.
[[nodiscard]] Result<std::unique_ptr<Transport>> connect(const std::string& url,
                                                         const ConnectOptions& options);

/// Loads an LDIF file; a file that does not exist is `not_found`, a wrong one `invalid` with its line. Writes
/// change the copy in memory; flush() replaces the file atomically (temporary file, fsync, rename), and
/// refuses with `conflict` where the file changed since it was read.
[[nodiscard]] Result<std::unique_ptr<Transport>> open_ldif(const std::string& path);

}  // namespace gmsactl::ldap
