// The LDAP ping ([MS-ADTS] 6.3.3): what a domain controller says of itself and of the client's site in one
// UDP packet, before anybody is bound. Pure: bytes to values and back. Called by race.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gmsactl::ldap {

/// NETLOGON_SAM_LOGON_RESPONSE_EX, [MS-ADTS] 6.3.1.9, as far as choosing needs it.
struct Pong {
  uint32_t flags = 0;
  std::string domain;       ///< DNS name
  std::string host;         ///< DNS name
  std::string site;         ///< the controller's
  std::string client_site;  ///< the one that the client's address belongs to, may be empty

  bool writable() const { return (flags & 0x100) != 0; }  ///< DS_WRITABLE_FLAG
  bool closest() const { return (flags & 0x80) != 0; }    ///< DS_CLOSEST_FLAG: its site is the client's
  bool operator==(const Pong&) const = default;
};

/// A search of the rootDSE for Netlogon, with the filter (&(DnsDomain=domain)(NtVer=6)).
std::string ping_request(const std::string& domain, uint8_t message_id);
/// A search of the rootDSE that any LDAP server answers without a bind.
std::string root_dse_request(uint8_t message_id);

/// The answer in a packet, or nothing where it holds none.
std::optional<Pong> read_pong(std::string_view packet);

}  // namespace gmsactl::ldap
