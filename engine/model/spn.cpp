#include "engine/model/spn.h"

#include <algorithm>
#include <charconv>

namespace gmsactl::model {

Result<Spn> Spn::parse(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(ErrorKind::invalid,
                "'" + printable(text) + "' is not a service principal name: " + std::string(why));
  };
  for (const char c : text) {
    if (c >= '!' && c <= '~') continue;
    if (c == ' ' || c == '\t') return wrong("it contains white space");
    return wrong("it contains a character that is not printable ASCII");
  }
  const auto parts = split(text, '/');
  if (parts.size() < 2 || parts.size() > 3)
    return wrong("it has the form class/host, class/host:port or class/host/name");
  Spn spn;
  spn.service_class = parts[0];
  const auto colon = parts[1].find(':');
  spn.host = parts[1].substr(0, colon);
  if (colon != std::string_view::npos) {
    spn.port_or_instance = parts[1].substr(colon + 1);
    if (spn.port_or_instance.empty()) return wrong("a port or an instance name follows the ':'");
  }
  if (spn.service_class.empty()) return wrong("its service class is empty");
  if (spn.host.empty()) return wrong("its host is empty");
  if (parts.size() == 3) {
    spn.service_name = parts[2];
    if (spn.service_name.empty()) return wrong("its service name is empty");
  }
  return spn;
}

std::string Spn::text() const {
  std::string text = service_class + "/" + host;
  if (!port_or_instance.empty()) text += ":" + port_or_instance;
  if (!service_name.empty()) text += "/" + service_name;
  return text;
}

namespace {

bool is_letter_or_digit(char c) { return (fold(c) >= 'a' && fold(c) <= 'z') || (c >= '0' && c <= '9'); }

/// A port or the name of an instance; only a port begins like a number.
std::optional<std::string> port_problem(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return "it has more than one ':'";
  const bool is_number =
      (text.front() >= '0' && text.front() <= '9') || text.front() == '-' || text.front() == '+';
  if (!is_number) return std::nullopt;
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65'535 &&
      text.front() != '0')
    return std::nullopt;
  return "its port is " + std::string(text) + ", and ports go from 1 to 65535";
}

std::optional<std::string> host_problem(std::string_view host) {
  constexpr size_t longest_name = 255;
  constexpr size_t longest_label = 63;
  if (host.size() > longest_name) return "its host has more than 255 characters";
  for (const auto label : split(host, '.')) {
    if (label.empty()) return "its host has an empty part between, before or after its dots";
    if (label.size() > longest_label) return "its host has a part of more than 63 characters";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> Spn::problem() const {
  const std::string whole = text();
  if (whole.find('@') != std::string::npos)
    return "it names a realm after '@', and a realm is never registered";
  if (const auto odd = whole.find_first_of("*?"); odd != std::string::npos)
    return "it contains '" + std::string(1, whole[odd]) + "', and there are no wildcards";
  if (const auto odd = whole.find_first_of("\\\"<>|;,"); odd != std::string::npos)
    return "it contains '" + std::string(1, whole[odd]) + "'";
  if (service_class.find(':') != std::string::npos)
    return "its service class contains ':'; it is not a URL, and a port follows the host";
  if (auto wrong = host_problem(host)) return wrong;
  return port_or_instance.empty() ? std::nullopt : port_problem(port_or_instance);
}

std::optional<std::string> Spn::doubt() const {
  if (equal_folded(service_class, "https"))
    return "clients ask for HTTP, over TLS too, so nobody asks for the class https";
  const auto odd_class = std::find_if_not(service_class.begin(), service_class.end(), [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
  });
  if (odd_class != service_class.end())
    return "its service class contains '" + std::string(1, *odd_class) + "', which no known class has";
  const auto odd_host = std::find_if_not(
      host.begin(), host.end(), [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; });
  if (odd_host != host.end())
    return "its host contains '" + std::string(1, *odd_host) +
           "', which is not allowed in the name of a host";
  for (const auto label : split(host, '.'))
    if (label.starts_with('-') || label.ends_with('-'))
      return "its host has a part that begins or ends with a hyphen, as no host's name does";
  return std::nullopt;
}

Spn Spn::with_class(std::string_view other) const {
  Spn spn = *this;
  spn.service_class = other;
  return spn;
}

Spn Spn::with_host(std::string_view other) const {
  Spn spn = *this;
  spn.host = other;
  return spn;
}

SpnMappings SpnMappings::parse(const std::vector<std::string>& values) {
  SpnMappings mappings;
  for (const std::string& value : values) {
    const auto equals = value.find('=');
    if (equals == std::string::npos) continue;  // not a mapping; the server passes over it as well
    auto& classes = mappings.classes_by_generic_[std::string(trim(value.substr(0, equals)))];
    for (const auto part : split(std::string_view(value).substr(equals + 1), ','))
      if (const auto name = trim(part); !name.empty()) classes.emplace_back(name);
  }
  return mappings;
}

std::vector<Spn> SpnMappings::aliases(const Spn& spn) const {
  std::vector<Spn> others;
  for (const auto& [generic, classes] : classes_by_generic_) {
    if (equal_folded(generic, spn.service_class)) {
      for (const auto& name : classes)
        if (!equal_folded(name, generic)) others.push_back(spn.with_class(name));
    } else if (std::any_of(classes.begin(), classes.end(),
                           [&](const std::string& name) { return equal_folded(name, spn.service_class); })) {
      others.push_back(spn.with_class(generic));
    }
  }
  return others;
}

std::string rewritten_spn(std::string_view spn, std::string_view old_name, std::string_view new_name) {
  // The server compares whole components after the class, so a host with a port is not the old name and
  // stays.
  std::string text;
  bool first = true;
  for (const auto part : split(spn, '/')) {
    if (!first) text += '/';
    text += !first && equal_folded(part, old_name) ? new_name : part;
    first = false;
  }
  return text;
}

}  // namespace gmsactl::model
