#include "tests/unit/providers/transport/dns/dns_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "engine/base/text.h"
#include "tests/fakes/loopback.h"

namespace gmsactl::dns {
namespace {

constexpr unsigned type_a = 1, type_aaaa = 28, type_srv = 33;

std::string two_bytes(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)};
}

std::string encode_name(const std::string& name) {
  std::string bytes;
  for (const auto label : split(name, '.')) {
    bytes += static_cast<char>(label.size());
    bytes += label;
  }
  return bytes + '\0';
}

/// A resource record for the question's own name, by a compression pointer to it.
std::string record(unsigned type, const std::string& data) {
  return two_bytes(0xC00C) + two_bytes(type) + two_bytes(1) + std::string("\0\0\0\x3c", 4) +
         two_bytes(static_cast<unsigned>(data.size())) + data;
}

}  // namespace

DnsServer::DnsServer(Zone zone, Mood mood)
    : zone_(std::move(zone)),
      mood_(mood),
      socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      stop_(eventfd(0, 0)) {
  port_ = fakes::bind_to_loopback(socket_);
  thread_ = std::thread([this] { serve(); });
}

DnsServer::~DnsServer() {
  const uint64_t one = 1;
  (void)!write(stop_, &one, sizeof one);
  thread_.join();
  close(stop_);
  close(socket_);
}

std::string DnsServer::address() const { return "127.0.0.1:" + std::to_string(port_); }

void DnsServer::serve() {
  for (;;) {
    std::array<pollfd, 2> waiting{pollfd{stop_, POLLIN, 0}, pollfd{socket_, POLLIN, 0}};
    if (poll(waiting.data(), waiting.size(), -1) < 0 || waiting[0].revents) return;
    std::array<char, 1500> buffer{};
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const auto length =
        recvfrom(socket_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (length < 12 || mood_ == Mood::stays_silent) continue;
    const std::string reply = reply_to({buffer.data(), static_cast<size_t>(length)});
    (void)sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }
}

std::string DnsServer::reply_to(const std::string& query) const {
  std::string name;
  size_t at = 12;
  while (query[at] != '\0') {
    const auto length = static_cast<unsigned char>(query[at]);
    name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
    at += 1u + length;
  }
  name = fold(name);
  const unsigned type = static_cast<unsigned char>(query[at + 2]);
  const std::string question = query.substr(12, at + 5 - 12);
  std::string records;
  unsigned count = 0;
  const bool known = zone_.srv.contains(name) || zone_.addresses.contains(name);
  if (const auto found = zone_.srv.find(name); found != zone_.srv.end() && type == type_srv)
    for (const auto& each : found->second) {
      records += record(type_srv, two_bytes(each.priority) + two_bytes(each.weight) + two_bytes(each.port) +
                                      encode_name(each.host));
      ++count;
    }
  if (const auto found = zone_.addresses.find(name); found != zone_.addresses.end())
    for (const auto& text : found->second) {
      const bool six = text.find(':') != std::string::npos;
      if (type != (six ? type_aaaa : type_a)) continue;
      std::array<char, 16> bytes{};
      inet_pton(six ? AF_INET6 : AF_INET, text.c_str(), bytes.data());
      records += record(type, {bytes.data(), six ? 16u : 4u});
      ++count;
    }
  const unsigned result = mood_ == Mood::refuses ? 5u : known ? 0u : 3u;
  return query.substr(0, 2) + two_bytes(0x8180 | result) + two_bytes(1) + two_bytes(count) + two_bytes(0) +
         two_bytes(0) + question + records;
}

}  // namespace gmsactl::dns
