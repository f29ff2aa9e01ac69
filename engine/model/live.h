// What providers saw. Values only: a planner that gets these can't do any I/O.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/model/credential_spec.h"
#include "engine/model/desired.h"
#include "engine/model/dn.h"
#include "engine/model/guid.h"
#include "engine/model/marker.h"
#include "engine/model/resource.h"
#include "engine/model/security_descriptor.h"
#include "engine/model/sid.h"
#include "engine/model/spn.h"

namespace gmsactl::model {

struct Identity {
  Guid guid;
  Sid sid;  ///< empty for a container
  Dn dn;
  bool operator==(const Identity&) const = default;
};

/// What the directory says of how much an object matters to itself, beside its RID.
struct Importance {
  bool critical = false;  ///< isCriticalSystemObject
  bool admin = false;     ///< adminCount is not 0: AdminSDHolder protects it, or did
  bool operator==(const Importance&) const = default;
};

/// How much of an attribute was read. Only a complete one is a value, or a reason to say that there is none
/// and so to create, remove or delete anything.
enum class Completeness : uint8_t {
  complete,
  partial,  ///< some values came, and the server did not say that they are all
  hidden,   ///< access control, or a partial set of attributes, keeps it from us
};

/// An attribute of a live object of which not everything could be read.
struct UnreadAttribute {
  std::string attribute;  ///< as LDAP names it, "msDS-GroupMSAMembership"
  Completeness how = Completeness::hidden;
  std::string why;  ///< for people: what happened, and the right that is missing
  bool operator==(const UnreadAttribute&) const = default;
};

struct LiveGroup {
  Identity id;
  std::string sam_account_name;
  uint32_t group_type = 0;  ///< [MS-ADTS] 2.2.12
  std::optional<std::string> description;
  std::vector<std::string> more_descriptions;  ///< values after the first: a group may hold several
  std::vector<std::string> members;            ///< DNs as the server writes them
  std::optional<std::string> marker;           ///< the ownership attribute, whatever it holds
  Importance importance;
  std::vector<UnreadAttribute> unread;  ///< what stands above for these is no value
  bool operator==(const LiveGroup&) const = default;
};

struct LiveGmsa {
  Identity id;
  std::string sam_account_name;  ///< as stored, with its $
  std::optional<std::string> dns_host_name;
  std::vector<std::string> service_principal_names;
  std::optional<std::string>
      group_msa_membership;  ///< msDS-GroupMSAMembership, raw bytes; absent: nobody may read
  std::optional<uint32_t> password_interval_days;
  std::optional<uint32_t> encryption_types;  ///< all bits
  uint32_t user_account_control = 0;
  std::optional<std::string> description;
  std::vector<std::string> more_descriptions;  ///< values after the first, where a server keeps several
  std::optional<std::string> display_name;
  std::vector<std::string> allowed_to_delegate_to;
  std::optional<std::string> marker;  ///< the ownership attribute, whatever it holds
  Importance importance;
  std::vector<UnreadAttribute> unread;  ///< what stands above for these is no value
  bool operator==(const LiveGmsa&) const = default;
};

/// An object whose marker is this environment's, and which no declaration means any more.
struct Leftover {
  Marker marker;
  std::variant<LiveGroup, LiveGmsa> live;

  const Identity& id() const {
    return std::visit([](const auto& object) -> const Identity& { return object.id; }, live);
  }
};

struct LiveContainer {
  Identity id;
};

struct LiveKdsRootKey {
  Guid guid;
  int64_t create_time = 0;     ///< msKds-CreateTime, 100 ns since 1601
  int64_t use_start_time = 0;  ///< msKds-UseStartTime, the same unit
};

/// A credential spec found at a place, whoever put it there.
struct LiveSpec {
  std::string name;      ///< of the file, of the Swarm config or of the Kubernetes object
  std::string revision;  ///< what a change expects to find still: a digest, a config's id, a resourceVersion
  /// Of the index or the labels that gmsactl puts beside it; empty where there are none, or another tool's.
  std::string account;  ///< metadata.name of the GMSA
  std::string owner;
  std::string environment;
  std::string applied;  ///< hash of what gmsactl made of it last, as CredentialSpecChange::applied; or empty
  std::optional<CredentialSpec> spec;  ///< absent where `problem` says why it can't be read as one
  std::string problem;                 ///< "line 3, column 7: expected a comma"
  std::vector<std::string> lines;  ///< of a text in another format than JSON: its lines, in place of `spec`
  /// Who may use it: "NAMESPACE/SERVICEACCOUNT" of Kubernetes bindings that gmsactl made. Sorted.
  std::vector<std::string> bindings;
  /// Who does: Swarm services by name, pods by "NAMESPACE/NAME" that run with these or older contents.
  /// Sorted.
  std::vector<std::string> users;
  bool operator==(const LiveSpec&) const = default;
};

/// Something worth a warning about a place itself, such as a known issue of the host's Windows build.
struct PlaceNote {
  std::string_view code;  ///< "GMSA0232", a literal
  std::string summary;
  std::string detail;
  std::string hint;
  bool operator==(const PlaceNote&) const = default;
};

/// One place of a SpecTarget with everything there that could be a credential spec.
struct LivePlace {
  std::vector<LiveSpec> specs;  ///< by name
  /// Swarm: the services that are to use the spec of an account (by metadata.name), by label or by list.
  std::map<std::string, std::vector<std::string>> services;
  std::vector<PlaceNote> notes;
};

/// Key of Observations::spec_places.
std::string place_key(std::string_view target, std::string_view host);

/// We looked and it is not there.
struct Absent {};
/// We could not look: neither created, deleted nor counted on.
struct Unreadable {
  Error why;
};
template <class T>
using Observation = std::variant<Absent, T, Unreadable>;

/// An object as far as others need to know it: a member, a password reader, the holder of a name.
struct Principal {
  Identity id;
  std::string sam_account_name;  ///< with a computer's $; may be empty (a foreign security principal)
  std::string object_class;      ///< the most derived one, "computer"
  uint32_t group_type = 0;       ///< of a group, as LiveGroup::group_type
};

/// A foreignSecurityPrincipal: it stands for whatever has its SID elsewhere.
inline bool is_foreign(const Principal& principal) {
  return equal_folded(principal.object_class, "foreignSecurityPrincipal");
}

/// What a PrincipalRef turned out to be.
struct PrincipalLookup {
  std::vector<Principal> matches;  ///< one is right, none is unknown, more are ambiguous
  std::optional<Error> unreadable;
};

/// Facts about the directory that desired values are judged by.
struct DirectoryFacts {
  std::string server;      ///< DNS name of the pinned domain controller, or the LDIF file
  std::string dns_domain;  ///< "contoso.com"
  std::string netbios_domain;
  std::string forest;  ///< DNS name of the forest root domain
  Sid domain_sid;
  Guid domain_guid;
  Dn domain_dn;
  Dn configuration_dn;
  Dn accounts_container;  ///< well-known Managed Service Accounts container
  Dn users_container;
  int64_t server_time = 0;        ///< rootDSE currentTime, 100 ns since 1601
  size_t domains = 1;             ///< of the forest: with more than one only a global catalog knows all SPNs
  size_t domain_controllers = 1;  ///< of the forest

  Observation<std::vector<LiveKdsRootKey>> kds_root_keys;  ///< Absent: none visible to us
  bool any_gmsa_exists = false;                            ///< evidence of a key that we may not see
  bool root_key_hidden =
      false;  ///< one is listed whose attributes we may not read: usual for delegated users
  SpnMappings spn_mappings;
};

/// Everything seen for one plan.
struct Observations {
  DirectoryFacts directory;
  std::map<std::string, Observation<LiveGroup>>
      host_groups;  ///< by metadata.name; every desired one is there that is not settled
  std::map<std::string, Observation<LiveGmsa>> accounts;  ///< likewise
  std::map<std::string, Observation<LiveContainer>>
      containers;  ///< by Dn::key(); every path that desired objects name

  /// By principal_key(); every PrincipalRef except host_group ones and those of settled declarations is
  /// there.
  std::map<std::string, PrincipalLookup> principals;
  /// SIDs in live descriptors that no PrincipalRef resolved to, by Sid::text(); absent where nothing has that
  /// SID.
  std::map<std::string, Principal> known_sids;
  /// Members that exact groups have and the manifests do not name, by dn_key(), so that they can be shown by
  /// name.
  std::map<std::string, Principal> known_members;
  /// Why something of this domain may exist although it was not found: a place that this user cannot look
  /// into. Absent where there is none. Looked for only where a SID or member of this domain was not found.
  std::optional<Error> blind_spot;
  /// Of the SIDs that were not found: those whose objects were seen among the deleted ones, by Sid::text().
  std::set<std::string> deleted_sids;
  /// The groups that a live group is a member of itself, by its Dn::key(); only of those whose scope is to
  /// change.
  std::map<std::string, std::vector<Principal>> containing_groups;
  /// Every holder of each SPN that would be added and of its HOST aliases, by fold(SPN); absent: nobody.
  std::map<std::string, std::vector<Principal>> spn_holders;
  /// SPNs whose holders could not be read, with the reason. Adding them is not planned.
  std::optional<Error> spn_holders_unreadable;
  /// Objects that hold a wanted sAMAccountName (with a gMSA's $) but are of another kind, by
  /// fold(sAMAccountName).
  std::map<std::string, Principal> sam_account_name_holders;
  /// What is at each place of each SpecTarget that an account is delivered to, by place_key(). Absent: the
  /// folder or the like does not exist.
  std::map<std::string, Observation<LivePlace>> spec_places;
  /// Objects that stand where a desired one would be created, moved or renamed to, by Dn::key().
  std::map<std::string, Principal> dn_holders;
  /// Absent where not all of the environment was looked at: then nothing can be said about what is left over.
  std::optional<std::vector<Leftover>> leftovers;
};

/// Where an object belongs: its own path, else the environment's, else the domain's well-known container.
Dn declared_parent(const HostGroup& spec, const Environment& environment, const DirectoryFacts& facts);
Dn declared_parent(const Gmsa& spec, const Environment& environment, const DirectoryFacts& facts);

/// Key of Observations::principals: equal references, equal keys.
std::string principal_key(const PrincipalRef& ref);

}  // namespace gmsactl::model
