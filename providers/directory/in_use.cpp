#include "providers/directory/in_use.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/text.h"
#include "engine/model/fields.h"
#include "engine/model/marker.h"
#include "engine/model/security_descriptor.h"
#include "providers/directory/batch.h"
#include "providers/directory/decode.h"
#include "providers/directory/visibility.h"

namespace gmsactl::directory {

using model::Action;
using model::Change;
using model::Dn;
using model::Guid;
using model::Kind;
using model::Sid;

namespace {

constexpr std::string_view readers_field =
    model::field_of_hook(model::gmsa_fields, model::GmsaHook::readers).key;

/// What is there now and will not be, with its SID.
struct Going {
  const Change* change;
  Sid sid;
  std::vector<std::string> used_by;    ///< accounts that read through it, and stay as they are
  std::vector<std::string> left;       ///< accounts that its SID is left behind in
  std::vector<std::string> member_of;  ///< groups that stay
  std::set<std::string> environments;  ///< other ones, that those accounts belong to
};

/// A way from a SID in a descriptor to what goes.
struct Way {
  size_t going;
  std::string by;  ///< the DN of the group that the SID is, where that is another
};

/// Of the object that goes, where a change makes one go.
Sid sid_that_goes(const Change& change) {
  if (change.guid.empty()) return {};
  if (const auto* removal = std::get_if<model::RemovalChange>(&change.detail))
    return std::visit([](const auto& live) { return live.id.sid; }, removal->live);
  const auto* account = std::get_if<model::GmsaChange>(&change.detail);
  return account != nullptr && change.action == Action::replace && account->live ? account->live->id.sid
                                                                                 : Sid();
}

/// What else uses a group goes on without its members; an account that is deleted is used by nobody else.
bool serves_others(const Change& change) {
  return change.id.kind == Kind::host_group || change.action == Action::replace;
}

std::string_view what_happens(const Change& change) {
  return change.action == Action::replace ? " is to be replaced and gets another SID" : " is to be deleted";
}

class InUse {
 public:
  InUse(ldap::Reader& directory, const Dn& domain, const model::Plan& plan, const std::string& marker)
      : directory_(directory), domain_(domain), plan_(plan), marker_(marker), visibility_(directory, domain) {
    for (const auto& change : plan.changes) {
      if (!change.guid.empty()) changes_.emplace(change.guid, &change);
      if (auto sid = sid_that_goes(change); !sid.empty()) {
        ways_[sid].push_back({going_.size(), {}});
        going_.push_back({&change, std::move(sid), {}, {}, {}, {}});
      }
    }
  }

  Result<Diagnostics> run() {
    if (going_.empty()) return Diagnostics();
    GMSACTL_TRY(follow_memberships());
    GMSACTL_TRY(read_accounts());
    for (const auto& going : going_) report(going);
    GMSACTL_TRY(doubt_the_rest());
    return std::move(found_);
  }

 private:
  struct Step {
    size_t going;
    Dn dn;
  };

  /// Whether the plan itself ends the membership, or makes it anew.
  bool settles(const Guid& group, const Dn& member) const {
    const auto found = changes_.find(group);
    if (found == changes_.end()) return false;
    const Change& change = *found->second;
    if (change.action == Action::remove) return true;
    const auto* detail = std::get_if<model::GroupChange>(&change.detail);
    if (detail == nullptr) return false;
    const auto is_member = [&](const auto& dn) { return model::dn_key(dn) == member.key(); };
    return std::any_of(detail->remove.begin(), detail->remove.end(), is_member) ||
           std::any_of(detail->add.begin(), detail->add.end(),
                       [&](const auto& principal) { return is_member(principal.dn.text()); });
  }

  /// The groups that what goes is in, and those that these are in. Most are in none, which one request tells.
  Result<void> follow_memberships() {
    std::vector<Step> steps;
    for (size_t i = 0; i < going_.size(); ++i)
      if (serves_others(*going_[i].change)) steps.push_back({i, going_[i].change->dn});
    std::set<std::pair<size_t, std::string>> seen;
    for (bool first = true; !steps.empty(); first = false) {
      std::vector<std::string> clauses;
      for (const auto& step : steps) clauses.push_back(clause(attribute::member, step.dn.text()));
      bool any = false;
      GMSACTL_TRY(
          search_any(directory_, domain_.text(), clauses, "", {"1.1"}, [&](ldap::Entry&&) { any = true; }));
      if (!any) return {};
      std::vector<Step> next;
      for (const auto& step : steps) GMSACTL_TRY(find_containing(step, first, seen, next));
      steps = std::move(next);
    }
    return {};
  }

  Result<void> find_containing(const Step& step, bool direct, std::set<std::pair<size_t, std::string>>& seen,
                               std::vector<Step>& next) {
    return search_any(directory_, domain_.text(), {clause(attribute::member, step.dn.text())}, "",
                      {attribute::object_guid, attribute::object_sid}, [&](ldap::Entry&& entry) {
                        auto dn = Dn::parse(entry.dn);
                        const auto guid = Guid::decode(entry.first(attribute::object_guid).value_or(""));
                        if (!dn || (guid && settles(*guid, step.dn))) return;
                        if (!seen.insert({step.going, dn->key()}).second) return;
                        if (direct) going_[step.going].member_of.push_back(dn->text());
                        if (const auto sid = Sid::decode(entry.first(attribute::object_sid).value_or("")))
                          ways_[*sid].push_back({step.going, dn->text()});
                        next.push_back({step.going, std::move(*dn)});
                      });
  }

  /// Every managed account of the domain: a descriptor is no attribute that a filter can look into.
  Result<void> read_accounts() {
    ldap::SearchRequest request;
    request.base = domain_.text();
    request.filter = "(objectClass=" + std::string(gmsa_class) + ")";
    request.attributes = {attribute::object_guid, attribute::object_sid, attribute::group_msa_membership,
                          marker_};
    std::vector<std::pair<std::string, std::vector<model::UnreadAttribute>>> unread;
    std::vector<Doubt> doubts;
    GMSACTL_TRY(directory_.search(request, [&](ldap::Entry&& entry) {
      if (const auto bytes = entry.first(attribute::group_msa_membership)) {
        judge(entry, *bytes);
      } else if (auto open = unread_of(entry, {attribute::group_msa_membership}); !open.empty()) {
        Doubt doubt;
        doubt.guid = Guid::decode(entry.first(attribute::object_guid).value_or("")).value_or(Guid());
        doubt.sid = Sid::decode(entry.first(attribute::object_sid).value_or("")).value_or(Sid());
        doubt.asked = doubt.matters = {attribute::group_msa_membership};
        doubts.push_back(std::move(doubt));
        unread.emplace_back(entry.dn, std::move(open));
      }
      return true;
    }));
    for (size_t i = 0; i < doubts.size(); ++i) doubts[i].unread = &unread[i].second;
    GMSACTL_TRY(visibility_.settle(doubts));
    for (const auto& [dn, attributes] : unread)
      if (!attributes.empty()) report_unread(dn, attributes.front().why);
    return {};
  }

  void judge(const ldap::Entry& entry, std::string_view bytes) {
    const auto descriptor = model::SecurityDescriptor::decode(bytes);
    if (!descriptor) return report_unread(entry.dn, descriptor.error().message);
    const auto guid = Guid::decode(entry.first(attribute::object_guid).value_or(""));
    const auto found = guid ? changes_.find(*guid) : changes_.end();
    const Change* own = found == changes_.end() ? nullptr : found->second;
    const std::string label = label_of(entry);
    std::set<std::pair<size_t, std::string>> said;
    // An entry of any type counts: what denies is lifted where its SID is nobody's.
    for (const auto& ace : descriptor->dacl) {
      const auto ways = ways_.find(ace.sid);
      if (ways == ways_.end() || (own != nullptr && lets_go(*own, ace.sid))) continue;
      for (const auto& way : ways->second) {
        if (!said.insert({way.going, way.by}).second) continue;
        auto& going = going_[way.going];
        if (is_reported(*going.change, entry)) continue;
        if (const auto marker = marker_of(entry); marker && marker->environment != plan_.environment)
          going.environments.insert(marker->environment);
        (serves_others(*going.change) ? going.used_by : going.left)
            .push_back(label + (way.by.empty() ? "" : " by way of " + way.by));
      }
    }
  }

  /// Whether the plan takes the SID out of the account's descriptor.
  static bool lets_go(const Change& change, const Sid& sid) {
    if (change.action == Action::remove) return true;
    const auto* account = std::get_if<model::GmsaChange>(&change.detail);
    if (account == nullptr) return false;
    const bool written = change.action == Action::replace ||
                         (!account->keeps_readers &&
                          std::any_of(change.fields.begin(), change.fields.end(),
                                      [](const auto& field) { return field.path == readers_field; }));
    const auto keeps = [&](const auto& list, const auto& sid_of) {
      return std::any_of(list.begin(), list.end(), [&](const auto& one) { return sid_of(one) == sid; });
    };
    return written && !keeps(account->readers, [](const auto& one) { return one.sid; }) &&
           !keeps(account->kept_aces, [](const auto& one) { return one.sid; }) &&
           !keeps(account->kept_orphans, [](const auto& one) { return one; });
  }

  /// The planner has refused it for this account's sake already.
  bool is_reported(const Change& change, const ldap::Entry& account) const {
    const auto marker = marker_of(account);
    if (!marker || marker->environment != plan_.environment) return false;
    const std::string address = model::address(change.id);
    return std::any_of(plan_.diagnostics.begin(), plan_.diagnostics.end(), [&](const Diagnostic& one) {
      return one.code == "GMSA0310" && one.address == address &&
             one.detail.find(model::address(marker->id) + " reads") != std::string::npos;
    });
  }

  std::optional<model::Marker> marker_of(const ldap::Entry& entry) const {
    auto marker = model::Marker::parse(entry.first(marker_).value_or(""));
    return marker ? std::optional<model::Marker>(std::move(*marker)) : std::nullopt;
  }

  /// Which account, and whose, so that a reader knows where to change it.
  std::string label_of(const ldap::Entry& entry) const {
    const auto marker = marker_of(entry);
    return printable(entry.dn) + (marker ? " (" + model::address(marker->id) + " of environment " +
                                               marker->environment + ", owner " + marker->owner + ")"
                                         : " (no marker of gmsactl)");
  }

  void report_unread(const std::string& dn, const std::string& why) {
    Diagnostic finding;
    finding.code = "GMSA0209";
    finding.summary = "Live state could not be read";
    finding.detail = "Whether " + printable(dn) +
                     " reads its password through what is to be deleted is not "
                     "known: its " +
                     std::string(attribute::group_msa_membership) + " is not readable (" + why + ").";
    finding.hint = read_hint(dn, attribute::group_msa_membership);
    found_.push_back(std::move(finding));
  }

  void add(Severity severity, std::string_view code, std::string summary, std::string detail,
           std::string hint, const Change& change) {
    Diagnostic finding;
    finding.severity = severity;
    finding.code = code;
    finding.summary = std::move(summary);
    finding.detail = std::move(detail);
    finding.hint = std::move(hint);
    finding.address = model::address(change.id);
    found_.push_back(std::move(finding));
  }

  static std::string apply_first(const Going& going) {
    std::string text;
    for (const auto& name : going.environments) text += " --env " + name;
    return text.empty() ? text : " by itself (gmsactl apply" + text + ")";
  }

  void report(const Going& going) {
    constexpr size_t shown = 10;
    const Change& change = *going.change;
    const std::string goes = change.dn.text() + std::string(what_happens(change));
    const bool replaced = change.action == Action::replace;
    if (!going.used_by.empty()) {
      add(Severity::error, "GMSA0310", "Object to be deleted is still named",
          goes + ", and these accounts read their managed passwords through it: " +
              some_of(going.used_by, shown) + ".",
          replaced
              ? "Take it out of the readers of these accounts first, or out of the groups."
              : "Let these accounts read through another group first and apply that" + apply_first(going) +
                    ", or keep this one: declare it again, or release it with gmsactl forget.",
          change);
    } else if (!going.member_of.empty()) {
      add(Severity::warning, "GMSA0329", "Memberships go with an object",
          goes + ", and is a member of " + some_of(going.member_of, shown) +
              ". What it has through that is lost" + (replaced ? "." : " to its members."),
          replaced ? "Add the new account there once it has been created." : "", change);
    }
    if (!going.left.empty())
      add(Severity::warning, "GMSA0330", "A SID is left behind",
          goes + ", and its SID stays among the readers of: " + some_of(going.left, shown) + ".",
          "Take it out there; nothing will have that SID any more.", change);
  }

  /// Accounts that this user does not see may read through a group as well.
  Result<void> doubt_the_rest() {
    const bool any =
        std::any_of(going_.begin(), going_.end(), [](const auto& one) { return serves_others(*one.change); });
    if (!any) return {};
    const auto blind = GMSACTL_TRY(visibility_.find_blind_spot());
    if (!blind) return {};
    const auto& first = *std::find_if(going_.begin(), going_.end(),
                                      [](const auto& one) { return serves_others(*one.change); });
    add(Severity::warning, "GMSA0288", "Accounts may be out of sight",
        first.change->dn.text() + std::string(what_happens(*first.change)) +
            ". Whether accounts that this user cannot see read through it is not known, since " +
            blind->message + ".",
        "Ask somebody who sees everything, or grant the account that gmsactl runs as the right to list and "
        "read it.",
        *first.change);
    return {};
  }

  ldap::Reader& directory_;
  const Dn& domain_;
  const model::Plan& plan_;
  const std::string& marker_;
  Visibility visibility_;
  std::map<Guid, const Change*> changes_;
  std::vector<Going> going_;
  std::map<Sid, std::vector<Way>> ways_;
  Diagnostics found_;
};

}  // namespace

Result<Diagnostics> still_in_use(ldap::Reader& directory, const Dn& domain, const model::Plan& plan,
                                 const std::string& marker) {
  return InUse(directory, domain, plan, marker).run();
}

}  // namespace gmsactl::directory
