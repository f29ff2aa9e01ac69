#include "engine/model/desired.h"

#include <algorithm>
#include <tuple>

#include "engine/model/live.h"

namespace gmsactl::model {

std::string_view name(GroupScope scope) { return group_scope_names.at(static_cast<size_t>(scope)); }

std::string_view name(Membership membership) { return membership_names.at(static_cast<size_t>(membership)); }

std::string_view name(SpnMode mode) { return spn_mode_names.at(static_cast<size_t>(mode)); }

std::vector<std::string> encryption_type_names(uint32_t bits) {
  std::vector<std::string> found;
  for (size_t i = 0; i < encryption_type_spellings.size(); ++i)
    if ((bits >> i & 1U) != 0) found.emplace_back(encryption_type_spellings.at(i));
  return found;
}

uint32_t encryption_bits(const std::vector<std::string>& names) {
  uint32_t bits = 0;
  for (size_t i = 0; i < encryption_type_spellings.size(); ++i)
    if (std::find(names.begin(), names.end(), encryption_type_spellings.at(i)) != names.end())
      bits |= 1U << i;
  return bits;
}

bool Environment::operator==(const Environment& other) const {
  const auto values = [](const Environment& e) {
    return std::tie(e.name, e.domain, e.owner, e.servers, e.site, e.authentication, e.username,
                    e.password_from, e.tls_mode, e.tls_ca_file, e.accounts_path, e.host_groups_path,
                    e.create_paths, e.variables, e.create_kds_root_key, e.kds_root_key_effective_immediately,
                    e.marker_attribute, e.policy, e.accepted_drift);
  };
  return values(*this) == values(other);
}

Dn declared_parent(const HostGroup& spec, const Environment& environment, const DirectoryFacts& facts) {
  return spec.path ? *spec.path : environment.host_groups_path.value_or(facts.users_container);
}

Dn declared_parent(const Gmsa& spec, const Environment& environment, const DirectoryFacts& facts) {
  return spec.path ? *spec.path : environment.accounts_path.value_or(facts.accounts_container);
}

std::string place_key(std::string_view target, std::string_view host) {
  std::string key(target);
  if (!host.empty()) key.append("@").append(fold(host));
  return key;
}

std::string principal_key(const PrincipalRef& ref) {
  switch (ref.form) {
    case PrincipalRef::Form::name:
      return "name:" + fold(ref.text);
    case PrincipalRef::Form::host_group:
      return "group:" + ref.text;
    case PrincipalRef::Form::qualified:
      return "qualified:" + fold(ref.text);
    case PrincipalRef::Form::sid:
      return "sid:" + fold(ref.text);
    case PrincipalRef::Form::dn:
      return "dn:" + dn_key(ref.text);
  }
  return {};
}

}  // namespace gmsactl::model
