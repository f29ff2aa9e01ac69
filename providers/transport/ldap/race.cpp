#include "providers/transport/ldap/race.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "engine/base/text.h"
#include "providers/transport/ldap/cldap_ping.h"
#include "providers/transport/ldap/libldap_endpoint.h"

namespace gmsactl::ldap {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint16_t ping_port = 389;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

std::optional<Address> address_of(const std::string& text, uint16_t port) {
  Address address;
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    address.size = sizeof four;
    std::memcpy(&address.storage, &four, sizeof four);
  } else if (inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    address.size = sizeof six;
    std::memcpy(&address.storage, &six, sizeof six);
  } else {
    return std::nullopt;
  }
  return address;
}

/// One address of one candidate.
struct Runner {
  size_t candidate = 0;
  std::string text;
  Address address;
  Address ping;
  bool tls = false;
  Clock::time_point starts;
  Clock::time_point ends;
  enum class Stage { waiting, connecting, asked, over } stage = Stage::waiting;
  FileDescriptor socket;
  FileDescriptor ping_socket;
  std::string why;
};

}  // namespace

struct Race::State {
  std::vector<Candidate> candidates;
  RaceOptions options;
  std::vector<Runner> runners;
  std::vector<bool> won;
  Clock::time_point began = Clock::now();
  Clock::time_point told = began;
  size_t pings_answered = 0;

  void line_up();
  void lose(Runner& runner, std::string why);
  bool start(Runner& runner);
  bool ready(Runner& runner);
  bool ask(Runner& runner);
  void ping(Runner& runner);
  void take_pong(Runner& runner);
  std::optional<Runner*> advance();
  void tell();
};

void Race::State::line_up() {
  won.assign(candidates.size(), false);
  for (size_t i = 0; i < candidates.size(); ++i) {
    const auto endpoint = Endpoint::parse(candidates[i].url);
    if (!endpoint) continue;
    auto starts = began;
    if (i > 0) starts += options.head_start + options.stagger * static_cast<long>(i - 1);
    for (const auto& text : candidates[i].addresses) {
      const auto address = address_of(text, endpoint->port);
      if (!address) continue;
      Runner runner;
      runner.candidate = i;
      runner.text = text;
      runner.address = *address;
      runner.ping = address_of(text, ping_port).value_or(*address);
      runner.tls = endpoint->ldaps;
      runner.starts = starts;
      runner.ends = starts + options.timeout;
      runners.push_back(std::move(runner));
      starts += options.stagger * 5;
    }
  }
  if (!options.domain.empty())
    for (auto& runner : runners) ping(runner);
}

void Race::State::ping(Runner& runner) {
  runner.ping_socket =
      FileDescriptor(socket(runner.ping.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const std::string request = ping_request(options.domain, 1);
  // A packet that cannot be sent is one that is not answered: the TCP connection decides.
  if (runner.ping_socket.get() < 0 ||
      connect(runner.ping_socket.get(), reinterpret_cast<const sockaddr*>(&runner.ping.storage),
              runner.ping.size) != 0 ||
      send(runner.ping_socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
    runner.ping_socket = {};
}

void Race::State::take_pong(Runner& runner) {
  std::array<char, 4096> packet{};
  const auto size = recv(runner.ping_socket.get(), packet.data(), packet.size(), 0);
  runner.ping_socket = {};
  if (size <= 0) return;
  const auto pong = read_pong({packet.data(), static_cast<size_t>(size)});
  if (!pong || !equal_folded(pong->domain, options.domain)) return;
  ++pings_answered;
  if (!pong->writable()) return lose(runner, "it is a read-only domain controller");
  if (runner.stage != Runner::Stage::waiting) return;
  // Who answers is asked before those that have not, and first of all one of this client's own site; the head
  // start of the first one stands.
  auto sooner = std::max(Clock::now(), began + options.head_start);
  if (!pong->closest()) sooner += options.stagger * 3;
  runner.starts = std::min(runner.starts, sooner);
  runner.ends = runner.starts + options.timeout;
}

void Race::State::lose(Runner& runner, std::string why) {
  runner.stage = Runner::Stage::over;
  runner.socket = {};
  runner.ping_socket = {};
  runner.why = std::move(why);
}

/// True where the runner has won.
bool Race::State::start(Runner& runner) {
  runner.socket =
      FileDescriptor(socket(runner.address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  runner.stage = Runner::Stage::connecting;
  if (runner.socket.get() < 0) {
    lose(runner, std::system_category().message(errno));
    return false;
  }
  if (connect(runner.socket.get(), reinterpret_cast<const sockaddr*>(&runner.address.storage),
              runner.address.size) == 0)
    return ask(runner);
  if (errno != EINPROGRESS) lose(runner, std::system_category().message(errno));
  return false;
}

bool Race::State::ask(Runner& runner) {
  // Of a server with TLS the connection has to do.
  if (runner.tls) return true;
  const std::string request = root_dse_request(1);
  if (send(runner.socket.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    lose(runner, std::system_category().message(errno));
    return false;
  }
  runner.stage = Runner::Stage::asked;
  return false;
}

bool Race::State::ready(Runner& runner) {
  if (runner.stage == Runner::Stage::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(runner.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error == 0) return ask(runner);
    lose(runner, std::system_category().message(error));
    return false;
  }
  std::array<char, 512> answer{};
  const auto size = recv(runner.socket.get(), answer.data(), answer.size(), 0);
  if (size > 0) return true;
  lose(runner, size == 0 ? "it closed the connection" : std::system_category().message(errno));
  return false;
}

void Race::State::tell() {
  const auto now = Clock::now();
  if (!options.waiting || now - told < std::chrono::seconds(1)) return;
  told = now;
  const auto answered = std::count(won.begin(), won.end(), true);
  options.waiting(static_cast<size_t>(answered) + pings_answered, candidates.size());
}

/// One look at all; the runner that has won, null where nobody is left, nothing where it goes on.
std::optional<Runner*> Race::State::advance() {
  const auto now = Clock::now();
  auto wake = now + std::chrono::seconds(1);
  std::vector<pollfd> waiting;
  std::vector<size_t> whose;
  bool any = false;
  for (size_t i = 0; i < runners.size(); ++i) {
    auto& runner = runners[i];
    if (runner.stage == Runner::Stage::over) continue;
    if (won[runner.candidate]) {
      lose(runner, "");
      continue;
    }
    if (runner.stage != Runner::Stage::waiting && runner.ends <= now) {
      lose(runner, "no answer in " + std::to_string(options.timeout.count()) + " ms");
      continue;
    }
    if (runner.stage == Runner::Stage::waiting && runner.starts <= now && start(runner)) return &runner;
    if (runner.stage == Runner::Stage::over) continue;
    any = true;
    wake = std::min(wake, runner.stage == Runner::Stage::waiting ? runner.starts : runner.ends);
    const auto watch = [&](int descriptor, short events) {
      waiting.push_back({descriptor, events, 0});
      whose.push_back(i);
    };
    if (runner.ping_socket.get() >= 0) watch(runner.ping_socket.get(), POLLIN);
    if (runner.stage != Runner::Stage::waiting)
      watch(runner.socket.get(), runner.stage == Runner::Stage::connecting ? POLLOUT : POLLIN);
  }
  if (!any) return nullptr;
  const auto pause = std::chrono::ceil<std::chrono::milliseconds>(wake - now).count();
  if (poll(waiting.data(), waiting.size(), static_cast<int>(std::max<long>(pause, 0))) <= 0)
    return std::nullopt;
  for (size_t k = 0; k < waiting.size(); ++k) {
    auto& runner = runners[whose[k]];
    if (waiting[k].revents == 0 || runner.stage == Runner::Stage::over) continue;
    if (waiting[k].fd == runner.ping_socket.get())
      take_pong(runner);
    else if (waiting[k].fd == runner.socket.get() && ready(runner))
      return &runner;
  }
  return std::nullopt;
}

Race::Race(std::vector<Candidate> candidates, RaceOptions options) : state_(std::make_unique<State>()) {
  state_->candidates = std::move(candidates);
  state_->options = std::move(options);
  state_->line_up();
}
Race::~Race() = default;

std::optional<Race::Winner> Race::next() {
  for (;;) {
    const auto step = state_->advance();
    state_->tell();
    if (!step) continue;
    if (*step == nullptr) return std::nullopt;
    Runner& runner = **step;
    state_->won[runner.candidate] = true;
    Winner winner{runner.candidate, runner.text};
    state_->lose(runner, "");
    return winner;
  }
}

std::optional<Error> Race::failure(size_t candidate) const {
  if (state_->won[candidate]) return std::nullopt;
  const auto& url = state_->candidates[candidate].url;
  std::string tried;
  bool timed_out = false;
  for (const auto& runner : state_->runners) {
    if (runner.candidate != candidate) continue;
    if (runner.stage != Runner::Stage::over) return std::nullopt;
    timed_out = timed_out || runner.why.starts_with("no answer");
    tried += (tried.empty() ? "" : "; ") + runner.text + ": " + runner.why;
  }
  if (tried.empty())
    return Error{ErrorKind::unavailable,
                 "cannot find its address",
                 "Check the name and this machine's DNS servers",
                 {}};
  const auto endpoint = Endpoint::parse(url);
  return Error{timed_out ? ErrorKind::timeout : ErrorKind::unavailable,
               "cannot connect (" + tried + ")",
               "Check that the domain controller is up and that no firewall is between: port " +
                   std::to_string(endpoint ? endpoint->port : 389),
               {}};
}

}  // namespace gmsactl::ldap
