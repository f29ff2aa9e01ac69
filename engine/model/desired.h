// What the manifests ask for, one environment's worth, decoded and checked against themselves but not against
// any live system. Made by engine/manifest; read by engine/plan and, to know what to look for, by providers.
//
// `std::optional` fields: absent means not managed, the live value stands. An empty text or list is a value:
// it clears.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/model/credential_spec.h"
#include "engine/model/dn.h"
#include "engine/model/guid.h"
#include "engine/model/policy.h"
#include "engine/model/principal_ref.h"
#include "engine/model/resource.h"
#include "engine/model/spec_target.h"

namespace gmsactl::model {

// Choices are spelled in one place: the names stand in the order of their enumerators.

enum class GroupScope { domain_local, global, universal };
inline constexpr std::array<std::string_view, 3> group_scope_names{"DomainLocal", "Global", "Universal"};
std::string_view name(GroupScope scope);

enum class Membership { exact, additive };
inline constexpr std::array<std::string_view, 2> membership_names{"exact", "additive"};
std::string_view name(Membership membership);

/// What happens to what nothing stands for any more.
inline constexpr std::array<std::string_view, 2> orphan_choices{"keep", "remove"};

/// servicePrincipalNamesMode: additive keeps what others registered, unmanaged leaves the attribute alone.
enum class SpnMode { exact, additive, unmanaged };
inline constexpr std::array<std::string_view, 3> spn_mode_names{"exact", "additive", "unmanaged"};
std::string_view name(SpnMode mode);

struct HostGroup {
  std::string sam_account_name;
  std::string common_name;
  GroupScope scope = GroupScope::domain_local;
  std::optional<Dn> path;  ///< absent: Environment.host_groups_path, else the domain's Users container
  std::optional<std::string> description;
  std::optional<std::vector<PrincipalRef>> members;
  Membership membership = Membership::exact;
  /// orphanedMembers: keep|remove. Members of an exact group whose object is gone or that nothing can
  /// resolve.
  bool keep_orphaned_members = true;
  bool operator==(const HostGroup&) const = default;
};

/// msDS-SupportedEncryptionTypes, the low five bits ([MS-KILE] 2.2.7).
namespace encryption {
inline constexpr uint32_t des_cbc_crc = 0x01;
inline constexpr uint32_t des_cbc_md5 = 0x02;
inline constexpr uint32_t rc4_hmac = 0x04;
inline constexpr uint32_t aes128 = 0x08;
inline constexpr uint32_t aes256 = 0x10;
inline constexpr uint32_t managed = 0x1F;
}  // namespace encryption
/// As manifests spell them, in ascending bit order from bit 0.
inline constexpr std::array<std::string_view, 5> encryption_type_spellings{"DES_CBC_CRC", "DES_CBC_MD5",
                                                                           "RC4", "AES128", "AES256"};
/// Of the bits that are set, in ascending order.
std::vector<std::string> encryption_type_names(uint32_t bits);
/// Names that are none are passed over.
uint32_t encryption_bits(const std::vector<std::string>& names);

/// An account besides the one a spec is of: {gmsa: NAME} or {name, domain}.
struct AdditionalAccount {
  std::string gmsa;    ///< metadata.name of one in the same manifests, or empty
  std::string name;    ///< else its sAMAccountName without $
  std::string domain;  ///< DNS or NetBIOS name; empty: the environment's
  SourceRange where;
  bool operator==(const AdditionalAccount& other) const {
    return gmsa == other.gmsa && name == other.name && domain == other.domain;
  }
};

/// GMSA.spec.credentialSpec: what becomes of the account's credential spec. Its facts come from the
/// directory.
struct SpecDelivery {
  std::vector<Located> targets;  ///< SpecTargets by metadata.name
  std::string
      file_name;  ///< with .json; empty: NETBIOS_ACCOUNT.json in lower case, as New-CredentialSpec names it
  std::vector<AdditionalAccount> additional_accounts;
  std::optional<HostAccountConfig> host_account_config;
  bool operator==(const SpecDelivery&) const = default;
};

struct Gmsa {
  std::string sam_account_name;  ///< without the trailing $
  std::string dns_host_name;
  std::vector<Located> service_principal_names;
  SpnMode service_principal_names_mode = SpnMode::exact;
  std::vector<PrincipalRef> principals;
  /// orphanedPrincipals: keep|remove. SIDs in the live descriptor that nothing in the domain has any more.
  bool keep_orphaned_principals = true;
  uint32_t password_interval_days = 30;
  uint32_t encryption_types = encryption::aes128 | encryption::aes256;
  bool enabled = true;
  std::optional<std::string> description;
  std::optional<std::string> display_name;
  std::optional<Dn> path;  ///< absent: Environment.accounts_path, else the Managed Service Accounts container
  std::optional<bool> trusted_for_delegation;
  std::optional<bool> trusted_to_auth_for_delegation;
  std::optional<bool> account_not_delegated;
  std::optional<std::vector<std::string>> allowed_to_delegate_to;
  std::optional<SpecDelivery> credential_spec;  ///< absent: not delivered anywhere
  bool operator==(const Gmsa&) const = default;
};

template <class Spec>
struct Declaration {
  std::string name;  ///< metadata.name
  Spec spec;
  bool protect = false;
  /// Live state is known to be as declared, from an earlier look and from what has changed since
  /// (engine/drift): it is neither read nor compared, and counts as unchanged.
  bool settled = false;
  std::map<std::string, std::string> labels;
  SourceRange declared_at;  ///< the document's first key
  /// Where a field of spec stands, by its manifest name ("managedPasswordIntervalInDays"); only those given.
  std::vector<std::pair<std::string_view, SourceRange>> field_positions;

  /// Position of the field, else of the whole document.
  SourceRange position(std::string_view field) const {
    for (const auto& [key, where] : field_positions)
      if (key == field) return where;
    return declared_at;
  }
  bool operator==(const Declaration& other) const { return name == other.name && spec == other.spec; }
};

struct SecretSource {
  enum class Kind { environment_variable, file } kind = Kind::environment_variable;
  std::string name;  ///< the variable's name, or the path, resolved against the manifest's folder
  bool operator==(const SecretSource&) const = default;
};

enum class Authentication { kerberos, simple };
enum class TlsMode { automatic, start_tls, ldaps };

struct Environment {
  std::string name;
  std::string domain;  ///< DNS name, lower case
  std::string owner;
  /// ldap://h[:p], ldaps://h[:p], ldif:PATH with PATH already resolved against the manifest's folder; empty:
  /// DNS SRV.
  std::vector<Located> servers;
  /// directory.site: the AD site whose controllers come first; empty: found by asking ([MS-ADTS] 6.3).
  std::string site;
  Authentication authentication = Authentication::kerberos;
  std::string username;
  std::optional<SecretSource> password_from;
  TlsMode tls_mode = TlsMode::automatic;
  std::string tls_ca_file;  ///< resolved; empty: the system's
  std::optional<Dn> accounts_path;
  std::optional<Dn> host_groups_path;
  bool create_paths = false;
  std::map<std::string, std::string> variables;
  bool create_kds_root_key = false;
  bool kds_root_key_effective_immediately = false;
  std::string marker_attribute = "adminDescription";  ///< where ownership is noted (marker.h)
  Policy policy;
  std::vector<AcceptedDrift> accepted_drift;
  SourceRange declared_at;
  std::vector<std::pair<std::string_view, SourceRange>> field_positions;  ///< "accountsPath", "kdsRootKey" …
  SourceRange position(std::string_view field) const {
    for (const auto& [key, where] : field_positions)
      if (key == field) return where;
    return declared_at;
  }
  /// Positions are not part of what is asked for.
  bool operator==(const Environment& other) const;
};

struct Desired {
  Environment environment;
  std::vector<Declaration<HostGroup>> host_groups;  ///< in the order read
  std::vector<Declaration<Gmsa>> accounts;
  std::vector<Declaration<SpecTarget>> spec_targets;
  /// False where these are not all declarations of the environment, so that nothing can be said to be left
  /// over.
  bool complete = true;
  /// Present where some declarations are settled: objects to look at whatever they are called by now, namely
  /// what the other declarations and the groups they name were found at before, and what else may carry the
  /// environment's marker.
  std::optional<std::vector<Guid>> suspects;
};

}  // namespace gmsactl::model
