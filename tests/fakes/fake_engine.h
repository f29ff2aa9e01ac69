// A Docker Engine of Windows, as far as a client asks one for what it runs on: none can run here. Answers GET
// /info on a unix socket, one connection after the other.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace gmsactl::fakes {

class FakeEngine {
 public:
  /// `info` is the body of the answer, `status` that of HTTP.
  FakeEngine(std::string socket, std::string info, int status = 200);
  ~FakeEngine();
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;

  std::string endpoint() const { return "unix://" + socket_; }
  int asked() const { return asked_; }

 private:
  void serve();
  void answer(int connection);

  std::string socket_;
  std::string info_;
  int status_;
  int listener_ = -1;
  int stop_ = -1;
  std::atomic<int> asked_{0};
  std::thread thread_;
};

}  // namespace gmsactl::fakes
