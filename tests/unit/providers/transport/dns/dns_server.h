// A DNS server on a loopback UDP port of the kernel's choice, for tests: answers from a table, in a thread of
// its own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "providers/transport/dns/srv.h"

namespace gmsactl::dns {

class DnsServer {
 public:
  enum class Mood { answers, refuses, stays_silent };

  /// The tables must not change after this.
  struct Zone {
    std::map<std::string, std::vector<SrvRecord>> srv;
    std::map<std::string, std::vector<std::string>> addresses;  ///< IPv4 and IPv6, as text
  };
  explicit DnsServer(Zone zone, Mood mood = Mood::answers);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  std::string address() const;  ///< "127.0.0.1:PORT"

 private:
  void serve();
  std::string reply_to(const std::string& query) const;

  Zone zone_;
  Mood mood_;
  int socket_ = -1;
  int stop_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace gmsactl::dns
