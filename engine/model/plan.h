// The plan and what became of it, as data: everything a renderer prints and everything a provider needs to
// carry a change out is in here, so nothing is worked out a second time. Made by engine/plan, carried out by
// engine/apply, printed by engine/report.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/base/error.h"
#include "engine/model/desired.h"
#include "engine/model/live.h"
#include "engine/model/plan_inputs.h"
#include "engine/model/resource.h"

namespace gmsactl::model {

enum class Action { create, update, replace, remove, move, adopt };
std::string_view name(Action action);    ///< "create", "update", "replace", "delete", "move", "adopt"
std::string_view symbol(Action action);  ///< "+", "~", "-/+", "-", ">", "="

/// Why live and wanted differ, told by what the marker says was applied last.
namespace cause {
inline constexpr std::string_view drift = "drift";      ///< somebody changed what is live
inline constexpr std::string_view pending = "pending";  ///< the manifest changed
inline constexpr std::string_view both = "both";
inline constexpr std::string_view fresh = "new";  ///< nothing of ours was there
}  // namespace cause

/// When and where the value behind a field was last written, by whomever (replication metadata).
struct LastWrite {
  int64_t time = 0;      ///< 100 ns since 1601, whole seconds
  std::string server;    ///< DNS name of the domain controller; empty where none has that id any more
  uint32_t version = 0;  ///< how often it has been written, this time included
  bool operator==(const LastWrite&) const = default;
};
/// Of objects, by the manifest's names of their fields. Fields that share an attribute (the bits of
/// userAccountControl; path and name) share its last write.
using LastWrites = std::map<Guid, std::map<std::string_view, LastWrite>>;

/// A value as people read it; monostate: not set.
using FieldValue = std::variant<std::monostate, bool, int64_t, std::string, std::vector<std::string>>;

struct FieldChange {
  std::string_view path;  ///< the manifest's name of the field, from the planner's tables
  FieldValue before;
  FieldValue after;
  std::vector<std::string> added;  ///< of lists
  std::vector<std::string> removed;
  std::string_view cause = {};               ///< of the above; empty where nothing remembers what was applied
  std::optional<LastWrite> last_write = {};  ///< of the live value, where it was asked for and is known
  bool operator==(const FieldChange&) const = default;
};

/// A principal in a planned value: known already, or a group that the same plan creates.
struct PlannedPrincipal {
  std::string display;     ///< "CONTOSO\HOST01$", "HostGroup/WebApp01Hosts", or a bare SID
  Sid sid;                 ///< empty where the group is yet to be created
  Dn dn;                   ///< likewise; empty for a SID nobody has
  std::string host_group;  ///< metadata.name where it is one of ours
  bool operator==(const PlannedPrincipal&) const = default;
};

/// What an account shall be; with `live`, what it was when planned. Fields equal on both sides are not
/// written.
struct GmsaChange {
  Gmsa desired;
  Dn dn;                                  ///< where it shall be
  std::vector<PlannedPrincipal> readers;  ///< the wanted principals, all of them
  bool keeps_readers = false;             ///< their drift is accepted, so the descriptor stays as it is
  std::vector<Ace> kept_aces;             ///< unusual ACEs that stay
  std::vector<Sid> kept_orphans;          ///< SIDs nobody has, kept
  uint32_t user_account_control = 0;      ///< wanted, other bits as live
  uint32_t encryption_types = 0;          ///< likewise
  std::vector<std::string> service_principal_names;
  std::string marker;  ///< Marker::text() as it shall be
  std::optional<LiveGmsa> live;
};

struct GroupChange {
  HostGroup desired;
  Dn dn;
  uint32_t group_type = 0;
  std::vector<PlannedPrincipal> add;
  std::vector<std::string> remove;  ///< DNs, as the server wrote them
  /// Among them one that the new scope forbids: a controller judges a request by the members that are there
  /// when it comes, so they go in requests of their own, before the scope changes.
  bool members_first = false;
  std::string marker;  ///< Marker::text() as it shall be
  std::optional<LiveGroup> live;
};

/// An account or a group that goes. What it was when planned must be what it is still.
struct RemovalChange {
  std::variant<LiveGroup, LiveGmsa> live;
  std::string marker;  ///< Marker::text() with which it is marked first
};

struct ContainerChange {
  Dn dn;
};

struct KdsRootKeyChange {
  bool effective_immediately = false;  ///< back-dated by ten hours, for single-DC labs
};

/// The marker alone: an object that is taken over or released, and otherwise stays as it is.
struct MarkerChange {
  std::variant<LiveGroup, LiveGmsa> live;
  std::string marker;  ///< Marker::text() as it shall be; empty: none
};

/// What one account's spec shall be at one place; with `live`, what it was when planned.
struct CredentialSpecChange {
  std::string target;   ///< SpecTarget's metadata.name
  SpecHost host;        ///< of a target with several places
  std::string account;  ///< GMSA's metadata.name, for the index and the labels
  std::string name;  ///< the wanted name: of the file or object; of a Swarm config before its hash is added
  CredentialSpec spec;
  std::string text;                   ///< the whole document where the format is not JSON, else empty
  std::vector<std::string> bindings;  ///< wanted, "NAMESPACE/SERVICEACCOUNT"
  std::vector<std::string> services;  ///< wanted Swarm services
  /// Hash of the wanted name, contents and bindings: kept beside the spec, so that what somebody changed
  /// there is told from what the manifests or the directory ask for anew.
  std::string applied;
  std::optional<LiveSpec> live;
};

/// A managed field of what is changed, whether it differs or not: short hashes of the value that was read and
/// of the value wanted, by identity (SIDs, not names). By them a saved plan is known to be still the same.
struct Guard {
  std::string path;
  std::string before;
  std::string after;
  bool operator==(const Guard&) const = default;
};

/// What another object of the same plan lets go of ahead of its own change: where objects hand names or SPNs
/// to each other in a circle, one of them gets a temporary name, or gives its SPNs up, first. It carries our
/// marker, so that a run that ends in between is resumed by the next plan.
struct SetAside {
  ResourceId id;  ///< whose own change waits for the one that this is part of
  Guid guid;
  std::string sam_account_name;  ///< as it is, with a managed account's $; empty: it keeps the name
  std::string temporary_name;    ///< in its place
  Dn dn;                         ///< where it stands; empty: it stays there
  Dn temporary_dn;
  std::vector<std::string> service_principal_names;  ///< to be given up
  /// Or what it gets: where hosts change places between groups, one group has all of them for a while, so
  /// that none of them loses access in between.
  std::vector<PlannedPrincipal> members;
  std::string marker_before;  ///< of a group that gets members: as read
  std::string marker;         ///< and as its own change leaves it
  bool operator==(const SetAside&) const = default;
};

struct Change {
  ResourceId id;
  Action action = Action::update;
  Dn dn;                            ///< where the object is; of one to be created, where it will be
  Guid guid;                        ///< empty for one to be created
  std::string_view cause;           ///< of the above, all fields taken together; empty where not known
  std::vector<FieldChange> fields;  ///< never empty
  std::vector<Guard> guards;        ///< by path
  std::vector<std::string> reasons;
  std::vector<ResourceId> requires_;  ///< must succeed first
  std::vector<SetAside> set_aside;    ///< to be done before anything else of this change
  /// Where a change that this one requires has put the object; absent: it stands at `dn` still. The `live` of
  /// the detail is then what that change leaves.
  std::optional<Dn> set_aside_at;
  SourceRange declared_at;
  std::variant<GmsaChange, GroupChange, ContainerChange, KdsRootKeyChange, CredentialSpecChange,
               RemovalChange, MarkerChange>
      detail;
};

/// For people: the DN, or "SpecTarget/docker on host01.contoso.com" of a credential spec.
std::string place_text(const Change& change);

/// One of the environment's addresses that could not be judged.
struct UnreadableResource {
  ResourceId id;
  Error why;
};

struct Plan {
  std::string environment;
  std::string domain;
  std::string domain_sid;
  std::string server;
  SourceRange declared_at;      ///< the Environment's own declaration
  std::vector<Change> changes;  ///< in dependency order
  std::vector<ResourceId> unchanged;
  std::vector<ResourceId> accepted;  ///< those of which some drift is left as it is, since it is accepted
  std::vector<UnreadableResource> unreadable;
  Diagnostics diagnostics;  ///< of manifests and live state, in the order found
  PlanInputs inputs;        ///< filled in by whoever has them: the planner does not
  /// Of the document that it is carried out from, which somebody has reviewed; empty where there is none.
  std::string document_digest;

  size_t count(Action action) const;
  bool empty() const { return changes.empty(); }
};

enum class Outcome {
  applied,
  already_done,  ///< another hand had made it so in the meantime
  failed,        ///< refused or rolled back as a whole: nothing of it was written
  partial,       ///< some of its requests were carried out, then one failed
  conflict,      ///< somebody else changed what it changes; what stands is theirs
  unknown,       ///< no answer came, and the object can't be read to see what happened
  skipped,       ///< something it requires failed
  stopped,       ///< not begun, since the run was interrupted
};
std::string_view name(Outcome outcome);

struct ChangeResult {
  ResourceId id;
  Action action = Action::update;
  Outcome outcome = Outcome::applied;
  std::optional<Error> error;
  std::vector<std::string> written;  ///< what was carried out, request by request, in words
};

}  // namespace gmsactl::model
