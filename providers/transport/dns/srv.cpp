#include "providers/transport/dns/srv.h"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <random>

#include "engine/base/text.h"
#include "providers/transport/dns/srv_order.h"

namespace gmsactl::dns {
namespace {

struct DestroyChannel {
  void operator()(ares_channeldata* channel) const { ares_destroy(channel); }
};
using Channel = std::unique_ptr<ares_channeldata, DestroyChannel>;

Result<Channel> open_channel(const Resolver& resolver) {
  static std::once_flag once;
  std::call_once(once, [] { (void)ares_library_init(ARES_LIB_INIT_ALL); });
  ares_options options{};
  options.timeout = static_cast<int>(resolver.timeout.count());
  options.tries = resolver.tries;
  int chosen = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
  // Whoever names DNS servers means them, not this machine's hosts file.
  std::string dns_only = "b";
  options.lookups = dns_only.data();
  if (!resolver.servers.empty()) chosen |= ARES_OPT_LOOKUPS;
  ares_channel raw = nullptr;
  if (const int code = ares_init_options(&raw, &options, chosen); code != ARES_SUCCESS)
    return fail(ErrorKind::internal, std::string("the DNS resolver cannot start: ") + ares_strerror(code));
  Channel channel(raw);
  if (!resolver.servers.empty())
    if (const int code = ares_set_servers_ports_csv(raw, resolver.servers.c_str()); code != ARES_SUCCESS)
      return fail(
          ErrorKind::invalid, "'" + printable(resolver.servers) + "' is not a list of DNS servers",
          "Write IP addresses, each with a port if it is not 53: GMSACTL_DNS_SERVERS=10.0.0.1,10.0.0.2:5353");
  return channel;
}

/// Until nothing is under way or `enough` says so, which is asked every 50 ms at least. Every query ends by
/// its own timeout, so this does too.
void run(ares_channeldata* channel, const std::function<bool()>& enough = nullptr) {
  while (!enough || !enough()) {
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    const int mask = ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM);
    std::array<pollfd, ARES_GETSOCK_MAXNUM> waiting{};
    nfds_t count = 0;
    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      short events = 0;
      if (ARES_GETSOCK_READABLE(static_cast<unsigned>(mask), i)) events |= POLLIN;
      if (ARES_GETSOCK_WRITABLE(static_cast<unsigned>(mask), i)) events |= POLLOUT;
      if (events) waiting[count++] = {sockets[i], events, 0};
    }
    if (count == 0) return;
    timeval space{};
    const timeval* time = ares_timeout(channel, nullptr, &space);
    long milliseconds = time ? time->tv_sec * 1000 + (time->tv_usec + 999) / 1000 : 1000;
    if (enough) milliseconds = std::min(milliseconds, 50L);
    if (poll(waiting.data(), count, static_cast<int>(milliseconds)) <= 0) {
      ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      continue;
    }
    for (nfds_t i = 0; i < count; ++i)
      if (waiting[i].revents)
        ares_process_fd(channel, waiting[i].revents & ~POLLOUT ? waiting[i].fd : ARES_SOCKET_BAD,
                        waiting[i].revents & POLLOUT ? waiting[i].fd : ARES_SOCKET_BAD);
  }
}

Error error_of(int status, const std::string& what) {
  ErrorKind kind = ErrorKind::unavailable;
  std::string hint =
      "Check this machine's DNS servers: they must know the domain (GMSACTL_DNS_SERVERS overrides them)";
  switch (status) {
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
    case ARES_ENONAME:
      kind = ErrorKind::not_found;
      break;
    case ARES_ETIMEOUT:
      kind = ErrorKind::timeout;
      break;
    case ARES_EBADNAME:
      kind = ErrorKind::invalid;
      hint.clear();
      break;
    case ARES_EBADRESP:
    case ARES_EFORMERR:
      kind = ErrorKind::corrupt;
      break;
    default:
      break;
  }
  return Error{
      kind, "looking up " + printable(what) + " in DNS: " + ares_strerror(status), std::move(hint), {}};
}

struct SrvReply {
  int status = ARES_ENODATA;
  std::vector<SrvRecord> records;
};

void take_srv(void* argument, int status, int, unsigned char* answer, int length) {
  auto& reply = *static_cast<SrvReply*>(argument);
  reply.status = status;
  if (status != ARES_SUCCESS) return;
  ares_srv_reply* list = nullptr;
  reply.status = ares_parse_srv_reply(answer, length, &list);
  for (const auto* each = list; each; each = each->next)
    // "." says that the service is decidedly not offered (RFC 2782).
    if (const std::string_view host = each->host; !host.empty() && host != ".")
      reply.records.push_back({std::string(host.ends_with('.') ? host.substr(0, host.size() - 1) : host),
                               each->port, each->priority, each->weight});
  if (list) ares_free_data(list);
}

struct AddressReply {
  int status = ARES_ENODATA;
  std::vector<std::string> version4, version6;
};

void take_addresses(void* argument, int status, int, ares_addrinfo* found) {
  auto& reply = *static_cast<AddressReply*>(argument);
  reply.status = status;
  if (!found) return;
  for (const auto* each = found->nodes; each; each = each->ai_next) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const bool six = each->ai_family == AF_INET6;
    const void* address =
        six ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(each->ai_addr)->sin6_addr)
            : &reinterpret_cast<const sockaddr_in*>(each->ai_addr)->sin_addr;
    if (!ares_inet_ntop(each->ai_family, address, text.data(), text.size())) continue;
    auto& list = six ? reply.version6 : reply.version4;
    if (std::ranges::find(list, text.data()) == list.end()) list.emplace_back(text.data());
  }
  ares_freeaddrinfo(found);
}

}  // namespace

Result<std::vector<SrvRecord>> Resolver::lookup_srv(const std::string& name) const {
  const Channel channel = GMSACTL_TRY(open_channel(*this));
  SrvReply reply;
  ares_query(channel.get(), name.c_str(), ns_c_in, ns_t_srv, take_srv, &reply);
  run(channel.get());
  if (reply.status != ARES_SUCCESS) return fail(error_of(reply.status, "SRV " + name));
  if (reply.records.empty()) return fail(error_of(ARES_ENODATA, "SRV " + name));
  std::random_device seed;
  std::mt19937 engine(seed());
  return order(std::move(reply.records),
               [&](uint32_t most) { return std::uniform_int_distribution<uint32_t>(0, most)(engine); });
}

namespace {

void ask_addresses(ares_channeldata* channel, const std::string& host, AddressReply& reply) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel, host.c_str(), nullptr, &hints, take_addresses, &reply);
}

std::vector<std::string> all_of(AddressReply&& reply) {
  std::ranges::move(reply.version6, std::back_inserter(reply.version4));
  return std::move(reply.version4);
}

}  // namespace

Result<std::vector<std::string>> Resolver::lookup_addresses(const std::string& host) const {
  AddressReply reply;
  const Channel channel = GMSACTL_TRY(open_channel(*this));
  ask_addresses(channel.get(), host, reply);
  run(channel.get());
  if (reply.version4.empty() && reply.version6.empty())
    return fail(error_of(reply.status == ARES_SUCCESS ? ARES_ENODATA : reply.status, host));
  return all_of(std::move(reply));
}

Result<std::vector<std::vector<std::string>>> Resolver::lookup_addresses(
    const std::vector<std::string>& hosts, std::chrono::milliseconds patience) const {
  std::vector<AddressReply> replies(hosts.size());
  {
    const Channel channel = GMSACTL_TRY(open_channel(*this));
    for (size_t i = 0; i < hosts.size(); ++i) ask_addresses(channel.get(), hosts[i], replies[i]);
    const auto until = std::chrono::steady_clock::now() + patience;
    run(channel.get(), [&] {
      return std::chrono::steady_clock::now() >= until && std::ranges::any_of(replies, [](const auto& reply) {
               return !reply.version4.empty() || !reply.version6.empty();
             });
    });
  }  // closing the channel answers what is left
  std::vector<std::vector<std::string>> addresses;
  addresses.reserve(replies.size());
  for (auto& reply : replies) addresses.push_back(all_of(std::move(reply)));
  return addresses;
}

}  // namespace gmsactl::dns
