#include "engine/model/spn.h"

#include <algorithm>

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
