#include "engine/plan/declared_changes.h"

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "engine/plan/spec_places.h"

namespace gmsactl::plan {

using model::Declaration;
using model::DeclaredChanges;
using model::Desired;
using model::Environment;
using model::Gmsa;
using model::HostGroup;
using model::Kind;
using model::PrincipalRef;
using model::ResourceId;

namespace {

/// What is asked for under each address.
template <class Wish>
using Wishes = std::map<ResourceId, Wish>;

using Labels = std::map<std::string, std::string>;
template <class Spec>
using Declared = std::tuple<Spec, bool, Labels>;
/// The account's name, how it is delivered, the names of additional accounts, the place and its hosts.
using Delivered = std::tuple<std::string, model::SpecDelivery, std::vector<std::string>, model::SpecTarget,
                             std::vector<PrincipalRef>>;
using RootKey = std::pair<bool, bool>;

/// With the place that the environment gives to those that name none.
template <class Spec>
Wishes<Declared<Spec>> declarations(Kind kind, const std::vector<Declaration<Spec>>& declared,
                                    const std::optional<model::Dn>& usual_path) {
  Wishes<Declared<Spec>> wishes;
  for (const auto& each : declared) {
    Spec spec = each.spec;
    if (!spec.path) spec.path = usual_path;
    wishes.emplace(ResourceId{kind, each.name}, Declared<Spec>{std::move(spec), each.protect, each.labels});
  }
  return wishes;
}

/// The hosts of a target, and the members of the groups among them.
std::vector<PrincipalRef> hosts_of(const model::SpecTarget& target, const Desired& desired) {
  const auto* docker = std::get_if<model::DockerTarget>(&target.place);
  if (docker == nullptr) return {};
  std::vector<PrincipalRef> hosts = docker->hosts;
  std::set<std::string> seen;
  for (size_t i = 0; i < hosts.size(); ++i) {
    if (hosts[i].form != PrincipalRef::Form::host_group || !seen.insert(hosts[i].text).second) continue;
    for (const auto& group : desired.host_groups)
      if (group.name == hosts[i].text && group.spec.members)
        hosts.insert(hosts.end(), group.spec.members->begin(), group.spec.members->end());
  }
  return hosts;
}

std::vector<std::string> additional_names(const model::SpecDelivery& delivery, const Desired& desired) {
  std::vector<std::string> names;
  for (const auto& one : delivery.additional_accounts)
    for (const auto& account : desired.accounts)
      if (account.name == one.gmsa) names.push_back(account.spec.sam_account_name);
  return names;
}

Wishes<Delivered> deliveries(const Desired& desired) {
  Wishes<Delivered> wishes;
  for (const auto& target : desired.spec_targets) {
    const bool several = std::holds_alternative<model::DockerTarget>(target.spec.place);
    const model::SpecHost place{several ? "*" : "", {}};
    const auto hosts = hosts_of(target.spec, desired);
    for (const auto* account : delivered_to(target.name, desired)) {
      auto delivery = *account->spec.credential_spec;
      delivery.targets.clear();  // the other places it goes to
      auto names = additional_names(delivery, desired);
      wishes.emplace(spec_id(target.name, account->name, place),
                     Delivered{account->spec.sam_account_name, std::move(delivery), std::move(names),
                               target.spec, hosts});
    }
  }
  return wishes;
}

RootKey root_key(const Environment& environment) {
  return {environment.create_kds_root_key, environment.kds_root_key_effective_immediately};
}

Wishes<RootKey> root_keys(const Environment& environment) {
  if (environment.domain.empty()) return {};
  return {{{Kind::kds_root_key, environment.domain}, root_key(environment)}};
}

template <class Wish>
void compare(const Wishes<Wish>& before, const Wishes<Wish>& after, bool all_differ,
             DeclaredChanges& changes) {
  for (const auto& [id, wish] : after) {
    const auto was = before.find(id);
    if (was == before.end())
      changes.added.push_back(id);
    else if (all_differ || was->second != wish)
      changes.changed.push_back(id);
  }
  for (const auto& [id, wish] : before)
    if (!after.contains(id)) changes.removed.push_back(id);
}

std::vector<std::string_view> settings(const Environment& a, const Environment& b) {
  const auto directory = [](const Environment& one) {
    return std::tie(one.servers, one.site, one.authentication, one.username, one.password_from, one.tls_mode,
                    one.tls_ca_file);
  };
  std::vector<std::string_view> differing;
  const auto note = [&](bool differs, std::string_view name) {
    if (differs) differing.push_back(name);
  };
  note(a.domain != b.domain, "domain");
  note(a.owner != b.owner, "owner");
  note(directory(a) != directory(b), "directory");
  note(a.accounts_path != b.accounts_path, "accountsPath");
  note(a.host_groups_path != b.host_groups_path, "hostGroupsPath");
  note(a.create_paths != b.create_paths, "createPaths");
  note(a.variables != b.variables, "variables");
  note(root_key(a) != root_key(b), "kdsRootKey");
  note(a.policy != b.policy, "policy");
  note(a.accepted_drift != b.accepted_drift, "drift");
  note(a.marker_attribute != b.marker_attribute, "markerAttribute");
  return differing;
}

}  // namespace

DeclaredChanges declared_changes(const Desired& before, const Desired& after) {
  const Environment& a = before.environment;
  const Environment& b = after.environment;
  // These decide over every object: where it is, whose it is and how that is told, whether its container is
  // made.
  const bool all_differ = a.domain != b.domain || a.owner != b.owner ||
                          a.marker_attribute != b.marker_attribute || a.create_paths != b.create_paths;
  DeclaredChanges changes;
  changes.settings = settings(a, b);
  compare(root_keys(a), root_keys(b), a.owner != b.owner, changes);
  compare(declarations(Kind::host_group, before.host_groups, a.host_groups_path),
          declarations(Kind::host_group, after.host_groups, b.host_groups_path), all_differ, changes);
  compare(declarations(Kind::gmsa, before.accounts, a.accounts_path),
          declarations(Kind::gmsa, after.accounts, b.accounts_path), all_differ, changes);
  compare(deliveries(before), deliveries(after), all_differ, changes);
  return changes;
}

}  // namespace gmsactl::plan
