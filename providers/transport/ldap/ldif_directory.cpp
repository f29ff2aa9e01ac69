#include "providers/transport/ldap/ldif_directory.h"

#include <algorithm>
#include <charconv>

#include "engine/base/text.h"
#include "engine/model/dn.h"
#include "providers/transport/ldap/ldif_completion.h"
#include "providers/transport/ldap/ldif_parser.h"

namespace gmsactl::ldap::ldif {

namespace {

constexpr uint64_t fnv_start = 14695981039346656037U;
constexpr uint64_t fnv_prime = 1099511628211U;

bool holds_dns(Syntax syntax) { return syntax == Syntax::dn || syntax == Syntax::dn_binary; }

/// The DN in a value of syntax Object(DN-Binary), "B:32:HEX:DN".
std::string_view dn_part(Syntax syntax, std::string_view value) {
  if (syntax == Syntax::dn) return value;
  for (int colons = 0; colons < 3; ++colons) {
    const size_t colon = value.find(':');
    if (colon == std::string_view::npos) return {};
    value.remove_prefix(colon + 1);
  }
  return value;
}

/// Extended DNs without their GUIDs and SIDs; SIDs and GUIDs that people wrote as text in their binary form.
std::string_view as_stored(Syntax syntax, std::string_view value, Arena& arena) {
  if (syntax == Syntax::dn && value.starts_with('<')) return split_extended_dn(value).dn;
  if (syntax == Syntax::sid && value.starts_with("S-1-")) {
    if (const auto sid = model::Sid::parse(value)) return arena.keep(sid->encode());
  } else if (syntax == Syntax::guid && value.size() >= 36) {
    if (const auto guid = model::Guid::parse(value)) return arena.keep(guid->encode());
  }
  return value;
}

bool same(const Value& a, const Value& b) {
  return a.id == b.id && a.text.data() == b.text.data() && a.text.size() == b.text.size();
}

}  // namespace

Result<std::unique_ptr<Directory>> Directory::load(std::string text) {
  std::unique_ptr<Directory> directory(new Directory);
  GMSACTL_TRY(directory->read(std::move(text)));
  GMSACTL_TRY(Completion(*directory).run());
  return directory;
}

Result<void> Directory::read(std::string text) {
  file_ = std::move(text);
  std::unordered_map<std::string_view, uint32_t> lines;
  Values scratch;
  const auto take = [&](Record& record) -> Result<void> {
    const auto named = split_extended_dn(record.dn);
    const auto dn = model::Dn::parse(named.dn);
    if (!dn)
      return fail(ErrorKind::invalid, "line " + std::to_string(record.line) + ": " + dn.error().message);
    Object object;
    object.dn = named.dn;
    object.key = arena_.keep(dn->key());
    object.preface = record.preface;
    object.source = record.source;
    scratch.clear();
    for (const Line& line : record.lines) {
      const AttributeId id = attributes_.intern(line.name);
      attributes_.mark_known(id);
      scratch.push_back({as_stored(attributes_[id].syntax, line.value, arena_), id, false});
    }
    order_values(scratch);
    if (named.guid && !first_of(scratch, attribute::object_guid))
      scratch.push_back({arena_.keep(named.guid->encode()), attribute::object_guid, true});
    if (named.sid && !first_of(scratch, attribute::object_sid))
      scratch.push_back({arena_.keep(named.sid->encode()), attribute::object_sid, true});
    object.values = scratch;
    if (object.key.empty()) {
      root_dse_ = std::move(object);
      root_dse_before_ = size();
      return {};
    }
    if (!first_of(object.values, attribute::object_class))
      return fail(
          ErrorKind::invalid,
          "line " + std::to_string(record.line) + ": " + printable(object.dn) + " has no objectClass",
          "in a file written by hand, add one, such as 'objectClass: computer'; export all attributes");
    const auto [found, fresh] = lines.emplace(object.key, record.line);
    if (!fresh)
      return fail(ErrorKind::invalid,
                  "line " + std::to_string(record.line) + ": " + printable(object.dn) +
                      " is in the file twice, first at line " + std::to_string(found->second),
                  "remove one of the two records");
    by_key_.emplace(object.key, size());
    objects_.push_back(std::move(object));
    return {};
  };
  trailer_ = GMSACTL_TRY(parse_ldif(file_, arena_, take));
  return {};
}

void Directory::order_values(Values& values) {
  seen_in_.resize(attributes_.size(), 0);
  ++records_;
  bool together = true;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && values[i].id == values[i - 1].id) continue;
    if (seen_in_[values[i].id] == records_) together = false;
    seen_in_[values[i].id] = records_;
  }
  if (together) return;
  std::unordered_map<AttributeId, size_t> first;
  for (size_t i = 0; i < values.size(); ++i) first.emplace(values[i].id, i);
  std::stable_sort(values.begin(), values.end(),
                   [&](const Value& a, const Value& b) { return first[a.id] < first[b.id]; });
}

std::optional<ObjectId> Directory::find_key(std::string_view key) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  return found->second;
}

std::optional<ObjectId> Directory::find(std::string_view dn) {
  return dn.starts_with('<') ? find_special(dn) : find_key(model::dn_key(dn));
}

std::optional<ObjectId> Directory::find_special(std::string_view dn) {
  const auto single = [&](AttributeId id, const std::string& bytes) -> std::optional<ObjectId> {
    const auto found = with_value(id, bytes);
    if (found.empty()) return std::nullopt;
    return found.front();
  };
  const auto named = split_extended_dn(dn);
  if (named.guid) return single(attribute::object_guid, named.guid->encode());
  if (named.sid) return single(attribute::object_sid, named.sid->encode());
  constexpr std::string_view well_known = "<wkguid=";
  if (dn.size() < well_known.size() || !equal_folded(dn.substr(0, well_known.size()), well_known) ||
      !dn.ends_with('>'))
    return std::nullopt;
  dn = dn.substr(well_known.size(), dn.size() - well_known.size() - 1);
  const size_t comma = dn.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto head = find_key(model::dn_key(dn.substr(comma + 1)));
  if (!head) return std::nullopt;
  const std::string prefix = "B:32:" + std::string(dn.substr(0, comma)) + ":";
  for (const AttributeId id : {attribute::well_known_objects, attribute::other_well_known_objects})
    for (const Value& value : values_of(objects_[*head].values, id))
      if (value.text.size() > prefix.size() && equal_folded(value.text.substr(0, prefix.size()), prefix))
        return find_key(model::dn_key(value.text.substr(prefix.size())));
  return std::nullopt;
}

std::string_view Directory::category_dn(const ClassType& type) {
  auto& dn = categories_[type.category];
  if (dn.empty()) dn = arena_.keep("CN=" + std::string(type.category) + ",CN=Schema," + configuration_dn_);
  return dn;
}

std::string Directory::normalised(AttributeId id, std::string_view value) const {
  switch (attributes_[id].syntax) {
    case Syntax::text:
    case Syntax::integer:
      return fold(value);
    case Syntax::dn:
      return model::dn_key(value);
    case Syntax::dn_binary:
      return model::dn_key(dn_part(Syntax::dn_binary, value));
    case Syntax::octets:
    case Syntax::sid:
    case Syntax::guid:
      break;
  }
  return std::string(value);
}

bool Directory::equal(AttributeId id, std::string_view value, std::string_view normalised_value) const {
  const Syntax syntax = attributes_[id].syntax;
  if (holds_dns(syntax)) {
    value = dn_part(syntax, value);
    // Most DNs are written in one way, so that folding is all there is to do.
    return equal_folded(value, normalised_value) || model::dn_key(value) == normalised_value;
  }
  return syntax == Syntax::text || syntax == Syntax::integer ? equal_folded(value, normalised_value)
                                                             : value == normalised_value;
}

uint64_t Directory::hash(AttributeId id, std::string_view value) const {
  uint64_t hash = fnv_start;
  const Syntax syntax = attributes_[id].syntax;
  const auto mix = [&](char c) { hash = (hash ^ static_cast<unsigned char>(c)) * fnv_prime; };
  if (holds_dns(syntax)) {
    for (const char c : model::dn_key(dn_part(syntax, value))) mix(c);
  } else if (syntax == Syntax::text || syntax == Syntax::integer) {
    const bool ascii = std::none_of(value.begin(), value.end(), [](char c) { return (c & '\x80') != 0; });
    if (ascii)
      for (const char c : value) mix(fold(c));
    else
      for (const char c : fold(value)) mix(c);
  } else {
    for (const char c : value) mix(c);
  }
  return hash;
}

bool Directory::is_reference(AttributeId id) const {
  return holds_dns(attributes_[id].syntax) && id != attribute::distinguished_name &&
         id != attribute::object_category;
}

Directory::Index* Directory::built_index(AttributeId id) {
  if (is_reference(id)) return references_ ? &*references_ : nullptr;
  const auto found = indexes_.find(id);
  return found == indexes_.end() ? nullptr : &found->second;
}

Directory::Index& Directory::index(AttributeId id) {
  if (Index* built = built_index(id)) return *built;
  const bool reference = is_reference(id);
  Index& fresh = reference ? references_.emplace() : indexes_[id];
  fresh.postings.reserve(objects_.size());
  for (ObjectId i = 0; i < size(); ++i)
    for (const Value& value : objects_[i].values)
      if (reference ? is_reference(value.id) : value.id == id)
        fresh.postings.emplace(hash(value.id, value.text), i);
  return fresh;
}

void Directory::post(ObjectId id, const Value& value) {
  if (Index* built = built_index(value.id)) built->postings.emplace(hash(value.id, value.text), id);
}

void Directory::withdraw(ObjectId id, const Value& value) {
  Index* built = built_index(value.id);
  if (built == nullptr) return;
  auto [at, end] = built->postings.equal_range(hash(value.id, value.text));
  at = std::find_if(at, end, [&](const auto& posting) { return posting.second == id; });
  if (at != end) built->postings.erase(at);
}

std::vector<ObjectId> Directory::with_value(AttributeId id, std::string_view normalised_value) {
  std::vector<ObjectId> found;
  const Index& postings = index(id);
  uint64_t wanted = fnv_start;
  for (const char c : normalised_value) wanted = (wanted ^ static_cast<unsigned char>(c)) * fnv_prime;
  const auto [begin, end] = postings.postings.equal_range(wanted);
  for (auto at = begin; at != end; ++at) {
    const auto values = values_of(objects_[at->second].values, id);
    if (std::any_of(values.begin(), values.end(),
                    [&](const Value& v) { return equal(id, v.text, normalised_value); }))
      found.push_back(at->second);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<ObjectId> Directory::having(AttributeId id) {
  std::vector<ObjectId> found;
  for (const auto& [hash, object] : index(id).postings)
    if (first_of(objects_[object].values, id)) found.push_back(object);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<ObjectId> Directory::referring_to(std::string_view key) {
  std::vector<ObjectId> found;
  uint64_t wanted = fnv_start;
  for (const char c : key) wanted = (wanted ^ static_cast<unsigned char>(c)) * fnv_prime;
  const auto [begin, end] = index(attribute::member).postings.equal_range(wanted);
  for (auto at = begin; at != end; ++at) found.push_back(at->second);
  return found;
}

ObjectId Directory::insert(Object object) {
  const ObjectId id = size();
  object.changed = true;
  changed_ = true;
  by_key_.emplace(object.key, id);
  objects_.push_back(std::move(object));
  for (const Value& value : objects_.back().values) post(id, value);
  return id;
}

void Directory::set_values(ObjectId id, Values values) {
  Values& old = objects_[id].values;
  // Big groups change a member at a time: only the part that differs is taken out of the indexes and put in
  // again.
  size_t front = 0;
  while (front < old.size() && front < values.size() && same(old[front], values[front])) ++front;
  size_t back = 0;
  while (back < old.size() - front && back < values.size() - front &&
         same(old[old.size() - 1 - back], values[values.size() - 1 - back]))
    ++back;
  for (size_t i = front; i < old.size() - back; ++i) withdraw(id, old[i]);
  for (size_t i = front; i < values.size() - back; ++i) post(id, values[i]);
  old = std::move(values);
  objects_[id].changed = true;
  changed_ = true;
}

void Directory::relocate(ObjectId id, const std::string& dn) {
  Object& object = objects_[id];
  by_key_.erase(object.key);
  object.dn = arena_.keep(dn);
  object.key = arena_.keep(model::dn_key(dn));
  by_key_.emplace(object.key, id);
  Values values = object.values;
  set_values_of(values, attribute::distinguished_name, {{object.dn}});
  set_values(id, std::move(values));
}

void Directory::erase(ObjectId id) {
  Object& object = objects_[id];
  for (const Value& value : object.values) withdraw(id, value);
  by_key_.erase(object.key);
  object.values.clear();
  object.deleted = true;
  changed_ = true;
}

uint64_t Directory::next_usn() {
  if (usn_ == 0) {
    usn_ = 10000;
    for (const Object& object : objects_) {
      uint64_t usn = 0;
      const auto text = first_of(object.values, attribute::usn_changed).value_or("");
      std::from_chars(text.data(), text.data() + text.size(), usn);
      usn_ = std::max(usn_, usn);
    }
  }
  return ++usn_;
}

model::Sid Directory::next_sid() {
  if (next_rid_ == 0) {
    next_rid_ = 1103;  // where a new domain's own accounts begin
    for (const Object& object : objects_) {
      const auto sid = model::Sid::decode(first_of(object.values, attribute::object_sid).value_or(""));
      if (sid && !sid->sub_authorities.empty() && sid->domain() == domain_sid_)
        next_rid_ = std::max(next_rid_, sid->sub_authorities.back() + 1);
    }
  }
  return domain_sid_.with_rid(next_rid_++);
}

}  // namespace gmsactl::ldap::ldif
