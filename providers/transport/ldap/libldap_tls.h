// TLS for libldap handles: always verified, at least TLS 1.2, with messages that say what is wrong with a
// certificate.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "providers/transport/ldap/connect.h"
#include "providers/transport/ldap/libldap_endpoint.h"

struct ldap;  // libldap's LDAP

namespace gmsactl::ldap {

/// `ca_file` empty: the system's certificates.
[[nodiscard]] Result<void> configure_tls(::ldap* handle, const std::string& host, const std::string& ca_file);

/// The handshake, on a handle that configure_tls() was called for. An unacceptable certificate is
/// `unauthenticated`.
[[nodiscard]] Result<void> install_tls(::ldap* handle, const Endpoint& endpoint,
                                       const ConnectOptions& options);

}  // namespace gmsactl::ldap
