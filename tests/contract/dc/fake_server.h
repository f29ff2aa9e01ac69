// Accepts connections on a loopback port and keeps what it is sent; answers nothing, or refuses StartTLS.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace gmsactl::contract {

class FakeServer {
 public:
  enum class Mood { silent, refuses_tls };
  explicit FakeServer(Mood mood);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  uint16_t port() const { return port_; }
  std::string received();

 private:
  void serve();

  Mood mood_;
  int listener_ = -1;
  int stop_ = -1;
  uint16_t port_ = 0;
  std::mutex mutex_;
  std::string received_;
  std::thread thread_;
};

}  // namespace gmsactl::contract
