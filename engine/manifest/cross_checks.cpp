#include "engine/manifest/cross_checks.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "engine/base/glob.h"
#include "engine/base/text.h"
#include "engine/base/unicode.h"

namespace gmsactl::manifest {

namespace {

using model::PrincipalRef;

void report(Diagnostics& diagnostics, const Code& code, const SourceRange& where, std::string address,
            std::string detail, std::string hint) {
  auto problem = make_diagnostic(Severity::error, code, where, std::move(detail), std::move(hint));
  problem.address = std::move(address);
  diagnostics.push_back(std::move(problem));
}

/// The first holder of each key, and an error for every later one.
class Uniqueness {
 public:
  struct Wording {
    const Code& code;
    std::string_view noun;  ///< "The sAMAccountName"
    std::string_view hint;
  };
  Uniqueness(Wording wording, Diagnostics& diagnostics) : wording_(wording), diagnostics_(diagnostics) {}

  void reserve(size_t count) { holders_.reserve(count); }
  /// False where another holds the key.
  bool add(std::string key, std::string_view shown, const std::string& address, const SourceRange& where) {
    const auto [first, is_new] = holders_.try_emplace(std::move(key), Holder{address, where});
    if (is_new || first->second.address == address) return true;
    report(diagnostics_, wording_.code, where, address,
           std::string(wording_.noun) + " " + in_quotes(shown) + " is also that of " +
               printable(first->second.address) + " at " + place(first->second.where) + ".",
           std::string(wording_.hint));
    return false;
  }

 private:
  struct Holder {
    std::string address;
    SourceRange where;
  };
  Wording wording_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string, Holder> holders_;
};

class ReferenceCheck {
 public:
  ReferenceCheck(const model::Desired& desired, const LoadedDocuments& loaded, Diagnostics& diagnostics)
      : environment_(desired.environment.name), loaded_(loaded), diagnostics_(diagnostics) {}

  void check(const std::string& address, const std::vector<PrincipalRef>& refs) {
    for (const auto& ref : refs) {
      if (ref.form != PrincipalRef::Form::host_group) continue;
      const auto* found = loaded_.find(DocumentKind::host_group, ref.text);
      if (found != nullptr && found->document.metadata.name == ref.text) {
        if (!found->document.belongs_to(environment_))
          report(diagnostics_, codes::unknown_host_group, ref.where, address,
                 "HostGroup/" + printable(ref.text) + " does not belong to the environment " + environment_ +
                     ".",
                 "Add " + environment_ + " to its metadata.environments at " +
                     place(found->document.name_range()) + ".");
        continue;
      }
      // It may be in what could not be read, which is reported already.
      if (loaded_.may_lack_referenced) continue;
      report(diagnostics_, codes::unknown_host_group, ref.where, address,
             "There is no HostGroup named " + in_quotes(ref.text) + " in the manifests.", hint_for(ref.text));
    }
  }

 private:
  std::string hint_for(const std::string& name) {
    std::vector<std::string_view> known = loaded_.names(DocumentKind::host_group);
    std::string hint = did_you_mean(name, known);
    if (hint.empty())
      hint =
          "Declare it, or name a group that gmsactl does not manage by its account name: " + printable(name);
    return hint;
  }

  const std::string& environment_;
  const LoadedDocuments& loaded_;
  Diagnostics& diagnostics_;
};

/// Depth-first search without recursion, since a chain of groups may be as long as the manifests.
class CycleSearch {
 public:
  CycleSearch(const model::Desired& desired, Diagnostics& diagnostics)
      : groups_(desired.host_groups), diagnostics_(diagnostics) {
    for (size_t i = 0; i < groups_.size(); ++i) index_by_name_.emplace(groups_[i].name, i);
    states_.resize(groups_.size(), State::unseen);
  }

  void run() {
    for (size_t i = 0; i < groups_.size(); ++i)
      if (states_[i] == State::unseen) search_from(i);
  }

 private:
  enum class State { unseen, open, done };
  struct Step {
    size_t group;
    size_t next_member = 0;
  };

  void search_from(size_t start) {
    path_.push_back({start});
    states_[start] = State::open;
    while (!path_.empty()) {
      Step& step = path_.back();
      const auto& members = groups_[step.group].spec.members;
      if (!members || step.next_member == members->size()) {
        states_[step.group] = State::done;
        path_.pop_back();
        continue;
      }
      const PrincipalRef& ref = (*members)[step.next_member++];
      if (ref.form != PrincipalRef::Form::host_group) continue;
      const auto found = index_by_name_.find(ref.text);
      if (found == index_by_name_.end()) continue;
      if (states_[found->second] == State::open) {
        report_cycle(found->second, ref);
      } else if (states_[found->second] == State::unseen) {
        states_[found->second] = State::open;
        path_.push_back({found->second});
      }
    }
  }

  void report_cycle(size_t first, const PrincipalRef& ref) {
    const auto start =
        std::find_if(path_.begin(), path_.end(), [&](const Step& step) { return step.group == first; });
    std::string cycle;
    for (auto step = start; step != path_.end(); ++step)
      cycle += printable(groups_[step->group].name) + " → ";
    cycle += printable(groups_[first].name);
    report(diagnostics_, codes::nesting_cycle, ref.where, "HostGroup/" + groups_[path_.back().group].name,
           "This member closes the circle " + cycle + ".", "Remove one of these memberships.");
  }

  const std::vector<model::Declaration<model::HostGroup>>& groups_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string_view, size_t> index_by_name_;
  std::vector<State> states_;
  std::vector<Step> path_;
};

/// group \ member  DomainLocal  Global  Universal
/// DomainLocal     yes          yes     yes
/// Global          no           yes     no
/// Universal       no           yes     yes
bool may_contain(model::GroupScope group, model::GroupScope member) {
  using model::GroupScope;
  switch (group) {
    case GroupScope::domain_local:
      return true;
    case GroupScope::global:
      return member == GroupScope::global;
    case GroupScope::universal:
      return member != GroupScope::domain_local;
  }
  return false;
}

}  // namespace

void check_references(const model::Desired& desired, const LoadedDocuments& loaded,
                      Diagnostics& diagnostics) {
  ReferenceCheck references(desired, loaded, diagnostics);
  for (const auto& group : desired.host_groups)
    if (group.spec.members) references.check("HostGroup/" + group.name, *group.spec.members);
  for (const auto& account : desired.accounts)
    references.check("GMSA/" + account.name, account.spec.principals);
}

void check_nesting(const model::Desired& desired, Diagnostics& diagnostics) {
  std::unordered_map<std::string_view, model::GroupScope> scopes;
  for (const auto& group : desired.host_groups) scopes.emplace(group.name, group.spec.scope);
  for (const auto& group : desired.host_groups) {
    if (!group.spec.members) continue;
    for (const auto& ref : *group.spec.members) {
      const auto member = ref.form == PrincipalRef::Form::host_group ? scopes.find(ref.text) : scopes.end();
      if (member == scopes.end() || may_contain(group.spec.scope, member->second)) continue;
      report(diagnostics, codes::nesting_scope, ref.where, "HostGroup/" + group.name,
             "HostGroup/" + printable(group.name) + " is " + std::string(name(group.spec.scope)) +
                 " and can't contain " + printable(ref.text) + ", which is " +
                 std::string(name(member->second)) + ".",
             group.spec.scope == model::GroupScope::global
                 ? "A Global group contains computers and Global groups only."
                 : "A Universal group contains no DomainLocal groups.");
    }
  }
  CycleSearch(desired, diagnostics).run();
}

namespace {

/// A name that must be that of a document of the same environment.
class NameCheck {
 public:
  NameCheck(const model::Desired& desired, const LoadedDocuments& loaded, Diagnostics& diagnostics)
      : environment_(desired.environment.name), loaded_(loaded), diagnostics_(diagnostics) {}

  void check(DocumentKind kind, const Code& code, const std::string& wanted, const SourceRange& where,
             const std::string& address) {
    const std::string kind_name(name(kind));
    const auto* found = loaded_.find(kind, wanted);
    if (found == nullptr || found->document.metadata.name != wanted) {
      if (loaded_.may_lack_referenced) return;  // it may be in what could not be read
      const auto known = loaded_.names(kind);
      std::string hint = did_you_mean(wanted, known);
      if (hint.empty())
        hint = "Declare it: kind: " + kind_name + ", metadata: {name: " + printable(wanted) + "}";
      report(diagnostics_, code, where, address,
             "There is no " + kind_name + " named " + in_quotes(wanted) + " in the manifests.",
             std::move(hint));
    } else if (!found->document.belongs_to(environment_)) {
      report(
          diagnostics_, code, where, address,
          kind_name + "/" + printable(wanted) + " does not belong to the environment " + environment_ + ".",
          "Add " + environment_ + " to its metadata.environments at " + place(found->document.name_range()) +
              ".");
    }
  }

 private:
  const std::string& environment_;
  const LoadedDocuments& loaded_;
  Diagnostics& diagnostics_;
};

/// Two targets that write into one folder would take each other's files for strangers'.
std::string place_of(const model::SpecTarget& target) {
  struct Place {
    std::string operator()(const model::DirectoryTarget& one) const { return "folder:" + one.path; }
    std::string operator()(const model::DockerTarget&) const { return {}; }
    std::string operator()(const model::SwarmTarget& one) const { return "swarm:" + one.endpoint; }
    std::string operator()(const model::KubernetesTarget& one) const {
      // Several names in one cluster are several places.
      return one.name.empty() ? std::string()
                              : "kubernetes:" + one.kubeconfig + "\n" + one.context + "\n" + one.name;
    }
  };
  return std::visit(Place{}, target.place);
}

}  // namespace

void check_deliveries(const model::Desired& desired, const LoadedDocuments& loaded,
                      Diagnostics& diagnostics) {
  NameCheck names(desired, loaded, diagnostics);
  Uniqueness spec_names({codes::duplicate_spec_name, "The credential spec's name",
                         "Give one of them another credentialSpec.fileName."},
                        diagnostics);
  Uniqueness object_names({codes::duplicate_spec_name, "The name of the spec target's object",
                           "Remove the target's name, so that each account has an object of its own."},
                          diagnostics);
  Uniqueness places(
      {codes::duplicate_spec_place, "The place of the spec target", "Deliver both to one SpecTarget."},
      diagnostics);
  ReferenceCheck references(desired, loaded, diagnostics);
  std::unordered_map<std::string_view, const model::SpecTarget*> targets;
  for (const auto& target : desired.spec_targets) {
    targets.emplace(target.name, &target.spec);
    const std::string address = "SpecTarget/" + target.name;
    if (const auto* docker = std::get_if<model::DockerTarget>(&target.spec.place))
      references.check(address, docker->hosts);
    if (const std::string key = place_of(target.spec); !key.empty())
      places.add(key, target.name, address, target.position("path"));
  }
  for (const auto& account : desired.accounts) {
    if (!account.spec.credential_spec) continue;
    const auto& delivery = *account.spec.credential_spec;
    const std::string address = "GMSA/" + account.name;
    for (const auto& more : delivery.additional_accounts)
      if (!more.gmsa.empty())
        names.check(DocumentKind::gmsa, codes::unknown_account, more.gmsa, more.where, address);
    for (const auto& target : delivery.targets) {
      names.check(DocumentKind::spec_target, codes::unknown_spec_target, target.text, target.where, address);
      if (!delivery.file_name.empty())
        spec_names.add(target.text + "/" + fold(delivery.file_name), delivery.file_name, address,
                       target.where);
      const auto found = targets.find(target.text);
      const auto* cluster =
          found == targets.end() ? nullptr : std::get_if<model::KubernetesTarget>(&found->second->place);
      if (cluster != nullptr && !cluster->name.empty())
        object_names.add(target.text + "/" + cluster->name, cluster->name, address, target.where);
    }
  }
}

void check_uniqueness(const model::Desired& desired, Diagnostics& diagnostics) {
  Uniqueness account_names(
      {codes::duplicate_account_name, "The sAMAccountName",
       "Give one of them another samAccountName. Case and accents do not tell names apart."},
      diagnostics);
  Uniqueness spns({codes::duplicate_spn, "The service principal name",
                   "Only one account in a forest can hold it. Remove it from one of them."},
                  diagnostics);
  Uniqueness places(
      {codes::duplicate_dn, "The CN",
       "Two objects in one container need different CNs. Case and accents do not tell names apart."},
      diagnostics);
  account_names.reserve(desired.host_groups.size() + desired.accounts.size());
  places.reserve(desired.host_groups.size() + desired.accounts.size());
  spns.reserve(3 * desired.accounts.size());
  const auto place_key = [](const std::optional<model::Dn>& own, const std::optional<model::Dn>& usual,
                            std::string_view container, std::string_view cn) {
    const std::string parent = own ? own->key() : usual ? usual->key() : std::string(container);
    return collation_key(parent) + '\0' + collation_key(cn);
  };
  for (const auto& group : desired.host_groups) {
    const std::string address = "HostGroup/" + group.name;
    const auto& spec = group.spec;
    account_names.add(collation_key(spec.sam_account_name), spec.sam_account_name, address,
                      group.position("samAccountName"));
    places.add(place_key(spec.path, desired.environment.host_groups_path, "Users", spec.common_name),
               spec.common_name, address, group.position("commonName"));
  }
  for (const auto& account : desired.accounts) {
    const std::string address = "GMSA/" + account.name;
    const auto& spec = account.spec;
    const bool has_own_name =
        account_names.add(collation_key(spec.sam_account_name) + "$", spec.sam_account_name + "$", address,
                          account.position("samAccountName"));
    places.add(
        place_key(spec.path, desired.environment.accounts_path, "Managed Service Accounts", account.name),
        account.name, address, account.declared_at);
    // Most often they follow from the name, and then all clash for the one reason that is reported.
    if (!has_own_name || spec.service_principal_names_mode == model::SpnMode::unmanaged) continue;
    for (const auto& spn : spec.service_principal_names)
      spns.add(fold(spn.text), spn.text, address, spn.where);
  }
}

void check_accepted_drift(const model::Desired& desired, const LoadedDocuments& loaded,
                          Diagnostics& diagnostics) {
  if (desired.environment.accepted_drift.empty() || loaded.may_lack_referenced) return;
  std::vector<std::string> addresses;
  for (const auto& group : desired.host_groups)
    addresses.push_back(model::address({model::Kind::host_group, group.name}));
  for (const auto& account : desired.accounts)
    addresses.push_back(model::address({model::Kind::gmsa, account.name}));
  // The Environment's file by itself says nothing about what others declare.
  if (addresses.empty()) return;
  const std::vector<std::string_view> known(addresses.begin(), addresses.end());
  for (const auto& rule : desired.environment.accepted_drift) {
    if (rule.address.empty() || std::any_of(known.begin(), known.end(), [&](std::string_view address) {
          return glob_match(rule.address, address);
        }))
      continue;
    std::string hint = did_you_mean(rule.address, known);
    if (hint.empty()) hint = "Correct the address, or remove the entry.";
    report(diagnostics, codes::unused_acceptance, rule.where, {},
           "drift.ignore accepts drift of " + in_quotes(rule.address) + ", and the environment " +
               desired.environment.name + " declares nothing of that address.",
           std::move(hint));
  }
}

}  // namespace gmsactl::manifest
