#include "providers/transport/ldap/ldif_search.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "engine/base/text.h"
#include "engine/model/dn.h"

namespace gmsactl::ldap::ldif {

namespace {

using Ids = std::vector<ObjectId>;

bool to_number(std::string_view text, int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

void sort_unique(Ids& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

/// Groups above the object, or objects below the group, at any depth.
Ids chain(Directory& directory, ObjectId start, bool upwards) {
  Ids found;
  std::vector<bool> seen(directory.size(), false);
  Ids open{start};
  while (!open.empty()) {
    const ObjectId at = open.back();
    open.pop_back();
    Ids next;
    if (upwards) {
      next = directory.with_value(attribute::member, directory[at].key);
    } else {
      for (const Value& value : values_of(directory[at].values, attribute::member))
        if (const auto id = directory.find(value.text)) next.push_back(*id);
    }
    for (const ObjectId id : next) {
      if (seen[id]) continue;
      seen[id] = true;
      found.push_back(id);
      open.push_back(id);
    }
  }
  sort_unique(found);
  return found;
}

/// Turns a filter's texts into what values are compared with.
class Binder {
 public:
  explicit Binder(Directory& directory) : directory_(directory) {}

  void bind(Filter& filter) {
    for (Filter& child : filter.children) bind(child);
    if (filter.attribute.empty()) return;
    filter.id = directory_.attributes().intern(filter.attribute);
    switch (filter.kind) {
      case Filter::Kind::equal:
      case Filter::Kind::at_least:
      case Filter::Kind::at_most:
        bind_value(filter);
        break;
      case Filter::Kind::bits_all:
      case Filter::Kind::bits_any:
        filter.never = !to_number(filter.value, filter.number);
        break;
      case Filter::Kind::in_chain:
        bind_chain(filter);
        break;
      case Filter::Kind::substring:
        for (std::string& piece : filter.pieces) piece = fold(piece);
        break;
      case Filter::Kind::present:
      case Filter::Kind::all_of:
      case Filter::Kind::any_of:
      case Filter::Kind::none_of:
        break;
    }
  }

 private:
  void bind_value(Filter& filter) {
    switch (directory_.attributes()[filter.id].syntax) {
      case Syntax::guid:
        if (const auto guid = model::Guid::parse(filter.value)) filter.value = guid->encode();
        break;
      case Syntax::sid:
        if (const auto sid = model::Sid::parse(filter.value)) filter.value = sid->encode();
        break;
      case Syntax::integer:
        if (!to_number(filter.value, filter.number)) filter.never = true;
        break;
      case Syntax::dn:
        bind_dn(filter);
        break;
      case Syntax::dn_binary:
      case Syntax::text:
      case Syntax::octets:
        filter.value = directory_.normalised(filter.id, filter.value);
    }
  }

  void bind_dn(Filter& filter) {
    // A class's name stands for its category ([MS-ADTS] 3.1.1.3.1.3.5).
    if (filter.id == attribute::object_category && filter.value.find('=') == std::string::npos) {
      const ClassType* type = find_class(filter.value);
      filter.never = type == nullptr;
      if (type != nullptr) filter.value = directory_.category_dn(*type);
    }
    const auto target = directory_.find(filter.value);
    if (filter.value.starts_with('<')) {
      filter.never = !target;
      if (target) filter.value = directory_[*target].key;
    } else {
      filter.value = model::dn_key(filter.value);
    }
    if (filter.id != attribute::member_of || filter.never) return;
    filter.is_resolved = true;
    if (!target) {
      filter.resolved = directory_.with_value(attribute::member_of, filter.value);
      return;
    }
    for (const Value& value : values_of(directory_[*target].values, attribute::member))
      if (const auto id = directory_.find(value.text)) filter.resolved.push_back(*id);
    sort_unique(filter.resolved);
  }

  void bind_chain(Filter& filter) {
    const auto target = directory_.find(filter.value);
    filter.is_resolved = true;
    if (target && filter.id == attribute::member) filter.resolved = chain(directory_, *target, true);
    if (target && filter.id == attribute::member_of) filter.resolved = chain(directory_, *target, false);
  }

  Directory& directory_;
};

bool matches_substring(std::string_view value, const std::vector<std::string>& pieces) {
  const std::string folded = fold(value);
  std::string_view rest = folded;
  const std::string& last = pieces.back();
  if (!rest.starts_with(pieces.front())) return false;
  rest.remove_prefix(pieces.front().size());
  for (size_t i = 1; i + 1 < pieces.size(); ++i) {
    const size_t at = rest.find(pieces[i]);
    if (at == std::string_view::npos) return false;
    rest.remove_prefix(at + pieces[i].size());
  }
  return rest.ends_with(last);
}

class Matcher {
 public:
  explicit Matcher(Directory& directory) : directory_(directory) {}

  bool matches(const Filter& filter, ObjectId id) const {
    switch (filter.kind) {
      case Filter::Kind::all_of:
        return std::all_of(filter.children.begin(), filter.children.end(),
                           [&](const Filter& child) { return matches(child, id); });
      case Filter::Kind::any_of:
        return std::any_of(filter.children.begin(), filter.children.end(),
                           [&](const Filter& child) { return matches(child, id); });
      case Filter::Kind::none_of:
        return !matches(filter.children.front(), id);
      default:
        return matches_item(filter, directory_[id], id);
    }
  }

  /// Also for an object that has no id, the rootDSE.
  bool matches_item(const Filter& filter, const Object& object, ObjectId id) const {
    if (filter.never) return false;
    if (filter.is_resolved) return std::binary_search(filter.resolved.begin(), filter.resolved.end(), id);
    if (filter.kind == Filter::Kind::present && filter.id == attribute::member_of)
      return !groups_of(directory_, object).empty();
    for (const Value& value : object.values)
      if (value.id == filter.id && matches_value(filter, value.text)) return true;
    return false;
  }

  /// Exactly the objects that match, by the indexes; nothing where only a scan can tell. A clause costs one
  /// look-up, so that a filter of hundreds of them does not cost that many passes over the directory.
  std::optional<Ids> by_index(const Filter& filter) const {
    switch (filter.kind) {
      case Filter::Kind::equal:
      case Filter::Kind::in_chain:
        if (filter.never) return Ids{};
        if (filter.is_resolved) return filter.resolved;
        // Where many objects share a value, an index is no faster than a scan, and slow to keep.
        if (filter.id == attribute::object_class || filter.id == attribute::object_category ||
            directory_.attributes()[filter.id].syntax == Syntax::integer)
          return std::nullopt;
        return directory_.with_value(filter.id, filter.value);
      case Filter::Kind::any_of: {
        Ids all;
        for (const Filter& child : filter.children) {
          const auto ids = by_index(child);
          if (!ids) return std::nullopt;
          all.insert(all.end(), ids->begin(), ids->end());
        }
        sort_unique(all);
        return all;
      }
      case Filter::Kind::all_of:
        for (const Filter& narrow : filter.children) {
          auto ids = by_index(narrow);
          if (!ids) continue;
          std::erase_if(*ids, [&](ObjectId id) {
            return !std::all_of(filter.children.begin(), filter.children.end(),
                                [&](const Filter& child) { return &child == &narrow || matches(child, id); });
          });
          return ids;
        }
        return std::nullopt;
      default:
        return std::nullopt;
    }
  }

 private:
  bool matches_value(const Filter& filter, std::string_view value) const {
    int64_t number = 0;
    switch (filter.kind) {
      case Filter::Kind::present:
        return true;
      case Filter::Kind::equal:
        return directory_.equal(filter.id, value, filter.value);
      case Filter::Kind::substring:
        return matches_substring(value, filter.pieces);
      case Filter::Kind::at_least:
      case Filter::Kind::at_most: {
        const bool least = filter.kind == Filter::Kind::at_least;
        if (directory_.attributes()[filter.id].syntax == Syntax::integer)
          return to_number(value, number) && (least ? number >= filter.number : number <= filter.number);
        const std::string own = directory_.normalised(filter.id, value);
        return least ? own >= filter.value : own <= filter.value;
      }
      case Filter::Kind::bits_all:
        return to_number(value, number) && (number & filter.number) == filter.number;
      case Filter::Kind::bits_any:
        return to_number(value, number) && (number & filter.number) != 0;
      default:
        return false;
    }
  }

  Directory& directory_;
};

/// Naming contexts that lie in the search's scope but are not the base's own.
std::vector<std::string_view> other_contexts(const Directory& directory, std::string_view base) {
  std::vector<std::string_view> others;
  for (const std::string& context : directory.naming_contexts())
    if (context != base && is_within(context, base)) others.push_back(context);
  return others;
}

}  // namespace

std::vector<std::string_view> groups_of(Directory& directory, const Object& object) {
  std::vector<std::string_view> groups;
  for (const ObjectId id : directory.with_value(attribute::member, object.key))
    groups.push_back(directory[id].dn);
  for (const Value& value : values_of(object.values, attribute::member_of))
    if (!directory.find(value.text)) groups.push_back(value.text);
  return groups;
}

Result<Ids> find_objects(Directory& directory, const SearchRequest& request) {
  Filter filter = GMSACTL_TRY(parse_filter(request.filter));
  // All that the file holds, of whichever domain, as a global catalogue answers ([MS-ADTS] 3.1.1.3.1.3).
  const bool everywhere = request.base.empty() && request.scope == Scope::subtree;
  const auto base = directory.find(request.base);
  if (!everywhere && !base && !request.base.starts_with('<') && !model::Dn::parse(request.base))
    return fail(ldap_error(34, "0000208F: NameErr: problem 2006 (BAD_NAME): " + printable(request.base)));
  if (!everywhere && !base)
    return fail(ldap_error(
        32, "0000208D: NameErr: DSID-03100245, problem 2001 (NO_OBJECT), data 0, best match of: '" +
                directory.domain_dn() + "'"));
  Binder(directory).bind(filter);
  const Matcher matcher(directory);
  Ids found;
  if (request.scope == Scope::base) {
    if (matcher.matches(filter, *base)) found.push_back(*base);
    return found;
  }
  const std::string_view key = everywhere ? std::string_view() : directory[*base].key;
  const auto others = everywhere ? std::vector<std::string_view>() : other_contexts(directory, key);
  const auto in_scope = [&](ObjectId id) {
    const Object& object = directory[id];
    if (object.deleted) return false;
    if (request.scope == Scope::one_level ? object.parent_key() != key : !is_within(object.key, key))
      return false;
    return std::none_of(others.begin(), others.end(),
                        [&](std::string_view other) { return is_within(object.key, other); });
  };
  if (const auto ids = matcher.by_index(filter)) {
    std::copy_if(ids->begin(), ids->end(), std::back_inserter(found), in_scope);
    return found;
  }
  for (ObjectId id = 0; id < directory.size(); ++id)
    if (in_scope(id) && matcher.matches(filter, id)) found.push_back(id);
  return found;
}

Selection::Selection(Directory& directory, const std::vector<std::string>& names) : directory_(directory) {
  all_ = names.empty();
  for (const std::string& name : names) {
    if (name == "*") all_ = true;
    if (name == "*" || name == "+" || name == "1.1") continue;
    const AttributeId id = directory.attributes().intern(std::string_view(name).substr(0, name.find(';')));
    if (wanted_.size() <= id) wanted_.resize(id + 1, false);
    wanted_[id] = true;
  }
}

bool Selection::wants(AttributeId id) const {
  // The security descriptor is sent only where it is asked for, as a domain controller does.
  return (all_ && id != attribute::security_descriptor) || (id < wanted_.size() && wanted_[id]);
}

Entry Selection::entry(const Object& object) const {
  Entry entry;
  entry.dn = object.dn;
  const AttributeTable& attributes = directory_.attributes();
  const Values& values = object.values;
  for (size_t i = 0; i < values.size();) {
    const AttributeId id = values[i].id;
    size_t end = i + 1;
    while (end < values.size() && values[end].id == id) ++end;
    if (id != attribute::member_of && wants(id)) {
      Attribute& out = entry.attributes.emplace_back();
      out.name = attributes[id].name;
      out.values.reserve(end - i);
      for (; i < end; ++i) out.values.emplace_back(values[i].text);
    }
    i = end;
  }
  if (wants(attribute::member_of)) append_member_of(object, entry);
  return entry;
}

void Selection::append_member_of(const Object& object, Entry& entry) const {
  const auto groups = groups_of(directory_, object);
  if (!groups.empty())
    entry.attributes.push_back(
        {directory_.attributes()[attribute::member_of].name, {groups.begin(), groups.end()}});
}

}  // namespace gmsactl::ldap::ldif
