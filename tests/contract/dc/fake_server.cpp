#include "tests/contract/dc/fake_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <vector>

#include "tests/fakes/loopback.h"

namespace gmsactl::contract {
namespace {

/// Extended response to message 1: protocolError, "no TLS" (RFC 4511 §4.14.2).
constexpr std::string_view tls_refusal("\x30\x12\x02\x01\x01\x78\x0d\x0a\x01\x02\x04\x00\x04\x06no TLS", 20);

}  // namespace

FakeServer::FakeServer(Mood mood)
    : mood_(mood), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), stop_(eventfd(0, EFD_CLOEXEC)) {
  port_ = fakes::listen_on_loopback(listener_);
  thread_ = std::thread([this] { serve(); });
}

FakeServer::~FakeServer() {
  const uint64_t one = 1;
  (void)!write(stop_, &one, sizeof one);
  thread_.join();
  close(stop_);
  close(listener_);
}

std::string FakeServer::received() {
  const std::lock_guard lock(mutex_);
  return received_;
}

void FakeServer::serve() {
  std::vector<pollfd> waiting{{stop_, POLLIN, 0}, {listener_, POLLIN, 0}};
  while (poll(waiting.data(), waiting.size(), -1) >= 0 && !waiting[0].revents) {
    for (size_t i = 2; i < waiting.size(); ++i) {
      if (!waiting[i].revents) continue;
      std::array<char, 4096> buffer{};
      const auto count = recv(waiting[i].fd, buffer.data(), buffer.size(), 0);
      if (count <= 0) {
        close(waiting[i].fd);
        waiting[i].fd = -1;
        continue;
      }
      const std::lock_guard lock(mutex_);
      received_.append(buffer.data(), static_cast<size_t>(count));
      if (mood_ == Mood::refuses_tls)
        (void)send(waiting[i].fd, tls_refusal.data(), tls_refusal.size(), MSG_NOSIGNAL);
    }
    if (waiting[1].revents) waiting.push_back({accept(listener_, nullptr, nullptr), POLLIN, 0});
  }
  for (size_t i = 2; i < waiting.size(); ++i)
    if (waiting[i].fd >= 0) close(waiting[i].fd);
}

}  // namespace gmsactl::contract
