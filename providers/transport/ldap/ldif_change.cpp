#include "providers/transport/ldap/ldif_change.h"

#include <algorithm>
#include <array>
#include <random>
#include <unordered_set>

#include "engine/base/text.h"
#include "engine/model/dn.h"
#include "providers/transport/ldap/ldif_rules.h"

namespace gmsactl::ldap::ldif {

namespace {

tl::unexpected<Error> refuse(int code, const std::string& why) { return fail(ldap_error(code, why)); }

tl::unexpected<Error> no_object(std::string_view dn) {
  if (!dn.starts_with('<') && !model::Dn::parse(dn))
    return refuse(34, "0000208F: NameErr: problem 2006 (BAD_NAME): " + printable(dn));
  return refuse(32, "0000208D: NameErr: DSID-03100245, problem 2001 (NO_OBJECT): " + printable(dn));
}

/// Version 4 (RFC 9562 §5.4): an object made again under an old name is another object.
model::Guid random_guid() {
  std::random_device source;
  model::Guid guid;
  for (uint8_t& byte : guid.bytes) byte = static_cast<uint8_t>(source());
  guid.bytes[7] = static_cast<uint8_t>((guid.bytes[7] & 0x0FU) | 0x40U);
  guid.bytes[8] = static_cast<uint8_t>((guid.bytes[8] & 0x3FU) | 0x80U);
  return guid;
}

/// Links that must lead to an object that is there, as opposed to names of objects elsewhere.
bool is_link(AttributeId id) {
  return id == attribute::member || id == attribute::managed_by || id == attribute::host_service_account;
}

/// A value as it is stored: a link in the target's own spelling.
Result<std::string_view> stored(Directory& directory, AttributeId id, std::string_view text) {
  if (is_link(id)) {
    const auto target = directory.find(text);
    if (!target) return no_object(text);
    return directory[*target].dn;
  }
  return directory.arena().keep(text);
}

Result<void> check_writable(AttributeId id, const AttributeType& type) {
  if (id == attribute::object_sid || id == attribute::member_of || id == attribute::sam_account_type)
    return refuse(53, "0000209A: " + type.name + " belongs to the server");
  if (!type.known) return refuse(17, "00000057: the schema has no attribute " + printable(type.name));
  if (type.system_only) return refuse(19, "000020B1: " + type.name + " can only be written by the server");
  return {};
}

/// Refuses values that are there twice, and more than one of a single-valued attribute.
Result<void> check_values(Directory& directory, AttributeId id, const std::vector<std::string>& texts) {
  const AttributeType& type = directory.attributes()[id];
  if (type.single && texts.size() > 1) return refuse(19, "00002081: " + type.name + " has one value");
  std::unordered_set<std::string> seen;
  for (const std::string& text : texts) {
    if (text.empty()) return refuse(21, "0000200B: a value of " + type.name + " is empty");
    if (!seen.insert(directory.normalised(id, text)).second)
      return refuse(20, "00002083: " + type.name + " '" + printable(text) + "' is there twice");
  }
  return {};
}

/// Applies the changes of one request to a copy of an object's values.
class Editor {
 public:
  Editor(Directory& directory, Values values) : directory_(directory), values_(std::move(values)) {}

  Result<void> apply(const Modification& change) {
    id_ = directory_.attributes().intern(change.attribute);
    switch (change.operation) {
      case ModifyOperation::add:
        return add(change.values);
      case ModifyOperation::remove:
        return remove(change.values);
      case ModifyOperation::replace:
        return replace(change.values);
    }
    return {};
  }
  Values& values() { return values_; }

 private:
  const std::string& name() const { return directory_.attributes()[id_].name; }

  /// The texts in the form in which values compare. A link may be named by GUID or SID.
  std::vector<std::string> wanted(const std::vector<std::string>& texts) {
    std::vector<std::string> keys;
    keys.reserve(texts.size());
    for (const std::string& text : texts) {
      const bool special = is_link(id_) && text.starts_with('<');
      const auto target = special ? directory_.find(text) : std::nullopt;
      keys.push_back(target ? std::string(directory_[*target].key) : directory_.normalised(id_, text));
    }
    return keys;
  }

  std::unordered_set<std::string> existing() const {
    std::unordered_set<std::string> keys;
    for (const Value& value : values_of(values_, id_)) keys.insert(directory_.normalised(id_, value.text));
    return keys;
  }

  bool there(const std::string& key) const {
    const auto values = values_of(values_, id_);
    return std::any_of(values.begin(), values.end(),
                       [&](const Value& value) { return directory_.equal(id_, value.text, key); });
  }

  Result<void> add(const std::vector<std::string>& texts) {
    GMSACTL_TRY(check_values(directory_, id_, texts));
    if (texts.empty()) return refuse(2, "00000057: nothing to add to " + name());
    const auto keys = wanted(texts);
    // One value is looked for as it is; many by a set, so that a big group does not cost its size squared.
    const auto present = keys.size() > 4 ? existing() : std::unordered_set<std::string>{};
    std::vector<std::string_view> all;
    for (const Value& value : values_of(values_, id_)) all.push_back(value.text);
    for (size_t i = 0; i < texts.size(); ++i) {
      if (keys.size() > 4 ? present.contains(keys[i]) : there(keys[i])) {
        if (id_ == attribute::member) return refuse(68, "00000562: already a member: " + printable(texts[i]));
        return refuse(20, "00002083: " + name() + " already has '" + printable(texts[i]) + "'");
      }
      if (directory_.attributes()[id_].single && !all.empty())
        return refuse(20, "00002083: " + name() + " has one value and already has it");
      all.push_back(GMSACTL_TRY(stored(directory_, id_, texts[i])));
    }
    set_values_of(values_, id_, all);
    return {};
  }

  Result<void> remove(const std::vector<std::string>& texts) {
    const auto old = values_of(values_, id_);
    if (texts.empty() && old.empty()) return refuse(16, "00002084: " + name() + " has no value");
    std::vector<std::string_view> left;
    if (!texts.empty()) {
      const auto keys = wanted(texts);
      std::unordered_set<std::string> going;
      const auto present = keys.size() > 4 ? existing() : std::unordered_set<std::string>{};
      for (size_t i = 0; i < texts.size(); ++i) {
        const bool found = keys.size() > 4 ? present.contains(keys[i]) : there(keys[i]);
        if (!found || !going.insert(keys[i]).second) {
          if (id_ == attribute::member) return refuse(53, "00000561: not a member: " + printable(texts[i]));
          return refuse(16, "00002085: " + name() + " has no value '" + printable(texts[i]) + "'");
        }
      }
      for (const Value& value : old) {
        const bool goes = going.size() > 4
                              ? going.contains(directory_.normalised(id_, value.text))
                              : std::any_of(going.begin(), going.end(), [&](const std::string& key) {
                                  return directory_.equal(id_, value.text, key);
                                });
        if (!goes) left.push_back(value.text);
      }
    }
    set_values_of(values_, id_, left);
    return {};
  }

  Result<void> replace(const std::vector<std::string>& texts) {
    GMSACTL_TRY(check_values(directory_, id_, texts));
    std::vector<std::string_view> all;
    for (const std::string& text : texts) all.push_back(GMSACTL_TRY(stored(directory_, id_, text)));
    set_values_of(values_, id_, all);
    return {};
  }

  Directory& directory_;
  Values values_;
  AttributeId id_ = 0;
};

void stamp(Directory& directory, Values& values, bool created) {
  const auto put = [&](AttributeId id, const std::string& text) {
    const auto kept = directory.arena().keep(text);
    set_values_of(values, id, {{kept}});
  };
  const std::string now = generalized_time_now();
  const std::string usn = std::to_string(directory.next_usn());
  if (created) {
    put(attribute::when_created, now);
    put(attribute::usn_created, usn);
  }
  put(attribute::when_changed, now);
  put(attribute::usn_changed, usn);
}

Result<const ClassType*> class_of(const std::vector<Attribute>& attributes) {
  const ClassType* type = nullptr;
  for (const Attribute& attribute : attributes) {
    if (!equal_folded(attribute.name, "objectClass")) continue;
    for (const std::string& name : attribute.values) {
      const ClassType* one = equal_folded(name, "top") ? type : find_class(name);
      if (one == nullptr && !equal_folded(name, "top"))
        return refuse(16, "00000057: the class '" + printable(name) + "' is not known");
      if (type == nullptr || (one != nullptr && derives_from(*one, type->name))) type = one;
    }
  }
  if (type == nullptr) return refuse(65, "00002014: objectClass is missing");
  return type;
}

/// Checks the request's own attributes and takes their values over.
Result<void> take_attributes(Directory& directory, const std::vector<Attribute>& attributes,
                             const model::Rdn& rdn, Values& values) {
  for (const Attribute& attribute : attributes) {
    const AttributeId id = directory.attributes().intern(attribute.name);
    if (id == attribute::object_class) continue;
    const AttributeType& type = directory.attributes()[id];
    if (equal_folded(type.name, rdn.type)) {
      if (attribute.values.size() != 1 || !equal_folded(attribute.values.front(), rdn.value))
        return refuse(64, "00002099: " + type.name + " is not the one of the DN");
      continue;
    }
    GMSACTL_TRY(check_writable(id, type));
    GMSACTL_TRY(check_values(directory, id, attribute.values));
    if (attribute.values.empty()) return refuse(21, "0000200B: " + type.name + " has no value");
    if (first_of(values, id)) return refuse(20, "00002083: " + type.name + " is in the request twice");
    for (const std::string& text : attribute.values)
      values.push_back({GMSACTL_TRY(stored(directory, id, text)), id, false});
  }
  return {};
}

}  // namespace

Result<void> add_object(Directory& directory, const std::string& dn,
                        const std::vector<Attribute>& attributes) {
  const auto parsed = model::Dn::parse(dn);
  if (!parsed || parsed->empty())
    return refuse(34, "0000208F: NameErr: problem 2006 (BAD_NAME): " + printable(dn));
  if (directory.find_key(parsed->key()))
    return refuse(68, "00002071: UpdErr: problem 6005 (ENTRY_EXISTS): " + printable(dn));
  const auto parent = directory.find_key(parsed->parent().key());
  if (!parent) return no_object(parsed->parent().text());
  const ClassType* type = GMSACTL_TRY(class_of(attributes));
  if (!equal_folded(parsed->leaf().type, type->rdn))
    return refuse(64, "00002099: an object of class " + std::string(type->name) + " is named by " +
                          std::string(type->rdn) + "=");

  Object object;
  object.type = type;
  // Below the parent as it is spelled there.
  const auto& rdn = parsed->leaf();
  object.dn = directory.arena().keep(rdn.type + "=" + model::escape_rdn_value(rdn.value) + "," +
                                     std::string(directory[*parent].dn));
  object.key = directory.arena().keep(parsed->key());
  Values& values = object.values;
  const auto put = [&](AttributeId id, std::string_view text) {
    values.push_back({directory.arena().keep(text), id, false});
  };
  for (const auto name : class_chain(*type)) put(attribute::object_class, name);
  put(directory.attributes().intern(type->rdn), rdn.value);
  GMSACTL_TRY(take_attributes(directory, attributes, rdn, values));
  if (!first_of(values, attribute::instance_type)) put(attribute::instance_type, "4");
  if (!first_of(values, attribute::object_category))
    put(attribute::object_category, directory.category_dn(*type));
  GMSACTL_TRY(judge({directory, directory.size(), type, nullptr, values}));
  put(attribute::name, rdn.value);
  put(attribute::distinguished_name, object.dn);
  put(attribute::object_guid, random_guid().encode());
  if (type->principal) put(attribute::object_sid, directory.next_sid().encode());
  stamp(directory, values, true);
  directory.insert(std::move(object));
  return {};
}

Result<void> modify_object(Directory& directory, const std::string& dn,
                           const std::vector<Modification>& changes) {
  const auto id = directory.find(dn);
  if (!id) return no_object(dn);
  const Object& object = directory[*id];
  const auto rdn_type = object.key.substr(0, object.key.find('='));
  Editor editor(directory, object.values);
  for (const Modification& change : changes) {
    const AttributeId attribute = directory.attributes().intern(change.attribute);
    const AttributeType& type = directory.attributes()[attribute];
    if (equal_folded(type.name, rdn_type) || attribute == attribute::name)
      return refuse(67, "00002016: " + type.name + " names the object; rename it instead");
    if (attribute == attribute::object_class) return refuse(69, "00002017: objectClass does not change");
    GMSACTL_TRY(check_writable(attribute, type));
    GMSACTL_TRY(editor.apply(change));
  }
  GMSACTL_TRY(judge({directory, *id, object.type, &object.values, editor.values()}));
  stamp(directory, editor.values(), false);
  directory.set_values(*id, std::move(editor.values()));
  return {};
}

}  // namespace gmsactl::ldap::ldif
