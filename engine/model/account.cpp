#include "engine/model/account.h"

#include "engine/base/text.h"
#include "engine/model/fields.h"
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

namespace {

/// Several can't be declared, so they stay as they are by not being declared.
template <class Spec, class Live>
void declare(const TextField<Spec, Live>& text, const Live& live, Spec& spec) {
  if (text.more == nullptr || (live.*text.more).empty()) spec.*text.declared = (live.*text.live).value_or("");
}

void declare(GmsaHook hook, const LiveGmsa& live, Gmsa& spec) {
  switch (hook) {
    case GmsaHook::sam_account_name:
      spec.sam_account_name = bare_name(live.sam_account_name);
      break;
    case GmsaHook::path:
      spec.path = live.id.dn.parent();
      break;
    case GmsaHook::dns_host_name:
      spec.dns_host_name = live.dns_host_name.value_or("");
      break;
    case GmsaHook::service_principal_names:
      for (const auto& spn : live.service_principal_names) spec.service_principal_names.push_back({spn, {}});
      break;
    case GmsaHook::readers:
      if (const auto descriptor = SecurityDescriptor::decode(live.group_msa_membership.value_or("")))
        for (const auto& reader : descriptor->readers())
          spec.principals.push_back({PrincipalRef::Form::sid, reader.text(), {}});
      break;
    case GmsaHook::password_interval:
      spec.password_interval_days = live.password_interval_days.value_or(spec.password_interval_days);
      break;
    case GmsaHook::encryption_types:
      spec.encryption_types = live.encryption_types.value_or(0) & encryption::managed;
      break;
    case GmsaHook::allow_long_name:
    case GmsaHook::common_name:
    case GmsaHook::service_principal_names_mode:
    case GmsaHook::orphaned_principals:
    case GmsaHook::credential_spec:
      break;  // the object does not say
  }
}

void declare(GroupHook hook, const LiveGroup& live, HostGroup& spec) {
  switch (hook) {
    case GroupHook::sam_account_name:
      spec.sam_account_name = live.sam_account_name;
      break;
    case GroupHook::common_name:
      spec.common_name = live.id.dn.leaf().value;
      break;
    case GroupHook::path:
      spec.path = live.id.dn.parent();
      break;
    case GroupHook::scope:
      spec.scope = group_type::scope(live.group_type).value_or(spec.scope);
      break;
    case GroupHook::members:
      spec.members.emplace();
      for (const auto& member : live.members) spec.members->push_back({PrincipalRef::Form::dn, member, {}});
      break;
    case GroupHook::membership:
    case GroupHook::orphaned_members:
      break;  // the object does not say
  }
}

}  // namespace

Gmsa as_declared(const LiveGmsa& live) {
  Gmsa spec;
  for (const auto& row : gmsa_fields)
    std::visit(
        Overloaded{[&](const FlagField& flag) { flag.set(spec, flag.live(live.user_account_control)); },
                   [&](const ListField& list) { spec.*list.declared = live.*list.live; },
                   [&](const auto& other) { declare(other, live, spec); }},
        row.access);
  return spec;
}

HostGroup as_declared(const LiveGroup& live) {
  HostGroup spec;
  for (const auto& row : group_fields)
    std::visit([&](const auto& access) { declare(access, live, spec); }, row.access);
  return spec;
}

}  // namespace gmsactl::model
