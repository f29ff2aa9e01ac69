#include "providers/directory/forest.h"

#include <algorithm>

#include "engine/base/text.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

using ldap::Entry;
using model::Dn;

namespace {

bool is_hidden(const Entry& entry, std::string_view name) {
  return entry.read(name).extent() != ldap::Reading::Extent::complete;
}

template <class Named>
std::optional<Named> named(const std::vector<Named>& all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Named& one) {
    return equal_folded(one.netbios_name, name) || equal_folded(one.dns_name, name);
  });
  return found == all.end() ? std::nullopt : std::optional<Named>(*found);
}

}  // namespace

Result<ldap::Reader*> Forest::catalog() {
  const std::lock_guard lock(mutex_);
  if (no_catalog_) return fail(*no_catalog_);
  if (!catalog_) {
    auto opened = open_catalog_();
    if (!opened) {
      no_catalog_ = std::move(opened).error();
      return fail(*no_catalog_);
    }
    catalog_ = std::move(*opened);
  }
  return catalog_.get();
}

Result<void> Forest::read_domains() {
  if (domains_) return {};
  ldap::SearchRequest request;
  request.base = facts_.configuration_dn.child("CN", "Partitions").text();
  request.scope = ldap::Scope::one_level;
  request.filter = "(objectClass=crossRef)";
  request.attributes = {"nCName", "dnsRoot", "nETBIOSName", "systemFlags"};
  std::vector<Domain> domains;
  GMSACTL_TRY(domain_.search(request, [&](Entry&& entry) {
    if ((number(entry, "systemFlags").value_or(0) & cross_ref_of_domain) == 0) return true;
    // Each has all three.
    auto dn = Dn::parse(entry.first("nCName").value_or(""));
    if (!dn || dn->empty()) {
      unnamed_ = unreadable_attribute(entry, "nCName");
      return true;
    }
    std::string dns_name(entry.first("dnsRoot").value_or(""));
    if (dns_name.empty()) dns_name = model::dns_name_of(*dn);
    const auto netbios_name = entry.first("nETBIOSName");
    if (is_hidden(entry, "nETBIOSName")) without_netbios_ = unreadable_attribute(entry, "nETBIOSName");
    domains.push_back({std::move(*dn), std::move(dns_name), std::string(netbios_name.value_or(""))});
    return true;
  }));
  domains_ = std::move(domains);
  return {};
}

Result<void> Forest::read_trusts() {
  if (trusts_) return {};
  ldap::SearchRequest request;
  request.base = facts_.domain_dn.child("CN", "System").text();
  request.scope = ldap::Scope::one_level;
  request.filter = "(objectClass=trustedDomain)";
  request.attributes = {"trustPartner", "flatName", "securityIdentifier"};
  std::vector<Trust> trusts;
  auto read = domain_.search(request, [&](Entry&& entry) {
    Trust trust;
    trust.dns_name = entry.first("trustPartner").value_or("");
    trust.netbios_name = entry.first("flatName").value_or("");
    if (is_hidden(entry, "trustPartner")) unnamed_ = unreadable_attribute(entry, "trustPartner");
    if (is_hidden(entry, "flatName")) without_netbios_ = unreadable_attribute(entry, "flatName");
    if (auto sid = model::Sid::decode(entry.first("securityIdentifier").value_or(""))) trust.sid = *sid;
    trusts.push_back(std::move(trust));
    return true;
  });
  if (!read && read.error().kind != ErrorKind::not_found) return read;
  trusts_ = std::move(trusts);
  return {};
}

Result<std::optional<Forest::Domain>> Forest::find_domain(std::string_view name) {
  const std::lock_guard lock(mutex_);
  GMSACTL_TRY(read_domains());
  return named(*domains_, name);
}

Result<std::optional<Forest::Trust>> Forest::find_trust(std::string_view name) {
  const std::lock_guard lock(mutex_);
  GMSACTL_TRY(read_trusts());
  return named(*trusts_, name);
}

Result<std::optional<Error>> Forest::why_not_found(std::string_view name) {
  const std::lock_guard lock(mutex_);
  GMSACTL_TRY(read_domains());
  GMSACTL_TRY(read_trusts());
  if (const auto* why = why_domains_unread()) return *why;
  if (unnamed_) return *unnamed_;
  if (name.find('.') != std::string_view::npos) return std::nullopt;  // a DNS name
  if (const auto* why = facts_.why_unread(Fact::netbios_name)) return *why;
  return without_netbios_;
}

Result<std::optional<Forest::Trust>> Forest::find_trust(const model::Sid& domain) {
  const std::lock_guard lock(mutex_);
  GMSACTL_TRY(read_trusts());
  const auto found =
      std::find_if(trusts_->begin(), trusts_->end(), [&](const Trust& trust) { return trust.sid == domain; });
  return found == trusts_->end() ? std::nullopt : std::optional<Trust>(*found);
}

}  // namespace gmsactl::directory
