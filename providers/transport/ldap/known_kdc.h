// The KDC that is known to be alive: every domain controller is one, and a connection to this one is open
// already. libkrb5 by itself asks the KDCs that DNS names one after the other and gives each that is dead a
// second, in every exchange. So its messages for the controller's own realm are carried there by TCP (RFC
// 4120 section 7.2.2); where that fails, where krb5.conf names KDCs, and for other realms, libkrb5 goes its
// own way. Called by libldap_kerberos.
#pragma once

#include <krb5.h>

#include <chrono>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace gmsactl::ldap {

/// One message and its answer. `port` is 88 but in tests.
[[nodiscard]] Result<std::string> ask_kdc(const std::string& address, std::string_view message,
                                          std::chrono::milliseconds connect_timeout,
                                          std::chrono::milliseconds answer_timeout, uint16_t port = 88);

class KnownKdc {
 public:
  KnownKdc() = default;
  KnownKdc(const KnownKdc&) = delete;
  KnownKdc& operator=(const KnownKdc&) = delete;

  /// `context` asks this one from now on; it must not outlive it.
  void serve(krb5_context context);
  /// Of the controller `host`, whose realm is the part behind its first dot. An empty address: not known.
  void is_at(const std::string& host, const std::string& address);
  /// A new proof of who somebody is. After a refusal libkrb5 looks for a "primary" KDC and would hand in the
  /// same wrong key again, which counts towards locking the account; that is not let through.
  void begin_login() { refused_ = false; }

 private:
  static krb5_error_code send(krb5_context context, void* self, const krb5_data* realm,
                              const krb5_data* message, krb5_data** changed, krb5_data** reply);
  bool may_ask(krb5_context context, const krb5_data& realm);

  std::string host_;
  std::string given_;
  std::string realm_;
  std::string address_;  ///< empty where it did not answer
  bool refused_ = false;
};

}  // namespace gmsactl::ldap
