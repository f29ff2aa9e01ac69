#include "providers/directory/facts.h"

#include <algorithm>

#include "engine/base/text.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

using ldap::Entry;
using ldap::Reader;
using model::Dn;

namespace {

// [MS-ADTS] 6.1.1.4: well-known objects of a domain, found by GUID since administrators may move them.
constexpr std::string_view users_container_guid = "A9D1CA15768811D1ADED00C04FD8D5CD";
constexpr std::string_view managed_accounts_container_guid = "1EB93889E40C45DF9F0C64D23BBB6237";

std::string dns_name_of(const Dn& dn) {
  std::string name;
  for (const auto& rdn : dn.rdns()) name += (name.empty() ? "" : ".") + rdn.value;
  return name;
}

/// "B:32:GUID:DN" values of wellKnownObjects and otherWellKnownObjects.
std::optional<Dn> well_known(const Entry& domain, std::string_view guid) {
  const std::string prefix = "B:32:" + std::string(guid) + ":";
  for (const auto* name : {"wellKnownObjects", "otherWellKnownObjects"}) {
    const auto* found = domain.find(name);
    if (found == nullptr) continue;
    for (const auto& value : found->values) {
      if (value.size() <= prefix.size() ||
          !equal_folded(std::string_view(value).substr(0, prefix.size()), prefix))
        continue;
      if (auto dn = Dn::parse(std::string_view(value).substr(prefix.size()))) return std::move(*dn);
    }
  }
  return std::nullopt;
}

Result<void> read_domain(Reader& transport, model::DirectoryFacts& facts) {
  const Entry domain = GMSACTL_TRY(ldap::read(
      transport, facts.domain_dn.text(),
      {attribute::object_sid, attribute::object_guid, "wellKnownObjects", "otherWellKnownObjects"}));
  if (const auto sid = domain.first(attribute::object_sid))
    facts.domain_sid = GMSACTL_TRY(model::Sid::decode(*sid));
  if (const auto guid = domain.first(attribute::object_guid))
    facts.domain_guid = GMSACTL_TRY(model::Guid::decode(*guid));
  if (facts.domain_sid.empty() || facts.domain_guid.empty())
    return fail(ErrorKind::denied,
                "objectSid and objectGUID of " + facts.domain_dn.text() + " are not readable");
  facts.users_container =
      well_known(domain, users_container_guid).value_or(facts.domain_dn.child("CN", "Users"));
  facts.accounts_container = well_known(domain, managed_accounts_container_guid)
                                 .value_or(facts.domain_dn.child("CN", "Managed Service Accounts"));
  return {};
}

Result<void> read_cross_ref(Reader& transport, model::DirectoryFacts& facts) {
  ldap::SearchRequest request;
  request.base = facts.configuration_dn.child("CN", "Partitions").text();
  request.scope = ldap::Scope::one_level;
  request.filter =
      "(&(objectClass=crossRef)(nCName=" + model::escape_filter_value(facts.domain_dn.text()) + "))";
  request.attributes = {"dnsRoot", "nETBIOSName"};
  const auto refs = GMSACTL_TRY(ldap::search_all(transport, request));
  if (refs.empty())
    return fail(ErrorKind::denied,
                "the crossRef of " + facts.domain_dn.text() + " is not readable under " + request.base);
  facts.dns_domain = refs.front().first("dnsRoot").value_or("");
  facts.netbios_domain = refs.front().first("nETBIOSName").value_or("");
  return {};
}

/// A user without rights on the keys sees their names, but no attribute, not even the class that a filter
/// could ask for.
model::Observation<std::vector<model::LiveKdsRootKey>> read_root_keys(Reader& transport,
                                                                      const Dn& configuration, bool& hidden) {
  ldap::SearchRequest request;
  request.base = configuration.child("CN", "Services")
                     .child("CN", "Group Key Distribution Service")
                     .child("CN", "Master Root Keys")
                     .text();
  request.scope = ldap::Scope::one_level;
  request.filter = "(objectClass=*)";
  request.attributes = {attribute::object_class, "cn", "msKds-CreateTime", "msKds-UseStartTime"};
  auto entries = ldap::search_all(transport, request);
  if (!entries) {
    if (entries.error().kind == ErrorKind::not_found) return model::Absent{};
    return model::Unreadable{std::move(entries).error()};
  }
  std::vector<model::LiveKdsRootKey> keys;
  for (const auto& entry : *entries) {
    if (entry.find(attribute::object_class) != nullptr && !has_class(entry, "msKds-ProvRootKey")) continue;
    const auto start = number(entry, "msKds-UseStartTime");
    if (!start) {
      hidden = true;
      continue;
    }
    model::LiveKdsRootKey key;
    if (auto guid = model::Guid::parse(entry.first("cn").value_or(""))) key.guid = *guid;
    key.create_time = number(entry, "msKds-CreateTime").value_or(0);
    key.use_start_time = *start;
    keys.push_back(key);
  }
  if (keys.empty()) return model::Absent{};
  return keys;
}

Result<size_t> count_domain_controllers(Reader& transport, const Dn& configuration) {
  ldap::SearchRequest request;
  request.base = configuration.child("CN", "Sites").text();
  request.filter = "(objectClass=nTDSDSA)";
  request.attributes = {"1.1"};
  size_t count = 0;
  auto found = transport.search(request, [&](Entry&&) {
    ++count;
    return true;
  });
  if (!found && found.error().kind != ErrorKind::not_found) return fail(std::move(found).error());
  return std::max<size_t>(count, 1);
}

}  // namespace

Result<size_t> count_domains(Reader& transport, const Dn& configuration_dn) {
  ldap::SearchRequest request;
  request.base = configuration_dn.child("CN", "Partitions").text();
  request.scope = ldap::Scope::one_level;
  // [MS-ADTS] 6.1.1.2.1.1: FLAG_CR_NTDS_DOMAIN is bit 2 of systemFlags.
  request.filter = "(&(objectClass=crossRef)(systemFlags:1.2.840.113556.1.4.803:=2))";
  request.attributes = {"1.1"};
  size_t count = 0;
  GMSACTL_TRY(transport.search(request, [&](Entry&&) {
    ++count;
    return true;
  }));
  return count;
}

Result<model::DirectoryFacts> read_facts(Reader& transport, const Entry& root_dse) {
  model::DirectoryFacts facts;
  // A saved directory may name the controller that it was read from; what answers is the file.
  const std::string peer = transport.peer();
  facts.server = peer.starts_with("ldif:") ? peer : std::string(root_dse.first("dnsHostName").value_or(peer));
  facts.domain_dn = GMSACTL_TRY(Dn::parse(root_dse.first("defaultNamingContext").value_or("")));
  facts.configuration_dn = GMSACTL_TRY(Dn::parse(root_dse.first("configurationNamingContext").value_or("")));
  const Dn root =
      GMSACTL_TRY(Dn::parse(root_dse.first("rootDomainNamingContext").value_or(facts.domain_dn.text())));
  facts.forest = dns_name_of(root);
  facts.server_time = filetime(root_dse.first("currentTime").value_or(""));
  GMSACTL_TRY(read_domain(transport, facts));
  GMSACTL_TRY(read_cross_ref(transport, facts));
  facts.domain_controllers = GMSACTL_TRY(count_domain_controllers(transport, facts.configuration_dn));
  facts.kds_root_keys = read_root_keys(transport, facts.configuration_dn, facts.root_key_hidden);

  const Dn service = facts.configuration_dn.child("CN", "Services")
                         .child("CN", "Windows NT")
                         .child("CN", "Directory Service");
  auto mappings = ldap::read(transport, service.text(), {"sPNMappings"});
  if (!mappings) return fail(std::move(mappings).error().with_context("reading sPNMappings"));
  if (const auto* values = mappings->find("sPNMappings"))
    facts.spn_mappings = model::SpnMappings::parse(values->values);
  return facts;
}

}  // namespace gmsactl::directory
