#include "providers/directory/observe_principals.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "engine/base/text.h"
#include "providers/directory/batch.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

using ldap::Entry;
using model::Dn;
using model::Principal;
using model::PrincipalLookup;
using model::PrincipalRef;
using model::Sid;

namespace {

constexpr char user_principal_name[] = "userPrincipalName";
/// What one directory, the own domain or the catalogue, is asked and has answered.
class Inquiry {
 public:
  /// By sAMAccountName: a computer before a group or a user, where the name has no $.
  void name(const std::string& sam) {
    clauses_.push_back(clause(attribute::sam_account_name, computer(sam)));
  }
  void user_name(const std::string& upn) { clauses_.push_back(clause(user_principal_name, upn)); }
  void sid(const Sid& sid) { clauses_.push_back(clause(attribute::object_sid, sid.encode())); }
  void plain_name(const std::string& sam) { clauses_.push_back(clause(attribute::sam_account_name, sam)); }
  bool empty() const { return clauses_.empty(); }

  Result<void> ask(ldap::Reader& directory, const std::string& base) {
    auto clauses = std::exchange(clauses_, {});
    std::sort(clauses.begin(), clauses.end());
    clauses.erase(std::unique(clauses.begin(), clauses.end()), clauses.end());
    auto attributes = principal_attributes();
    attributes.emplace_back(user_principal_name);
    return search_any(directory, base, clauses, "", attributes, [this](Entry&& entry) { take(entry); });
  }

  std::vector<Principal> named(const std::string& sam, const Dn& domain) const {
    for (const auto& each : {computer(sam), sam})
      if (auto found = in_domain(by_sam_, each, domain); !found.empty()) return found;
    return {};
  }
  std::vector<Principal> with_user_name(const std::string& upn) const {
    const auto [first, last] = by_upn_.equal_range(fold(upn));
    std::vector<Principal> found;
    for (auto at = first; at != last; ++at) found.push_back(at->second);
    return found;
  }
  /// Rather the account itself than the object that stands for it elsewhere.
  const Principal* with_sid(const Sid& sid) const {
    const auto [first, last] = by_sid_.equal_range(sid);
    const auto real = std::find_if(first, last, [](const auto& one) { return !is_foreign(one.second); });
    if (real != last) return &real->second;
    return first == last ? nullptr : &first->second;
  }

  /// A controller knows better than we which names are equal: where it gave an object whose name is none of
  /// those asked for, each name that nothing seems to have is asked for alone, and what comes has it.
  bool has_strangers(const std::set<std::string>& asked) const {
    return std::any_of(by_sam_.begin(), by_sam_.end(),
                       [&](const auto& one) { return !asked.contains(one.first); });
  }

  static std::string computer(const std::string& sam) { return sam.ends_with('$') ? sam : sam + "$"; }

 private:
  using ByText = std::unordered_multimap<std::string, Principal>;

  static std::vector<Principal> in_domain(const ByText& all, const std::string& key, const Dn& domain) {
    const auto [first, last] = all.equal_range(fold(key));
    std::vector<Principal> found;
    for (auto at = first; at != last; ++at)
      if (model::domain_of(at->second.id.dn) == domain) found.push_back(at->second);
    return found;
  }

  void take(const Entry& entry) {
    auto principal = decode_principal(entry);
    if (!principal || !seen_.insert(principal->id.dn.key()).second) return;
    if (!principal->id.sid.empty()) by_sid_.emplace(principal->id.sid, *principal);
    if (const auto upn = entry.first(user_principal_name)) by_upn_.emplace(fold(*upn), *principal);
    if (!principal->sam_account_name.empty())
      by_sam_.emplace(fold(principal->sam_account_name), std::move(*principal));
  }

  std::vector<std::string> clauses_;
  std::set<std::string> seen_;  // Dn::key()
  std::multimap<Sid, Principal> by_sid_;
  ByText by_sam_;
  ByText by_upn_;
};

class PrincipalResolver {
 public:
  explicit PrincipalResolver(Forest& forest) : forest_(forest), facts_(forest.facts()) {}

  Result<void> want(const PrincipalRef& ref) {
    if (ref.form == PrincipalRef::Form::host_group) return {};
    const auto [entry, fresh] = lookups_.try_emplace(model::principal_key(ref));
    if (!fresh) return {};
    return sort(ref, entry->first, entry->second);
  }

  Result<std::map<std::string, PrincipalLookup>> run() {
    GMSACTL_TRY(ask(own_, forest_.domain(), facts_.domain_dn.text(), own_names_));
    GMSACTL_TRY(read_dns());
    ask_catalog();
    GMSACTL_TRY(confirm(own_, forest_.domain(), own_names_));
    for (const auto& name : own_names_) decide_name(name, own_);
    for (const auto& name : other_names_)
      if (!lookups_[name.key].unreadable) decide_name(name, others_);
    for (const auto& upn : user_names_) decide_user_name(upn);
    for (const auto& [key, sid] : sids_) GMSACTL_TRY(decide_sid(lookups_[key], sid));
    return std::move(lookups_);
  }

 private:
  struct Name {
    std::string key;
    std::string sam;
    Dn domain;
  };

  Result<void> sort(const PrincipalRef& ref, const std::string& key, PrincipalLookup& lookup) {
    switch (ref.form) {
      case PrincipalRef::Form::host_group:
        break;
      case PrincipalRef::Form::name:
        want_own_name(key, ref.text);
        break;
      case PrincipalRef::Form::qualified:
        return want_qualified(ref.text, key, lookup);
      case PrincipalRef::Form::sid:
        if (auto sid = Sid::parse(ref.text)) want_sid(key, std::move(*sid));
        break;
      case PrincipalRef::Form::dn:
        if (auto dn = Dn::parse(ref.text)) return want_dn(key, std::move(*dn), lookup);
        break;
    }
    return {};
  }

  void want_own_name(const std::string& key, const std::string& sam) {
    own_.name(sam);
    own_names_.push_back({key, sam, facts_.domain_dn});
  }

  Result<void> want_qualified(const std::string& text, const std::string& key, PrincipalLookup& lookup) {
    const auto [domain, name] = model::qualified_name(text);
    const std::string sam(name);
    const bool at_domain = text.find('\\') == std::string::npos;
    if (at_domain) {
      // It may be somebody's userPrincipalName, whatever his sAMAccountName is.
      own_.user_name(text);
      if (forest_.has_other_domains()) others_.user_name(text);
      user_names_.emplace_back(key, text);
    }
    if (equal_folded(domain, facts_.netbios_domain) || equal_folded(domain, facts_.dns_domain)) {
      want_own_name(key, sam);
      return {};
    }
    if (auto other = GMSACTL_TRY(forest_.find_domain(domain))) {
      others_.name(sam);
      other_names_.push_back({key, sam, std::move(other->dn)});
      return {};
    }
    const auto trust = GMSACTL_TRY(forest_.find_trust(domain));
    if (!trust)
      if (auto why = GMSACTL_TRY(forest_.why_not_found(domain))) {
        (at_domain ? maybe_elsewhere_[key] : lookup.unreadable.emplace()) = std::move(*why);
        return {};
      }
    if (at_domain) return {};
    const std::string shown = printable(domain);
    lookup.unreadable =
        trust ? outside(shown + " is a trusted domain outside of the forest " + facts_.forest +
                            ", and its names are known to its own controllers only",
                        trust->dns_name)
              : Error{ErrorKind::unsupported,
                      shown + " is no domain of the forest " + facts_.forest + ", and no domain that " +
                          facts_.dns_domain + " trusts",
                      "Correct the domain: " + facts_.netbios_domain + " is that of this environment.",
                      std::nullopt};
    return {};
  }

  void want_sid(const std::string& key, Sid sid) {
    own_.sid(sid);
    if (const auto* why = forest_.why_domains_unread();
        why != nullptr && sid.domain().is_domain() && !(sid.domain() == facts_.domain_sid))
      lookups_[key].unreadable = *why;
    if (may_be_elsewhere(sid)) {
      others_.sid(sid);
      others_.sid(sid.domain());  // whether its domain belongs to the forest
    }
    sids_.emplace_back(key, std::move(sid));
  }

  /// Of an account of another domain of the forest, perhaps.
  bool may_be_elsewhere(const Sid& sid) const {
    return forest_.has_other_domains() && sid.domain().is_domain() && !(sid.domain() == facts_.domain_sid);
  }

  Result<void> want_dn(const std::string& key, Dn dn, PrincipalLookup& lookup) {
    // A foreign security principal is what it stands for, and need not exist yet.
    if (!dn.empty() && dn.parent() == facts_.domain_dn.child("CN", "ForeignSecurityPrincipals"))
      if (auto sid = Sid::parse(dn.leaf().value)) {
        want_sid(key, std::move(*sid));
        return {};
      }
    if (forest_.is_own(dn)) {
      dns_.emplace_back(key, dn.text());
      return {};
    }
    const Dn domain = model::domain_of(dn);
    std::string dns_name;
    for (const auto& rdn : domain.rdns()) dns_name += (dns_name.empty() ? "" : ".") + rdn.value;
    if (const auto trust = GMSACTL_TRY(forest_.find_trust(dns_name)))
      lookup.unreadable = outside(printable(dns_name) + " is a trusted domain outside of the forest " +
                                      facts_.forest + ", whose objects cannot be read from here",
                                  trust->dns_name);
    else if (forest_.has_other_domains())
      other_dns_.emplace_back(key, dn.text());
    else if (auto why = GMSACTL_TRY(forest_.why_not_found(dns_name)))
      lookup.unreadable = std::move(*why);
    return {};
  }

  static Error outside(std::string message, const std::string& dns_name) {
    return {ErrorKind::unsupported, std::move(message),
            "Write its SID, S-1-5-21-…: (Get-ADComputer NAME -Server " + printable(dns_name) +
                ").SID.Value shows a computer's, Get-ADUser and Get-ADGroup likewise.",
            std::nullopt};
  }

  /// A name that no computer has may be a group's or a user's: a second, usually empty, round of questions.
  static Result<void> ask(Inquiry& inquiry, ldap::Reader& directory, const std::string& base,
                          const std::vector<Name>& names) {
    GMSACTL_TRY(inquiry.ask(directory, base));
    for (const auto& name : names)
      if (!name.sam.ends_with('$') && inquiry.named(name.sam, name.domain).empty())
        inquiry.plain_name(name.sam);
    return inquiry.ask(directory, base);
  }

  Result<void> confirm(const Inquiry& inquiry, ldap::Reader& directory, const std::vector<Name>& names) {
    std::set<std::string> asked;
    for (const auto& name : names) {
      asked.insert(fold(name.sam));
      asked.insert(fold(Inquiry::computer(name.sam)));
    }
    if (!inquiry.has_strangers(asked)) return {};
    for (const auto& name : names) {
      if (!inquiry.named(name.sam, name.domain).empty()) continue;
      for (const auto& sam : {Inquiry::computer(name.sam), name.sam}) {
        auto& matches = lookups_[name.key].matches;
        GMSACTL_TRY(search_any(directory, name.domain.text(), {clause(attribute::sam_account_name, sam)}, "",
                               principal_attributes(), [&](Entry&& entry) {
                                 auto principal = decode_principal(entry);
                                 if (principal && model::domain_of(principal->id.dn) == name.domain)
                                   matches.push_back(std::move(*principal));
                               }));
        if (!matches.empty()) break;
      }
    }
    return {};
  }

  /// What a base read of a DN gives stands at that DN, however its name is spelled.
  Result<void> read_dns() { return read_dns(forest_.domain(), dns_); }

  Result<void> read_dns(ldap::Reader& directory,
                        const std::vector<std::pair<std::string, std::string>>& dns) {
    std::vector<std::string> texts;
    texts.reserve(dns.size());
    for (const auto& [key, text] : dns) texts.push_back(text);
    return read_each(directory, texts, principal_attributes(), [&](size_t at, Entry&& entry) {
      if (auto principal = decode_principal(entry)) lookups_[dns[at].first].matches = {std::move(*principal)};
    });
  }

  /// Where it can't be asked, what depends on it is unreadable, and the rest is not.
  void ask_catalog() {
    if (others_.empty() && other_dns_.empty()) return;
    auto asked = [&]() -> Result<void> {
      auto* catalog = GMSACTL_TRY(forest_.catalog());
      GMSACTL_TRY(ask(others_, *catalog, "", other_names_));
      GMSACTL_TRY(confirm(others_, *catalog, other_names_));
      return read_dns(*catalog, other_dns_);
    }();
    if (asked) return;
    const Error why = std::move(asked).error().with_context("asking a global catalogue");
    for (const auto& name : other_names_) lookups_[name.key].unreadable = why;
    for (const auto& [key, dn] : other_dns_) lookups_[key].unreadable = why;
    for (const auto& [key, sid] : sids_)
      if (may_be_elsewhere(sid)) lookups_[key].unreadable = why;
    no_catalog_ = why;
  }

  static void add(std::vector<Principal>& matches, const Principal& principal) {
    if (std::none_of(matches.begin(), matches.end(),
                     [&](const Principal& one) { return one.id.dn == principal.id.dn; }))
      matches.push_back(principal);
  }

  void decide_name(const Name& name, const Inquiry& inquiry) {
    for (const auto& principal : inquiry.named(name.sam, name.domain))
      add(lookups_[name.key].matches, principal);
  }

  /// Two objects, one by its sAMAccountName and one by its userPrincipalName, are ambiguous.
  void decide_user_name(const std::pair<std::string, std::string>& upn) {
    auto& lookup = lookups_[upn.first];
    for (const auto* inquiry : {&own_, &others_})
      for (const auto& principal : inquiry->with_user_name(upn.second)) add(lookup.matches, principal);
    if (!lookup.matches.empty()) return;
    if (no_catalog_) lookup.unreadable = no_catalog_;
    if (const auto found = maybe_elsewhere_.find(upn.first); found != maybe_elsewhere_.end())
      lookup.unreadable = found->second;
  }

  Result<void> decide_sid(PrincipalLookup& lookup, const Sid& sid) {
    if (lookup.unreadable) return {};
    const auto* elsewhere = others_.with_sid(sid);
    const auto* here = own_.with_sid(sid);
    if (elsewhere != nullptr && !forest_.is_own(elsewhere->id.dn)) {
      lookup.matches.push_back(*elsewhere);
    } else if (here != nullptr) {
      lookup.matches.push_back(*here);
    } else if (!(sid.domain() == facts_.domain_sid) && others_.with_sid(sid.domain()) == nullptr) {
      // Of a trusted domain, or well-known: it can stand in a descriptor or a group without an object here.
      Principal foreign;
      foreign.id.sid = sid;
      lookup.matches.push_back(std::move(foreign));
    }
    return {};
  }

  Forest& forest_;
  const Facts& facts_;
  std::map<std::string, PrincipalLookup> lookups_;
  Inquiry own_;
  Inquiry others_;  // of a global catalogue
  std::vector<Name> own_names_;
  std::vector<Name> other_names_;
  std::vector<std::pair<std::string, std::string>> user_names_;  // key, userPrincipalName
  std::vector<std::pair<std::string, Sid>> sids_;
  std::vector<std::pair<std::string, std::string>> dns_;  // key, DN
  std::vector<std::pair<std::string, std::string>> other_dns_;
  std::optional<Error> no_catalog_;
  std::map<std::string, Error> maybe_elsewhere_;  // by key, of names with a domain that may be unreadable
};

}  // namespace

Result<std::map<std::string, PrincipalLookup>> resolve_principals(Forest& forest,
                                                                  const model::Desired& desired) {
  PrincipalResolver resolver(forest);
  for (const auto& group : desired.host_groups)
    if (group.spec.members && !group.settled)
      for (const auto& ref : *group.spec.members) GMSACTL_TRY(resolver.want(ref));
  for (const auto& account : desired.accounts)
    if (!account.settled)
      for (const auto& ref : account.spec.principals) GMSACTL_TRY(resolver.want(ref));
  return resolver.run();
}

}  // namespace gmsactl::directory
