// The objects that every domain has and a file may lack. They are not written to the file unless they change.

#include <algorithm>

#include "engine/base/text.h"
#include "providers/transport/ldap/ldif_completion.h"

namespace gmsactl::ldap::ldif {

namespace {

// [MS-ADTS] 6.1.1.4
constexpr std::string_view users_guid = "A9D1CA15768811D1ADED00C04FD8D5CD";
constexpr std::string_view computers_guid = "AA312825768811D1ADED00C04FD8D5CD";
constexpr std::string_view managed_service_accounts_guid = "1EB93889E40C45DF9F0C64D23BBB6237";

/// What Windows Server and Samba put there when a forest is made.
constexpr std::string_view default_spn_mappings =
    "host=alerter,appmgmt,cisvc,clipsrv,browser,dhcp,dnscache,replicator,eventlog,eventsystem,policyagent,"
    "oakley,"
    "dmserver,dns,mcsvc,fax,msiserver,ias,messenger,netlogon,netman,netdde,netddedsm,nmagent,plugplay,"
    "protectedstorage,rasman,rpclocator,rpc,rpcss,remoteaccess,rsvp,samss,scardsvr,scesrv,seclogon,scm,dcom,"
    "cifs,"
    "spooler,snmp,schedule,tapisrv,trksvr,trkwks,ups,time,wins,www,http,w3svc,iisadmin,msdtc";

std::string dns_name(const model::Dn& domain) {
  std::string name;
  for (const auto& rdn : domain.rdns()) {
    if (!equal_folded(rdn.type, "DC")) continue;
    if (!name.empty()) name += '.';
    name += rdn.value;
  }
  return name;
}

}  // namespace

ObjectId Completion::put(const model::Dn& dn, std::string_view object_class) {
  if (const auto found = directory_.find_key(dn.key())) return *found;
  Object object;
  object.dn = keep(dn.text());
  object.key = keep(dn.key());
  object.type = find_class(object_class);
  for (const auto name : class_chain(*object.type))
    object.values.push_back({name, attribute::object_class, true});
  const ObjectId id = directory_.size();
  directory_.by_key_.emplace(object.key, id);
  directory_.objects_.push_back(std::move(object));
  return id;
}

void Completion::give(ObjectId id, AttributeId attribute, std::string_view value) {
  Values& values = directory_.objects_[id].values;
  const auto last =
      std::find_if(values.rbegin(), values.rend(), [&](const Value& v) { return v.id == attribute; });
  values.insert(last == values.rend() ? values.end() : last.base(), Value{keep(value), attribute, true});
}

void Completion::well_known(const model::Dn& domain, AttributeId id, std::string_view guid,
                            std::string_view name) {
  const std::string prefix = "B:32:" + std::string(guid) + ":";
  const ObjectId head = *directory_.find_key(domain.key());
  for (const AttributeId either : {attribute::well_known_objects, attribute::other_well_known_objects}) {
    for (const Value& value : values_of(directory_.objects_[head].values, either)) {
      if (!equal_folded(value.text.substr(0, prefix.size()), prefix)) continue;
      if (const auto dn = model::Dn::parse(value.text.substr(prefix.size())); dn && !dn->empty())
        put(*dn, equal_folded(dn->leaf().type, "OU") ? "organizationalUnit" : "container");
      return;
    }
  }
  const model::Dn dn = domain.child("CN", name);
  put(dn, "container");
  give(head, id, prefix + dn.text());
}

void Completion::synthesise_domain() {
  const auto domain = *model::Dn::parse(directory_.domain_dn_);
  put(domain, "domainDNS");
  well_known(domain, attribute::well_known_objects, users_guid, "Users");
  well_known(domain, attribute::well_known_objects, computers_guid, "Computers");
  well_known(domain, attribute::other_well_known_objects, managed_service_accounts_guid,
             "Managed Service Accounts");
}

void Completion::synthesise_configuration() {
  const auto domain = *model::Dn::parse(directory_.domain_dn_);
  const auto configuration = model::Dn::parse(directory_.configuration_dn_);
  if (!configuration || configuration->empty()) return;
  put(*configuration, "configuration");
  const model::Dn partitions = configuration->child("CN", "Partitions");
  put(partitions, "crossRefContainer");
  const bool known =
      std::any_of(directory_.objects_.begin(), directory_.objects_.end(), [&](const Object& object) {
        return object.type != nullptr && object.type->name == "crossRef" &&
               model::dn_key(first_of(object.values, attribute::nc_name).value_or("")) == domain.key();
      });
  if (!known) {
    std::string netbios = domain.leaf().value.substr(0, 15);
    std::transform(netbios.begin(), netbios.end(), netbios.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    const ObjectId cross = put(partitions.child("CN", netbios), "crossRef");
    give(cross, attribute::nc_name, domain.text());
    give(cross, attribute::dns_root, dns_name(domain));
    give(cross, attribute::netbios_name, netbios);
    give(cross, attribute::system_flags, "3");  // a naming context, and a domain ([MS-ADTS] 2.2.10)
  }
  const model::Dn services = configuration->child("CN", "Services");
  put(services, "container");
  const model::Dn windows_nt = services.child("CN", "Windows NT");
  put(windows_nt, "container");
  const model::Dn service = windows_nt.child("CN", "Directory Service");
  if (!directory_.find_key(service.key()))
    give(put(service, "nTDSService"), attribute::spn_mappings, default_spn_mappings);
  const model::Dn keys = services.child("CN", "Group Key Distribution Service");
  put(keys, "container");
  put(keys.child("CN", "Master Root Keys"), "container");
}

void Completion::synthesise_parents() {
  // The list grows as parents are added, and theirs are looked at in turn.
  for (ObjectId id = 0; id < directory_.size(); ++id) {
    const auto parent = directory_.objects_[id].parent_key();
    const bool ou = parent.starts_with("ou=");
    if ((!ou && !parent.starts_with("cn=")) || directory_.find_key(parent)) continue;
    const auto dn = model::Dn::parse(directory_.objects_[id].dn);
    if (dn) put(dn->parent(), ou ? "organizationalUnit" : "container");
  }
}

}  // namespace gmsactl::ldap::ldif
