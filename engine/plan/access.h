// Who can read which managed password, through which groups, before the plan and after it. Internal to
// engine/plan.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/plan/context.h"

namespace gmsactl::plan {

/// A graph from accounts through groups to readers. Groups that are neither declared nor ours are readers
/// themselves: who is in them is not known.
class Access {
 public:
  using Node = uint32_t;
  struct Edge {
    Node to = 0;
    bool live = false;
    bool planned = false;
    /// Whose change adds or removes it. Of an edge that the manifests declare and this plan leaves out:
    /// planned is false, and `left_out` true.
    const model::ResourceId* by = nullptr;
    bool left_out = false;
  };
  struct Account {
    model::ResourceId id;
    std::vector<Edge> readers;
  };

  explicit Access(const Context& context);

  /// Nothing where it has no descriptor to judge by, or takes nothing away from anybody.
  std::vector<Account> accounts_that_lose();
  /// As the change leaves it.
  Account account_after(const model::Change& change);
  const std::vector<Edge>& members(Node group);
  Node node(const std::string& identity);
  const std::string& identity(Node node) const { return *names_[node]; }

  enum class Side { live, both, planned, declared };
  std::set<Node> reached(const std::vector<Edge>& from, Side side);

 private:
  std::vector<Edge> edges(const std::vector<std::string>& live, const std::vector<std::string>& planned,
                          const model::ResourceId& by, bool left_out);
  std::vector<std::string> identities(const std::vector<model::PrincipalRef>& refs) const;
  std::vector<Edge> read_members(const std::string& group);
  std::vector<Edge> declared_members(const model::Declaration<model::HostGroup>& group);
  std::vector<std::string> live_readers(const model::LiveGmsa& live) const;
  Account declared_account(const model::Declaration<model::Gmsa>& account, const model::LiveGmsa* live);
  bool may_lose(const Account& account);
  bool loses(Node group);

  const Context& context_;
  std::map<model::ResourceId, const model::Change*> changes_;
  std::set<model::ResourceId> withheld_;
  std::map<std::string, const model::Declaration<model::HostGroup>*> groups_;  // by metadata.name
  std::map<std::string, const model::LiveGroup*> leftovers_;                   // by identity
  std::unordered_map<std::string, Node> nodes_;
  std::vector<const std::string*> names_;
  std::map<Node, std::vector<Edge>> members_;
  std::map<Node, bool> loses_;
};

}  // namespace gmsactl::plan
