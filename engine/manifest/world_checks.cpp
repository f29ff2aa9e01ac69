#include "engine/manifest/world_checks.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/text.h"
#include "engine/manifest/codes.h"
#include "engine/manifest/reading.h"
#include "engine/model/spn.h"

namespace gmsactl::manifest {

namespace {

std::string directory_file(const model::Environment& environment) {
  for (const auto& server : environment.servers)
    if (server.text.starts_with("ldif:")) return server.text;
  return {};
}

/// One domain, and what its environments have claimed so far.
class SharedDomain {
 public:
  SharedDomain(const model::Environment& of, Diagnostics& diagnostics) : of_(of), diagnostics_(diagnostics) {}

  bool holds(const model::Environment& environment) const { return share_directory(of_, environment); }

  void add(const model::Desired& desired) {
    environment_ = &desired.environment;
    for (const auto& group : desired.host_groups)
      claim_object("HostGroup/" + group.name, group, group.spec.sam_account_name, group.spec.common_name,
                   group.spec.path ? group.spec.path : desired.environment.host_groups_path, "Users",
                   "hostGroupsPath");
    for (const auto& account : desired.accounts) {
      const std::string address = "GMSA/" + account.name;
      const bool own = claim_object(address, account, account.spec.sam_account_name + "$", account.name,
                                    account.spec.path ? account.spec.path : desired.environment.accounts_path,
                                    "Managed Service Accounts", "accountsPath");
      // Most often they follow from the name, and then all clash for the one reason that is reported.
      if (own && account.spec.service_principal_names_mode != model::SpnMode::unmanaged)
        claim_spns(address, account);
    }
  }

 private:
  struct Claim {
    std::string address;
    std::string environment;
    SourceRange where;
  };
  using Claims = std::unordered_map<std::string, Claim>;

  /// The claim that stands in the way, or null.
  const Claim* claim(Claims& claims, std::string key, const std::string& address, const SourceRange& where) {
    const auto [found, fresh] = claims.try_emplace(std::move(key), Claim{address, environment_->name, where});
    return fresh || found->second.environment == environment_->name ? nullptr : &found->second;
  }

  template <class Declaration>
  bool claim_object(const std::string& address, const Declaration& declaration, const std::string& sam,
                    const std::string& common_name, const std::optional<model::Dn>& path,
                    std::string_view usual_container, std::string_view path_field) {
    const SourceRange named = declaration.position("samAccountName");
    if (const auto* other = claim(names_, fold(sam), address, named)) {
      report(codes::duplicate_account_name, address, named, "The sAMAccountName " + in_quotes(sam), *other,
             "Restrict the documents to different environments with metadata.environments, or give each "
             "environment a name of its own: samAccountName: NAME-${environment}.");
      return false;
    }
    const std::string parent = path ? path->key() : std::string(usual_container);
    if (const auto* other =
            claim(places_, parent + '\0' + fold(common_name), address, declaration.declared_at))
      report(codes::duplicate_dn, address, declaration.declared_at, "The CN " + in_quotes(common_name),
             *other,
             "Restrict the documents to different environments with metadata.environments, or give each "
             "environment a container of its own with " +
                 std::string(path_field) + ".");
    return true;
  }

  void claim_spns(const std::string& address, const model::Declaration<model::Gmsa>& account) {
    for (const auto& spn : account.spec.service_principal_names)
      if (const auto* other = claim(spns_, fold(spn.text), address, spn.where))
        report(codes::duplicate_spn, address, spn.where, "The service principal name " + in_quotes(spn.text),
               *other,
               "Only one account in a forest can hold it. Remove it from one of them, or restrict the "
               "documents to "
               "different environments with metadata.environments.");
  }

  void report(const Code& code, const std::string& address, const SourceRange& where, const std::string& what,
              const Claim& other, std::string hint) {
    std::string detail = what + " of " + printable(address) + " in environment " + environment_->name +
                         " is also that of " + printable(other.address) + " in environment " +
                         other.environment;
    if (!(other.where == where)) detail += " at " + place(other.where);
    detail +=
        ". Both environments are of the domain " + environment_->domain + ", where it exists only once.";
    auto problem = make_diagnostic(Severity::error, code, where, std::move(detail), std::move(hint));
    problem.address = address;
    diagnostics_.push_back(std::move(problem));
  }

  const model::Environment& of_;
  Diagnostics& diagnostics_;
  const model::Environment* environment_ = nullptr;
  Claims names_;
  Claims places_;
  Claims spns_;
};

}  // namespace

bool share_directory(const model::Environment& a, const model::Environment& b) {
  return a.domain == b.domain && directory_file(a) == directory_file(b);
}

void check_environments_together(std::span<const model::Desired> environments, Diagnostics& diagnostics) {
  if (environments.size() < 2) return;
  std::vector<SharedDomain> domains;
  for (const auto& desired : environments) {
    if (desired.environment.domain.empty()) continue;
    auto domain = std::find_if(domains.begin(), domains.end(),
                               [&](const auto& one) { return one.holds(desired.environment); });
    if (domain == domains.end()) {
      domains.emplace_back(desired.environment, diagnostics);
      domain = domains.end() - 1;
    }
    domain->add(desired);
  }
}

}  // namespace gmsactl::manifest
