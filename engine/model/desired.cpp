#include "engine/model/desired.h"

#include <array>
#include <tuple>

#include "engine/model/live.h"

namespace gmsactl::model {

std::string_view name(GroupScope scope) {
  switch (scope) {
    case GroupScope::domain_local:
      return "DomainLocal";
    case GroupScope::global:
      return "Global";
    case GroupScope::universal:
      return "Universal";
  }
  return "";
}

std::string_view name(SpnMode mode) {
  switch (mode) {
    case SpnMode::exact:
      return "exact";
    case SpnMode::additive:
      return "additive";
    case SpnMode::unmanaged:
      return "unmanaged";
  }
  return "";
}

std::vector<std::string> encryption_type_names(uint32_t bits) {
  static constexpr std::array<std::pair<uint32_t, std::string_view>, 5> names{{
      {encryption::des_cbc_crc, "DES_CBC_CRC"},
      {encryption::des_cbc_md5, "DES_CBC_MD5"},
      {encryption::rc4_hmac, "RC4"},
      {encryption::aes128, "AES128"},
      {encryption::aes256, "AES256"},
  }};
  std::vector<std::string> found;
  for (const auto& [bit, text] : names)
    if ((bits & bit) != 0) found.emplace_back(text);
  return found;
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
