#include "providers/directory/facts.h"

#include <algorithm>
#include <array>
#include <future>

#include "engine/base/text.h"
#include "engine/model/domain.h"
#include "engine/model/fields.h"
#include "providers/directory/configuration.h"
#include "providers/directory/decode.h"
#include "providers/directory/visibility.h"

namespace gmsactl::directory {

using ldap::Entry;
using ldap::Reader;
using model::Dn;

namespace {

// [MS-ADTS] 6.1.1.4: well-known objects of a domain, found by GUID since administrators may move them.
constexpr std::string_view users_container_guid = "A9D1CA15768811D1ADED00C04FD8D5CD";
constexpr std::string_view managed_accounts_container_guid = "1EB93889E40C45DF9F0C64D23BBB6237";

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

/// Where objects go for which no path is declared. Every domain has wellKnownObjects; otherWellKnownObjects
/// may be absent where the schema was never extended, and the container then has the name that it is made
/// with.
Result<void> find_containers(Reader& transport, const Entry& domain, const std::vector<std::string>& asked,
                             Facts& facts) {
  auto missing = unread_of(domain, asked);
  const auto find = [&](std::string_view guid, Fact fact, std::string_view usual,
                        const std::string& attribute) -> Result<Dn> {
    if (auto found = well_known(domain, guid)) return std::move(*found);
    std::vector<Doubt> doubts{{facts.domain_guid, facts.domain_sid, asked, {attribute}, &missing}};
    GMSACTL_TRY(Visibility(transport, facts.domain_dn).settle(doubts));
    if (const auto hidden = model::unread_among(missing, {attribute}); !hidden.empty())
      facts.unread.emplace(
          fact, Error{ErrorKind::denied,
                      attribute + " of " + facts.domain_dn.text() +
                          ", which names the container for objects without a path, was not read: " +
                          hidden.front().why,
                      read_hint(facts.domain_dn.text(), attribute), std::nullopt});
    return facts.domain_dn.child("CN", std::string(usual));
  };
  facts.users_container =
      GMSACTL_TRY(find(users_container_guid, Fact::users_container, "Users", "wellKnownObjects"));
  facts.accounts_container = GMSACTL_TRY(find(managed_accounts_container_guid, Fact::accounts_container,
                                              "Managed Service Accounts", "otherWellKnownObjects"));
  return {};
}

Result<void> read_domain(Reader& transport, Facts& facts) {
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
  return find_containers(transport, domain, attributes, facts);
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

Result<Facts> read_facts(Reader& transport, const Entry& root_dse) {
  Facts facts;
  // A saved directory may name the controller that it was read from; what answers is the file.
  const std::string peer = transport.peer();
  facts.server = peer.starts_with("ldif:") ? peer : std::string(root_dse.first("dnsHostName").value_or(peer));
  facts.domain_dn = GMSACTL_TRY(Dn::parse(root_dse.first("defaultNamingContext").value_or("")));
  facts.configuration_dn = GMSACTL_TRY(Dn::parse(root_dse.first("configurationNamingContext").value_or("")));
  const Dn root =
      GMSACTL_TRY(Dn::parse(root_dse.first("rootDomainNamingContext").value_or(facts.domain_dn.text())));
  facts.forest = model::dns_name_of(root);
  facts.server_time = filetime(root_dse.first("currentTime").value_or(""));
  // Each fills in its own part, but for `unread`, which is nobody's own.
  Facts configured = facts;
  const std::string service(root_dse.first("dsServiceName").value_or(""));
  auto reading_configuration =
      std::async(std::launch::async, [&] { return read_configuration(transport, service, configured); });
  auto reading_root_keys = std::async(std::launch::async, [&] {
    facts.kds_root_keys = read_root_keys(transport, facts.configuration_dn, facts.root_key_hidden);
  });
  auto domain = read_domain(transport, facts);
  auto configuration = reading_configuration.get();
  reading_root_keys.get();
  GMSACTL_TRY(std::move(domain));
  GMSACTL_TRY(std::move(configuration));
  facts.dns_domain = std::move(configured.dns_domain);
  facts.netbios_domain = std::move(configured.netbios_domain);
  facts.domains = configured.domains;
  facts.domain_controllers = configured.domain_controllers;
  facts.spn_mappings = std::move(configured.spn_mappings);
  facts.unread.merge(configured.unread);
  if (facts.server_time == 0)
    facts.unread.emplace(Fact::server_time,
                         Error{ErrorKind::denied, "the rootDSE of " + facts.server + " shows no currentTime",
                               "Name another domain controller with --server.", std::nullopt});
  return facts;
}

}  // namespace gmsactl::directory
