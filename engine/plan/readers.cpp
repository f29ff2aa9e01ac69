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

/// What an entry is that may let a principal read, or not: its name in a plan shows that it is no plain
/// grant.
std::string uncertain_display(const Context& context, const model::Ace& ace) {
  return context.display(ace.sid) + (ace.conditional() ? " (conditional ACE)" : " (object ACE)");
}

void note_unusual(Context& context, const Declaration<Gmsa>& declaration, const ResourceId& id,
                  const LiveGmsa& live, const std::vector<model::Ace>& kept) {
  if (kept.empty()) return;
  using Effect = model::Ace::Effect;
  std::vector<std::string> parts;
  const auto part = [&](Effect effect, const std::string& what, const std::string& does) {
    size_t count = 0;
    std::set<std::string> whose;
    for (const auto& ace : kept) {
      if (ace.effect() != effect) continue;
      ++count;
      if (!ace.sid.empty()) whose.insert(context.display(ace.sid));
    }
    if (count == 0) return;
    const std::vector<std::string> names(whose.begin(), whose.end());
    parts.push_back(plural(count, what) + (names.empty() ? "" : " for " + join(names, ", ")) + ", which " +
                    does);
  };
  part(Effect::denies, "deny ACE", "can take away what is granted here");
  part(Effect::may_grant, "conditional or object ACE", "grants no more than what is granted or kept anyway");
  part(Effect::none, "ACE without effect", "lets nobody read the password");
  part(Effect::unknown, "ACE of another type", "may allow or deny reading");
  context.report(
      Severity::warning, "GMSA0213", "Unusual entries in msDS-GroupMSAMembership",
      live.id.dn.text() + " has " + join(parts, "; ") + ". They are kept as they are.",
      "Look at them with: samba-tool service-account group-msa-membership show, or Get-ADServiceAccount "
      "-Properties msDS-GroupMSAMembership.",
      declaration.position(readers_field), id);
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

/// The live descriptor against the declaration: who reads, and who may.
class ReaderDiff {
 public:
  ReaderDiff(Context& context, const Declaration<Gmsa>& declaration, const SecurityDescriptor& descriptor,
             GmsaChange& detail, const ResourceId& id, const Fields& fields)
      : context_(context), declaration_(declaration), descriptor_(descriptor), detail_(detail), id_(id) {
    for (const auto& reader : detail_.readers) {
      if (!reader.sid.empty()) wanted_.insert(reader.sid);
      after.push_back(reader.display);
      identities.after.push_back(context_.identity(reader));
    }
    find_intruders(fields);
    for (const auto& sid : descriptor_.readers()) look_at(sid);
    for (const auto& ace : descriptor_.unusual())
      if (ace.effect() != model::Ace::Effect::may_grant || stays(ace)) detail_.kept_aces.push_back(ace);
  }

  std::vector<std::string> before;
  std::vector<std::string> after;
  std::vector<std::string> unseen;  ///< of whom it is not known whether they are gone
  std::vector<std::string> gone;    ///< and not kept
  Ledger::Identities identities;

 private:
  /// Undeclared readers of whom nothing was found, and whom somebody has added since the last apply. Whether
  /// they are gone does not matter then: they are no orphans of what was declared.
  void find_intruders(const Fields& fields) {
    std::vector<std::string> doubtful;
    const auto doubt = [&](const Sid& sid, const std::string& display) {
      if (!wanted_.contains(sid) && context_.whereabouts(sid) != Context::Whereabouts::known)
        doubtful.push_back(display);
    };
    for (const auto& sid : descriptor_.readers()) doubt(sid, context_.display(sid));
    for (const auto& ace : descriptor_.uncertain()) doubt(ace.sid, uncertain_display(context_, ace));
    if (doubtful.empty()) return;
    const auto later = fields.came_later(readers_field, after, doubtful);
    intruders_.insert(later.begin(), later.end());
  }

  /// Whether it is of nobody any more, and such are kept. Who may be out of sight is noted.
  bool is_kept_orphan(const Sid& sid, const std::string& display) {
    if (intruders_.contains(display)) return false;
    const auto where = context_.whereabouts(sid);
    if (where == Context::Whereabouts::unseen) unseen.push_back(sid.text());
    if (where != Context::Whereabouts::gone) return false;
    if (!declaration_.spec.keep_orphaned_principals) gone.push_back(display);
    return declaration_.spec.keep_orphaned_principals;
  }

  void keep(const Sid& sid, const std::string& display, const std::string& identity) {
    after.push_back(display);
    identities.after.push_back(identity);
    note_orphan(context_, declaration_, id_, sid);
  }

  void look_at(const Sid& sid) {
    before.push_back(context_.display(sid));
    identities.before.push_back(context_.identity(sid));
    if (wanted_.contains(sid) || !is_kept_orphan(sid, before.back())) return;
    detail_.kept_orphans.push_back(sid);
    keep(sid, before.back(), identities.before.back());
  }

  /// An entry that may grant goes where nobody has declared whom it is for, as a certain grant does. For one
  /// who is declared it is no more than what he gets; and what is being taken back stays as it was.
  bool stays(const model::Ace& ace) {
    if (wanted_.contains(ace.sid) || context_.options.removals) return true;
    before.push_back(uncertain_display(context_, ace));
    identities.before.push_back(context_.identity(ace.sid) + "?");
    if (!is_kept_orphan(ace.sid, before.back())) return false;
    keep(ace.sid, before.back(), identities.before.back());
    return true;
  }

  Context& context_;
  const Declaration<Gmsa>& declaration_;
  const SecurityDescriptor& descriptor_;
  GmsaChange& detail_;
  const ResourceId& id_;
  std::set<Sid> wanted_;
  std::set<std::string> intruders_;
};

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
  ReaderDiff diff(context, declaration, descriptor, detail, change.id, fields);
  note_unusual(context, declaration, change.id, live, detail.kept_aces);
  if (!diff.unseen.empty() && context.options.aim != Aim::adopt)
    return context.report_unseen(change.id, diff.unseen, "msDS-GroupMSAMembership",
                                 declaration.position(readers_field));
  if (differs(fields, std::move(diff.before), std::move(diff.after), diff.gone))
    change.reasons.emplace_back("other principals may retrieve the managed password than declared");
  fields.identify(readers_field, [identities = std::move(diff.identities)] { return identities; });
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
