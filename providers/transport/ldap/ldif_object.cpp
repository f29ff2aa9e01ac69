#include <algorithm>

#include "engine/base/text.h"
#include "providers/transport/ldap/ldif_directory.h"

namespace gmsactl::ldap::ldif {

std::string_view Object::parent_key() const { return key.substr(parent_offset(key)); }

std::span<const Value> values_of(const Values& values, AttributeId id) {
  const auto begin =
      std::find_if(values.begin(), values.end(), [&](const Value& value) { return value.id == id; });
  const auto end = std::find_if(begin, values.end(), [&](const Value& value) { return value.id != id; });
  return {begin, end};
}

std::optional<std::string_view> first_of(const Values& values, AttributeId id) {
  const auto all = values_of(values, id);
  if (all.empty()) return std::nullopt;
  return all.front().text;
}

void set_values_of(Values& values, AttributeId id, std::span<const std::string_view> texts) {
  auto at = std::find_if(values.begin(), values.end(), [&](const Value& value) { return value.id == id; });
  const auto end = std::find_if(at, values.end(), [&](const Value& value) { return value.id != id; });
  at = values.erase(at, end);
  Values fresh;
  fresh.reserve(texts.size());
  for (const auto text : texts) fresh.push_back({text, id, false});
  values.insert(at, fresh.begin(), fresh.end());
}

size_t parent_offset(std::string_view key) {
  for (size_t i = 0; i < key.size(); ++i) {
    if (key[i] == '\\')
      ++i;
    else if (key[i] == ',')
      return i + 1;
  }
  return key.size();
}

bool is_within(std::string_view key, std::string_view ancestor) {
  if (ancestor.empty() || key == ancestor) return true;
  if (key.size() <= ancestor.size() || !key.ends_with(ancestor)) return false;
  size_t comma = key.size() - ancestor.size() - 1;
  if (key[comma] != ',') return false;
  size_t escapes = 0;
  while (comma > 0 && key[comma - 1] == '\\') {
    --comma;
    ++escapes;
  }
  return escapes % 2 == 0;
}

ExtendedDn split_extended_dn(std::string_view text) {
  ExtendedDn parts;
  while (text.starts_with('<')) {
    const size_t end = text.find('>');
    if (end == std::string_view::npos) break;
    const auto part = text.substr(1, end - 1);
    const auto after = text.substr(end + 1);
    if (part.size() > 5 && equal_folded(part.substr(0, 5), "GUID=")) {
      if (auto guid = model::Guid::parse(part.substr(5))) parts.guid = *guid;
    } else if (part.size() > 4 && equal_folded(part.substr(0, 4), "SID=")) {
      if (auto sid = model::Sid::parse(part.substr(4))) parts.sid = std::move(*sid);
    }
    if (!after.starts_with(';')) {
      text = after;
      break;
    }
    text = after.substr(1);
  }
  parts.dn = text;
  return parts;
}

}  // namespace gmsactl::ldap::ldif
