#include "engine/manifest/write.h"

#include <yaml-cpp/yaml.h>

#include "engine/manifest/decode.h"

namespace gmsactl::manifest {

namespace {

/// `${` begins a variable, and `$${` is how it is written where none is meant.
std::string without_variables(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "${") == 0) result += '$';
    result += text[i];
  }
  return result;
}

class Writer {
 public:
  Writer(std::string_view kind, const std::string& name, bool protect) {
    yaml_ << YAML::BeginMap << YAML::Key << "apiVersion" << YAML::Value << "gmsactl/v1";
    yaml_ << YAML::Key << "kind" << YAML::Value << std::string(kind);
    yaml_ << YAML::Key << "metadata" << YAML::Value << YAML::BeginMap;
    yaml_ << YAML::Key << "name" << YAML::Value << YAML::DoubleQuoted << name;
    if (protect) boolean("protect", true);
    yaml_ << YAML::EndMap << YAML::Key << "spec" << YAML::Value << YAML::BeginMap;
  }

  void text(const char* key, const std::string& value) {
    yaml_ << YAML::Key << key << YAML::Value;
    scalar(value);
  }
  void word(const char* key, std::string_view value) {
    yaml_ << YAML::Key << key << YAML::Value << std::string(value);
  }
  void boolean(const char* key, bool value) { yaml_ << YAML::Key << key << YAML::Value << value; }
  void number(const char* key, uint32_t value) { yaml_ << YAML::Key << key << YAML::Value << value; }
  /// null clears.
  void clearable(const char* key, const std::optional<std::string>& value) {
    if (!value) return;
    if (value->empty())
      yaml_ << YAML::Key << key << YAML::Value << YAML::Null;
    else
      text(key, *value);
  }
  void boolean(const char* key, const std::optional<bool>& value) {
    if (value) boolean(key, *value);
  }
  void path(const std::optional<model::Dn>& value) {
    if (value) text("path", value->text());
  }
  void texts(const char* key, const std::vector<std::string>& values) {
    yaml_ << YAML::Key << key << YAML::Value << YAML::BeginSeq;
    for (const auto& value : values) scalar(value);
    yaml_ << YAML::EndSeq;
  }
  void principals(const char* key, const std::vector<model::PrincipalRef>& refs) {
    yaml_ << YAML::Key << key << YAML::Value << YAML::BeginSeq;
    for (const auto& ref : refs) {
      if (ref.form == model::PrincipalRef::Form::host_group) {
        yaml_ << YAML::Flow << YAML::BeginMap << YAML::Key << "hostGroup" << YAML::Value;
        scalar(ref.text);
        yaml_ << YAML::EndMap;
      } else {
        scalar(ref.text);
      }
    }
    yaml_ << YAML::EndSeq;
  }

  std::string finish() {
    yaml_ << YAML::EndMap << YAML::EndMap;
    return std::string("---\n") + yaml_.c_str() + "\n";
  }

 private:
  void scalar(const std::string& value) { yaml_ << YAML::DoubleQuoted << without_variables(value); }

  YAML::Emitter yaml_;
};

}  // namespace

std::string manifest_text(const model::Declaration<model::HostGroup>& declaration) {
  const model::HostGroup& group = declaration.spec;
  Writer document("HostGroup", declaration.name, declaration.protect);
  document.text("samAccountName", group.sam_account_name);
  document.text("commonName", group.common_name);
  document.word("scope", model::name(group.scope));
  document.path(group.path);
  document.clearable("description", group.description);
  if (group.members) document.principals("members", *group.members);
  document.word("membership", group.membership == model::Membership::exact ? "exact" : "additive");
  if (!group.keep_orphaned_members) document.word("orphanedMembers", "remove");
  return document.finish();
}

std::string manifest_text(const model::Declaration<model::Gmsa>& declaration) {
  const model::Gmsa& account = declaration.spec;
  Writer document("GMSA", declaration.name, declaration.protect);
  document.text("samAccountName", account.sam_account_name);
  if (account.sam_account_name.size() > longest_usual_account_name) document.boolean("allowLongName", true);
  document.text("dnsHostName", account.dns_host_name);
  std::vector<std::string> spns;
  for (const auto& spn : account.service_principal_names) spns.push_back(spn.text);
  document.texts("servicePrincipalNames", spns);
  if (account.service_principal_names_mode != model::SpnMode::exact)
    document.word("servicePrincipalNamesMode", model::name(account.service_principal_names_mode));
  document.principals("principalsAllowedToRetrieveManagedPassword", account.principals);
  document.word("orphanedPrincipals", account.keep_orphaned_principals ? "keep" : "remove");
  document.number("managedPasswordIntervalInDays", account.password_interval_days);
  document.texts("kerberosEncryptionTypes", model::encryption_type_names(account.encryption_types));
  document.boolean("enabled", account.enabled);
  document.clearable("description", account.description);
  document.clearable("displayName", account.display_name);
  document.path(account.path);
  document.boolean("trustedForDelegation", account.trusted_for_delegation);
  document.boolean("trustedToAuthForDelegation", account.trusted_to_auth_for_delegation);
  document.boolean("accountNotDelegated", account.account_not_delegated);
  if (account.allowed_to_delegate_to) document.texts("allowedToDelegateTo", *account.allowed_to_delegate_to);
  return document.finish();
}

}  // namespace gmsactl::manifest
