// What this plan deletes, replaces or renames, and other environments of the same directory name: they are
// not planned in this run, and their next plan would find nobody. Environments that are planned together:
// world.cpp.
#include <map>
#include <set>
#include <string>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/plan/names.h"
#include "engine/plan/ownership.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::PrincipalRef;

namespace {

/// Of what exists.
model::Sid sid_of(const Change& change) {
  if (const auto* account = std::get_if<model::GmsaChange>(&change.detail)) return account->live->id.sid;
  if (const auto* group = std::get_if<model::GroupChange>(&change.detail)) return group->live->id.sid;
  if (const auto* removal = std::get_if<model::RemovalChange>(&change.detail))
    return std::visit([](const auto& live) { return live.id.sid; }, removal->live);
  return {};
}

class Mentions {
 public:
  explicit Mentions(const Context& context) : facts_(context.seen.directory) {
    for (const auto& one : context.options.named_elsewhere)
      if (const std::string key = key_of(one.ref); !key.empty()) by_key_.emplace(key, &one);
  }

  /// Calls `take` for each declaration that will not find what it names.
  template <class Take>
  void for_each(const Change& change, const Names& names, const Take& take) const {
    const bool goes = names.goes;
    if (goes || names.gives_up_name(names.sam_before)) {
      each("name " + fold(names.sam_before), take);
      if (const auto bare = model::bare_name(names.sam_before); bare != names.sam_before)
        each("name " + fold(bare), take);
    }
    if (goes || names.gives_up_place(names.dn_before)) each("dn " + names.dn_before.key(), take);
    if (goes || change.action == Action::replace) each("sid " + sid_of(change).text(), take);
  }

 private:
  std::string key_of(const PrincipalRef& ref) const {
    switch (ref.form) {
      case PrincipalRef::Form::name:
        return "name " + fold(ref.text);
      case PrincipalRef::Form::qualified: {
        const auto name = model::qualified_name(ref.text);
        const bool own =
            equal_folded(name.domain, facts_.netbios_domain) || equal_folded(name.domain, facts_.dns_domain);
        return own ? "name " + fold(name.name) : std::string();
      }
      case PrincipalRef::Form::sid:
        return "sid " + ref.text;
      case PrincipalRef::Form::dn:
        return "dn " + model::dn_key(ref.text);
      case PrincipalRef::Form::host_group:
        return {};
    }
    return {};
  }

  template <class Take>
  void each(const std::string& key, const Take& take) const {
    for (auto [at, last] = by_key_.equal_range(key); at != last; ++at) take(*at->second);
  }

  const model::DirectoryFacts& facts_;
  std::multimap<std::string, const NamedElsewhere*> by_key_;
};

void report_goes(Context& context, const Change& change, const NamedElsewhere& one) {
  const bool replaced = change.action == Action::replace;
  context.report(Severity::error, "GMSA0310", "Object to be deleted is still named",
                 change.dn.text() +
                     (replaced ? " is to be replaced and gets another SID" : " is to be deleted") + ", and " +
                     one.address + " of environment " + one.environment + " still names it (" +
                     printable(one.ref.text) + ").",
                 replaced ? "Write its name there in place of its SID."
                          : "Remove it there first and apply that (gmsactl apply --env " + one.environment +
                                "), or keep both.",
                 change.declared_at, change.id);
}

void report_renamed(Context& context, const Change& change, const NamedElsewhere& one) {
  context.report(Severity::error, "GMSA0287", "Object to be renamed is still named",
                 change.dn.text() + " gets another name or place, and " + one.address + " of environment " +
                     one.environment + " still names it (" + printable(one.ref.text) + ").",
                 "Write its SID there: " + sid_of(change).text() + ".", change.declared_at, change.id);
}

}  // namespace

void check_named_elsewhere(Context& context) {
  if (context.options.named_elsewhere.empty() || context.options.compared_only) return;
  std::optional<Mentions> mentions;
  for (const auto& change : context.plan.changes) {
    const auto names = names_of(change);
    if (!names) continue;
    const bool replaced = change.action == Action::replace;
    if (!names->goes && !replaced && !names->gives_up_name(names->sam_before) &&
        !names->gives_up_place(names->dn_before))
      continue;
    if (!mentions) mentions.emplace(context);
    mentions->for_each(change, *names, [&](const NamedElsewhere& one) {
      if (names->goes || (replaced && one.ref.form == PrincipalRef::Form::sid))
        report_goes(context, change, one);
      else
        report_renamed(context, change, one);
    });
  }
}

}  // namespace gmsactl::plan
