// The Transport of a live server: chooses connections, turns pages, fetches the rest of ranged attributes and
// begins searches anew as recovery.h says. What travels on one connection is libldap_connection's business.
// Made by connect().
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "providers/transport/ldap/libldap_connection.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::ldap {

class LibldapTransport final : public Transport {
 public:
  /// Opens the first connection; the others are opened by widen(), when the server has let us in: a wrong
  /// password counts once, and nobody waits for connections that a small plan never needs.
  [[nodiscard]] static Result<std::unique_ptr<LibldapTransport>> open(
      const std::shared_ptr<Session>& session);
  /// Requests under way are answered `cancelled`; returns when their callers have left.
  ~LibldapTransport() override;
  LibldapTransport(const LibldapTransport&) = delete;
  LibldapTransport& operator=(const LibldapTransport&) = delete;

  Result<void> search(const SearchRequest& request, const EntrySink& sink) override;
  Result<void> watch(const SearchRequest& request, const EntrySink& sink, std::stop_token stop) override;
  Result<void> add(const std::string& dn, const std::vector<Attribute>& attributes) override;
  Result<void> modify(const std::string& dn, const std::vector<Modification>& changes) override;
  Result<void> rename(const std::string& dn, const std::string& new_rdn,
                      const std::string& new_parent) override;
  Result<void> remove(const std::string& dn) override;
  Result<void> flush() override { return {}; }
  void widen() override;
  std::string peer() const override { return peer_; }
  const Counters& counters() const override { return counters_; }

 private:
  explicit LibldapTransport(const std::shared_ptr<Session>& session);
  Connection& least_busy();
  struct Attempt;
  Result<void> attempt(const SearchRequest& request, const EntrySink& sink);
  Result<void> search_on(Connection& connection, const SearchRequest& request, const EntrySink& sink,
                         Attempt& attempt);
  bool rest(std::chrono::milliseconds pause);
  Result<void> write(Send send);
  Result<void> write_to(const std::string& dn, Send send);
  Error without_referral(const std::string& dn, Error error);

  const std::shared_ptr<Session> session_;
  std::string peer_;
  Counters counters_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::once_flag widened_;
  std::stop_source ending_;  // ends what watches
  const std::shared_ptr<std::atomic<size_t>> callers_ = std::make_shared<std::atomic<size_t>>(0);
};

}  // namespace gmsactl::ldap
