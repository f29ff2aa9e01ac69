// The Kerberos side of a bind: makes sure that there is a ticket before libldap looks for one, since what
// SASL says when there is none ("Unspecified GSS failure") helps nobody. With a keytab it gets the tickets
// itself, into a cache in memory. Called by libldap_session; never sees the network but through libkrb5.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "engine/base/result.h"

namespace gmsactl::ldap {

class Tickets {
 public:
  /// An empty keytab: the ticket cache (KRB5CCNAME), or KRB5_CLIENT_KTNAME where there is one. `progress` is
  /// told, by another thread, where a ticket is waited for.
  Tickets(std::string keytab, std::string principal, std::function<void(const std::string&)> progress = {});
  ~Tickets();
  Tickets(const Tickets&) = delete;
  Tickets& operator=(const Tickets&) = delete;

  /// A ticket for ldap/host is in the cache and the calling thread's GSS-API looks for it there. Thread-safe.
  /// `unauthenticated` says what is wrong with the tickets, `unavailable` that no KDC answers. `address` is
  /// where the controller, and so a KDC, was reached; empty where that is not known.
  [[nodiscard]] Result<void> prepare(const std::string& host, const std::string& address);

 private:
  struct State;
  std::mutex mutex_;
  std::unique_ptr<State> state_;
};

}  // namespace gmsactl::ldap
