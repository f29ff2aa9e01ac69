// One run's connection to one writable domain controller of the wanted domain, or to an LDIF file. Chooses it
// (DNS SRV or the configured servers), pins it, and may move to the next one only as long as nothing has been
// written. Not responsible for what is read or written through it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/desired.h"
#include "providers/transport/ldap/connect.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

struct SessionOptions {
  std::vector<std::string> servers;  ///< override the Environment's, and DNS
  std::string dns_servers;           ///< "ip[:port],…" in place of the system's
  std::chrono::milliseconds request_timeout{120'000};
  int window = 32;
};

class Session {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Session>> open(const model::Environment& environment,
                                                             const SessionOptions& options);

  ldap::Transport& transport() { return *transport_; }
  /// For who goes on using it whatever recover() does.
  std::shared_ptr<ldap::Transport> shared_transport() const { return transport_; }
  const ldap::Entry& root_dse() const { return root_dse_; }
  const model::Environment& environment() const { return environment_; }

  /// After this no other server is ever used.
  void begin_writes() { writes_begun_ = true; }
  bool writes_begun() const { return writes_begun_; }

  /// Connects anew: to the same server, else, where nothing has been written, to those after it.
  [[nodiscard]] Result<void> recover();

  /// A second connection, for what other domains of the forest hold (port 3268, or 3269 under TLS).
  [[nodiscard]] Result<std::unique_ptr<ldap::Transport>> open_global_catalog() const;

  /// Whether `url` names a file rather than a server.
  static bool is_ldif(std::string_view url);

 private:
  Session(const model::Environment& environment, const SessionOptions& options);
  [[nodiscard]] Result<void> choose_servers();
  [[nodiscard]] Result<void> connect_first(size_t first);
  [[nodiscard]] Result<std::unique_ptr<ldap::Transport>> connect(const std::string& url) const;
  [[nodiscard]] Result<void> check_server(ldap::Transport& transport);

  model::Environment environment_;
  SessionOptions options_;
  ldap::ConnectOptions connect_options_;
  std::vector<std::string> servers_;
  size_t pinned_ = 0;
  bool writes_begun_ = false;
  std::shared_ptr<ldap::Transport> transport_;
  ldap::Entry root_dse_;
};

}  // namespace gmsactl::directory
