#include "providers/directory/observe_principals.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "engine/base/text.h"
#include "providers/directory/batch.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

using ldap::Entry;
using model::Principal;
using model::PrincipalLookup;
using model::PrincipalRef;
using model::Sid;

namespace {

/// Up to here an OR filter asks for each SPN; beyond, reading every SPN of the directory by pages is less
/// work.
constexpr size_t spn_clauses_limit = 2'000;

class PrincipalResolver {
 public:
  PrincipalResolver(ldap::Reader& transport, const model::DirectoryFacts& facts)
      : transport_(transport), facts_(facts) {}

  void want(const PrincipalRef& ref) {
    if (ref.form == PrincipalRef::Form::host_group) return;
    const auto [entry, fresh] = lookups_.try_emplace(model::principal_key(ref));
    if (fresh) ask(ref, entry->first, entry->second);
  }

  Result<std::map<std::string, PrincipalLookup>> run() {
    GMSACTL_TRY(search());
    // A name that no computer has may be a group's or a user's: a second, usually empty, round of questions.
    for (const auto& [key, sam] : names_)
      if (!sam.ends_with('$') && !by_sam_.contains(sam + "$"))
        clauses_.push_back(clause(attribute::sam_account_name, sam));
    GMSACTL_TRY(search());
    for (auto& [key, sam] : names_) decide_name(lookups_[key], sam);
    for (const auto& [key, sid] : sids_) decide_sid(lookups_[key], sid);
    for (const auto& [key, dn_key] : dns_)
      if (const auto found = by_dn_.find(dn_key); found != by_dn_.end())
        lookups_[key].matches.push_back(found->second);
    return std::move(lookups_);
  }

 private:
  void ask(const PrincipalRef& ref, const std::string& key, PrincipalLookup& lookup) {
    switch (ref.form) {
      case PrincipalRef::Form::host_group:
        break;
      case PrincipalRef::Form::name:
        ask_name(key, ref.text);
        break;
      case PrincipalRef::Form::qualified: {
        const auto slash = ref.text.find('\\');
        const std::string domain = ref.text.substr(0, slash);
        if (equal_folded(domain, facts_.netbios_domain) || equal_folded(domain, facts_.dns_domain)) {
          ask_name(key, ref.text.substr(slash + 1));
        } else {
          lookup.unreadable = Error{
              ErrorKind::unsupported,
              printable(domain) + " is not the domain " + facts_.netbios_domain + " of this environment",
              "Write the SID of a principal of another domain.", std::nullopt};
        }
        break;
      }
      case PrincipalRef::Form::sid:
        if (auto sid = Sid::parse(ref.text)) {
          clauses_.push_back(clause(attribute::object_sid, sid->encode()));
          sids_.emplace_back(key, std::move(*sid));
        }
        break;
      case PrincipalRef::Form::dn:
        clauses_.push_back(clause(attribute::distinguished_name, ref.text));
        dns_.emplace_back(key, model::dn_key(ref.text));
        break;
    }
  }

  void ask_name(const std::string& key, const std::string& name) {
    clauses_.push_back(clause(attribute::sam_account_name, name.ends_with('$') ? name : name + "$"));
    names_.emplace_back(key, fold(name));
  }

  Result<void> search() {
    const auto clauses = std::exchange(clauses_, {});
    return search_any(transport_, facts_.domain_dn.text(), clauses, "", principal_attributes(),
                      [this](Entry&& entry) { take(entry); });
  }

  void take(const Entry& entry) {
    auto principal = decode_principal(entry);
    if (!principal) return;
    if (!principal->id.sid.empty()) by_sid_.emplace(principal->id.sid, *principal);
    by_dn_.emplace(principal->id.dn.key(), *principal);
    by_sam_.emplace(fold(principal->sam_account_name), std::move(*principal));
  }

  /// HOST01 means the computer HOST01$ before it means a group or user HOST01.
  void decide_name(PrincipalLookup& lookup, const std::string& sam) {
    auto found = sam.ends_with('$') ? by_sam_.end() : by_sam_.find(sam + "$");
    if (found == by_sam_.end()) found = by_sam_.find(sam);
    if (found != by_sam_.end()) lookup.matches.push_back(found->second);
  }

  void decide_sid(PrincipalLookup& lookup, const Sid& sid) {
    const auto found = by_sid_.find(sid);
    if (found != by_sid_.end()) {
      lookup.matches.push_back(found->second);
    } else if (!(sid.domain() == facts_.domain_sid)) {
      // Of another domain, or well-known: it can stand in a descriptor or a group without an object here.
      Principal foreign;
      foreign.id.sid = sid;
      lookup.matches.push_back(std::move(foreign));
    }
  }

  ldap::Reader& transport_;
  const model::DirectoryFacts& facts_;
  std::map<std::string, PrincipalLookup> lookups_;
  std::vector<std::string> clauses_;
  std::vector<std::pair<std::string, std::string>> names_;  // key, folded sAMAccountName
  std::vector<std::pair<std::string, Sid>> sids_;
  std::vector<std::pair<std::string, std::string>> dns_;  // key, Dn::key()
  std::map<Sid, Principal> by_sid_;
  std::unordered_map<std::string, Principal> by_dn_;
  std::unordered_map<std::string, Principal> by_sam_;
};

}  // namespace

Result<std::map<std::string, PrincipalLookup>> resolve_principals(ldap::Reader& transport,
                                                                  const model::DirectoryFacts& facts,
                                                                  const model::Desired& desired) {
  PrincipalResolver resolver(transport, facts);
  for (const auto& group : desired.host_groups)
    if (group.spec.members && !group.settled)
      for (const auto& ref : *group.spec.members) resolver.want(ref);
  for (const auto& account : desired.accounts)
    if (!account.settled)
      for (const auto& ref : account.spec.principals) resolver.want(ref);
  return resolver.run();
}

Result<std::map<std::string, Principal>> find_sids(ldap::Reader& transport, const model::Dn& domain,
                                                   const std::set<Sid>& sids) {
  std::vector<std::string> clauses;
  for (const auto& sid : sids) clauses.push_back(clause(attribute::object_sid, sid.encode()));
  std::map<std::string, Principal> found;
  GMSACTL_TRY(search_any(transport, domain.text(), clauses, "", principal_attributes(), [&](Entry&& entry) {
    if (auto principal = decode_principal(entry))
      found.emplace(principal->id.sid.text(), std::move(*principal));
  }));
  return found;
}

Result<std::map<std::string, Principal>> find_objects(ldap::Reader& transport, const model::Dn& domain,
                                                      const std::set<std::string>& dns) {
  std::vector<std::string> clauses;
  for (const auto& dn : dns) clauses.push_back(clause(attribute::distinguished_name, dn));
  std::map<std::string, Principal> found;
  GMSACTL_TRY(search_any(transport, domain.text(), clauses, "", principal_attributes(), [&](Entry&& entry) {
    if (auto principal = decode_principal(entry))
      found.emplace(principal->id.dn.key(), std::move(*principal));
  }));
  return found;
}

Result<std::map<std::string, std::vector<Principal>>> find_spn_holders(ldap::Reader& transport,
                                                                       const std::string& base,
                                                                       const model::SpnMappings& mappings,
                                                                       const std::vector<std::string>& spns) {
  std::set<std::string> wanted;
  for (const auto& text : spns) {
    wanted.insert(fold(text));
    if (auto spn = model::Spn::parse(text))
      for (const auto& alias : mappings.aliases(*spn)) wanted.insert(fold(alias.text()));
  }
  std::map<std::string, std::vector<Principal>> holders;
  const auto take = [&](Entry&& entry) {
    const auto* held = entry.find(attribute::service_principal_name);
    if (held == nullptr) return;
    std::optional<Principal> principal;
    for (const auto& value : held->values) {
      const auto found = wanted.find(fold(value));
      if (found == wanted.end()) continue;
      if (!principal) {
        auto decoded = decode_principal(entry);
        if (!decoded) return;
        principal = std::move(*decoded);
      }
      auto& of_spn = holders[*found];
      if (std::none_of(of_spn.begin(), of_spn.end(),
                       [&](const Principal& p) { return p.id.guid == principal->id.guid; }))
        of_spn.push_back(*principal);
    }
  };
  auto attributes = principal_attributes();
  attributes.emplace_back(attribute::service_principal_name);
  if (wanted.size() <= spn_clauses_limit) {
    std::vector<std::string> clauses;
    for (const auto& spn : wanted) clauses.push_back(clause(attribute::service_principal_name, spn));
    GMSACTL_TRY(search_any(transport, base, clauses, "", attributes, take));
    return holders;
  }
  ldap::SearchRequest request;
  request.base = base;
  request.filter = "(servicePrincipalName=*)";
  request.attributes = attributes;
  GMSACTL_TRY(transport.search(request, [&](Entry&& entry) {
    take(std::move(entry));
    return true;
  }));
  return holders;
}

}  // namespace gmsactl::directory
