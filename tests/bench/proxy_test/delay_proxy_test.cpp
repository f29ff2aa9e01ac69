// The delaying proxy, run as the bench runs it: in front of a server that sends back what it gets.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>
#include <thread>

#include "tests/fakes/loopback.h"

namespace gmsactl::fakes {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

const sockaddr* generic(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }

void send_all(int descriptor, const std::string& bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t size = send(descriptor, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return;
    sent += static_cast<size_t>(size);
  }
}

/// Until `size` bytes are there or the other side ends.
std::string receive(int descriptor, size_t size) {
  std::string bytes;
  std::array<char, 65536> buffer{};
  while (bytes.size() < size) {
    const ssize_t got = recv(descriptor, buffer.data(), std::min(buffer.size(), size - bytes.size()), 0);
    if (got <= 0) break;
    bytes.append(buffer.data(), static_cast<size_t>(got));
  }
  return bytes;
}

/// Serves one connection, then ends.
class EchoServer {
 public:
  EchoServer() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    port = listen_on_loopback(listener_);
    EXPECT_NE(port, 0);
    thread_ = std::thread([this] {
      const int connection = accept(listener_, nullptr, nullptr);
      std::array<char, 65536> buffer{};
      for (ssize_t got = 0; (got = recv(connection, buffer.data(), buffer.size(), 0)) > 0;)
        send_all(connection, std::string(buffer.data(), static_cast<size_t>(got)));
      close(connection);
    });
  }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;
  ~EchoServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  uint16_t port = 0;

 private:
  int listener_;
  std::thread thread_;
};

class RunningProxy {
 public:
  RunningProxy(uint16_t server_port, int delay_ms) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    const std::string to = "127.0.0.1:" + std::to_string(server_port);
    const std::string delay = std::to_string(delay_ms);
    process_ = fork();
    if (process_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      close(ends[0]);
      execl(DELAY_PROXY, "delay_proxy", "--listen", "127.0.0.1:0", "--to", to.c_str(), "--delay-ms",
            delay.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    output_ = ends[0];
    const std::string line = read_line();
    port = static_cast<uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
  }
  RunningProxy(const RunningProxy&) = delete;
  RunningProxy& operator=(const RunningProxy&) = delete;
  ~RunningProxy() {
    if (process_ > 0) stop();
    close(output_);
  }

  /// Asks it to end; what it says then.
  std::string stop() {
    kill(process_, SIGTERM);
    const std::string line = read_line();
    waitpid(process_, &status, 0);
    process_ = 0;
    return line;
  }

  int connect_to() const {
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(connect(client, generic(loopback(port)), sizeof(sockaddr_in)), 0);
    return client;
  }

  uint16_t port = 0;
  int status = -1;

 private:
  std::string read_line() const {
    std::string line;
    for (char c = 0; read(output_, &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }

  pid_t process_ = 0;
  int output_ = -1;
};

TEST(DelayProxy, an_answer_takes_twice_the_delay) {
  EchoServer server;
  RunningProxy proxy(server.port, 30);
  const int client = proxy.connect_to();
  const auto began = Clock::now();
  send_all(client, "hello");
  EXPECT_EQ(receive(client, 5), "hello");
  EXPECT_GE(Clock::now() - began, milliseconds(60));
  close(client);
}

TEST(DelayProxy, what_is_sent_at_once_arrives_in_order_and_after_one_delay) {
  EchoServer server;
  RunningProxy proxy(server.port, 30);
  const int client = proxy.connect_to();
  std::string bytes(8U << 20U, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>((i * 2654435761U) >> 13U);
  const auto began = Clock::now();
  std::thread sender([&] { send_all(client, bytes); });
  const bool same = receive(client, bytes.size()) == bytes;
  const auto took = Clock::now() - began;
  sender.join();
  EXPECT_TRUE(same);
  // At least 128 reads of 64 KiB, each held back by itself, would take 128 times 60 ms.
  EXPECT_LT(took, milliseconds(128 * 60));
  close(client);
}

TEST(DelayProxy, the_end_of_one_side_reaches_the_other_after_what_it_sent) {
  EchoServer server;
  RunningProxy proxy(server.port, 5);
  const int client = proxy.connect_to();
  send_all(client, "last words");
  shutdown(client, SHUT_WR);
  EXPECT_EQ(receive(client, 100), "last words");  // ends because the server closed in turn
  close(client);
  EXPECT_EQ(proxy.stop(),
            "connections 1; to the server 10 bytes in 1 chunks; to clients 10 bytes in 1 chunks");
  EXPECT_TRUE(WIFEXITED(proxy.status) && WEXITSTATUS(proxy.status) == 0);
}

TEST(DelayProxy, a_server_that_is_not_there_ends_the_connection) {
  uint16_t unused = 0;
  {
    const int probe = socket(AF_INET, SOCK_STREAM, 0);
    unused = bind_to_loopback(probe);
    ASSERT_NE(unused, 0);
    close(probe);
  }
  RunningProxy proxy(unused, 5);
  const int client = proxy.connect_to();
  EXPECT_EQ(receive(client, 1), "");
  close(client);
}

}  // namespace
}  // namespace gmsactl::fakes
