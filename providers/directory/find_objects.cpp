// Looks up by what is certain: SIDs, DNs, membership.
#include <iterator>
#include <unordered_map>

#include "engine/base/text.h"
#include "providers/directory/batch.h"
#include "providers/directory/decode.h"
#include "providers/directory/observe_principals.h"

namespace gmsactl::directory {

using ldap::Entry;
using model::Dn;
using model::Principal;
using model::Sid;

namespace {

/// From so many in one container on, they are asked for by name in one search after another: a base read each
/// costs a request each.
constexpr size_t search_from = 32;

/// `distinguishedName` has no index on Windows ([MS-ADA1] 2.177), so a filter on it walks through the domain.
/// A base read finds its object by the DN itself; `name` has an index, and a container narrows it further.
Result<void> find_dns(ldap::Reader& directory, const std::vector<Dn>& dns,
                      std::map<std::string, Principal>& found) {
  std::unordered_map<std::string, std::vector<const Dn*>> by_container;
  for (const auto& dn : dns) by_container[dn.parent().key()].push_back(&dn);
  std::vector<std::string> single;
  for (const auto& [key, members] : by_container) {
    if (members.size() < search_from) {
      for (const auto* dn : members) single.push_back(dn->text());
      continue;
    }
    std::vector<std::string> clauses;
    clauses.reserve(members.size());
    std::set<std::string> wanted;
    for (const auto* dn : members) {
      clauses.push_back(clause("name", dn->leaf().value));
      wanted.insert(dn->key());
    }
    auto searched = search_any(directory, members.front()->parent().text(), clauses, "",
                               principal_attributes(), [&](Entry&& entry) {
                                 std::string at = model::dn_key(entry.dn);
                                 if (!wanted.contains(at)) return;
                                 if (auto principal = decode_principal(entry))
                                   found.emplace(std::move(at), std::move(*principal));
                               });
    // The container may be gone by now, and so is what stood in it.
    if (!searched && searched.error().kind != ErrorKind::not_found) return searched;
    // A name that must not be read is found by no filter.
    for (const auto* dn : members)
      if (!found.contains(dn->key())) single.push_back(dn->text());
  }
  return read_each(directory, single, principal_attributes(), [&](size_t at, Entry&& entry) {
    auto principal = decode_principal(entry);
    auto& known = found[model::dn_key(single[at])];
    if (principal)
      known = std::move(*principal);
    else if (auto dn = Dn::parse(entry.dn))
      known.id.dn = std::move(*dn);  // it is there, whatever else of it must not be read
  });
}

}  // namespace

Result<std::map<std::string, Principal>> find_sids(Forest& forest, const std::set<Sid>& sids) {
  std::vector<std::string> clauses;
  std::vector<std::string> beyond;
  for (const auto& sid : sids) {
    clauses.push_back(clause(attribute::object_sid, sid.encode()));
    if (forest.has_other_domains() && sid.domain().is_domain() &&
        !(sid.domain() == forest.facts().domain_sid))
      beyond.push_back(clauses.back());
  }
  std::map<std::string, Principal> found;
  const auto take = [&](Entry&& entry) {
    auto principal = decode_principal(entry);
    if (!principal) return;
    // Of a foreign security principal and the account it stands for, the account is shown.
    auto& known = found[principal->id.sid.text()];
    if (known.id.dn.empty() || known.sam_account_name.empty()) known = std::move(*principal);
  };
  GMSACTL_TRY(search_any(forest.domain(), forest.facts().domain_dn.text(), clauses, "",
                         principal_attributes(), take));
  if (beyond.empty()) return found;
  // Without an answer of a catalogue they are shown as SIDs.
  if (const auto catalog = forest.catalog())
    (void)search_any(**catalog, "", beyond, "", principal_attributes(), take);
  return found;
}

Result<std::map<std::string, Principal>> find_objects(Forest& forest, const std::set<std::string>& texts) {
  std::vector<Dn> own;
  std::vector<Dn> beyond;
  for (const auto& text : texts) {
    auto dn = Dn::parse(text);
    if (!dn || dn->empty()) continue;
    auto& all = forest.is_own(*dn) ? own : beyond;
    all.push_back(std::move(*dn));
  }
  std::map<std::string, Principal> found;
  GMSACTL_TRY(find_dns(forest.domain(), own, found));
  if (beyond.empty() || !forest.has_other_domains()) return found;
  // Likewise as DNs.
  if (const auto catalog = forest.catalog()) (void)find_dns(**catalog, beyond, found);
  return found;
}

Result<std::vector<Principal>> find_containing_groups(Forest& forest, const Dn& member) {
  ldap::SearchRequest request;
  request.base = forest.facts().domain_dn.text();
  request.filter = "(&(objectClass=group)" + clause(attribute::member, member.text()) + ")";
  request.attributes = principal_attributes();
  std::vector<Principal> groups;
  GMSACTL_TRY(forest.domain().search(request, [&](Entry&& entry) {
    if (auto principal = decode_principal(entry)) groups.push_back(std::move(*principal));
    return true;
  }));
  return groups;
}

namespace {

/// Up to here each SPN is asked for, some hundred indexed searches; beyond, reading every SPN of the domain
/// by pages is less work.
constexpr size_t clauses_limit = 50'000;

class SpnSearch {
 public:
  SpnSearch(Forest& forest, const std::vector<std::string>& spns) : forest_(forest) {
    for (const auto& text : spns) {
      wanted_.insert(fold(text));
      exact_.insert(fold(text));
      const auto spn = model::Spn::parse(text);
      if (!spn) continue;
      for (const auto& alias : forest.facts().spn_mappings.aliases(*spn)) {
        wanted_.insert(fold(alias.text()));
        if (equal_folded(alias.service_class, "host")) exact_.insert(fold(alias.text()));
      }
    }
    attributes_ = principal_attributes();
    attributes_.emplace_back(attribute::service_principal_name);
  }

  Result<std::map<std::string, std::vector<Principal>>> run() {
    const std::string domain = forest_.facts().domain_dn.text();
    if (wanted_.size() <= clauses_limit) {
      GMSACTL_TRY(ask(forest_.domain(), domain, wanted_, false));
    } else {
      ldap::SearchRequest request;
      request.base = domain;
      request.filter = "(servicePrincipalName=*)";
      request.attributes = attributes_;
      GMSACTL_TRY(forest_.domain().search(request, [&](Entry&& entry) {
        take(entry, false);
        return true;
      }));
    }
    // HOST stands for some fifty classes. In other domains only the SPN itself, which must be unique in the
    // forest, and HOST, by which computers hold the rest, are looked for.
    if (forest_.has_other_domains()) {
      auto* catalog = GMSACTL_TRY(forest_.catalog());
      GMSACTL_TRY(ask(*catalog, "", exact_, true));
    }
    if (unread_) return fail(std::move(*unread_));
    return std::move(holders_);
  }

 private:
  Result<void> ask(ldap::Reader& directory, const std::string& base, const std::set<std::string>& spns,
                   bool only_others) {
    std::vector<std::string> clauses;
    clauses.reserve(spns.size());
    for (const auto& spn : spns) clauses.push_back(clause(attribute::service_principal_name, spn));
    return search_any(directory, base, clauses, "", attributes_,
                      [&](Entry&& entry) { take(entry, only_others); });
  }

  void take(const Entry& entry, bool only_others) {
    const auto* held = entry.find(attribute::service_principal_name);
    if (held == nullptr) {
      // It was found by one of them.
      if (!unread_)
        unread_ =
            Error{ErrorKind::denied, printable(entry.dn) + " holds one of them, and does not show which",
                  read_hint(entry.dn, attribute::service_principal_name), std::nullopt};
      return;
    }
    std::optional<Principal> principal;
    for (const auto& value : held->values) {
      const auto found = wanted_.find(fold(value));
      if (found == wanted_.end()) continue;
      if (!principal) {
        auto decoded = decode_principal(entry);
        if (!decoded || (only_others && forest_.is_own(decoded->id.dn))) return;
        principal = std::move(*decoded);
      }
      auto& of_spn = holders_[*found];
      if (std::none_of(of_spn.begin(), of_spn.end(),
                       [&](const Principal& p) { return p.id.dn == principal->id.dn; }))
        of_spn.push_back(*principal);
    }
  }

  Forest& forest_;
  std::set<std::string> wanted_;
  std::set<std::string> exact_;
  std::vector<std::string> attributes_;
  std::map<std::string, std::vector<Principal>> holders_;
  std::optional<Error> unread_;
};

}  // namespace

Result<std::map<std::string, std::vector<Principal>>> find_spn_holders(Forest& forest,
                                                                       const std::vector<std::string>& spns) {
  return SpnSearch(forest, spns).run();
}

}  // namespace gmsactl::directory
