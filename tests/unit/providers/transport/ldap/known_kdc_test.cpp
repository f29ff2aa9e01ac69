// One message to a KDC and its answer by TCP, with servers on this machine that answer, stay silent or send
// nonsense.
#include "providers/transport/ldap/known_kdc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "providers/transport/ldap/libldap_endpoint.h"
#include "tests/fakes/loopback.h"

namespace gmsactl {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

/// Takes one connection, reads what comes and sends `answer` in pieces of `piece` bytes; then closes, or
/// stays.
class Server {
 public:
  Server(std::string answer, bool closes, size_t piece = 1000)
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        port_(fakes::listen_on_loopback(socket_.get())) {
    thread_ = std::thread([this, answer = std::move(answer), closes, piece] {
      client_ = ldap::FileDescriptor(accept(socket_.get(), nullptr, nullptr));
      char request[256];
      const auto size = recv(client_.get(), request, sizeof request, 0);
      if (size > 0) received_.assign(request, static_cast<size_t>(size));
      for (size_t at = 0; at < answer.size(); at += piece)
        (void)send(client_.get(), answer.data() + at, std::min(piece, answer.size() - at), MSG_NOSIGNAL);
      if (closes) client_ = {};
    });
  }
  ~Server() {
    shutdown(socket_.get(), SHUT_RDWR);
    join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  const std::string& received() const { return received_; }
  uint16_t port() const { return port_; }

 private:
  ldap::FileDescriptor socket_, client_;
  uint16_t port_ = 0;
  std::string received_;
  std::thread thread_;
};

Result<std::string> ask(const Server& server) {
  return ldap::ask_kdc("127.0.0.1", "question", 500ms, 300ms, server.port());
}

TEST(KnownKdc, a_message_goes_there_with_its_length_and_the_answer_comes_back) {
  for (const size_t piece : {1UL, 5UL, 1000UL}) {
    Server server("\0\0\0\x06"s + "answer", true, piece);
    const auto answer = ask(server);
    server.join();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(*answer, "answer");
    EXPECT_EQ(server.received(), "\0\0\0\x08"s + "question");
  }
}

TEST(KnownKdc, what_is_no_answer_is_an_error_in_time) {
  const std::vector<std::tuple<std::string, bool, ErrorKind>> table{
      {"", false, ErrorKind::timeout},
      {"", true, ErrorKind::unavailable},
      {"\0\0\0\x06"s + "ans", true, ErrorKind::unavailable},
      {"\0\0\0\x06"s + "ans", false, ErrorKind::timeout},
      {"\0\0\0\0"s, false, ErrorKind::corrupt},
      {"HTTP/1.1 400 Bad Request\r\n", false, ErrorKind::corrupt},  // far more bytes than any KDC sends
  };
  for (const auto& [bytes, closes, kind] : table) {
    const Server server(bytes, closes);
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = ask(server);
    ASSERT_FALSE(answer) << bytes;
    EXPECT_EQ(answer.error().kind, kind) << bytes << ": " << answer.error().message;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  }
}

}  // namespace
}  // namespace gmsactl
