// Whether a file of trusted certificates is one, checked before a server is contacted: what Windows exports
// (DER, PKCS#7, PKCS#12, UTF-16 text) is named with the command that converts it. Called before a connection
// with TLS is opened.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace gmsactl::ldap {

/// `unauthenticated` where the file cannot be used as directory.tls.caFile. `now` is compared with the
/// certificates' dates.
[[nodiscard]] Result<void> check_ca_file(const std::string& path, time_t now);

/// The same of its contents; `path` is for messages.
[[nodiscard]] Result<void> check_ca_bytes(std::string_view bytes, const std::string& path, time_t now);

}  // namespace gmsactl::ldap
