#include "engine/plan/revert.h"

#include <algorithm>
#include <array>
#include <map>

#include "engine/base/text.h"
#include "engine/model/account.h"
#include "engine/plan/field.h"
#include "engine/plan/names.h"
#include "engine/plan/readers.h"

namespace gmsactl::plan {

using model::Action;
using model::Change;
using model::FieldChange;
using model::FieldValue;
using model::Gmsa;
using model::HostGroup;
using model::Kind;
using model::Leftover;
using model::LiveGmsa;
using model::LiveGroup;
using model::Outcome;
using model::PrincipalRef;
using model::ResourceId;

namespace {

std::optional<std::string> text_of(const FieldValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

std::vector<std::string> list_of(const FieldValue& value) {
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  return list == nullptr ? std::vector<std::string>() : *list;
}

bool is_true(const FieldValue& value) {
  const bool* truth = std::get_if<bool>(&value);
  return truth != nullptr && *truth;
}

std::optional<model::GroupScope> scope_of(const FieldValue& value) {
  for (const auto scope :
       {model::GroupScope::domain_local, model::GroupScope::global, model::GroupScope::universal})
    if (text_of(value) == model::name(scope)) return scope;
  return std::nullopt;
}

std::optional<model::Dn> dn_of(const FieldValue& value) {
  auto dn = model::Dn::parse(text_of(value).value_or(""));
  return dn && !dn->empty() ? std::optional(std::move(*dn)) : std::nullopt;
}

bool was_written(const model::ChangeResult& result) {
  return result.outcome == Outcome::applied || result.outcome == Outcome::unknown || !result.written.empty();
}

class Undoing {
 public:
  Undoing(const model::Observations& seen) : seen_(seen) {
    for (const auto& [sid, principal] : seen.known_sids)
      labels_.emplace(sid, label(principal, seen.directory.domain_dn));
    if (!seen.leftovers) return;
    for (const auto& leftover : *seen.leftovers) {
      ours_.emplace(leftover.marker.id, &leftover);
      ours_by_guid_.emplace(leftover.id().guid, &leftover);
      if (const auto* group = std::get_if<LiveGroup>(&leftover.live)) {
        labels_.emplace(group->id.sid.text(), group->sam_account_name);
        member_labels_.emplace(group->id.dn.key(), group->sam_account_name);
      }
    }
    for (const auto& [dn, principal] : seen.known_members)
      member_labels_.emplace(model::dn_key(dn), label(principal, seen.directory.domain_dn));
  }

  void add(const Change& done) {
    if (done.id.kind != Kind::gmsa && done.id.kind != Kind::host_group)
      return remark(
          done, "is not undone here.",
          done.id.kind == Kind::credential_spec
              ? "Take the change of the manifests back too: the next apply brings the specs in line."
              : "It stays; remove it by hand where nothing needs it.");
    if (done.action == Action::remove || done.action == Action::replace)
      return remark(
          done,
          done.action == Action::remove ? "was deleted, and its SID does not come back by itself."
                                        : "was replaced, and the old SID does not come back.",
          "Restore the object from the AD Recycle Bin (Restore-ADObject), or declare it anew, which "
          "gives it another SID.",
          Severity::error);
    const Leftover* found = find(done);
    if (found == nullptr) {
      if (done.action == Action::create) return;  // it is gone already
      return remark(done, "is not there any more, or not managed by this environment any more.", "",
                    Severity::error);
    }
    const Leftover& leftover = *found;
    if (!done.guid.empty() && !(done.guid == leftover.id().guid))
      return remark(done, "is another object now: it was deleted and made again since.", "", Severity::error);
    if (done.action == Action::create) {
      reversal_.removals.insert(model::address(leftover.marker.id));
      return;
    }
    if (done.action == Action::adopt)
      remark(done, "stays managed, though it was not before.",
             "gmsactl forget " + model::address(done.id) + " releases it.");
    if (const auto* group = std::get_if<LiveGroup>(&leftover.live))
      add_group(done, leftover, *group);
    else
      add_account(done, leftover, std::get<LiveGmsa>(leftover.live));
  }

  Reversal finish() { return std::move(reversal_); }

 private:
  /// The object itself, whatever declaration means it by now.
  const Leftover* find(const Change& done) const {
    if (const auto found = ours_by_guid_.find(done.guid); found != ours_by_guid_.end()) return found->second;
    const auto found = ours_.find(done.id);
    return found == ours_.end() ? nullptr : found->second;
  }

  void remark(const Change& done, const std::string& what, std::string hint,
              Severity severity = Severity::warning) {
    reversal_.remarks.push_back({severity, "GMSA0226", "Can't be undone",
                                 model::address(done.id) + " " + what, std::move(hint), std::nullopt,
                                 model::address(done.id)});
  }

  void not_expressible(const Change& done, const FieldChange& field) {
    remark(done,
           "had a value of " + std::string(field.path) +
               " before that no manifest can ask for, so it stays "
               "as it is.",
           "", Severity::error);
  }

  static bool was_applied(const Leftover& leftover, std::string_view path) {
    const auto& applied = leftover.marker.applied;
    return std::any_of(applied.begin(), applied.end(),
                       [&](const auto& entry) { return Ledger::path_of(entry.first) == path; });
  }

  /// What the marker remembers stays managed, and nothing else begins to be.
  template <class Spec>
  static void leave_the_rest(const Leftover& leftover, const Change& done, Spec& spec) {
    for (const auto& row : model::fields_of(spec))
      if (field_of(done, row.key) == nullptr && !was_applied(leftover, row.key))
        model::leave_unmanaged(row, spec);
  }

  /// As it is live.
  template <class Spec>
  static model::Declaration<Spec> declaration_of(const Leftover& leftover, Spec spec) {
    model::Declaration<Spec> declaration;
    declaration.name = leftover.marker.id.name;
    declaration.spec = std::move(spec);
    declaration.protect = leftover.marker.protect;
    return declaration;
  }

  void add_account(const Change& done, const Leftover& leftover, const LiveGmsa& live) {
    auto declaration = declaration_of(leftover, model::as_declared(live));
    Gmsa& spec = declaration.spec;
    leave_the_rest(leftover, done, spec);
    spec.service_principal_names_mode = spn_mode(leftover, done);
    // What nobody has any more can't be named; it is kept without being named.
    std::erase_if(spec.principals, [&](const PrincipalRef& ref) { return is_orphan(ref); });
    for (const auto& field : done.fields)
      if (!set_back(field, declaration)) not_expressible(done, field);
    // An account is called as it is declared.
    const auto* called = field_of(done, "name");
    if (called != nullptr && !equal_folded(text_of(called->before).value_or(""), declaration.name))
      not_expressible(done, *called);
    reversal_.accounts.push_back(std::move(declaration));
  }

  /// To take something back, the whole list is compared. What was never compared stays as it is.
  static model::SpnMode spn_mode(const Leftover& leftover, const Change& done) {
    const bool compared = field_of(done, spn_field) != nullptr || was_applied(leftover, spn_field);
    return compared ? model::SpnMode::exact : model::SpnMode::unmanaged;
  }

  template <class Spec>
  bool set_back(const FieldChange& field, model::Declaration<Spec>& declaration) const {
    Spec& spec = declaration.spec;
    const auto* row = model::find_field(model::fields_of(spec), field.path);
    if (row == nullptr) return set_back_marker(field, declaration);
    return std::visit([&](const auto& access) { return set_back(field, access, spec); }, row->access);
  }

  bool set_back(const FieldChange& field, model::GmsaHook hook, Gmsa& spec) const {
    using Hook = model::GmsaHook;
    const FieldValue& before = field.before;
    const auto text = text_of(before).value_or("");
    switch (hook) {
      case Hook::sam_account_name:
        spec.sam_account_name = model::bare_name(text);
        return true;
      case Hook::dns_host_name:
        spec.dns_host_name = text;
        return !text.empty();
      case Hook::service_principal_names:
        spec.service_principal_names.clear();
        for (auto& spn : list_of(before)) spec.service_principal_names.push_back({std::move(spn), {}});
        return true;
      case Hook::readers:
        std::erase_if(spec.principals, [&](const PrincipalRef& ref) {
          const auto label = labels_.find(ref.text);
          return contains_folded(field.added, label == labels_.end() ? ref.text : label->second);
        });
        for (const auto& name : field.removed)
          spec.principals.push_back({PrincipalRef::Form::name, name, {}});
        return true;
      case Hook::encryption_types: {
        const uint32_t types = model::encryption_bits(list_of(before));
        if (types != 0) spec.encryption_types = types;
        return types != 0;
      }
      case Hook::path:
        spec.path = dn_of(before);
        return spec.path.has_value();
      case Hook::common_name:                   // it is metadata.name, which is declared
      case Hook::service_principal_names_mode:  // the whole list is compared
        return true;
      case Hook::password_interval:
        return false;  // set at creation only
      case Hook::allow_long_name:
      case Hook::orphaned_principals:
      case Hook::credential_spec:
        break;  // no plan reports them
    }
    return false;
  }
  bool set_back(const FieldChange& field, const model::FlagField& flag, Gmsa& spec) const {
    flag.set(spec, is_true(field.before));
    return true;
  }
  bool set_back(const FieldChange& field, const model::ListField& list, Gmsa& spec) const {
    spec.*list.declared = list_of(field.before);
    return true;
  }
  template <class Spec, class Live>
  bool set_back(const FieldChange& field, const model::TextField<Spec, Live>& text, Spec& spec) const {
    spec.*text.declared = text_of(field.before).value_or("");
    return !std::holds_alternative<std::vector<std::string>>(field.before);
  }

  void add_group(const Change& done, const Leftover& leftover, const LiveGroup& live) {
    auto declaration = declaration_of(leftover, model::as_declared(live));
    HostGroup& spec = declaration.spec;
    leave_the_rest(leftover, done, spec);
    for (const auto& field : done.fields)
      if (!set_back(field, declaration)) not_expressible(done, field);
    reversal_.host_groups.push_back(std::move(declaration));
  }

  bool set_back(const FieldChange& field, model::GroupHook hook, HostGroup& spec) const {
    using Hook = model::GroupHook;
    const FieldValue& before = field.before;
    switch (hook) {
      case Hook::sam_account_name:
        spec.sam_account_name = text_of(before).value_or(spec.sam_account_name);
        return true;
      case Hook::common_name:
        spec.common_name = text_of(before).value_or(spec.common_name);
        return true;
      case Hook::path:
        spec.path = dn_of(before);
        return spec.path.has_value();
      case Hook::scope: {
        const auto scope = scope_of(before);
        spec.scope = scope.value_or(spec.scope);
        return scope.has_value();
      }
      case Hook::members:
        std::erase_if(*spec.members, [&](const PrincipalRef& ref) {
          const auto label = member_labels_.find(model::dn_key(ref.text));
          return contains_folded(field.added, label == member_labels_.end() ? ref.text : label->second);
        });
        for (const auto& name : field.removed) spec.members->push_back({PrincipalRef::Form::name, name, {}});
        return true;
      case Hook::membership:
        return true;  // as the marker says
      case Hook::orphaned_members:
        break;  // no plan reports it
    }
    return false;
  }

  /// What is no attribute of its own but a part of the marker.
  template <class Spec>
  static bool set_back_marker(const FieldChange& field, model::Declaration<Spec>& declaration) {
    if (field.path == "metadata.protect") declaration.protect = is_true(field.before);
    // The marker names another declaration from then on; the object is found by the name that it has.
    if (field.path == "metadata.name") declaration.name = text_of(field.before).value_or(declaration.name);
    constexpr std::array<std::string_view, 4> in_marker{"metadata.protect", "metadata.name", "owner",
                                                        "deletion"};
    return std::find(in_marker.begin(), in_marker.end(), field.path) != in_marker.end();
  }

  bool is_orphan(const PrincipalRef& ref) const {
    const auto sid = model::Sid::parse(ref.text);
    return sid && sid->domain() == seen_.directory.domain_sid && !labels_.contains(ref.text);
  }

  const model::Observations& seen_;
  std::map<ResourceId, const Leftover*> ours_;
  std::map<model::Guid, const Leftover*> ours_by_guid_;
  std::map<std::string, std::string> labels_;         ///< sAMAccountName by SID
  std::map<std::string, std::string> member_labels_;  ///< and by Dn::key()
  Reversal reversal_;
};

}  // namespace

Reversal reverse(const std::vector<Change>& done, const std::vector<model::ChangeResult>& results,
                 const model::Observations& seen) {
  Undoing undoing(seen);
  for (size_t i = 0; i < done.size() && i < results.size(); ++i)
    if (was_written(results[i])) undoing.add(done[i]);
  return undoing.finish();
}

namespace {

/// `undoing` takes from a list, and gives back, nothing but what the apply put there, and took.
bool undoes_only(const FieldChange& undoing, const FieldChange& done) {
  const auto all_of = [](const std::vector<std::string>& these, const std::vector<std::string>& in) {
    return std::all_of(these.begin(), these.end(),
                       [&](const auto& each) { return contains_folded(in, each); });
  };
  return std::holds_alternative<std::vector<std::string>>(undoing.before) &&
         all_of(undoing.removed, done.added) && all_of(undoing.added, done.removed);
}

}  // namespace

std::vector<StaleField> changed_since(const std::vector<Change>& done, const model::Plan& undoing) {
  std::vector<StaleField> stale;
  for (const auto& change : undoing.changes) {
    // By its GUID where another declaration means it now.
    const auto original = std::find_if(done.begin(), done.end(), [&](const Change& each) {
      return change.guid.empty() || each.guid.empty() ? each.id == change.id : each.guid == change.guid;
    });
    if (original == done.end()) continue;
    for (const auto& field : change.fields) {
      const auto then = std::find_if(original->fields.begin(), original->fields.end(),
                                     [&](const FieldChange& each) { return each.path == field.path; });
      if (then == original->fields.end() || field.path == "samAccountName") continue;
      if (!(then->after == field.before) && !undoes_only(field, *then))
        stale.push_back({change.id, std::string(field.path), then->after, field.before});
    }
  }
  return stale;
}

}  // namespace gmsactl::plan
