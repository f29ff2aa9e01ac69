#include "providers/transport/ldap/connect.h"

#include "providers/transport/ldap/libldap_transport.h"

namespace gmsactl::ldap {

Result<std::unique_ptr<Transport>> connect(const std::string& url, const ConnectOptions& options) {
  auto session = GMSACTL_TRY(Session::create(url, options));
  return GMSACTL_TRY(LibldapTransport::open(std::move(session)));
}

}  // namespace gmsactl::ldap
