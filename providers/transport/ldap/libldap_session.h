// Opening one libldap handle: socket, TLS, bind, in this order and with nothing sent unprotected that should
// not be; and seeing that each is opened to the same controller. Called by a connection's dispatcher thread,
// to which the handle then belongs.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "providers/transport/ldap/connect.h"
#include "providers/transport/ldap/controller_identity.h"
#include "providers/transport/ldap/libldap_endpoint.h"
#include "providers/transport/ldap/libldap_kerberos.h"

struct ldap;  // libldap's LDAP

namespace gmsactl::ldap {

struct CloseHandle {
  void operator()(::ldap* handle) const;
};
using Handle = std::unique_ptr<::ldap, CloseHandle>;

/// How to open a handle, and to open it again after it broke. Shared by the connections of a transport.
class Session {
 public:
  /// `invalid` where the options contradict each other or the URL.
  [[nodiscard]] static Result<std::shared_ptr<Session>> create(const std::string& url,
                                                               const ConnectOptions& options);

  /// A bound handle, of the controller that the first one was of. Takes up to the connect timeout for each of
  /// connecting, TLS, the bind's steps and asking who it is. Thread-safe.
  [[nodiscard]] Result<Handle> open();

  const Endpoint& endpoint() const { return endpoint_; }
  const ConnectOptions& options() const { return options_; }

 private:
  Session(Endpoint endpoint, const ConnectOptions& options);
  bool start_tls() const;
  Result<void> secure(::ldap* handle) const;
  Result<void> bind_simple(::ldap* handle) const;
  Result<void> bind_kerberos(::ldap* handle) const;
  Result<ControllerIdentity> ask_identity(::ldap* handle) const;
  Result<void> check_identity(::ldap* handle);

  Endpoint endpoint_;
  ConnectOptions options_;
  Tickets tickets_;
  std::mutex mutex_;  // guards the next group
  bool opened_ = false;
  std::optional<ControllerIdentity> first_;  ///< of the first handle, where it said so
};

/// What libldap last reported on this handle, with the server's own words if it sent any.
Error handle_error(::ldap* handle, int result);

}  // namespace gmsactl::ldap
