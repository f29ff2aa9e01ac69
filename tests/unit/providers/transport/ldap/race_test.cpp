// Which of several servers wins, with real sockets on this machine: listeners that answer, stay silent, or
// whose queue is full so that packets to them are dropped as by a firewall.
#include "providers/transport/ldap/race.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <list>
#include <thread>

#include "providers/transport/ldap/cldap_ping.h"
#include "providers/transport/ldap/libldap_endpoint.h"
#include "tests/fakes/loopback.h"

namespace gmsactl {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Listener {
 public:
  enum class Mood { answers, silent, full };
  explicit Listener(Mood mood) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    port_ = fakes::listen_on_loopback(socket_.get(), mood == Mood::full ? 0 : 8);
    EXPECT_NE(port_, 0);
    const sockaddr_in address = fakes::loopback(port_);
    if (mood == Mood::full)
      for (int i = 0; i < 3; ++i) {
        fillers_.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        (void)connect(fillers_.back().get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
      }
    if (mood == Mood::answers)
      thread_ = std::thread([this] {
        const ldap::FileDescriptor client(accept(socket_.get(), nullptr, nullptr));
        char request[256];
        if (recv(client.get(), request, sizeof request, 0) > 0)
          (void)send(client.get(), "0", 1, MSG_NOSIGNAL);
      });
  }
  ~Listener() {
    shutdown(socket_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ldap::Candidate candidate() const { return {"ldap://dc.test:" + std::to_string(port_), {"127.0.0.1"}}; }

 private:
  ldap::FileDescriptor socket_;
  uint16_t port_ = 0;
  std::list<ldap::FileDescriptor> fillers_;
  std::thread thread_;
};

ldap::RaceOptions quick() {
  ldap::RaceOptions options;
  options.head_start = 50ms;
  options.stagger = 5ms;
  options.timeout = 400ms;
  return options;
}

TEST(Race, who_drops_packets_or_stays_silent_holds_nobody_up) {
  const Listener full(Listener::Mood::full), silent(Listener::Mood::silent), good(Listener::Mood::answers);
  ldap::Race race({full.candidate(), silent.candidate(), good.candidate()}, quick());
  const auto begin = std::chrono::steady_clock::now();
  const auto winner = race.next();
  ASSERT_TRUE(winner);
  EXPECT_EQ(winner->candidate, 2U);
  EXPECT_EQ(winner->address, "127.0.0.1");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 350ms);
  EXPECT_FALSE(race.next());
  EXPECT_THAT(race.failure(0)->message, HasSubstr("127.0.0.1: no answer in 400 ms"));
  EXPECT_THAT(race.failure(1)->message, HasSubstr("no answer in 400 ms"));
  EXPECT_EQ(race.failure(1)->kind, ErrorKind::timeout);
  EXPECT_FALSE(race.failure(2));
}

TEST(Race, the_first_wins_where_it_answers_within_its_head_start) {
  const Listener first(Listener::Mood::answers), second(Listener::Mood::answers);
  auto options = quick();
  options.head_start = 300ms;
  ldap::Race race({first.candidate(), second.candidate()}, options);
  EXPECT_EQ(race.next()->candidate, 0U);
  EXPECT_EQ(race.next()->candidate, 1U);
  EXPECT_FALSE(race.next());
}

TEST(Race, without_an_address_or_a_listener_it_is_said_why) {
  std::string closed;
  {
    const Listener gone(Listener::Mood::silent);
    closed = gone.candidate().url;
  }
  ldap::Race race({{closed, {"127.0.0.1"}}, {"ldap://nowhere.test", {}}}, quick());
  EXPECT_FALSE(race.next());
  EXPECT_THAT(race.failure(0)->message, HasSubstr("Connection refused"));
  EXPECT_THAT(race.failure(1)->message, HasSubstr("cannot find its address"));
}

TEST(CldapPing, an_answer_is_read_and_a_damaged_one_is_not) {
  const auto tlv = [](char tag, const std::string& text) {
    return std::string{tag, static_cast<char>(0x82), static_cast<char>(text.size() >> 8),
                       static_cast<char>(text.size() & 0xFF)} +
           text;
  };
  // The names as a controller compresses them: DC01 in contoso.com, site Here; the client is in site There.
  std::string value("\x17\0\0\0\x80\x01\0\0", 8);
  value += std::string(16, 'g');
  value += std::string(
      "\x07"
      "contoso"
      "\x03"
      "com\0",
      13);                              // forest, at 24
  value += std::string("\xC0\x18", 2);  // domain
  value += std::string(
      "\x04"
      "dc01"
      "\xC0\x18",
      7);  // host
  value += std::string(
      "\x07"
      "CONTOSO\0\x04"
      "DC01\0\0",
      16);  // NetBIOS names, no user
  value += std::string("\x04Here\0\x05There\0", 13);
  const std::string packet = tlv(
      0x30, std::string("\x02\x01\x01", 3) +
                tlv(0x64, std::string("\x04\0", 2) + tlv(0x30, tlv(0x30, std::string("\x04\x08Netlogon", 10) +
                                                                             tlv(0x31, tlv(0x04, value))))));
  const auto pong = ldap::read_pong(packet);
  ASSERT_TRUE(pong);
  EXPECT_EQ(*pong, (ldap::Pong{0x180, "contoso.com", "dc01.contoso.com", "Here", "There"}));
  EXPECT_TRUE(pong->writable());
  EXPECT_TRUE(pong->closest());
  for (size_t cut = 0; cut < packet.size(); ++cut)
    EXPECT_FALSE(ldap::read_pong(packet.substr(0, cut))) << cut;
  std::string loop = packet;
  loop[loop.find("\xC0\x18") + 1] = static_cast<char>(loop.find("\xC0\x18") - loop.find("\x17"));
  (void)ldap::read_pong(loop);  // a pointer to itself ends
}

}  // namespace
}  // namespace gmsactl
