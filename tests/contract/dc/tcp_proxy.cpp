#include "tests/contract/dc/tcp_proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "tests/fakes/loopback.h"

namespace gmsactl::contract {
namespace {

sockaddr_in address_of(const std::string& text, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, text.c_str(), &address.sin_addr);
  return address;
}

/// False when the connection is over.
bool pass_on(int from, int to, std::array<char, 16384>& buffer, ssize_t& count) {
  count = recv(from, buffer.data(), buffer.size(), 0);
  if (count <= 0) return false;
  for (ssize_t sent = 0; to >= 0 && sent < count;) {
    const ssize_t more = send(to, buffer.data() + sent, static_cast<size_t>(count - sent), MSG_NOSIGNAL);
    if (more <= 0) return false;
    sent += more;
  }
  return true;
}

}  // namespace

TcpProxy::TcpProxy(std::string address, uint16_t port, bool narrow)
    : address_(std::move(address)),
      server_port_(port),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int few = 4096;
  if (narrow) setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &few, sizeof few);
  port_ = fakes::listen_on_loopback(listener_);
  thread_ = std::thread([this] { accept_all(); });
}

TcpProxy::~TcpProxy() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  cut();
  for (Pair& pair : pairs_) {
    pair.thread.join();
    close(pair.client);
    if (pair.server >= 0) close(pair.server);
  }
  close(listener_);
}

void TcpProxy::cut() {
  const std::lock_guard lock(mutex_);
  for (Pair& pair : pairs_) {
    shutdown(pair.client, SHUT_RDWR);
    if (pair.server >= 0) shutdown(pair.server, SHUT_RDWR);
  }
}

void TcpProxy::accept_all() {
  while (!stopping_) {
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    if (refusing_) {
      close(client);
      continue;
    }
    ++accepted_;
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = address_of(address_, server_port_);
    if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close(client);
      close(server);
      continue;
    }
    const std::lock_guard lock(mutex_);
    Pair& pair = pairs_.emplace_back();
    pair.client = client;
    pair.server = server;
    pair.thread = std::thread([this, &pair] { relay(pair); });
  }
}

void TcpProxy::relay(Pair& pair) {
  std::array<char, 16384> buffer{};
  for (;;) {
    std::array<pollfd, 2> waiting{pollfd{pair.client, POLLIN, 0}, pollfd{pair.server, POLLIN, 0}};
    if (poll(waiting.data(), waiting.size(), -1) < 0) break;
    ssize_t count = 0;
    if (waiting[0].revents && !pass_on(pair.client, pair.server, buffer, count)) break;
    if (!waiting[1].revents) continue;
    if (!pass_on(pair.server, silent_ ? -1 : pair.client, buffer, count)) break;
    if (left_ >= 0 && (left_ -= count) < 0) {
      left_ = -1;
      break;
    }
  }
  shutdown(pair.client, SHUT_RDWR);
  shutdown(pair.server, SHUT_RDWR);
}

}  // namespace gmsactl::contract
