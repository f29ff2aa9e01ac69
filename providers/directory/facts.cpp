#include "providers/directory/facts.h"

#include <algorithm>
#include <array>
#include <future>

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

// [MS-ADTS] 6.1.1.2.1.1: FLAG_CR_NTDS_DOMAIN of a crossRef's systemFlags.
constexpr int64_t cross_ref_of_domain = 2;

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

/// What every domain has and no global catalog holds ([MS-ADA1..3], isMemberOfPartialAttributeSet). A server
/// that shows none of it knows a part of each object only, and what it leaves out is not absent.
constexpr std::array<const char*, 3> never_in_a_catalog{"fSMORoleOwner", "rIDManagerReference",
                                                        "pwdProperties"};

Result<void> read_domain(Reader& transport, model::DirectoryFacts& facts) {
  std::vector<std::string> attributes{attribute::object_sid, attribute::object_guid, "wellKnownObjects",
                                      "otherWellKnownObjects"};
  attributes.insert(attributes.end(), never_in_a_catalog.begin(), never_in_a_catalog.end());
  const Entry domain = GMSACTL_TRY(ldap::read(transport, facts.domain_dn.text(), attributes));
  if (!domain.whole && std::none_of(never_in_a_catalog.begin(), never_in_a_catalog.end(),
                                    [&](const char* name) { return domain.find(name) != nullptr; }))
    return fail(ErrorKind::unsupported,
                "the server shows a part of the attributes only, as a global catalog does: of " +
                    facts.domain_dn.text() + " none of fSMORoleOwner, rIDManagerReference and pwdProperties",
                "Name a domain controller without port 3268 or 3269. If it has none, grant the account that "
                "gmsactl runs as the right to read all properties of the domain.");
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

/// What the forest's configuration tells, in one search: its domains and controllers, and which SPNs HOST
/// stands for.
Result<void> read_configuration(Reader& transport, model::DirectoryFacts& facts) {
  ldap::SearchRequest request;
  request.base = facts.configuration_dn.text();
  request.filter = "(|(objectClass=crossRef)(objectClass=nTDSDSA)(objectClass=nTDSService))";
  request.attributes = {attribute::object_class, "nCName",      "dnsRoot",
                        "nETBIOSName",           "systemFlags", "sPNMappings"};
  size_t domains = 0;
  size_t controllers = 0;
  bool named = false;
  bool service = false;
  GMSACTL_TRY(transport.search(request, [&](Entry&& entry) {
    if (has_class(entry, "nTDSDSA")) {
      ++controllers;
    } else if (has_class(entry, "crossRef")) {
      if ((number(entry, "systemFlags").value_or(0) & cross_ref_of_domain) != 0) ++domains;
      if (model::dn_key(entry.first("nCName").value_or("")) != facts.domain_dn.key()) return true;
      named = true;
      facts.dns_domain = entry.first("dnsRoot").value_or("");
      facts.netbios_domain = entry.first("nETBIOSName").value_or("");
    } else {
      service = true;
      if (const auto* values = entry.find("sPNMappings"))
        facts.spn_mappings = model::SpnMappings::parse(values->values);
    }
    return true;
  }));
  if (!named)
    return fail(ErrorKind::denied,
                "the crossRef of " + facts.domain_dn.text() + " is not readable under " + request.base);
  if (!service)
    return fail(ErrorKind::denied,
                "CN=Directory Service, which holds sPNMappings, is not readable under " + request.base);
  facts.domains = std::max<size_t>(domains, 1);
  facts.domain_controllers = std::max<size_t>(controllers, 1);
  return {};
}

/// A user without rights on the keys sees their names, but no attribute, not even the class that a filter
/// could ask for.
model::Observation<std::vector<model::LiveKdsRootKey>> read_root_keys(Reader& transport,
                                                                      const Dn& configuration, bool& hidden) {
  ldap::SearchRequest request;
  request.base = root_key_container(configuration).text();
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

}  // namespace

Dn root_key_container(const Dn& configuration) {
  return configuration.child("CN", "Services")
      .child("CN", "Group Key Distribution Service")
      .child("CN", "Master Root Keys");
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
  // Each fills in its own part.
  auto reading_configuration =
      std::async(std::launch::async, [&] { return read_configuration(transport, facts); });
  auto reading_root_keys = std::async(std::launch::async, [&] {
    facts.kds_root_keys = read_root_keys(transport, facts.configuration_dn, facts.root_key_hidden);
  });
  auto domain = read_domain(transport, facts);
  auto configuration = reading_configuration.get();
  reading_root_keys.get();
  GMSACTL_TRY(std::move(domain));
  GMSACTL_TRY(std::move(configuration));
  return facts;
}

}  // namespace gmsactl::directory
