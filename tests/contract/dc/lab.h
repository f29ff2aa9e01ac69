// Where the lab is, as `./dev lab env` tells.
#pragma once

#include <fstream>
#include <string>

#include "providers/transport/ldap/connect.h"
#include "tests/contract/dc/tcp_proxy.h"
#include "tests/contract/lab.h"

namespace gmsactl::contract::lab {

inline constexpr const char* why_absent =
    "GMSACTL_LAB_DC1 is not set: ./dev lab up, then eval \"$(./dev lab env)\"";
inline bool absent() { return variable("GMSACTL_LAB_DC1").empty(); }
inline std::string host() { return variable("GMSACTL_LAB_DC1"); }
inline std::string certificate_authority() { return variable("GMSACTL_LAB_CA"); }

inline std::string administrators_password() {
  std::ifstream file(variable("GMSACTL_LAB_ADMIN_PASSWORD_FILE"));
  std::string password;
  std::getline(file, password);
  return password;
}

/// Kerberos with the lab's ticket cache.
inline ldap::ConnectOptions options() {
  ldap::ConnectOptions options;
  options.address = variable("GMSACTL_LAB_DC1_IP");
  return options;
}

/// The same through a proxy on this machine; the name stays the controller's, for Kerberos.
inline ldap::ConnectOptions options_through_proxy() {
  auto through = options();
  through.address = "127.0.0.1";
  return through;
}
inline std::string url_through(const TcpProxy& proxy) {
  return "ldap://" + host() + ":" + std::to_string(proxy.port());
}

/// Opens a connection and closes it.
inline Result<void> connects(const std::string& url, ldap::ConnectOptions options) {
  options.connections = 1;
  auto opened = ldap::connect(url, options);
  if (!opened) return fail(std::move(opened).error());
  return {};
}

/// Name and password of the administrator, and the lab's certification authority.
inline ldap::ConnectOptions simple_options() {
  auto simple = options();
  simple.bind = ldap::Bind::simple;
  simple.username = "Administrator@contoso.com";
  simple.password = Secret(administrators_password());
  simple.ca_file = certificate_authority();
  return simple;
}

/// The same, by way of a persona.
inline ldap::ConnectOptions persona_options() {
  auto options = simple_options();
  options.address = "127.0.0.1";
  options.ca_file = variable("GMSACTL_PERSONA_CA");
  return options;
}

}  // namespace gmsactl::contract::lab
