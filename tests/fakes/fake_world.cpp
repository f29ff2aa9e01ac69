#include "tests/fakes/fake_world.h"

#include <algorithm>

#include "engine/base/text.h"
#include "tests/fakes/samples.h"

namespace gmsactl::fakes {

using model::Dn;
using model::Guid;
using model::Identity;
using model::LiveGmsa;
using model::LiveGroup;

FakeWorld::FakeWorld() {
  facts.server = "dc01.contoso.com";
  facts.dns_domain = facts.forest = domain_name;
  facts.netbios_domain = "CONTOSO";
  facts.domain_sid = domain_sid();
  facts.domain_guid.bytes[0] = 1;
  facts.domain_dn = Dn::of_domain(domain_name);
  facts.configuration_dn = facts.domain_dn.child("CN", "Configuration");
  facts.accounts_container = facts.domain_dn.child("CN", "Managed Service Accounts");
  facts.users_container = facts.domain_dn.child("CN", "Users");
  facts.server_time = 134'000'000'000'000'000;  // 2025-08
  facts.kds_root_keys = std::vector<model::LiveKdsRootKey>{{{}, 1, 1}};
  facts.spn_mappings = model::SpnMappings::parse({"host=http,www,cifs"});
  for (const Dn& container : {facts.domain_dn, facts.accounts_container, facts.users_container,
                              facts.domain_dn.child("OU", "Hosts")})
    add_container(container.text());
}

Identity FakeWorld::new_identity(const Dn& dn) {
  Identity id;
  const uint32_t number = next_number_++;
  for (size_t i = 0; i < 4; ++i) id.guid.bytes[i] = static_cast<uint8_t>(number >> (8 * i) & 0xFFU);
  id.guid.bytes[15] = 1;  // so that none is empty
  id.sid = sid(number);
  id.dn = dn;
  return id;
}

LiveGmsa& FakeWorld::add_account(std::string_view name) {
  const auto spec = account(name).spec;
  LiveGmsa live;
  live.id = new_identity(facts.accounts_container.child("CN", name));
  live.sam_account_name = spec.sam_account_name + "$";
  live.dns_host_name = spec.dns_host_name;
  for (const auto& spn : spec.service_principal_names) live.service_principal_names.push_back(spn.text);
  live.password_interval_days = spec.password_interval_days;
  live.encryption_types = spec.encryption_types;
  live.user_account_control = 0x1000;
  live.marker = marker(model::Kind::gmsa, name).text();
  return accounts.emplace(live.id.guid, live).first->second;
}

LiveGroup& FakeWorld::add_group(std::string_view name) {
  LiveGroup live;
  live.id = new_identity(facts.users_container.child("CN", name));
  live.sam_account_name = name;
  live.group_type = 0x80000004;
  live.marker = marker(model::Kind::host_group, name).text();
  return groups.emplace(live.id.guid, live).first->second;
}

FakeObject& FakeWorld::add_object(std::string_view sam_account_name, std::string_view dn_text,
                                  std::string_view object_class) {
  FakeObject object{{new_identity(dn(dn_text)), std::string(sam_account_name), std::string(object_class)},
                    {}};
  return objects.emplace(object.principal.id.guid, object).first->second;
}

FakeObject& FakeWorld::add_computer(std::string_view name) {
  return add_object(std::string(name) + "$", "CN=" + std::string(name) + ",OU=Hosts,DC=contoso,DC=com",
                    "computer");
}

void FakeWorld::add_container(std::string_view dn_text) {
  model::LiveContainer live;
  live.id.dn = dn(dn_text);
  containers.emplace(live.id.dn.key(), live);
}

void FakeWorld::remove(const Guid& of) {
  const Guid guid = of;  // which may be the key of what is erased below
  std::string key;
  if (const auto found = accounts.find(guid); found != accounts.end()) key = found->second.id.dn.key();
  if (const auto found = groups.find(guid); found != groups.end()) key = found->second.id.dn.key();
  if (const auto found = objects.find(guid); found != objects.end())
    key = found->second.principal.id.dn.key();
  for (auto& [other, group] : groups)
    std::erase_if(group.members, [&](const std::string& member) { return model::dn_key(member) == key; });
  accounts.erase(guid);
  groups.erase(guid);
  objects.erase(guid);
}

void FakeWorld::rename(const Guid& guid, const Dn& to) {
  Dn from;
  const auto take = [&](Identity& id) {
    from = id.dn;
    id.dn = to;
  };
  if (const auto found = accounts.find(guid); found != accounts.end()) take(found->second.id);
  if (const auto found = groups.find(guid); found != groups.end()) take(found->second.id);
  if (const auto found = objects.find(guid); found != objects.end()) take(found->second.principal.id);
  for (auto& [other, group] : groups)
    for (auto& member : group.members)
      if (model::dn_key(member) == from.key()) member = to.text();
}

LiveGmsa* FakeWorld::find_account(std::string_view name) {
  const std::string sam = std::string(name) + "$";
  for (auto& [guid, live] : accounts)
    if (equal_folded(live.sam_account_name, sam)) return &live;
  return nullptr;
}

LiveGroup* FakeWorld::find_group(std::string_view name) {
  for (auto& [guid, live] : groups)
    if (equal_folded(live.sam_account_name, name)) return &live;
  return nullptr;
}

}  // namespace gmsactl::fakes
