#include "providers/transport/ldap/ldif_schema.h"

#include <algorithm>
#include <array>

#include "engine/base/text.h"

namespace gmsactl::ldap::ldif {

namespace {

struct KnownAttribute {
  std::string_view name;
  Syntax syntax = Syntax::text;
  bool single = true;
  bool system_only = false;
};

// In the order of attribute::Known.
constexpr std::array<KnownAttribute, attribute::count> known_attributes{{
    {"objectClass", Syntax::text, false},
    {"cn"},
    {"ou", Syntax::text, false},
    {"dc"},
    {"name", Syntax::text, true, true},
    {"distinguishedName", Syntax::dn, true, true},
    {"objectGUID", Syntax::guid, true, true},
    {"objectSid", Syntax::sid, true, true},
    {"sAMAccountName"},
    {"sAMAccountType", Syntax::integer, true, true},
    {"userAccountControl", Syntax::integer},
    {"primaryGroupID", Syntax::integer},
    {"dNSHostName"},
    {"servicePrincipalName", Syntax::text, false},
    {"member", Syntax::dn, false},
    {"memberOf", Syntax::dn, false, true},
    {"groupType", Syntax::integer},
    {"msDS-GroupMSAMembership", Syntax::octets},
    {"msDS-ManagedPasswordInterval", Syntax::integer},
    {"msDS-ManagedPasswordId", Syntax::octets, true, true},
    {"msDS-ManagedPasswordPreviousId", Syntax::octets, true, true},
    {"msDS-SupportedEncryptionTypes", Syntax::integer},
    {"instanceType", Syntax::integer, true, true},
    {"whenCreated", Syntax::text, true, true},
    {"whenChanged", Syntax::text, true, true},
    {"uSNCreated", Syntax::integer, true, true},
    {"uSNChanged", Syntax::integer, true, true},
    {"objectCategory", Syntax::dn},
    {"wellKnownObjects", Syntax::dn_binary, false, true},
    {"otherWellKnownObjects", Syntax::dn_binary, false},
    {"description", Syntax::text, false},
    {"adminDescription"},
    {"isCriticalSystemObject", Syntax::text, true, true},
    {"systemFlags", Syntax::integer},
    {"nCName", Syntax::dn},
    {"dnsRoot", Syntax::text, false},
    {"nETBIOSName"},
    {"sPNMappings", Syntax::text, false},
    {"msKds-CreateTime", Syntax::integer},
    {"msKds-UseStartTime", Syntax::integer},
    {"msKds-DomainID", Syntax::dn},
    {"msKds-RootKeyData", Syntax::octets},
    {"msKds-Version", Syntax::integer},
    {"managedBy", Syntax::dn},
    {"msDS-HostServiceAccount", Syntax::dn, false},
    {"msDS-AllowedToActOnBehalfOfOtherIdentity", Syntax::octets},
    {"nTSecurityDescriptor", Syntax::octets},
    {"currentTime", Syntax::text, true, true},
}};

// Known for the way they compare only.
constexpr std::array other_attributes{
    KnownAttribute{"msKds-KDFParam", Syntax::octets},
    KnownAttribute{"msKds-SecretAgreementParam", Syntax::octets},
    KnownAttribute{"msKds-PrivateKeyLength", Syntax::integer},
    KnownAttribute{"msKds-PublicKeyLength", Syntax::integer},
    KnownAttribute{"msKds-KDFAlgorithmID"},
    KnownAttribute{"msKds-SecretAgreementAlgorithmID"},
    KnownAttribute{"msDS-ManagedPassword", Syntax::octets, true, true},
    KnownAttribute{"pwdLastSet", Syntax::integer},
    KnownAttribute{"accountExpires", Syntax::integer},
    KnownAttribute{"userPrincipalName"},
    KnownAttribute{"sn"},
    KnownAttribute{"keywords", Syntax::text, false},
    KnownAttribute{"serviceClassName"},
    KnownAttribute{"info"},
    KnownAttribute{"adminDisplayName"},
    KnownAttribute{"displayName"},
    KnownAttribute{"manager", Syntax::dn},
    KnownAttribute{"directReports", Syntax::dn, false, true},
    KnownAttribute{"managedObjects", Syntax::dn, false, true},
    KnownAttribute{"msDS-HostServiceAccountBL", Syntax::dn, false, true},
    KnownAttribute{"serverReference", Syntax::dn},
    KnownAttribute{"fSMORoleOwner", Syntax::dn},
    KnownAttribute{"rIDManagerReference", Syntax::dn, true, true},
    KnownAttribute{"defaultNamingContext", Syntax::dn},
    KnownAttribute{"configurationNamingContext", Syntax::dn},
    KnownAttribute{"rootDomainNamingContext", Syntax::dn},
    KnownAttribute{"schemaNamingContext", Syntax::dn},
    KnownAttribute{"sIDHistory", Syntax::sid, false},
    KnownAttribute{"userCertificate", Syntax::octets, false},
};

// Any number of case-insensitive texts, or of no concern how they compare.
constexpr std::array<std::string_view, 47> plain_attributes{
    "msDS-AllowedToDelegateTo",
    "serviceBindingInformation",
    "serviceDNSName",
    "serviceDNSNameType",
    "comment",
    "extensionAttribute1",
    "extensionAttribute2",
    "extensionAttribute3",
    "extensionAttribute4",
    "extensionAttribute5",
    "extensionAttribute6",
    "extensionAttribute7",
    "extensionAttribute8",
    "extensionAttribute9",
    "extensionAttribute10",
    "extensionAttribute11",
    "extensionAttribute12",
    "extensionAttribute13",
    "extensionAttribute14",
    "extensionAttribute15",
    "location",
    "operatingSystem",
    "operatingSystemVersion",
    "operatingSystemServicePack",
    "url",
    "wWWHomePage",
    "mail",
    "givenName",
    "initials",
    "title",
    "department",
    "company",
    "telephoneNumber",
    "l",
    "st",
    "street",
    "postalCode",
    "c",
    "co",
    "notes",
    "employeeID",
    "msDS-AdditionalDnsHostName",
    "msDS-AdditionalSamAccountName",
    "networkAddress",
    "showInAdvancedViewOnly",
    "uid",
    "unicodePwd",
};

constexpr std::array classes{
    ClassType{"person", "top", "cn", "Person"},
    ClassType{"organizationalPerson", "person", "cn", "Person"},
    ClassType{"user", "organizationalPerson", "cn", "Person", true},
    ClassType{"inetOrgPerson", "user", "cn", "Person", true},
    ClassType{"computer", "user", "cn", "Computer", true},
    ClassType{"msDS-ManagedServiceAccount", "computer", "cn", "ms-DS-Managed-Service-Account", true},
    ClassType{"msDS-GroupManagedServiceAccount", "computer", "cn", "ms-DS-Group-Managed-Service-Account",
              true},
    ClassType{"msDS-DelegatedManagedServiceAccount", "computer", "cn",
              "ms-DS-Delegated-Managed-Service-Account", true},
    ClassType{"contact", "organizationalPerson", "cn", "Person"},
    ClassType{"group", "top", "cn", "Group", true},
    ClassType{"foreignSecurityPrincipal", "top", "cn", "Foreign-Security-Principal"},
    ClassType{"organizationalUnit", "top", "ou", "Organizational-Unit"},
    ClassType{"container", "top", "cn", "Container"},
    ClassType{"builtinDomain", "top", "cn", "Builtin-Domain"},
    ClassType{"lostAndFound", "top", "cn", "Lost-And-Found"},
    ClassType{"domain", "top", "dc", "Domain"},
    ClassType{"domainDNS", "domain", "dc", "Domain-DNS"},
    ClassType{"configuration", "top", "cn", "Configuration"},
    ClassType{"dMD", "top", "cn", "DMD"},
    ClassType{"crossRefContainer", "top", "cn", "Cross-Ref-Container"},
    ClassType{"crossRef", "top", "cn", "Cross-Ref"},
    ClassType{"nTDSService", "top", "cn", "NTDS-Service"},
    ClassType{"sitesContainer", "top", "cn", "Sites-Container"},
    ClassType{"site", "top", "cn", "Site"},
    ClassType{"serversContainer", "top", "cn", "Servers-Container"},
    ClassType{"server", "top", "cn", "Server"},
    ClassType{"applicationSettings", "top", "cn", "Application-Settings"},
    ClassType{"nTDSDSA", "applicationSettings", "cn", "NTDS-DSA"},
    ClassType{"leaf", "top", "cn", "Leaf"},
    ClassType{"connectionPoint", "leaf", "cn", "Connection-Point"},
    ClassType{"serviceConnectionPoint", "connectionPoint", "cn", "Service-Connection-Point"},
    ClassType{"msKds-ProvRootKey", "top", "cn", "ms-Kds-Prov-RootKey"},
    ClassType{"msKds-ProvServerConfiguration", "top", "cn", "ms-Kds-Prov-ServerConfiguration"},
};

}  // namespace

AttributeTable::AttributeTable() {
  const auto add = [&](const KnownAttribute& known) {
    by_folded_name_.emplace(fold(known.name), static_cast<AttributeId>(types_.size()));
    types_.push_back({std::string(known.name), known.syntax, known.single, known.system_only, true});
  };
  for (const auto& known : known_attributes) add(known);
  for (const auto& known : other_attributes) add(known);
  for (const auto name : plain_attributes) add({name, Syntax::text, false});
}

AttributeId AttributeTable::intern(std::string_view name) {
  if (const auto found = by_spelling_.find(name); found != by_spelling_.end()) return found->second;
  const auto next = static_cast<AttributeId>(types_.size());
  const auto [found, added] = by_folded_name_.emplace(fold(name), next);
  if (added) types_.push_back({std::string(name), Syntax::text, false, false, false});
  by_spelling_.emplace(spellings_.emplace_back(name), found->second);
  return found->second;
}

const ClassType* find_class(std::string_view name) {
  const auto found = std::find_if(classes.begin(), classes.end(),
                                  [&](const ClassType& type) { return equal_folded(type.name, name); });
  return found == classes.end() ? nullptr : &*found;
}

std::vector<std::string_view> class_chain(const ClassType& type) {
  std::vector<std::string_view> chain{type.name};
  for (const ClassType* at = &type; at != nullptr; at = find_class(at->parent)) chain.push_back(at->parent);
  std::reverse(chain.begin(), chain.end());
  return chain;
}

bool derives_from(const ClassType& type, std::string_view ancestor) {
  for (const ClassType* at = &type; at != nullptr; at = find_class(at->parent))
    if (equal_folded(at->name, ancestor)) return true;
  return equal_folded(ancestor, "top");
}

}  // namespace gmsactl::ldap::ldif
