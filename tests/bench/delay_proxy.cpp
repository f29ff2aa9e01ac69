// delay_proxy --listen IP:PORT --to IP:PORT --delay-ms N
//
// Forwards TCP connections and holds back every byte, in both directions, for N milliseconds, so that a
// server on this machine answers like one that is 2 N ms of round-trip time away. Order and throughput stay:
// what was read carries the time at which it is due, and nothing waits for anything else. Only the TCP
// handshake itself is not delayed.
//
// Prints "listening on IP:PORT" (the port that was chosen, for port 0) as soon as it listens, and on SIGTERM
// or SIGINT what it has carried. IPv4 only. Used by tests/bench/apply.sh.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

/// Held per direction; beyond it the sender is left to wait, as TCP would make it.
constexpr size_t most_held = size_t{64} << 20U;
constexpr size_t read_size = size_t{64} << 10U;

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "delay_proxy: %s\n", what.c_str());
  std::exit(1);
}

[[noreturn]] void give_up_errno(const std::string& what) {
  give_up(what + ": " + std::generic_category().message(errno));
}

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(descriptor_); }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

struct Chunk {
  Clock::time_point due;
  std::string bytes;  ///< empty: the sender will send no more
};

struct Direction {
  std::deque<Chunk> chunks;
  size_t held = 0;       ///< bytes in chunks
  size_t sent = 0;       ///< of the first chunk
  bool ended = false;    ///< no more comes in
  bool shut = false;     ///< and the receiver has been told
  bool blocked = false;  ///< the receiver takes no more for now
};

struct Totals {
  uint64_t bytes = 0;
  uint64_t chunks = 0;
};

/// One client and its connection to the server. Index 0 is the client's side.
struct Link {
  Link(int client, int server) : sockets{Socket(client), Socket(server)} {}
  std::array<Socket, 2> sockets;
  std::array<Direction, 2> from;  ///< from[0] goes from the client to the server
  std::array<uint32_t, 2> watched{};
  bool connecting = true;
};

sockaddr_in parse_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  uint16_t port = 0;
  if (colon == std::string_view::npos) give_up("'" + std::string(text) + "' is not IP:PORT");
  const std::string_view digits = text.substr(colon + 1);
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = parsed.ec == std::errc{} && parsed.ptr == digits.data() + digits.size();
  if (!whole || inet_pton(AF_INET, std::string(text.substr(0, colon)).c_str(), &address.sin_addr) != 1)
    give_up("'" + std::string(text) + "' is not IP:PORT");
  address.sin_port = htons(port);
  return address;
}

std::string text_of(const sockaddr_in& address) {
  std::array<char, INET_ADDRSTRLEN> ip{};
  inet_ntop(AF_INET, &address.sin_addr, ip.data(), ip.size());
  return std::string(ip.data()) + ":" + std::to_string(ntohs(address.sin_port));
}

// The socket calls take the address as its generic type; that is what the interface asks for.
const sockaddr* generic(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }

class Proxy {
 public:
  Proxy(const sockaddr_in& listen_at, const sockaddr_in& server, Clock::duration delay)
      : server_(server),
        delay_(delay),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        listener_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
        timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
        signals_(block_signals()) {
    const int yes = 1;
    setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener_.get(), generic(listen_at), sizeof listen_at) != 0)
      give_up_errno("cannot bind " + text_of(listen_at));
    if (listen(listener_.get(), SOMAXCONN) != 0) give_up_errno("cannot listen");
    watch(EPOLL_CTL_ADD, listener_.get(), EPOLLIN);
    watch(EPOLL_CTL_ADD, timer_.get(), EPOLLIN);
    watch(EPOLL_CTL_ADD, signals_.get(), EPOLLIN);
  }

  void announce() const {
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    std::printf("listening on %s\n", text_of(bound).c_str());
    std::fflush(stdout);
  }

  void run() {
    std::array<epoll_event, 64> events{};
    while (!stopped_) {
      const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
      if (count < 0 && errno != EINTR) give_up_errno("epoll_wait");
      for (int i = 0; i < count; ++i) handle(events[static_cast<size_t>(i)]);
      deliver_due();
      closing_.clear();
    }
    std::printf(
        "connections %llu; to the server %llu bytes in %llu chunks; to clients %llu bytes in %llu chunks\n",
        static_cast<unsigned long long>(connections_), static_cast<unsigned long long>(totals_[0].bytes),
        static_cast<unsigned long long>(totals_[0].chunks), static_cast<unsigned long long>(totals_[1].bytes),
        static_cast<unsigned long long>(totals_[1].chunks));
  }

 private:
  struct End {
    std::shared_ptr<Link> link;
    size_t side = 0;
  };

  static int block_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  }

  void watch(int operation, int descriptor, uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = descriptor;
    if (epoll_ctl(epoll_.get(), operation, descriptor, &event) != 0) give_up_errno("epoll_ctl");
  }

  void handle(const epoll_event& event) {
    const int descriptor = event.data.fd;
    if (descriptor == listener_.get()) return accept_all();
    if (descriptor == signals_.get()) {
      stopped_ = true;
      return;
    }
    if (descriptor == timer_.get()) {
      uint64_t expirations = 0;
      // Only to take the readiness away; what is due is looked up by the clock.
      [[maybe_unused]] const ssize_t size = read(timer_.get(), &expirations, sizeof expirations);
      return;
    }
    const auto found = ends_.find(descriptor);
    if (found == ends_.end()) return;  // closed by an earlier event of this round
    const End end = found->second;
    if (end.side == 1 && end.link->connecting) return finish_connecting(end);
    if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !take_in(*end.link, end.side))
      return close(end.link);
    if ((event.events & EPOLLOUT) != 0) end.link->from[1 - end.side].blocked = false;
    if ((event.events & EPOLLHUP) != 0 && end.link->from[end.side].ended) leave(end);
  }

  /// This side is closed both ways: what it said still goes out, what is meant for it can't be delivered.
  void leave(const End& end) {
    Direction& to_it = end.link->from[1 - end.side];
    to_it.chunks.clear();
    to_it.held = 0;
    to_it.sent = 0;
    to_it.ended = true;
    to_it.shut = true;
    ends_.erase(end.link->sockets[end.side].get());
    // The kernel reports a hang-up for as long as the descriptor is watched at all.
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, end.link->sockets[end.side].get(), nullptr);
  }

  void accept_all() {
    for (;;) {
      const int client = accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client < 0) return;
      const int upstream = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (upstream < 0) give_up_errno("socket");
      const int yes = 1;
      // What was one write shall not wait for an acknowledgement of the one before: that would be a delay of
      // its own.
      for (const int one : {client, upstream}) setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      const auto link = std::make_shared<Link>(client, upstream);
      if (connect(upstream, generic(server_), sizeof server_) != 0 && errno != EINPROGRESS) continue;
      ++connections_;
      links_.insert(link);
      for (const size_t side : {size_t{0}, size_t{1}}) {
        ends_.emplace(link->sockets[side].get(), End{link, side});
        link->watched[side] = side == 0 ? EPOLLIN : EPOLLOUT;
        watch(EPOLL_CTL_ADD, link->sockets[side].get(), link->watched[side]);
      }
    }
  }

  void finish_connecting(const End& end) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(end.link->sockets[1].get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return close(end.link);
    end.link->connecting = false;
    update_watched(*end.link);
  }

  /// Reads what is there; false where the connection broke.
  bool take_in(Link& link, size_t side) {
    Direction& direction = link.from[side];
    while (!direction.ended && direction.held < most_held) {
      const ssize_t size = recv(link.sockets[side].get(), buffer_.data(), buffer_.size(), 0);
      if (size < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
      const auto length = static_cast<size_t>(size);
      direction.chunks.push_back({Clock::now() + delay_, std::string(buffer_.data(), length)});
      direction.held += length;
      direction.ended = length == 0;
      totals_[side].bytes += length;
      if (length > 0) ++totals_[side].chunks;
    }
    return true;
  }

  /// Sends what is due everywhere, and sets the timer for what comes next.
  void deliver_due() {
    const auto now = Clock::now();
    std::optional<Clock::time_point> next;
    std::vector<std::shared_ptr<Link>> broken;
    for (const auto& link : links_) {
      bool alive = true;
      for (const size_t side : {size_t{0}, size_t{1}}) {
        if (side == 0 && link->connecting) continue;
        alive = alive && send_due(*link, side, now);
        const Direction& direction = link->from[side];
        if (!direction.chunks.empty() && !direction.blocked &&
            (!next || direction.chunks.front().due < *next))
          next = direction.chunks.front().due;
      }
      if (!alive || (link->from[0].shut && link->from[1].shut))
        broken.push_back(link);
      else
        update_watched(*link);
    }
    for (const auto& link : broken) close(link);
    set_timer(next);
  }

  bool send_due(Link& link, size_t side, Clock::time_point now) {
    Direction& direction = link.from[side];
    const int receiver = link.sockets[1 - side].get();
    while (!direction.shut && !direction.blocked && !direction.chunks.empty() &&
           direction.chunks.front().due <= now) {
      const std::string& bytes = direction.chunks.front().bytes;
      if (bytes.empty()) {
        shutdown(receiver, SHUT_WR);
        direction.shut = true;
        direction.chunks.clear();
        return true;
      }
      const ssize_t size =
          send(receiver, bytes.data() + direction.sent, bytes.size() - direction.sent, MSG_NOSIGNAL);
      if (size < 0) {
        direction.blocked = errno == EAGAIN || errno == EWOULDBLOCK;
        if (direction.blocked || errno == EINTR) continue;
        return false;
      }
      direction.sent += static_cast<size_t>(size);
      if (direction.sent < bytes.size()) continue;
      direction.held -= bytes.size();
      direction.sent = 0;
      direction.chunks.pop_front();
    }
    return true;
  }

  void update_watched(Link& link) const {
    if (link.connecting) return;
    for (const size_t side : {size_t{0}, size_t{1}}) {
      if (!ends_.contains(link.sockets[side].get())) continue;
      uint32_t events = 0;
      if (!link.from[side].ended && link.from[side].held < most_held) events |= EPOLLIN;
      if (link.from[1 - side].blocked) events |= EPOLLOUT;
      if (events == link.watched[side]) continue;
      link.watched[side] = events;
      watch(EPOLL_CTL_MOD, link.sockets[side].get(), events);
    }
  }

  void set_timer(std::optional<Clock::time_point> due) const {
    itimerspec when{};
    if (due) {
      // Zero would disarm it.
      const auto left = std::max<Clock::duration>(*due - Clock::now(), std::chrono::nanoseconds(1));
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
      when.it_value.tv_sec = seconds.count();
      when.it_value.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(left - seconds).count();
    }
    timerfd_settime(timer_.get(), 0, &when, nullptr);
  }

  void close(const std::shared_ptr<Link>& link) {
    for (const Socket& one : link->sockets) ends_.erase(one.get());
    // The descriptors stay open until this round's events are all handled, so that no number is given out
    // again.
    closing_.push_back(link);
    links_.erase(link);
  }

  const sockaddr_in server_;
  const Clock::duration delay_;
  Socket epoll_;
  Socket listener_;
  Socket timer_;
  Socket signals_;
  std::unordered_map<int, End> ends_;
  std::unordered_set<std::shared_ptr<Link>> links_;
  std::vector<std::shared_ptr<Link>> closing_;
  std::array<char, read_size> buffer_{};
  std::array<Totals, 2> totals_;
  uint64_t connections_ = 0;
  bool stopped_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  std::optional<sockaddr_in> listen_at;
  std::optional<sockaddr_in> server;
  std::optional<int> delay;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    const std::string_view value = argv[i + 1];
    int number = 0;
    if (flag == "--listen") {
      listen_at = parse_address(value);
    } else if (flag == "--to") {
      server = parse_address(value);
    } else if (flag == "--delay-ms" &&
               std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc{} &&
               number >= 0) {
      delay = number;
    } else {
      give_up("cannot use '" + std::string(flag) + " " + std::string(value) + "'");
    }
  }
  if (argc % 2 == 0 || !listen_at || !server || !delay)
    give_up("usage: delay_proxy --listen IP:PORT --to IP:PORT --delay-ms N");
  const auto proxy = std::make_unique<Proxy>(*listen_at, *server, std::chrono::milliseconds(*delay));
  proxy->announce();
  proxy->run();
  return 0;
}
