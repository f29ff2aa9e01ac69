#include "engine/drift/fingerprint.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/base/digest.h"
#include "engine/base/text.h"

namespace gmsactl::drift {

using model::Dn;
using model::Located;
using model::PrincipalRef;

namespace {

/// Distinct sequences of values give distinct texts: each goes in with its length.
class Text {
 public:
  Text& operator<<(std::string_view text) {
    *this << text.size();
    text_ += text;
    return *this;
  }
  Text& operator<<(const std::string& text) { return *this << std::string_view(text); }
  Text& operator<<(const char* text) { return *this << std::string_view(text); }
  Text& operator<<(bool value) { return *this << static_cast<size_t>(value); }
  Text& operator<<(uint32_t value) { return *this << size_t{value}; }
  Text& operator<<(size_t value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    text_.append(digits.data(), end);
    text_ += ':';
    return *this;
  }
  Text& operator<<(const Dn& dn) { return *this << dn.key(); }
  Text& operator<<(const Located& located) { return *this << located.text; }
  Text& operator<<(const PrincipalRef& ref) { return *this << static_cast<size_t>(ref.form) << ref.text; }
  Text& operator<<(const model::AcceptedDrift& rule) {
    return *this << rule.address << rule.field << rule.reason << rule.until;
  }
  template <class T>
  Text& operator<<(const std::vector<T>& values) {
    *this << values.size();
    for (const auto& value : values) *this << value;
    return *this;
  }
  template <class T>
  Text& operator<<(const std::optional<T>& value) {
    *this << value.has_value();
    return value ? *this << *value : *this;
  }

  Fingerprint fingerprint() const {
    const auto digest = sha256_bytes(text_);
    Fingerprint begin;
    std::copy_n(digest.begin(), begin.size(), begin.begin());
    return begin;
  }
  std::string digits() const {
    const auto bytes = fingerprint();
    return hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

 private:
  std::string text_;
};

}  // namespace

// The bindings below name every member, so that one that is added does not compile before somebody has
// decided whether findings depend on it.

Fingerprint fingerprint(const model::Declaration<model::HostGroup>& declaration) {
  const auto& [sam_account_name, common_name, scope, path, description, members, membership,
               keep_orphaned_members] = declaration.spec;
  Text text;
  text << declaration.protect << sam_account_name << common_name << model::name(scope) << path << description
       << members << (membership == model::Membership::exact) << keep_orphaned_members;
  return text.fingerprint();
}

Fingerprint fingerprint(const model::Declaration<model::Gmsa>& declaration, std::string_view shared_with) {
  const auto& [sam_account_name, dns_host_name, service_principal_names, service_principal_names_mode,
               principals, keep_orphaned_principals, password_interval_days, encryption_types, enabled,
               description, display_name, path, trusted_for_delegation, trusted_to_auth_for_delegation,
               account_not_delegated, allowed_to_delegate_to, credential_spec] = declaration.spec;
  Text text;
  text << declaration.protect << shared_with << sam_account_name << dns_host_name << service_principal_names
       << model::name(service_principal_names_mode) << principals << keep_orphaned_principals
       << password_interval_days << encryption_types << enabled << description << display_name << path
       << trusted_for_delegation << trusted_to_auth_for_delegation << account_not_delegated
       << allowed_to_delegate_to;
  // Credential specs are looked at every time; of the account itself only a rule on the plug-in's input
  // depends on it.
  text << (credential_spec && credential_spec->host_account_config
               ? credential_spec->host_account_config->plugin_input
               : std::string());
  return text.fingerprint();
}

std::string fingerprint(const model::Environment& environment, const plan::Options& options,
                        std::string_view program) {
  const auto& [name, domain, owner, servers, site, authentication, username, password_from, tls_mode,
               tls_ca_file, accounts_path, host_groups_path, create_paths, variables, create_kds_root_key,
               kds_root_key_effective_immediately, marker_attribute, policy, accepted_drift, declared_at,
               field_positions] = environment;
  Text text;
  text << program << name << domain << owner << accounts_path << host_groups_path << create_paths
       << create_kds_root_key << kds_root_key_effective_immediately << marker_attribute << policy.max_deletes
       << policy.max_delete_percent << policy.max_members_removed_percent
       << policy.max_readers_removed_percent << accepted_drift;
  for (const auto severity : policy.rules) text << static_cast<uint32_t>(severity);
  text << options.targets << options.excludes << options.adopt
       << (options.shard ? options.shard->shard().text() : std::string());
  return text.digits();
}

std::string fingerprint(const model::DirectoryFacts& facts) {
  Text text;
  text << facts.dns_domain << facts.netbios_domain << facts.domain_sid.text() << facts.domain_guid.text()
       << facts.accounts_container << facts.users_container;
  return text.digits();
}

}  // namespace gmsactl::drift
