// A port of this machine's own that nobody else has, for servers that tests start.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

namespace gmsactl::fakes {

/// 127.0.0.1 and `port`.
inline sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Binds `socket`, of IPv4, to a free port of 127.0.0.1; the port, 0 where that can't be done.
inline uint16_t bind_to_loopback(int socket) {
  sockaddr_in own = loopback(0);
  socklen_t size = sizeof own;
  if (bind(socket, reinterpret_cast<sockaddr*>(&own), size) != 0 ||
      getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) != 0)
    return 0;
  return ntohs(own.sin_port);
}

/// The same, and lets clients connect to it: so many may wait to be accepted.
inline uint16_t listen_on_loopback(int socket, int backlog = 16) {
  const uint16_t port = bind_to_loopback(socket);
  return port != 0 && listen(socket, backlog) == 0 ? port : uint16_t{0};
}

}  // namespace gmsactl::fakes
