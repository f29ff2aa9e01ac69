// Carries out one planned change with the fewest requests that leave nothing to chance: compare-and-swap,
// then, where the answer was no or none came, a look at what is there now. Never writes a second time without
// looking.
//
// A change is made so that one that is refused half-way leaves nothing that looks like somebody else's doing:
// a move, which can be refused, comes first; the marker goes with what it speaks of, and says nothing of a
// field whose request is still to come. The marker is also the receipt: it is swapped in each request that
// changes an object, so whoever reads it knows which of them were carried out. Internal to
// providers/directory.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/model/plan.h"
#include "providers/directory/patient_transport.h"
#include "providers/directory/session.h"

namespace gmsactl::directory {

class Writer {
 public:
  /// `marker` is the attribute that ownership is noted in.
  Writer(ldap::Transport& transport, const ldap::Entry& root_dse, std::string marker, Patience patience = {})
      : transport_(transport, std::move(patience)), root_dse_(root_dse), marker_(std::move(marker)) {}

  /// Thread-safe.
  model::ChangeResult apply(const model::Change& change);

 private:
  struct Steps;
  struct GroupState;

  void create_account(const model::Change& change, const model::GmsaChange& detail, Steps& steps);
  void update_account(const model::Change& change, const model::GmsaChange& detail, Steps& steps);
  void replace_account(const model::Change& change, const model::GmsaChange& detail, Steps& steps);
  bool modify_account(const model::Change& change, const model::GmsaChange& detail,
                      const std::vector<model::Sid>& readers, Steps& steps);
  bool settle_spns(const model::Change& change, const model::GmsaChange& detail, Steps& steps);
  Result<model::LiveGmsa> read_account(const std::string& dn);

  void create_group(const model::Change& change, const model::GroupChange& detail, Steps& steps);
  void update_group(const model::Change& change, const model::GroupChange& detail, Steps& steps);
  /// Sends what is left in `state`, request by request, and judges what is there after one that was refused.
  bool modify_group(const std::string& object, const model::GroupChange& detail, GroupState& state,
                    Steps& steps);
  Result<model::LiveGroup> read_group(const std::string& dn);

  /// Marks it as being deleted, by compare and swap, then deletes it. What it was when planned must be what
  /// it is. True where it is gone. Where deleting is refused the mark is taken back.
  bool remove_object(const model::Change& change, const model::RemovalChange& detail, Steps& steps);

  void change_marker(const model::Change& change, const model::MarkerChange& detail, Steps& steps);

  /// Moves, renames or both; the object must still be where it was planned to be.
  bool place(const model::Change& change, const model::Dn& wanted, Steps& steps);
  bool move_object(const model::Guid& guid, const model::Dn& from, const model::Dn& wanted, Steps& steps);

  /// Lets another object give up SPNs, its name or its place before the change itself begins. False where
  /// that failed: then nothing more of the change is done.
  bool step_aside(const model::SetAside& step, Steps& steps);
  bool give_up_spns(const model::SetAside& step, Steps& steps);
  bool take_temporary_name(const model::SetAside& step, Steps& steps);
  /// A group gets the members first that it is to get, and keeps those that are to go.
  bool add_members_early(const model::SetAside& step, Steps& steps);
  /// The marker that it has since then.
  std::optional<std::string> marker_of_early(const model::Guid& group);
  /// After a move that the rest of the change was refused after: the marker learns where the object stands,
  /// and nothing else.
  void note_place(const model::Change& change, const std::optional<std::string>& live_marker,
                  const std::string& wanted_marker, Steps& steps);

  void create_container(const model::ContainerChange& detail, Steps& steps);
  void create_kds_root_key(const model::Change& change, const model::KdsRootKeyChange& detail, Steps& steps);

  /// A swap that carries the marker, `receipt` being what that is afterwards. A change of what the account
  /// database keeps is looked at before and after as well: with an error beside carried_out it was written,
  /// and something else with it or in its place.
  Fate swap(const std::string& object, const std::vector<ldap::Modification>& modifications,
            const std::string& receipt);
  Fate swap_sam_owned(const std::string& object, const std::vector<ldap::Modification>& modifications,
                      const std::string& receipt);
  /// Where SPNs are refused that this run has freed elsewhere, a global catalogue may not have heard of it
  /// yet
  /// ([MS-ADTS] 3.1.1.5.1.3): tried again for a while.
  Fate with_freed_spns(const std::vector<std::string>& spns, const std::function<Fate()>& send);
  void note_freed(const std::vector<std::string>& spns);

  /// A refusal said better: who holds the name or the SPN, or that the object is protected from deletion.
  /// `comes_to_stand`: the object was to be put at `dn`, so what stands there is in its way; else it is
  /// there.
  Error taken(Error error, const std::vector<std::string>& spns, const std::string& sam_account_name,
              const model::Dn& dn, bool comes_to_stand);
  Error refused_removal(Error error, const model::Dn& dn);

  /// The marker's text, empty where there is none; `not_found` where there is no object.
  Result<std::string> marker_of(const std::string& dn);
  Result<bool> exists(const std::string& dn);

  /// SIDs of planned readers and DNs of planned members; groups made by this run are looked up once they
  /// exist.
  Result<std::vector<model::Sid>> reader_sids(const std::vector<model::PlannedPrincipal>& readers);
  Result<std::vector<std::string>> member_dns(const std::vector<model::PlannedPrincipal>& members);
  Result<model::Identity> created_group(const std::string& name);

  PatientTransport transport_;
  const ldap::Entry& root_dse_;
  const std::string marker_;
  std::mutex mutex_;
  std::map<std::string, model::Identity>
      created_groups_;                              // by metadata.name; SID filled in when first needed
  std::map<model::Guid, std::string> added_early_;  // with the marker that they have since
  std::set<std::string, LessFolded>
      freed_spns_;  // without their class, since one class can stand for another
};

/// What has been done of one change so far, and how it ended.
struct Writer::Steps {
  model::ChangeResult& result;

  void wrote(std::string what) { result.written.push_back(std::move(what)); }
  bool finish(model::Outcome outcome) {
    result.outcome = outcome;
    return false;
  }
  /// Ends the change: what was written before makes it partial.
  bool fail_with(Error error, model::Outcome outcome = model::Outcome::failed) {
    if (!result.written.empty() && outcome == model::Outcome::failed) outcome = model::Outcome::partial;
    result.error = std::move(error);
    return finish(outcome);
  }
  /// Ends it with a request that was refused, or of which nobody knows: `what` is "whether it was created".
  bool fail_with(Fate fate, const std::string& what) {
    if (fate.kind != Fate::unknown) return fail_with(std::move(*fate.error));
    return fail_with(std::move(*fate.error).with_context(what + " is not known"), model::Outcome::unknown);
  }
  bool conflict(std::string message, std::string hint = "Plan again and review the difference.") {
    return fail_with({ErrorKind::conflict, std::move(message), std::move(hint), std::nullopt},
                     model::Outcome::conflict);
  }
  bool was_deleted() { return conflict("it was deleted after it was planned", "Plan again."); }
};

}  // namespace gmsactl::directory
