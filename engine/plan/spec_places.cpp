#include "engine/plan/spec_places.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/text.h"

namespace gmsactl::plan {

using model::Declaration;
using model::Desired;
using model::Gmsa;
using model::PrincipalRef;
using model::ResourceId;
using model::SpecHost;

namespace {

/// Goes through names and groups once, however often they are nested.
class Hosts {
 public:
  Hosts(const Desired& desired, const model::Observations& seen) : desired_(desired), seen_(seen) {}

  void add(const std::vector<PrincipalRef>& refs, bool are_members) {
    for (const auto& ref : refs) {
      if (ref.form == PrincipalRef::Form::host_group)
        add_group(ref.text);
      else if (!are_members)
        add_host(ref.text);
      else
        add_member(ref);
    }
  }

  SpecPlaces take() {
    for (auto& [key, host] : hosts_) places_.hosts.push_back(std::move(host));
    return std::move(places_);
  }

 private:
  void add_group(const std::string& name) {
    if (!groups_.insert(name).second) return;
    for (const auto& group : desired_.host_groups)
      if (group.name == name && group.spec.members) add(*group.spec.members, true);
  }

  /// "HOST01", "HOST01$" or "host01.contoso.com".
  void add_host(std::string text) {
    if (text.ends_with('$')) text.pop_back();
    const bool is_dns_name = text.find('.') != std::string::npos;
    std::string address = is_dns_name ? text : fold(text) + "." + desired_.environment.domain;
    std::string key = fold(text);
    hosts_.try_emplace(std::move(key), SpecHost{std::move(text), std::move(address)});
  }

  void add_member(const PrincipalRef& ref) {
    const auto found = seen_.principals.find(model::principal_key(ref));
    const auto* principal = found == seen_.principals.end() || found->second.matches.size() != 1
                                ? nullptr
                                : &found->second.matches.front();
    if (principal != nullptr && equal_folded(principal->object_class, "computer"))
      add_host(principal->sam_account_name);
    else if (principal != nullptr)
      places_.left_out.push_back(ref);
    else if (ref.form == PrincipalRef::Form::name)
      add_host(ref.text);  // that the directory does not know it is reported where it is a member
  }

  const Desired& desired_;
  const model::Observations& seen_;
  std::set<std::string> groups_;
  std::map<std::string, SpecHost> hosts_;
  SpecPlaces places_;
};

}  // namespace

SpecPlaces spec_places(const model::SpecTarget& target, const Desired& desired,
                       const model::Observations& seen) {
  const auto* docker = std::get_if<model::DockerTarget>(&target.place);
  if (docker == nullptr) return {{SpecHost{}}, {}};
  Hosts hosts(desired, seen);
  hosts.add(docker->hosts, false);
  return hosts.take();
}

ResourceId spec_id(const std::string& target, const std::string& account, const SpecHost& host) {
  std::string name = target + "/" + account;
  if (!host.name.empty()) name += "@" + host.name;
  return {model::Kind::credential_spec, std::move(name)};
}

std::vector<const Declaration<Gmsa>*> delivered_to(const std::string& target, const Desired& desired) {
  std::vector<const Declaration<Gmsa>*> accounts;
  for (const auto& account : desired.accounts) {
    if (!account.spec.credential_spec) continue;
    const auto& targets = account.spec.credential_spec->targets;
    if (std::any_of(targets.begin(), targets.end(), [&](const auto& one) { return one.text == target; }))
      accounts.push_back(&account);
  }
  return accounts;
}

bool concerns_target(const Options& options, const std::string& target, const Desired& desired,
                     const std::vector<SpecHost>& hosts) {
  for (const auto* account : delivered_to(target, desired))
    for (const auto& host : hosts)
      if (is_selected(options, spec_id(target, account->name, host))) return true;
  return false;
}

}  // namespace gmsactl::plan
