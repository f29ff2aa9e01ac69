// A small LDAP server over TLS, on a loopback port, with a certificate of its own: it accepts every simple
// bind, and answers anything else as a test says. For what no real domain controller does when asked to:
// ranges that do not add up, lost binds, notices of disconnection, connections that end between two pages.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "providers/transport/ldap/connect.h"

namespace gmsactl::fakes {

/// A request as far as tests look at it.
struct LdapRequest {
  int connection = 0;  ///< counted from 1
  int id = 0;
  uint8_t operation =
      0;             ///< BER tag of the request: 0x63 search, 0x66 modify, 0x68 add, 0x4a delete, 0x6c rename
  std::string base;  ///< or the object
  int scope = 0;
  std::vector<std::string> attributes;  ///< of a search
  bool paged = false;
  std::string cookie;
};

using LdapValues = std::vector<std::pair<std::string, std::vector<std::string>>>;

/// Messages as the server sends them.
std::string ldap_entry(int id, const std::string& dn, const LdapValues& attributes);
std::string ldap_reference(int id, const std::string& url);
/// The answer to `request`. With a cookie, or an empty one, it has the paged results control.
std::string ldap_result(const LdapRequest& request, int code = 0, const std::string& text = {},
                        const std::optional<std::string>& cookie = std::nullopt,
                        const std::string& referral = {});
/// The answer to a paged search below `base`: two of six entries, which say in their description on which
/// connection they came.
std::string ldap_page(const LdapRequest& request, const std::string& base);
std::string ldap_notice_of_disconnection(int code, const std::string& text);

class LdapServer {
 public:
  struct Reply {
    std::string bytes;
    bool close = false;  ///< after that
  };
  using Answer = std::function<Reply(const LdapRequest&)>;

  /// Its dnsHostName on a connection, counted from 1. Who asks for that, and for dsServiceName, gets it and
  /// no more.
  using HostName = std::function<std::string(int connection)>;

  /// Both are called in the server's thread, for one request at a time.
  explicit LdapServer(Answer answer, HostName host = {});
  ~LdapServer();
  LdapServer(const LdapServer&) = delete;
  LdapServer& operator=(const LdapServer&) = delete;

  std::string url() const;
  /// A simple bind, one connection, the certificate trusted.
  ldap::ConnectOptions options() const;
  int connections() const { return connections_; }

 private:
  struct Tls;
  struct Client;
  void serve();
  bool take(Client& client);
  bool answer(Client& client, const std::string& message);

  Reply reply_to(const LdapRequest& request) const;

  Answer answer_;
  HostName host_;
  std::unique_ptr<Tls> tls_;
  std::string ca_file_;
  int listener_ = -1;
  int stop_ = -1;
  uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace gmsactl::fakes
