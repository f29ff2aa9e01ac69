#include "engine/manifest/server_url.h"

#include <algorithm>
#include <charconv>

#include "engine/base/text.h"
#include "engine/manifest/names.h"

namespace gmsactl::manifest {

namespace {

bool valid_port(std::string_view text) {
  if (text.starts_with('0')) return false;  // 03268 is 3268 to those who connect
  unsigned port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && port >= 1 && port <= 65535;
}

}  // namespace

std::optional<std::string> server_problem(std::string_view text) {
  if (auto problem = hidden_character_problem(text)) return problem;
  if (text.starts_with(ldif_scheme)) {
    if (text.size() == ldif_scheme.size()) return "names no file";
    return std::nullopt;
  }
  std::string_view rest = text;
  if (text.starts_with("ldap://"))
    rest.remove_prefix(7);
  else if (text.starts_with("ldaps://"))
    rest.remove_prefix(8);
  else
    return "does not begin with ldap://, ldaps:// or ldif:";
  if (rest.find('@') != std::string_view::npos) return "has a user name in it";
  if (rest.find_first_of("/?") != std::string_view::npos) return "goes on after its host";
  std::string_view host = rest;
  std::string_view port;
  bool has_port = false;
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) return "has an IPv6 address that is not closed with ]";
    host = rest.substr(1, end - 1);
    const auto after = rest.substr(end + 1);
    has_port = !after.empty();
    if (has_port && after[0] != ':') return "goes on after its IPv6 address";
    if (has_port) port = after.substr(1);
    const bool address = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
      return (c >= '0' && c <= '9') || (fold(c) >= 'a' && fold(c) <= 'f') || c == ':' || c == '.';
    });
    if (!address) return "has no valid IPv6 address";
  } else {
    const auto colon = rest.find(':');
    has_port = colon != std::string_view::npos;
    host = rest.substr(0, colon);
    if (has_port) port = rest.substr(colon + 1);
    if (host.empty()) return "names no host";
    if (dns_name_problem(host)) return "has no valid host name";
  }
  if (has_port && !valid_port(port)) return "has a port that is not from 1 to 65535";
  // [MS-ADTS] 3.1.1.3.1.1.1: a part of the attributes would pass for all of them.
  if (port == "3268")
    return "is the port of a global catalog, which shows a part of each object only: write 389";
  if (port == "3269")
    return "is the port of a global catalog, which shows a part of each object only: write 636";
  return std::nullopt;
}

}  // namespace gmsactl::manifest
