#include "providers/directory/permissions.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/text.h"
#include "engine/model/fields.h"
#include "providers/directory/batch.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

using model::Action;
using model::Change;
using model::Dn;
using model::Kind;

namespace {

constexpr char allowed_attributes[] = "allowedAttributesEffective";
constexpr char allowed_classes[] = "allowedChildClassesEffective";

std::string_view class_of(const Change& change) {
  return change.id.kind == Kind::gmsa ? gmsa_class : group_class;
}

/// Rights that are missing in one container, for one kind of object.
struct Missing {
  std::set<std::string, LessFolded> attributes;
  bool creation = false;
  std::set<std::string> addresses;
};

class Check {
 public:
  Check(ldap::Reader& transport, const model::Plan& plan, const Dn& domain, const std::string& marker)
      : transport_(transport), plan_(plan), domain_(domain), marker_(marker) {}

  Result<Diagnostics> run() {
    for (const auto& change : plan_.changes) {
      if (change.id.kind != Kind::gmsa && change.id.kind != Kind::host_group) continue;
      if (!change.guid.empty()) existing_.emplace(change.guid.encode(), &change);
      if (const auto parent = new_parent(change)) parents_[parent->text()].push_back(&change);
    }
    GMSACTL_TRY(check_objects());
    GMSACTL_TRY(check_parents());
    return findings();
  }

 private:
  /// Where an object will be that is not there yet.
  static std::optional<Dn> new_parent(const Change& change) {
    if (change.action == Action::create) return change.dn.parent();
    const auto* account = std::get_if<model::GmsaChange>(&change.detail);
    const auto* group = std::get_if<model::GroupChange>(&change.detail);
    const Dn* wanted = account != nullptr ? &account->dn : group != nullptr ? &group->dn : nullptr;
    if (wanted == nullptr || (change.action != Action::replace && wanted->parent() == change.dn.parent()))
      return std::nullopt;
    return wanted->parent();
  }

  Result<void> check_objects() {
    std::vector<std::string> clauses;
    for (const auto& [guid, change] : existing_) clauses.push_back(clause(attribute::object_guid, guid));
    return search_any(transport_, domain_.text(), clauses, "", {attribute::object_guid, allowed_attributes},
                      [this](ldap::Entry&& entry) { judge(entry); });
  }

  void judge(const ldap::Entry& entry) {
    const auto* allowed = entry.find(allowed_attributes);
    const auto found = existing_.find(std::string(entry.first(attribute::object_guid).value_or("")));
    if (found == existing_.end()) return;
    const Change& change = *found->second;
    // A server that computes no such attribute says nothing about rights; one that does lists none for
    // whoever has none.
    if (allowed == nullptr && transport_.peer().starts_with("ldif:")) return;
    std::set<std::string, LessFolded> may;
    if (allowed != nullptr) may.insert(allowed->values.begin(), allowed->values.end());
    const auto need = [&](const std::string& name) {
      if (may.contains(name)) return;
      Missing& missing = missing_[{change.dn.parent().text(), change.id.kind}];
      missing.attributes.insert(name);
      missing.addresses.insert(model::address(change.id));
    };
    need(marker_);
    if (change.action == Action::remove) return;
    for (const auto& field : change.fields)
      if (const auto* facts = model::facts_of(change.id.kind, field.path))
        if (facts->mutability == model::Mutability::in_place) need(std::string(facts->attribute));
  }

  Result<void> check_parents() {
    for (const auto& [dn, changes] : parents_) {
      auto entry = ldap::read(transport_, dn, {allowed_classes});
      if (!entry && entry.error().kind == ErrorKind::not_found) continue;  // yet to be made
      if (!entry) return fail(std::move(entry).error());
      const auto* allowed = entry->find(allowed_classes);
      if (allowed == nullptr && transport_.peer().starts_with("ldif:")) return {};
      for (const auto* change : changes) {
        const auto is_its_class = [&](const std::string& name) {
          return equal_folded(name, class_of(*change));
        };
        if (allowed != nullptr && std::any_of(allowed->values.begin(), allowed->values.end(), is_its_class))
          continue;
        Missing& missing = missing_[{dn, change->id.kind}];
        missing.creation = true;
        missing.addresses.insert(model::address(change->id));
      }
    }
    return {};
  }

  Diagnostics findings() const {
    Diagnostics all;
    for (const auto& [where, missing] : missing_) {
      const auto& [container, kind] = where;
      const std::string object_class = kind == Kind::gmsa ? gmsa_class : group_class;
      std::vector<std::string> lacks;
      if (missing.creation) lacks.push_back("create " + object_class + " objects");
      if (!missing.attributes.empty())
        lacks.push_back(
            "write " +
            join(std::vector<std::string>(missing.attributes.begin(), missing.attributes.end()), ", "));
      const std::string first = *missing.addresses.begin();
      const size_t more = missing.addresses.size() - 1;
      Diagnostic finding;
      finding.code = "GMSA0250";
      finding.summary = "Permission missing";
      finding.detail = "This user may not " + join(lacks, " or ") + " in " + container + ", which " + first +
                       (more == 0 ? std::string() : " and " + plural(more, "other change")) +
                       (more == 0 ? " needs." : " need.");
      finding.hint = "Grant it on the container, for instance:";
      if (missing.creation)
        finding.hint += "\ndsacls \"" + container + "\" /I:T /G \"DOMAIN\\USER:CCDC;" + object_class + "\"";
      finding.hint += "\ndsacls \"" + container + "\" /I:S /G \"DOMAIN\\USER:RPWP;;" + object_class + "\"";
      finding.address = first;
      all.push_back(std::move(finding));
    }
    return all;
  }

  ldap::Reader& transport_;
  const model::Plan& plan_;
  const Dn& domain_;
  const std::string& marker_;
  std::map<std::string, const Change*> existing_;              // by the bytes of the GUID
  std::map<std::string, std::vector<const Change*>> parents_;  // by DN
  std::map<std::pair<std::string, Kind>, Missing> missing_;    // by container and kind
};

}  // namespace

Result<Diagnostics> missing_permissions(ldap::Reader& transport, const model::Plan& plan, const Dn& domain,
                                        const std::string& marker) {
  return Check(transport, plan, domain, marker).run();
}

}  // namespace gmsactl::directory
