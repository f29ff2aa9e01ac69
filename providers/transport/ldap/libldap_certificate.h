// What is wrong with a server's certificate, in words. Used only after a handshake failed, to explain it: it
// connects once more, sends nothing but the handshake, and decides nothing.
#pragma once

#include <optional>
#include <string>

#include "engine/base/error.h"
#include "providers/transport/ldap/connect.h"
#include "providers/transport/ldap/libldap_endpoint.h"

namespace gmsactl::ldap {

/// Untrusted issuer, expired, not yet valid, another name … with a hint; nothing where the certificate is in
/// order or none was shown.
std::optional<Error> certificate_flaw(const Endpoint& endpoint, const ConnectOptions& options,
                                      const std::string& ca_file);

}  // namespace gmsactl::ldap
