#include "engine/plan/readers.h"

#include <algorithm>
#include <set>

#include "engine/base/text.h"

namespace gmsactl::plan {

using model::Declaration;
using model::Gmsa;
using model::GmsaChange;
using model::LiveGmsa;
using model::ResourceId;
using model::SecurityDescriptor;
using model::Sid;

namespace {

/// An access control list holds at most 65,535 bytes ([MS-DTYP] 2.4.5), 36 for each account of a domain.
constexpr size_t most_readers = 1'800;

void note_orphan(Context& context, const Declaration<Gmsa>& declaration, const ResourceId& id,
                 const Sid& sid) {
  context.report(Severity::warning, "GMSA0214", "Orphaned SID may retrieve the managed password",
                 sid.text() +
                     ", which nothing in the domain has any more, stands in msDS-GroupMSAMembership of " +
                     model::address(id) + ". It is kept.",
                 "Set orphanedPrincipals: remove in the account's spec to have such SIDs removed.",
                 declaration.position(readers_field), id);
}

/// The types with an object, a condition or both, beside the plain one ([MS-DTYP] 2.4.4.1).
bool denies(const model::Ace& ace) {
  return ace.type == model::Ace::denied || ace.type == 0x06 || ace.type == 0x0A || ace.type == 0x0C;
}

/// Likewise. One with an object type is passed over where the access is not asked for that object
/// ([MS-ADTS] 5.1.3.3), so whether it grants is not certain.
bool allows(const model::Ace& ace) { return ace.type == 0x05 || ace.type == 0x09 || ace.type == 0x0B; }

void note_unusual(Context& context, const Declaration<Gmsa>& declaration, const ResourceId& id,
                  const LiveGmsa& live, const std::vector<model::Ace>& unusual) {
  if (unusual.empty()) return;
  std::vector<std::string> parts;
  const auto part = [&](auto belongs, const std::string& what, const std::string& effect) {
    size_t count = 0;
    std::set<std::string> whose;
    for (const auto& ace : unusual) {
      if (!belongs(ace)) continue;
      ++count;
      if (!ace.sid.empty()) whose.insert(context.display(ace.sid));
    }
    if (count == 0) return;
    const std::vector<std::string> names(whose.begin(), whose.end());
    parts.push_back(plural(count, what) + (names.empty() ? "" : " for " + join(names, ", ")) + ", which " +
                    effect);
  };
  part(denies, "deny ACE", "can take away what is granted here");
  part(allows, "allowing object or callback ACE", "can let the password be read without a declaration");
  part([](const model::Ace& ace) { return !denies(ace) && !allows(ace); }, "ACE of another type",
       "may do either");
  context.report(
      Severity::warning, "GMSA0213", "Unusual entries in msDS-GroupMSAMembership",
      live.id.dn.text() + " has " + join(parts, "; ") + ". They are kept as they are.",
      "Look at them with: samba-tool service-account group-msa-membership show, or Get-ADServiceAccount "
      "-Properties msDS-GroupMSAMembership.",
      declaration.position(readers_field), id);
}

/// Undeclared readers of whom nothing was found, and whom somebody has added since the last apply. Whether
/// they are gone does not matter then: they are no orphans of what was declared.
std::set<std::string> added_since(const Context& context, const std::vector<Sid>& live,
                                  const std::set<Sid>& wanted, const std::vector<std::string>& declared,
                                  const Fields& fields) {
  std::vector<std::string> doubtful;
  for (const auto& sid : live)
    if (!wanted.contains(sid) && context.whereabouts(sid) != Context::Whereabouts::known)
      doubtful.push_back(context.display(sid));
  if (doubtful.empty()) return {};
  const auto later = fields.came_later(readers_field, declared, doubtful);
  return {later.begin(), later.end()};
}

/// Where SIDs go whose objects were deleted, nobody has changed the descriptor.
bool differs(Fields& fields, std::vector<std::string> before, std::vector<std::string> after,
             const std::vector<std::string>& gone) {
  if (gone.empty()) return fields.set(readers_field, std::move(before), std::move(after));
  for (auto* list : {&before, &after}) std::sort(list->begin(), list->end(), LessFolded{});
  auto added = minus_folded(after, before);
  auto removed = minus_folded(before, after);
  const auto judged = minus_folded(before, gone);
  const auto wanted = after;
  return fields.add(
      {readers_field, std::move(before), std::move(after), std::move(added), std::move(removed), {}}, judged,
      wanted);
}

}  // namespace

Resolved resolve_readers(Context& context, const ResourceId& id, const Gmsa& spec, GmsaChange& detail) {
  bool unreadable = false;
  bool unknown = false;
  std::set<std::string> seen;
  for (const auto& ref : spec.principals) {
    auto resolved = context.resolve(ref, id);
    unreadable |= resolved.unreadable;
    unknown |= resolved.unknown;
    // Whom a descriptor names has a SID; without it he would be taken for a group that is yet to be made.
    if (resolved.principal && resolved.principal->sid.empty() && resolved.principal->host_group.empty() &&
        !context.is_replaced(*resolved.principal)) {
      context.report(Severity::error, "GMSA0209", "Live state could not be read",
                     "objectSid of " + resolved.principal->dn.text() + ", who is to read the password of " +
                         model::address(id) + ", is not readable.",
                     "Grant the account that gmsactl runs as the right to read it.", ref.where, id);
      unreadable = true;
      continue;
    }
    // One principal may be named in two ways.
    if (resolved.principal && seen.insert(context.identity(*resolved.principal)).second)
      detail.readers.push_back(std::move(*resolved.principal));
  }
  return unreadable ? Resolved::unreadable : unknown ? Resolved::unknown : Resolved::all;
}

void compare_readers(Context& context, const Declaration<Gmsa>& declaration, const LiveGmsa& live,
                     GmsaChange& detail, model::Change& change, Fields& fields) {
  SecurityDescriptor descriptor;
  if (live.group_msa_membership) {
    auto decoded = SecurityDescriptor::decode(*live.group_msa_membership);
    if (!decoded)
      return context.unreadable(change.id, std::move(decoded).error().with_context("msDS-GroupMSAMembership"),
                                declaration.position(readers_field));
    descriptor = std::move(*decoded);
  }
  detail.kept_aces = descriptor.unusual();
  note_unusual(context, declaration, change.id, live, detail.kept_aces);

  std::set<Sid> wanted;
  std::vector<std::string> after;
  for (const auto& reader : detail.readers) {
    if (!reader.sid.empty()) wanted.insert(reader.sid);
    after.push_back(reader.display);
  }
  const auto live_readers = descriptor.readers();
  const auto intruders = added_since(context, live_readers, wanted, after, fields);
  std::vector<std::string> before;
  std::vector<std::string> unseen;
  std::vector<std::string> gone;  // and not kept
  for (const auto& sid : live_readers) {
    before.push_back(context.display(sid));
    if (wanted.contains(sid) || intruders.contains(context.display(sid))) continue;
    const auto where = context.whereabouts(sid);
    if (where == Context::Whereabouts::unseen) unseen.push_back(sid.text());
    if (where == Context::Whereabouts::gone && !declaration.spec.keep_orphaned_principals)
      gone.push_back(context.display(sid));
    if (where != Context::Whereabouts::gone || !declaration.spec.keep_orphaned_principals) continue;
    detail.kept_orphans.push_back(sid);
    after.push_back(context.display(sid));
    note_orphan(context, declaration, change.id, sid);
  }
  if (!unseen.empty() && context.options.aim != Aim::adopt)
    return context.report_unseen(change.id, unseen, "msDS-GroupMSAMembership",
                                 declaration.position(readers_field));
  if (differs(fields, std::move(before), std::move(after), gone))
    change.reasons.emplace_back("other principals may retrieve the managed password than declared");
  fields.identify(readers_field, [&context, &detail, live_readers] {
    Ledger::Identities identities;
    for (const auto& sid : live_readers) identities.before.push_back(context.identity(sid));
    for (const auto& reader : detail.readers) identities.after.push_back(context.identity(reader));
    for (const auto& sid : detail.kept_orphans) identities.after.push_back(context.identity(sid));
    return identities;
  });
}

void check_reader_count(Context& context, const Declaration<Gmsa>& declaration, const ResourceId& id,
                        const GmsaChange& detail) {
  const size_t count = detail.readers.size() + detail.kept_aces.size() + detail.kept_orphans.size();
  if (count <= most_readers) return;
  context.report(Severity::error, "GMSA0220", "Too many principals for one descriptor",
                 model::address(id) + " would name " + std::to_string(count) +
                     " principals in msDS-GroupMSAMembership, which has room for " +
                     std::to_string(most_readers) + ".",
                 "Put the hosts into a HostGroup and name that.", declaration.position(readers_field), id);
}

}  // namespace gmsactl::plan
