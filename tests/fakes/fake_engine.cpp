#include "tests/fakes/fake_engine.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace gmsactl::fakes {

FakeEngine::FakeEngine(std::string socket, std::string info, int status)
    : socket_(std::move(socket)),
      info_(std::move(info)),
      status_(status),
      listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_un own{};
  own.sun_family = AF_UNIX;
  std::strncpy(own.sun_path, socket_.c_str(), sizeof own.sun_path - 1);
  unlink(socket_.c_str());
  (void)bind(listener_, reinterpret_cast<sockaddr*>(&own), sizeof own);
  (void)listen(listener_, 16);
  thread_ = std::thread([this] { serve(); });
}

FakeEngine::~FakeEngine() {
  const uint64_t one = 1;
  (void)!write(stop_, &one, sizeof one);
  thread_.join();
  close(stop_);
  close(listener_);
  unlink(socket_.c_str());
}

void FakeEngine::serve() {
  std::array<pollfd, 2> waiting{{{stop_, POLLIN, 0}, {listener_, POLLIN, 0}}};
  while (poll(waiting.data(), waiting.size(), -1) >= 0 && waiting[0].revents == 0) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    answer(connection);
    close(connection);
  }
}

void FakeEngine::answer(int connection) {
  std::string request;
  std::array<char, 4096> buffer{};
  while (request.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = recv(connection, buffer.data(), buffer.size(), 0);
    if (got <= 0) return;
    request.append(buffer.data(), static_cast<size_t>(got));
  }
  const bool known = request.starts_with("GET /info HTTP/1.1\r\n");
  if (known) ++asked_;
  const std::string body = known ? info_ : R"({"message": "page not found"})";
  const std::string text = "HTTP/1.1 " + std::to_string(known ? status_ : 404) +
                           " X\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\n\r\n" + body;
  (void)send(connection, text.data(), text.size(), MSG_NOSIGNAL);
}

}  // namespace gmsactl::fakes
