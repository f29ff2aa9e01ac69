// A credential spec as values: what tells a Windows host as which gMSA a container shall run. JSON and the
// other formats it travels in are engine/spec's; where it is delivered to is a SpecTarget (spec_target.h).
// Key names are those of the CredentialSpec PowerShell module.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace gmsactl::model {

/// One entry of ActiveDirectoryConfig.GroupManagedServiceAccounts.
struct ScopedAccount {
  std::string name;   ///< sAMAccountName without its $
  std::string scope;  ///< DNS or NetBIOS name of the account's domain
  bool operator==(const ScopedAccount&) const = default;
};

/// How a host that is not a member of the domain comes to the password: a CCG plug-in.
struct HostAccountConfig {
  std::string plugin_guid;  ///< with its braces, as written
  /// What the plug-in reads. Three encodings exist: text of its own ("ObjectId=…;SecretUri=…"), a text that
  /// holds JSON (AWS on Windows), and a JSON object (AWS on Linux); for the last this is the object's compact
  /// JSON.
  std::string plugin_input;
  bool plugin_input_is_object = false;
  std::string portable_ccg_version = "1";
  bool operator==(const HostAccountConfig&) const = default;
};

struct CredentialSpec {
  std::vector<std::string> cms_plugins{"ActiveDirectory"};
  std::string machine_account_name;  ///< sAMAccountName without its $
  std::string sid;                   ///< of the domain, not of the account
  std::string guid;                  ///< of the domain, lower-case, no braces
  std::string dns_tree_name;         ///< of the forest
  std::string dns_name;              ///< of the account's domain
  std::string netbios_name;          ///< likewise
  std::vector<ScopedAccount> accounts;
  std::optional<HostAccountConfig> host_account_config;
  bool operator==(const CredentialSpec&) const = default;
};

}  // namespace gmsactl::model
