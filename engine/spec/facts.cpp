#include "engine/spec/facts.h"

#include <algorithm>

#include "engine/base/text.h"

namespace gmsactl::spec {

namespace {

const model::Gmsa* find(const model::Desired& desired, const std::string& name) {
  const auto found = std::find_if(desired.accounts.begin(), desired.accounts.end(),
                                  [&](const auto& account) { return account.name == name; });
  return found == desired.accounts.end() ? nullptr : &found->spec;
}

}  // namespace

model::CredentialSpec from_facts(const model::Gmsa& account, const model::Desired& desired,
                                 const model::DirectoryFacts& facts) {
  model::CredentialSpec spec;
  const std::string& name = account.sam_account_name;
  spec.machine_account_name = name;
  spec.sid = facts.domain_sid.text();
  spec.guid = facts.domain_guid.text();
  spec.dns_tree_name = facts.forest;
  spec.dns_name = facts.dns_domain;
  spec.netbios_name = facts.netbios_domain;
  spec.accounts = {{name, facts.dns_domain}, {name, facts.netbios_domain}};
  if (!account.credential_spec) return spec;
  for (const auto& more : account.credential_spec->additional_accounts) {
    const auto* managed = more.gmsa.empty() ? nullptr : find(desired, more.gmsa);
    spec.accounts.push_back({managed != nullptr ? managed->sam_account_name : more.name,
                             more.domain.empty() ? facts.dns_domain : more.domain});
  }
  spec.host_account_config = account.credential_spec->host_account_config;
  return spec;
}

std::string file_name(const model::Gmsa& account, const model::DirectoryFacts& facts) {
  if (account.credential_spec && !account.credential_spec->file_name.empty())
    return account.credential_spec->file_name;
  return fold(facts.netbios_domain) + "_" + fold(account.sam_account_name) + ".json";
}

std::string object_name(const std::string& wanted, const model::Gmsa& account) {
  if (!wanted.empty()) return wanted;
  // RFC 1123: letters, digits, dots and dashes; the first and the last a letter or digit.
  std::string name = fold(account.sam_account_name);
  for (char& c : name)
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.') c = '-';
  const auto is_edge = [](char c) { return c == '-' || c == '.'; };
  while (!name.empty() && is_edge(name.back())) name.pop_back();
  name.erase(name.begin(), std::find_if_not(name.begin(), name.end(), is_edge));
  return name.empty() ? "gmsa" : name;
}

}  // namespace gmsactl::spec
