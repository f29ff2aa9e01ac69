// One run's connection to one writable domain controller of the wanted domain, or to an LDIF file. Chooses it
// (DNS SRV or the configured servers), pins it, and may move to the next one only as long as nothing has been
// written. A Session only reads; a WritingSession is one that writes as well. Not responsible for what is
// read or written through it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/desired.h"
#include "providers/directory/known_controllers.h"
#include "providers/transport/ldap/connect.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

struct SessionOptions {
  std::vector<std::string> servers;  ///< override the Environment's, and DNS
  std::string dns_servers;           ///< "ip[:port],…" in place of the system's
  std::chrono::milliseconds request_timeout{120'000};
  int window = 32;
  std::string prefer = {};  ///< DNS name of the server that is tried first, where it is among them
  bool stay = false;        ///< a server that is lost is an error, and no other one takes its place
  /// Told what is doubtful and goes on all the same, one sentence each.
  std::function<void(const std::string&)> warn = {};
  /// Told how the search for a controller goes, where it takes longer than a second.
  std::function<void(const std::string&)> progress = {};
  std::string site = {};  ///< overrides the Environment's
  /// Shared by the environments of a run; null: this session's own.
  std::shared_ptr<KnownControllers> known = {};
};

class Session {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Session>> open(const model::Environment& environment,
                                                             const SessionOptions& options);
  virtual ~Session() = default;

  ldap::Reader& transport() { return *transport_; }
  const ldap::Entry& root_dse() const { return root_dse_; }
  const model::Environment& environment() const { return environment_; }
  /// How long an answer may take.
  std::chrono::milliseconds request_timeout() const { return options_.request_timeout; }

  /// Connects anew: to the same server, else, where nothing has been written, to another one. `elsewhere`:
  /// the other ones first, since a new connection to the same server did not help.
  [[nodiscard]] Result<void> recover(bool elsewhere = false);

  /// A second connection, for what other domains of the forest hold: to this server, where it is a global
  /// catalogue that answers, else to one that DNS names, by port 3268, or 3269 under TLS. `forest` is a DNS
  /// name. What the catalogue says of this server's own domain may be out of date. Searched from the empty
  /// base.
  [[nodiscard]] Result<std::unique_ptr<ldap::Reader>> open_global_catalog(const std::string& forest) const;

  /// Whether `url` names a file rather than a server.
  static bool is_ldif(std::string_view url);

 protected:
  Session(const model::Environment& environment, const SessionOptions& options);
  /// Connects to the first server that will do.
  [[nodiscard]] Result<void> start();
  const std::shared_ptr<ldap::Transport>& writable() const { return transport_; }
  /// A connection that is open already, in place of start().
  void use(std::shared_ptr<ldap::Transport> transport, ldap::Entry root_dse) {
    transport_ = std::move(transport);
    root_dse_ = std::move(root_dse);
  }
  /// From here on no other server is used.
  void pin() { writes_begun_ = true; }

 private:
  [[nodiscard]] Result<void> choose_servers();
  [[nodiscard]] Result<void> find_servers();
  [[nodiscard]] Result<void> choose(const std::vector<std::string>& urls);
  using Attempt = std::function<Result<void>(const std::string& url, const std::string& address)>;
  [[nodiscard]] Result<void> first_of(std::vector<std::string> urls, const std::string& ping,
                                      const Attempt& attempt) const;
  [[nodiscard]] Result<void> race(const std::vector<std::string>& urls, const std::string& ping,
                                  const Attempt& attempt, std::chrono::milliseconds patience) const;
  [[nodiscard]] Result<std::vector<std::string>> catalogs_in_dns(const std::string& forest) const;
  [[nodiscard]] Result<std::unique_ptr<ldap::Transport>> connect(const std::string& url,
                                                                 const std::string& address,
                                                                 bool global_catalog = false) const;
  std::string who() const;

  model::Environment environment_;
  SessionOptions options_;
  ldap::ConnectOptions connect_options_;
  std::vector<std::string> servers_;
  std::string pinned_;       ///< one of them
  bool discovered_ = false;  ///< by DNS
  bool writes_begun_ = false;
  std::shared_ptr<ldap::Transport> transport_;
  ldap::Entry root_dse_;
};

class WritingSession : public Session {
 public:
  [[nodiscard]] static Result<std::unique_ptr<WritingSession>> open(const model::Environment& environment,
                                                                    const SessionOptions& options);

  /// For who goes on using it whatever recover() does.
  std::shared_ptr<ldap::Transport> shared_transport() const { return writable(); }
  /// After this no other server is ever used.
  ldap::Transport& begin_writes() {
    pin();
    return *writable();
  }

 private:
  using Session::Session;
};

}  // namespace gmsactl::directory
