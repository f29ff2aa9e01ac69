// Stands between the transport and the lab's domain controller on a loopback port, so that a test can have
// the network misbehave: cut the connections, swallow what the server says, or delay it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace gmsactl::contract {

class TcpProxy {
 public:
  /// `narrow`: takes so little at a time that a sender's socket fills up.
  TcpProxy(std::string address, uint16_t port, bool narrow = false);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  uint16_t port() const { return port_; }
  void cut();                                 ///< ends every connection; new ones are taken
  void refuse(bool yes) { refusing_ = yes; }  ///< new connections end at once
  void swallow(bool yes) { silent_ = yes; }   ///< nothing more comes from the server
  int connections() const { return accepted_; }
  /// Bytes from the server after which the connections are cut, once.
  void cut_after(int64_t bytes) { left_ = bytes; }

 private:
  struct Pair {
    int client = -1;
    int server = -1;
    std::thread thread;
  };
  void accept_all();
  void relay(Pair& pair);

  const std::string address_;
  const uint16_t server_port_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<bool> silent_{false}, refusing_{false}, stopping_{false};
  std::atomic<int> accepted_{0};
  std::atomic<int64_t> left_{-1};
  std::mutex mutex_;
  std::list<Pair> pairs_;
  std::thread thread_;
};

}  // namespace gmsactl::contract
