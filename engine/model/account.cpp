#include "engine/model/account.h"

#include "engine/base/text.h"
#include "engine/model/security_descriptor.h"

namespace gmsactl::model {

std::string bare_name(std::string_view sam_account_name) {
  return std::string(sam_account_name.substr(0, sam_account_name.find_last_not_of('$') + 1));
}

std::string spn_after_renaming(std::string_view spn, const LiveGmsa& live, const Gmsa& wanted) {
  std::string becomes(spn);
  if (live.dns_host_name && !equal_folded(*live.dns_host_name, wanted.dns_host_name))
    becomes = rewritten_spn(becomes, *live.dns_host_name, wanted.dns_host_name);
  const std::string old_name = bare_name(live.sam_account_name);
  if (!equal_folded(old_name, wanted.sam_account_name))
    becomes = rewritten_spn(becomes, old_name, wanted.sam_account_name);
  return becomes;
}

bool has_other_interval(const LiveGmsa& live, const Gmsa& wanted) {
  return live.password_interval_days.value_or(wanted.password_interval_days) != wanted.password_interval_days;
}

uint32_t group_type::of(GroupScope scope) {
  switch (scope) {
    case GroupScope::global:
      return global;
    case GroupScope::domain_local:
      return domain_local;
    case GroupScope::universal:
      return universal;
  }
  return 0;
}

std::optional<GroupScope> group_type::scope(uint32_t group_type) {
  for (const GroupScope scope : {GroupScope::global, GroupScope::domain_local, GroupScope::universal})
    if ((group_type & of(scope)) != 0) return scope;
  return std::nullopt;
}

Gmsa as_declared(const LiveGmsa& live) {
  namespace bits = user_account_control;
  const auto has = [&](uint32_t bit) { return (live.user_account_control & bit) != 0; };
  Gmsa spec;
  spec.sam_account_name = bare_name(live.sam_account_name);
  spec.dns_host_name = live.dns_host_name.value_or("");
  for (const auto& spn : live.service_principal_names) spec.service_principal_names.push_back({spn, {}});
  if (const auto descriptor = SecurityDescriptor::decode(live.group_msa_membership.value_or("")))
    for (const auto& reader : descriptor->readers())
      spec.principals.push_back({PrincipalRef::Form::sid, reader.text(), {}});
  spec.password_interval_days = live.password_interval_days.value_or(spec.password_interval_days);
  spec.encryption_types = live.encryption_types.value_or(0) & encryption::managed;
  spec.enabled = !has(bits::disabled);
  // Several can't be declared, so they stay as they are by not being declared.
  if (live.more_descriptions.empty()) spec.description = live.description.value_or("");
  spec.display_name = live.display_name.value_or("");
  spec.path = live.id.dn.parent();
  spec.trusted_for_delegation = has(bits::trusted_for_delegation);
  spec.trusted_to_auth_for_delegation = has(bits::trusted_to_auth_for_delegation);
  spec.account_not_delegated = has(bits::not_delegated);
  spec.allowed_to_delegate_to = live.allowed_to_delegate_to;
  return spec;
}

HostGroup as_declared(const LiveGroup& live) {
  HostGroup spec;
  spec.sam_account_name = live.sam_account_name;
  spec.common_name = live.id.dn.leaf().value;
  spec.scope = group_type::scope(live.group_type).value_or(spec.scope);
  spec.path = live.id.dn.parent();
  // Several can't be declared, so they stay as they are by not being declared.
  if (live.more_descriptions.empty()) spec.description = live.description.value_or("");
  spec.members.emplace();
  for (const auto& member : live.members) spec.members->push_back({PrincipalRef::Form::dn, member, {}});
  return spec;
}

}  // namespace gmsactl::model
