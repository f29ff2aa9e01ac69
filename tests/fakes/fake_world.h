// A small world in memory behind the engine's seam: accounts, groups, computers and containers of one domain,
// with the rules of Active Directory that plans rely on (unique names and SPNs, members that exist, SPNs
// rewritten with a name, an interval that never changes). For tests of the planner and the applier; knows
// nothing of LDAP.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/ports/provider.h"

namespace gmsactl::fakes {

/// Something that is neither a group nor a managed account: a computer, a user, a foreign holder of an SPN.
struct FakeObject {
  model::Principal principal;
  std::vector<std::string> service_principal_names;
};

class FakeWorld : public ports::Provider {
 public:
  FakeWorld();

  // What is there; tests write to it freely as long as nothing is being applied.
  model::DirectoryFacts facts;
  std::map<model::Guid, model::LiveGmsa> accounts;
  std::map<model::Guid, model::LiveGroup> groups;
  std::map<model::Guid, FakeObject> objects;
  std::map<std::string, model::LiveContainer> containers;  // by Dn::key()

  // Both are ours: with the marker of desired()'s environment that remembers nothing of what was applied.
  model::LiveGmsa& add_account(std::string_view name);  ///< as account(NAME) declares it, readable by nobody
  model::LiveGroup& add_group(std::string_view name);   ///< as group(NAME) declares it, empty
  FakeObject& add_computer(std::string_view name);      ///< NAME$ under OU=Hosts
  FakeObject& add_object(std::string_view sam_account_name, std::string_view dn,
                         std::string_view object_class);
  void add_container(std::string_view dn);
  void remove(const model::Guid& guid);  ///< and its memberships; its SID stays in descriptors
  void rename(const model::Guid& guid, const model::Dn& to);

  model::LiveGmsa* find_account(std::string_view name);  ///< by sAMAccountName without $; null where absent
  model::LiveGroup* find_group(std::string_view name);

  // What goes wrong. Keys are addresses, "GMSA/Web01".
  std::map<std::string, model::ChangeResult> answers;  ///< given in place of applying
  std::set<std::string> unreadable;        ///< also "principal:name:host01", "spns" and container DNs
  std::set<model::Guid> added_early;       ///< groups that got members before their own change
  bool dies_after_stepping_aside = false;  ///< nothing of a change is done but what comes first
  /// Called at the start of each apply(), with no lock held: to delay, to stop, to change the world.
  std::function<void(const model::Change&)> before_apply;

  // What was done.
  std::vector<std::string> touched;  ///< addresses, in the order in which apply() was entered
  size_t most_at_once = 0;           ///< calls of apply() under way at one time

  [[nodiscard]] Result<model::Observations> observe(const model::Desired& desired,
                                                    ports::EventSink& events) override;
  [[nodiscard]] Result<model::LastWrites> last_writes(std::span<const model::Guid>) override { return {}; }
  model::ChangeResult apply(const model::Change& change) override;
  [[nodiscard]] Result<void> begin_writes() override { return {}; }
  [[nodiscard]] Result<void> flush() override { return {}; }

 private:
  // fake_observe.cpp
  std::vector<model::Principal> everybody() const;
  std::vector<std::pair<std::string, model::Principal>> everybodys_spns() const;
  model::PrincipalLookup look_up(const model::PrincipalRef& ref,
                                 const std::vector<model::Principal>& all) const;
  void observe_groups(const model::Desired& desired, model::Observations& seen) const;
  void observe_accounts(const model::Desired& desired, model::Observations& seen) const;
  void observe_names(const model::Desired& desired, model::Observations& seen) const;
  void observe_containers(const model::Desired& desired, model::Observations& seen) const;
  void observe_spns(const model::Desired& desired, model::Observations& seen) const;
  void observe_leftovers(const model::Desired& desired, model::Observations& seen) const;

  // fake_apply.cpp; all with the lock held
  Result<void> carry_out(const model::Change& change);
  Result<void> carry_out(const model::SetAside& step);
  Result<void> add_early(const model::SetAside& step);
  Result<void> carry_out(const model::Change& change, const model::GmsaChange& detail);
  Result<void> carry_out(const model::Change& change, const model::GroupChange& detail);
  Result<void> carry_out(const model::ContainerChange& detail);
  Result<void> carry_out(const model::Change& change, const model::RemovalChange& detail);
  Result<void> carry_out(const model::Change& change, const model::MarkerChange& detail);
  Result<std::vector<model::Sid>> reader_sids(const model::GmsaChange& detail) const;
  Result<void> change_members(const model::GroupChange& detail, model::LiveGroup& live) const;
  Result<void> check_free(const model::Guid& self, const model::Dn& dn,
                          std::string_view sam_account_name) const;
  Result<void> check_spns(const model::LiveGmsa& account) const;
  model::Identity new_identity(const model::Dn& dn);

  std::mutex mutex_;
  std::map<std::string, model::Guid> created_groups_;  // by metadata.name
  size_t at_once_ = 0;
  uint32_t next_number_ = 1100;
};

/// Listens to nothing.
class NoEvents : public ports::EventSink {
 public:
  void progress(std::string_view, size_t, size_t) override {}
  void change_started(const model::Change&) override {}
  void change_finished(const model::Change&, const model::ChangeResult&) override {}
};

}  // namespace gmsactl::fakes
