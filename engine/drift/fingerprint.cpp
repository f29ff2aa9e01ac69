#include "engine/drift/fingerprint.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/base/digest.h"
#include "engine/base/text.h"
#include "engine/model/fields.h"

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

namespace {

void add(Text& text, model::GmsaHook hook, const model::Gmsa& spec) {
  using Hook = model::GmsaHook;
  switch (hook) {
    case Hook::sam_account_name:
      text << spec.sam_account_name;
      break;
    case Hook::path:
      text << spec.path;
      break;
    case Hook::dns_host_name:
      text << spec.dns_host_name;
      break;
    case Hook::service_principal_names:
      text << spec.service_principal_names;
      break;
    case Hook::service_principal_names_mode:
      text << model::name(spec.service_principal_names_mode);
      break;
    case Hook::readers:
      text << spec.principals;
      break;
    case Hook::orphaned_principals:
      text << spec.keep_orphaned_principals;
      break;
    case Hook::password_interval:
      text << spec.password_interval_days;
      break;
    case Hook::encryption_types:
      text << spec.encryption_types;
      break;
    case Hook::credential_spec: {
      // Credential specs are looked at every time; of the account itself only a rule on the plug-in's input
      // depends on it.
      const auto& delivery = spec.credential_spec;
      text << (delivery && delivery->host_account_config ? delivery->host_account_config->plugin_input
                                                         : std::string());
      break;
    }
    case Hook::allow_long_name:
    case Hook::common_name:
      break;  // by them the declaration is known, or was checked
  }
}

void add(Text& text, const model::FlagField& flag, const model::Gmsa& spec) { text << flag.wanted(spec); }
void add(Text& text, const model::ListField& list, const model::Gmsa& spec) { text << spec.*list.declared; }

void add(Text& text, model::GroupHook hook, const model::HostGroup& spec) {
  using Hook = model::GroupHook;
  switch (hook) {
    case Hook::sam_account_name:
      text << spec.sam_account_name;
      break;
    case Hook::common_name:
      text << spec.common_name;
      break;
    case Hook::path:
      text << spec.path;
      break;
    case Hook::scope:
      text << model::name(spec.scope);
      break;
    case Hook::members:
      text << spec.members;
      break;
    case Hook::membership:
      text << (spec.membership == model::Membership::exact);
      break;
    case Hook::orphaned_members:
      text << spec.keep_orphaned_members;
      break;
  }
}

template <class Spec, class Live>
void add(Text& text, const model::TextField<Spec, Live>& field, const Spec& spec) {
  text << spec.*field.declared;
}

template <class Spec>
void add_fields(Text& text, const Spec& spec) {
  for (const auto& row : model::fields_of(spec))
    std::visit([&](const auto& access) { add(text, access, spec); }, row.access);
}

}  // namespace

Fingerprint fingerprint(const model::Declaration<model::HostGroup>& declaration) {
  Text text;
  text << declaration.protect;
  add_fields(text, declaration.spec);
  return text.fingerprint();
}

Fingerprint fingerprint(const model::Declaration<model::Gmsa>& declaration, std::string_view shared_with) {
  Text text;
  text << declaration.protect << shared_with;
  add_fields(text, declaration.spec);
  return text.fingerprint();
}

// The binding below names every member, so that one that is added does not compile before somebody has
// decided whether findings depend on it.

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
