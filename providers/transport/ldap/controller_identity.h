// Which domain controller is at the other end: one name may lead to several, as an alias or a load balancer
// does, and what two of them say is no one state of a directory. Compared by libldap_session.cpp for each
// connection of a transport, and by providers/directory where a transport is replaced.
#pragma once

#include <string>

namespace gmsactl::ldap {

/// What a rootDSE says of it ([MS-ADTS] 3.1.1.3.2); empty where it is not shown.
struct ControllerIdentity {
  std::string service;  ///< dsServiceName
  std::string host;     ///< dnsHostName

  /// Whether the two can't be one controller.
  bool differs_from(const ControllerIdentity& other) const;
  /// For people.
  const std::string& name() const { return host.empty() ? service : host; }
};

}  // namespace gmsactl::ldap
