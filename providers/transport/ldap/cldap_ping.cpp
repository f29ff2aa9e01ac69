#include "providers/transport/ldap/cldap_ping.h"

#include <array>

namespace gmsactl::ldap {
namespace {

// BER, as far as these two messages need it (X.690, RFC 4511 §4.5).
std::string tlv(uint8_t tag, const std::string& content) {
  std::string out(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    out += static_cast<char>(content.size());
  } else {
    out += '\x82';
    out += static_cast<char>(content.size() >> 8 & 0xFF);
    out += static_cast<char>(content.size() & 0xFF);
  }
  return out + content;
}
std::string text(const std::string& value) { return tlv(0x04, value); }
std::string small(uint8_t tag, uint8_t value) { return tlv(tag, std::string(1, static_cast<char>(value))); }

std::string search(uint8_t message_id, const std::string& filter, const std::string& attribute) {
  const std::string request = text("") + small(0x0A, 0) + small(0x0A, 0) + small(0x02, 0) + small(0x02, 0) +
                              small(0x01, 0) + filter + tlv(0x30, text(attribute));
  return tlv(0x30, small(0x02, message_id) + tlv(0x63, request));
}

struct Element {
  uint8_t tag = 0;
  std::string_view content;
};

std::optional<Element> next(std::string_view& rest) {
  if (rest.size() < 2) return std::nullopt;
  Element element;
  element.tag = static_cast<uint8_t>(rest[0]);
  size_t length = static_cast<uint8_t>(rest[1]);
  size_t header = 2;
  if (length >= 0x80) {
    const size_t bytes = length & 0x7F;
    if (bytes == 0 || bytes > 4 || rest.size() < 2 + bytes) return std::nullopt;
    length = 0;
    for (size_t i = 0; i < bytes; ++i) length = length << 8 | static_cast<uint8_t>(rest[2 + i]);
    header += bytes;
  }
  if (rest.size() - header < length) return std::nullopt;
  element.content = rest.substr(header, length);
  rest.remove_prefix(header + length);
  return element;
}

/// A name compressed as in RFC 1035 §4.1.4; moves `at` behind it.
std::optional<std::string> name_at(std::string_view bytes, size_t& at) {
  std::string name;
  size_t from = at;
  bool jumped = false;
  for (int labels = 0; labels < 128; ++labels) {
    if (from >= bytes.size()) return std::nullopt;
    const size_t length = static_cast<uint8_t>(bytes[from]);
    if ((length & 0xC0) == 0xC0) {
      if (from + 1 >= bytes.size()) return std::nullopt;
      if (!jumped) at = from + 2;
      jumped = true;
      from = (length & 0x3F) << 8 | static_cast<uint8_t>(bytes[from + 1]);
      continue;
    }
    if (length == 0) {
      if (!jumped) at = from + 1;
      return name;
    }
    if (length > 63 || from + 1 + length > bytes.size()) return std::nullopt;
    name += (name.empty() ? "" : ".") + std::string(bytes.substr(from + 1, length));
    from += 1 + length;
  }
  return std::nullopt;
}

std::optional<Pong> read_response(std::string_view bytes) {
  constexpr size_t names_begin = 24;
  if (bytes.size() < names_begin || (bytes[0] != 23 && bytes[0] != 25) || bytes[1] != 0) return std::nullopt;
  Pong pong;
  for (size_t i = 0; i < 4; ++i)
    pong.flags |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[4 + i])) << 8 * i;
  // Forest, domain, host, NetBIOS domain, NetBIOS name, user, the controller's site, the client's site.
  std::array<std::string, 8> names;
  size_t at = names_begin;
  for (auto& name : names) {
    auto read = name_at(bytes, at);
    if (!read) return std::nullopt;
    name = std::move(*read);
  }
  pong.domain = std::move(names[1]);
  pong.host = std::move(names[2]);
  pong.site = std::move(names[6]);
  pong.client_site = std::move(names[7]);
  return pong;
}

}  // namespace

std::string ping_request(const std::string& domain, uint8_t message_id) {
  const std::string version("\x06\0\0\0", 4);  // NETLOGON_NT_VERSION_5 and 5EX
  const std::string filter =
      tlv(0xA0, tlv(0xA3, text("DnsDomain") + text(domain)) + tlv(0xA3, text("NtVer") + text(version)));
  return search(message_id, filter, "Netlogon");
}

std::string root_dse_request(uint8_t message_id) {
  return search(message_id, tlv(0x87, "objectClass"), "supportedLDAPVersion");
}

std::optional<Pong> read_pong(std::string_view packet) {
  const auto message = next(packet);
  if (!message || message->tag != 0x30) return std::nullopt;
  std::string_view inside = message->content;
  const auto id = next(inside);
  const auto entry = next(inside);
  if (!id || !entry || entry->tag != 0x64) return std::nullopt;
  std::string_view parts = entry->content;
  const auto dn = next(parts);
  const auto attributes = next(parts);
  if (!dn || !attributes) return std::nullopt;
  std::string_view list = attributes->content;
  while (const auto attribute = next(list)) {
    std::string_view pair = attribute->content;
    const auto type = next(pair);
    const auto values = next(pair);
    if (!type || !values) return std::nullopt;
    std::string_view set = values->content;
    if (const auto value = next(set))
      if (auto pong = read_response(value->content)) return pong;
  }
  return std::nullopt;
}

}  // namespace gmsactl::ldap
