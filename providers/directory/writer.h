// Carries out one planned change with the fewest requests that leave nothing to chance: compare-and-swap,
// then, where the answer was no or none came, a look at what is there now. Never writes a second time without
// looking. Internal to providers/directory.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/model/plan.h"
#include "providers/directory/session.h"

namespace gmsactl::directory {

class Writer {
 public:
  /// `marker` is the attribute that ownership is noted in.
  Writer(ldap::Transport& transport, const ldap::Entry& root_dse, std::string marker)
      : transport_(transport), root_dse_(root_dse), marker_(std::move(marker)) {}

  /// Thread-safe.
  model::ChangeResult apply(const model::Change& change);

 private:
  struct Steps;

  void create_account(const model::Change& change, const model::GmsaChange& detail, Steps& steps);
  void update_account(const model::Change& change, const model::GmsaChange& detail, Steps& steps);
  void replace_account(const model::Change& change, const model::GmsaChange& detail, Steps& steps);
  bool modify_account(const model::Change& change, const model::GmsaChange& detail,
                      const std::vector<model::Sid>& readers, Steps& steps);
  bool settle_spns(const model::Change& change, const model::GmsaChange& detail, Steps& steps);
  Result<model::LiveGmsa> read_account(const std::string& dn);

  void create_group(const model::Change& change, const model::GroupChange& detail, Steps& steps);
  void update_group(const model::Change& change, const model::GroupChange& detail, Steps& steps);
  bool modify_group(const model::Change& change, const model::GroupChange& detail, Steps& steps);
  bool add_remaining_members(const model::GroupChange& detail, const std::vector<std::string>& members,
                             Steps& steps);
  Result<model::LiveGroup> read_group(const std::string& dn);

  /// Marks it as being deleted, by compare and swap, then deletes it. What it was when planned must be what
  /// it is. True where it is gone.
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

  void create_container(const model::ContainerChange& detail, Steps& steps);
  void create_kds_root_key(const model::Change& change, const model::KdsRootKeyChange& detail, Steps& steps);

  /// SIDs of planned readers and DNs of planned members; groups made by this run are looked up once they
  /// exist.
  Result<std::vector<model::Sid>> reader_sids(const std::vector<model::PlannedPrincipal>& readers);
  Result<std::vector<std::string>> member_dns(const std::vector<model::PlannedPrincipal>& members);
  Result<model::Identity> created_group(const std::string& name);

  ldap::Transport& transport_;
  const ldap::Entry& root_dse_;
  const std::string marker_;
  std::mutex mutex_;
  std::map<std::string, model::Identity>
      created_groups_;  // by metadata.name; SID filled in when first needed
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
};

}  // namespace gmsactl::directory
