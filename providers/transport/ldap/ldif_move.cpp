// Renames, moves and deletions: what they do to objects below and to references elsewhere.

#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/dn.h"
#include "providers/transport/ldap/ldif_change.h"

namespace gmsactl::ldap::ldif {

namespace {

tl::unexpected<Error> refuse(int code, const std::string& why) { return fail(ldap_error(code, why)); }

tl::unexpected<Error> no_object(std::string_view dn) {
  if (!dn.starts_with('<') && !model::Dn::parse(dn))
    return refuse(34, "0000208F: NameErr: problem 2006 (BAD_NAME): " + printable(dn));
  return refuse(32, "0000208D: NameErr: DSID-03100245, problem 2001 (NO_OBJECT): " + printable(dn));
}

std::vector<ObjectId> below(const Directory& directory, std::string_view key) {
  std::vector<ObjectId> ids;
  for (ObjectId id = 0; id < directory.size(); ++id)
    if (!directory[id].deleted && directory[id].key != key && is_within(directory[id].key, key))
      ids.push_back(id);
  return ids;
}

/// Lets the references to `key` name `dn` instead, or drops them where it is empty ([MS-ADTS] 3.1.1.1.6).
void redirect(Directory& directory, const std::string& key, const std::string& dn) {
  auto ids = directory.referring_to(key);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const ObjectId id : ids) {
    Values values;
    for (const Value& value : directory[id].values) {
      const AttributeType& type = directory.attributes()[value.id];
      const bool reference = (type.syntax == Syntax::dn || type.syntax == Syntax::dn_binary) &&
                             value.id != attribute::distinguished_name &&
                             value.id != attribute::object_category;
      if (!reference || !directory.equal(value.id, value.text, key)) {
        values.push_back(value);
        continue;
      }
      if (dn.empty()) continue;
      std::string text = dn;
      if (type.syntax == Syntax::dn_binary) {
        size_t colon = 0;
        for (int i = 0; i < 3; ++i) colon = value.text.find(':', colon) + 1;
        text = std::string(value.text.substr(0, colon)) + dn;
      }
      values.push_back({directory.arena().keep(text), value.id, false});
    }
    directory.set_values(id, std::move(values));
  }
}

Result<void> check_target(Directory& directory, const Object& object, const model::Dn& target,
                          const model::Dn& parent) {
  if (!directory.find_key(parent.key())) return no_object(parent.text());
  if (is_within(parent.key(), object.key))
    return refuse(53, "00002089: an object does not move below itself");
  const auto holder = directory.find_key(target.key());
  if (holder && directory[*holder].key != object.key)
    return refuse(68, "00002071: UpdErr: problem 6005 (ENTRY_EXISTS): " + printable(target.text()));
  return {};
}

bool is_critical(const Object& object) {
  return equal_folded(first_of(object.values, attribute::is_critical_system_object).value_or(""), "TRUE");
}

}  // namespace

Result<void> rename_object(Directory& directory, const std::string& dn, const std::string& new_rdn,
                           const std::string& new_parent) {
  const auto id = directory.find(dn);
  if (!id) return no_object(dn);
  const auto rdn = model::Dn::parse(new_rdn);
  if (!rdn || rdn->rdns().size() != 1)
    return refuse(34, "0000208F: NameErr: problem 2006 (BAD_NAME): " + printable(new_rdn));
  const auto old = model::Dn::parse(directory[*id].dn);
  if (!old || old->empty()) return refuse(53, "0000208F: the object's own name does not decode");
  if (!equal_folded(old->leaf().type, rdn->leaf().type))
    return refuse(64, "00002099: the object is named by " + old->leaf().type + "=");
  const auto parent_id = directory.find(new_parent.empty() ? old->parent().text() : new_parent);
  if (!parent_id) return no_object(new_parent.empty() ? old->parent().text() : new_parent);
  const auto parent = model::Dn::parse(directory[*parent_id].dn);
  if (!parent) return no_object(new_parent);
  const model::Dn target = parent->child(old->leaf().type, rdn->leaf().value);
  GMSACTL_TRY(check_target(directory, directory[*id], target, *parent));
  if (is_critical(directory[*id])) return refuse(53, "000020E7: the object is a part of the system");

  const std::string old_key(directory[*id].key);
  std::vector<ObjectId> moving = below(directory, old_key);
  const size_t old_depth = old->rdns().size();
  moving.insert(moving.begin(), *id);
  for (const ObjectId each : moving) {
    const auto was = model::Dn::parse(directory[each].dn);
    if (!was) continue;
    auto rdns = was->rdns();
    rdns.erase(rdns.end() - static_cast<std::ptrdiff_t>(old_depth), rdns.end());
    rdns.insert(rdns.end(), target.rdns().begin(), target.rdns().end());
    const std::string now = model::Dn::from_rdns(std::move(rdns)).text();
    directory.relocate(each, now);
    redirect(directory, was->key(), now);
  }
  Values values = directory[*id].values;
  const auto leaf = directory.arena().keep(target.leaf().value);
  set_values_of(values, directory.attributes().intern(target.leaf().type), {{leaf}});
  set_values_of(values, attribute::name, {{leaf}});
  const auto usn = directory.arena().keep(std::to_string(directory.next_usn()));
  set_values_of(values, attribute::usn_changed, {{usn}});
  directory.set_values(*id, std::move(values));
  return {};
}

Result<void> remove_object(Directory& directory, const std::string& dn) {
  const auto id = directory.find(dn);
  if (!id) return no_object(dn);
  if (is_critical(directory[*id])) return refuse(53, "00002095: the object is a part of the system");
  if (!below(directory, directory[*id].key).empty())
    return refuse(66, "00002015: UpdErr: problem 6003 (CANT_ON_NON_LEAF): " + printable(dn));
  const std::string key(directory[*id].key);
  directory.erase(*id);
  redirect(directory, key, {});
  return {};
}

}  // namespace gmsactl::ldap::ldif
