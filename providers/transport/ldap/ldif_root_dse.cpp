#include <string>

#include "engine/base/text.h"
#include "engine/model/dn.h"
#include "providers/transport/ldap/ldif_rules.h"
#include "providers/transport/ldap/ldif_search.h"

namespace gmsactl::ldap::ldif {

namespace {

/// A domain controller's name where the file has one (userAccountControl SERVER_TRUST_ACCOUNT), else the
/// domain's, which resolves to some controller of it.
std::string host_name(const Directory& directory, const std::string& domain) {
  for (ObjectId id = 0; id < directory.size(); ++id) {
    const Object& object = directory[id];
    if (first_of(object.values, attribute::primary_group_id) != "516") continue;
    if (const auto name = first_of(object.values, attribute::dns_host_name)) return std::string(*name);
  }
  return domain;
}

}  // namespace

Object root_dse(Directory& directory) {
  Object root;
  root.values = directory.root_dse().values;
  const auto give = [&](std::string_view name, const std::vector<std::string>& texts) {
    const AttributeId id = directory.attributes().intern(name);
    if (first_of(root.values, id)) return;
    for (const std::string& text : texts) root.values.push_back({directory.arena().keep(text), id, true});
  };
  const auto has = [&](std::string_view name) {
    return first_of(root.values, directory.attributes().intern(name)).has_value();
  };
  std::string domain;
  if (const auto dn = model::Dn::parse(directory.domain_dn()))
    for (const auto& rdn : dn->rdns()) domain += (domain.empty() ? "" : ".") + rdn.value;
  const std::string& configuration = directory.configuration_dn();
  const std::string schema = "CN=Schema," + configuration;
  if (!has("dnsHostName")) give("dnsHostName", {host_name(directory, domain)});
  give("defaultNamingContext", {directory.domain_dn()});
  give("configurationNamingContext", {configuration});
  give("schemaNamingContext", {schema});
  give("rootDomainNamingContext", {configuration.substr(parent_offset(configuration))});
  give("namingContexts", {directory.domain_dn(), configuration, schema});
  give("supportedLDAPVersion", {"3"});
  give("supportedControl", {"1.2.840.113556.1.4.319", "1.2.840.113556.1.4.801", "1.2.840.113556.1.4.1339"});
  // Windows Server 2016 ([MS-ADTS] 6.1.4.3): the newest level that all of gmsactl's attributes exist in.
  for (const auto level : {"domainFunctionality", "forestFunctionality", "domainControllerFunctionality"})
    give(level, {"7"});
  give("isSynchronized", {"TRUE"});
  give("isGlobalCatalogReady", {"TRUE"});
  if (!has("currentTime")) give("currentTime", {generalized_time_now()});
  return root;
}

}  // namespace gmsactl::ldap::ldif
