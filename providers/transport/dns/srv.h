// Finding domain controllers by DNS SRV records (RFC 2782, [MS-ADTS] 6.3.2.3), through c-ares.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace gmsactl::dns {

struct SrvRecord {
  std::string host;  ///< without the trailing dot
  uint16_t port = 0;
  uint16_t priority = 0;
  uint16_t weight = 0;
  bool operator==(const SrvRecord&) const = default;
};

struct Resolver {
  /// "ip[:port],…" in place of the system's; the program takes it from GMSACTL_DNS_SERVERS.
  std::string servers;
  std::chrono::milliseconds timeout{3'000};  ///< one try
  int tries = 2;

  /// In the order in which to try them: by priority, within one by weighted random choice. No record is
  /// `not_found`, no answer `timeout` or `unavailable`.
  [[nodiscard]] Result<std::vector<SrvRecord>> lookup_srv(const std::string& name) const;
  /// IPv4 then IPv6 addresses of a host.
  [[nodiscard]] Result<std::vector<std::string>> lookup_addresses(const std::string& host) const;
  /// Of many hosts at once, in their order; empty where there are none. What is not answered within
  /// `patience` is left out, if anything was.
  [[nodiscard]] Result<std::vector<std::vector<std::string>>> lookup_addresses(
      const std::vector<std::string>& hosts, std::chrono::milliseconds patience) const;
};

}  // namespace gmsactl::dns
