#include "providers/directory/strangers.h"

#include <set>
#include <span>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/model/domain.h"
#include "engine/model/live_of.h"
#include "providers/directory/batch.h"
#include "providers/directory/decode.h"
#include "providers/directory/observe_principals.h"

namespace gmsactl::directory {

using model::Desired;
using model::Dn;
using model::LiveGmsa;
using model::LiveGroup;
using model::Observations;
using model::Sid;

namespace {

std::span<const model::Leftover> leftovers(const Observations& seen) {
  return seen.leftovers ? std::span<const model::Leftover>(*seen.leftovers)
                        : std::span<const model::Leftover>();
}

/// Readers in live descriptors that no reference resolved to.
std::set<Sid> unknown_readers(const Observations& seen) {
  std::set<Sid> known;
  for (const auto& [key, lookup] : seen.principals)
    for (const auto& match : lookup.matches) known.insert(match.id.sid);
  for (const auto& [name, observation] : seen.host_groups)
    if (const auto* live = std::get_if<LiveGroup>(&observation)) known.insert(live->id.sid);
  for (const auto& leftover : leftovers(seen)) known.insert(leftover.id().sid);
  std::set<Sid> unknown;
  const auto note = [&](const LiveGmsa* live) {
    if (live == nullptr || !live->group_msa_membership) return;
    const auto descriptor = model::SecurityDescriptor::decode(*live->group_msa_membership);
    if (!descriptor) return;
    for (auto& sid : descriptor->possible_readers())
      if (!known.contains(sid)) unknown.insert(std::move(sid));
  };
  for (const auto& [name, observation] : seen.accounts) note(std::get_if<LiveGmsa>(&observation));
  for (const auto& leftover : leftovers(seen)) note(std::get_if<LiveGmsa>(&leftover.live));
  return unknown;
}

/// DNs of members that no reference means: of exact groups, of those whose scope changes, and of those that
/// are left over.
std::set<std::string> unknown_members(const Desired& desired, const Observations& seen) {
  std::set<std::string> known;
  for (const auto& [key, lookup] : seen.principals)
    for (const auto& match : lookup.matches) known.insert(match.id.dn.key());
  for (const auto& [name, observation] : seen.host_groups)
    if (const auto* live = std::get_if<LiveGroup>(&observation)) known.insert(live->id.dn.key());
  for (const auto& leftover : leftovers(seen)) known.insert(leftover.id().dn.key());
  std::set<std::string> unknown;
  const auto note = [&](const LiveGroup& live) {
    for (const auto& member : live.members)
      if (!known.contains(model::dn_key(member))) unknown.insert(member);
  };
  for (const auto& group : desired.host_groups) {
    const auto* live = model::live_of(seen.host_groups, group.name);
    if (live == nullptr || group.settled) continue;
    const bool exact = group.spec.members && group.spec.membership == model::Membership::exact;
    if (exact || changes_scope(group, *live)) note(*live);
  }
  for (const auto& leftover : leftovers(seen))
    if (const auto* live = std::get_if<LiveGroup>(&leftover.live)) note(*live);
  return unknown;
}

/// Readers whose objects are there and can't be found by their SID, which is not readable: who deletes the
/// SIDs of nobody must not take them for that.
Result<void> find_unseen_readers(ldap::Reader& transport, const std::set<Sid>& readers, Observations& seen) {
  std::vector<const Sid*> sids;
  std::vector<std::string> dns;
  for (const auto& sid : readers) {
    if (seen.known_sids.contains(sid.text()) || !(sid.domain() == seen.directory.domain_sid)) continue;
    sids.push_back(&sid);
    dns.push_back("<SID=" + sid.text() + ">");  // [MS-ADTS] 3.1.1.3.1.2.4
  }
  return read_each(transport, dns, {"1.1"}, [&](size_t at, ldap::Entry&& entry) {
    auto dn = Dn::parse(entry.dn);
    if (!dn || dn->empty()) return;
    model::Principal principal;
    principal.id.sid = *sids[at];
    principal.sam_account_name = dn->leaf().value;  // as people know it, as far as can be told
    principal.id.dn = std::move(*dn);
    seen.known_sids.emplace(sids[at]->text(), std::move(principal));
  });
}

/// Own SIDs and members that nothing was found for. A foreign security principal of an own SID stands for
/// what has that SID.
struct Missing {
  std::set<Sid> sids;
  bool members = false;
};

/// The SID that a member is called by, where it is a foreign security principal.
std::optional<Sid> foreign_sid(const Dn& member, const Dn& domain) {
  if (!(member.parent() == domain.child("CN", "ForeignSecurityPrincipals"))) return std::nullopt;
  auto sid = Sid::parse(member.leaf().value);
  return sid ? std::optional<Sid>(std::move(*sid)) : std::nullopt;
}

Missing missing(const std::set<Sid>& sids, const std::set<std::string>& members, const Observations& seen) {
  const auto& facts = seen.directory;
  Missing missing;
  for (const auto& sid : sids) {
    const auto found = seen.known_sids.find(sid.text());
    if (sid.domain() == facts.domain_sid &&
        (found == seen.known_sids.end() || model::is_foreign(found->second)))
      missing.sids.insert(sid);
  }
  for (const auto& text : members) {
    const auto dn = Dn::parse(text);
    if (dn && model::domain_of(*dn) == facts.domain_dn && !foreign_sid(*dn, facts.domain_dn))
      missing.members |= !seen.known_members.contains(dn->key());
  }
  return missing;
}

/// No SID is used twice, so one that a deleted object had is nobody's. Only who may look among the deleted
/// objects sees any, by default administrators; everybody else, and a server that does not know the control,
/// proves nothing.
std::set<std::string> deleted_among(ldap::Reader& transport, const Dn& domain, const std::set<Sid>& sids) {
  std::vector<std::string> clauses;
  for (const auto& sid : sids) clauses.push_back(clause(attribute::object_sid, sid.encode()));
  std::set<std::string> deleted;
  const auto asked = search_any(
      transport, domain.text(), clauses, "(isDeleted=TRUE)", {attribute::object_sid},
      [&](ldap::Entry&& entry) {
        const auto sid = Sid::decode(entry.first(attribute::object_sid).value_or(""));
        if (sid && sids.contains(*sid)) deleted.insert(sid->text());
      },
      {{"1.2.840.113556.1.4.417", true, {}}});  // LDAP_SERVER_SHOW_DELETED_OID, [MS-ADTS] 3.1.1.3.4.1.14
  return asked ? deleted : std::set<std::string>();
}

Result<void> judge_missing(ldap::Reader& transport, Visibility& visibility, const Missing& missing,
                           Observations& seen) {
  if (missing.sids.empty() && !missing.members) return {};
  seen.deleted_sids = deleted_among(transport, seen.directory.domain_dn, missing.sids);
  if (seen.deleted_sids.size() == missing.sids.size() && !missing.members) return {};
  seen.blind_spot = GMSACTL_TRY(visibility.find_blind_spot());
  return {};
}

}  // namespace

/// Whether the declaration gives the live group another scope: then all its members, and the groups it is in,
/// must go with that.
bool changes_scope(const model::Declaration<model::HostGroup>& group, const LiveGroup& live) {
  return (live.group_type & model::group_type::scopes) != model::group_type::of(group.spec.scope);
}

Result<void> find_strangers(Forest& forest, Visibility& visibility, const Desired& desired,
                            Observations& seen) {
  auto& transport = forest.domain();
  auto sids = unknown_readers(seen);
  const auto members = unknown_members(desired, seen);
  for (const auto& member : members)
    if (const auto dn = Dn::parse(member))
      if (auto sid = foreign_sid(*dn, seen.directory.domain_dn);
          sid && sid->domain() == seen.directory.domain_sid)
        sids.insert(std::move(*sid));
  seen.known_sids = GMSACTL_TRY(find_sids(forest, sids));
  GMSACTL_TRY(find_unseen_readers(transport, sids, seen));
  seen.known_members = GMSACTL_TRY(find_objects(forest, members));
  return judge_missing(transport, visibility, missing(sids, members, seen), seen);
}

}  // namespace gmsactl::directory
