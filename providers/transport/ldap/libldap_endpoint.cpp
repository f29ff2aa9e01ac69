#include "providers/transport/ldap/libldap_endpoint.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <system_error>
#include <utility>

#include "engine/base/text.h"
#include "providers/transport/ldap/recovery.h"

namespace gmsactl::ldap {
namespace {

using Clock = std::chrono::steady_clock;

std::string system_message(int error) { return std::system_category().message(error); }

void set_option(int descriptor, int level, int name, int value) {
  // Each of these only improves how a connection behaves; one that the kernel refuses is no reason to fail.
  (void)setsockopt(descriptor, level, name, &value, sizeof value);
}

void tune(int descriptor) {
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

std::string text_of(const addrinfo& address) {
  std::array<char, NI_MAXHOST> text{};
  if (getnameinfo(address.ai_addr, address.ai_addrlen, text.data(), text.size(), nullptr, 0,
                  NI_NUMERICHOST) != 0)
    return "?";
  return text.data();
}

/// 0, or the errno of the failed connection.
int try_address(const addrinfo& address, Clock::time_point until, FileDescriptor& out) {
  FileDescriptor descriptor(
      socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (descriptor.get() < 0) return errno;
  tune(descriptor.get());
  if (::connect(descriptor.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return errno;
    if (!wait_for(descriptor.get(), POLLOUT, until)) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(descriptor.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
    if (error != 0) return error;
  }
  out = std::move(descriptor);
  return 0;
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = other.release();
  }
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) close(descriptor_);
}

int FileDescriptor::release() { return std::exchange(descriptor_, -1); }

bool wait_for(int descriptor, short events, Clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd waiting{descriptor, events, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(std::clamp<long>(left, 0, 3'600'000)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

std::string peer_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  std::array<char, NI_MAXHOST> text{};
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, text.data(), text.size(), nullptr, 0,
                  NI_NUMERICHOST) != 0)
    return {};
  return text.data();
}

Result<Endpoint> Endpoint::parse(const std::string& url) {
  const auto wrong = [&](std::string_view why) {
    return fail(ErrorKind::invalid,
                "'" + printable(without_credentials(url)) + "' is not a server: " + std::string(why),
                "Write ldap://dc01.contoso.com or ldaps://dc01.contoso.com:636");
  };
  Endpoint endpoint;
  std::string_view rest = url;
  const auto scheme_end = rest.find("://");
  if (scheme_end == std::string_view::npos) return wrong("it does not start with ldap:// or ldaps://");
  const auto scheme = rest.substr(0, scheme_end);
  if (equal_folded(scheme, "ldaps")) {
    endpoint.ldaps = true;
    endpoint.port = 636;
  } else if (!equal_folded(scheme, "ldap")) {
    return wrong("it does not start with ldap:// or ldaps://");
  }
  rest.remove_prefix(scheme_end + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  std::string_view port;
  if (rest.starts_with('[')) {
    const auto closing = rest.find(']');
    if (closing == std::string_view::npos) return wrong("a bracket is not closed");
    endpoint.host = fold(rest.substr(1, closing - 1));
    port = rest.substr(closing + 1);
  } else {
    const auto colon = rest.find(':');
    endpoint.host = fold(rest.substr(0, colon));
    port = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon);
  }
  if (endpoint.host.empty()) return wrong("the host name is missing");
  if (endpoint.host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_:%") != std::string::npos)
    return wrong("the host name has a character that none has");
  if (!port.empty()) {
    unsigned number = 0;
    const auto [end, status] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
    if (port[0] != ':' || port.starts_with(":0") || status != std::errc() ||
        end != port.data() + port.size() || number == 0 || number > 65535)
      return wrong("the port is not a number from 1 to 65535");
    endpoint.port = static_cast<uint16_t>(number);
  }
  return endpoint;
}

Result<void> refuse_global_catalog(const Endpoint& endpoint) {
  if (endpoint.port != 3268 && endpoint.port != 3269) return {};
  const Endpoint own{endpoint.ldaps, endpoint.host, static_cast<uint16_t>(endpoint.ldaps ? 636 : 389)};
  return fail(ErrorKind::invalid,
              endpoint.url() + " is the port of a global catalog, which shows a part of each object only",
              "Write " + own.url() + ", which is port " + std::to_string(own.port));
}

std::string Endpoint::url() const {
  std::string text = ldaps ? "ldaps://" : "ldap://";
  text += host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (ldaps ? 636 : 389)) text += ":" + std::to_string(port);
  return text;
}

Result<FileDescriptor> open_socket(const Endpoint& endpoint, const std::string& address,
                                   std::chrono::milliseconds timeout) {
  const auto until = Clock::now() + timeout;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = address.empty() ? 0 : AI_NUMERICHOST;
  addrinfo* found = nullptr;
  const std::string& name = address.empty() ? endpoint.host : address;
  const int status = getaddrinfo(name.c_str(), std::to_string(endpoint.port).c_str(), &wanted, &found);
  if (status != 0)
    return fail(ErrorKind::unavailable,
                "cannot find the address of " + name + ": " +
                    (status == EAI_SYSTEM ? system_message(errno) : std::string(gai_strerror(status))),
                "Check the name and this machine's DNS servers");
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  int left = 0;
  for (const auto* each = found; each; each = each->ai_next) ++left;
  FileDescriptor descriptor;
  int error = 0;
  std::string tried;
  for (const auto* each = found; each; each = each->ai_next, --left) {
    const auto now = Clock::now();
    error = try_address(*each, now + (until - now) / left, descriptor);
    if (error == 0) return descriptor;
    tried += (tried.empty() ? "" : "; ") + text_of(*each) + ": " + system_message(error);
  }
  Error failed = fault(error == ETIMEDOUT ? Fault::no_answer : Fault::connection_refused,
                       "cannot connect to " + endpoint.url() + " (" + tried + ")");
  failed.hint = "Check that the domain controller is up and that no firewall is between: port " +
                std::to_string(endpoint.port);
  return fail(std::move(failed));
}

}  // namespace gmsactl::ldap
