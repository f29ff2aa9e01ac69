#include "engine/model/fields.h"

#include <algorithm>
#include <iterator>

#include "engine/base/text.h"

namespace gmsactl::model {

namespace {

// Neither compiles where a member is added or removed. Give it a row, and correct the number: each member is
// the field of one row, and metadata.name and allowLongName are members of no Gmsa.
[[maybe_unused]] void count_members(const Gmsa& spec) {
  [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q] = spec;
  static_assert(gmsa_fields.size() == 17 + 2);
}
[[maybe_unused]] void count_members(const HostGroup& spec) {
  [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h] = spec;
  static_assert(group_fields.size() == 8);
}

template <class Rows>
std::vector<std::string_view> reported(const Rows& rows) {
  std::vector<std::string_view> keys;
  for (const auto& row : rows)
    if (row.mutability != Mutability::rule) keys.push_back(row.key);
  return keys;
}

template <class Rows, class Spec>
std::vector<std::string> attributes_of(const Rows& rows, const Spec& spec, const std::string& marker) {
  std::vector<std::string> all{marker};
  for (const auto& row : rows)
    if (row.mutability != Mutability::by_move && is_managed(row, spec) &&
        std::find(all.begin(), all.end(), row.attribute) == all.end())
      all.emplace_back(row.attribute);
  return all;
}

}  // namespace

bool is_managed(const GmsaField& row, const Gmsa& spec) {
  return row.mutability != Mutability::rule &&
         std::visit(Overloaded{[](GmsaHook) { return true; },
                               [&](const FlagField& flag) { return flag.wanted(spec).has_value(); },
                               [&](const auto& plain) { return (spec.*plain.declared).has_value(); }},
                    row.access);
}

bool is_managed(const GroupField& row, const HostGroup& spec) {
  return row.mutability != Mutability::rule &&
         std::visit(Overloaded{[&](GroupHook hook) {
                                 return hook != GroupHook::members || spec.members.has_value();
                               },
                               [&](const GroupText& text) { return (spec.*text.declared).has_value(); }},
                    row.access);
}

bool leave_unmanaged(const GmsaField& row, Gmsa& spec) {
  return std::visit(Overloaded{[](GmsaHook) { return false; },
                               [&](const FlagField& flag) {
                                 if (flag.always == nullptr) (spec.*flag.managed).reset();
                                 return flag.always == nullptr;
                               },
                               [&](const auto& plain) {
                                 (spec.*plain.declared).reset();
                                 return true;
                               }},
                    row.access);
}

bool leave_unmanaged(const GroupField& row, HostGroup& spec) {
  return std::visit(Overloaded{[&](GroupHook hook) {
                                 if (hook == GroupHook::members) spec.members.reset();
                                 return hook == GroupHook::members;
                               },
                               [&](const GroupText& text) {
                                 (spec.*text.declared).reset();
                                 return true;
                               }},
                    row.access);
}

const FieldFacts* facts_of(Kind kind, std::string_view key) {
  if (kind == Kind::gmsa) return find_field(gmsa_fields, key);
  if (kind == Kind::host_group) return find_field(group_fields, key);
  return nullptr;
}

const std::vector<std::string_view>& field_names(Kind kind) {
  static const std::vector<std::string_view> none;
  static const auto of_gmsa = reported(gmsa_fields);
  static const auto of_host_group = reported(group_fields);
  return kind == Kind::gmsa ? of_gmsa : kind == Kind::host_group ? of_host_group : none;
}

std::vector<std::string> managed_attributes(const HostGroup& spec, const std::string& marker) {
  return attributes_of(group_fields, spec, marker);
}

std::vector<std::string> managed_attributes(const Gmsa& spec, const std::string& marker) {
  return attributes_of(gmsa_fields, spec, marker);
}

std::vector<UnreadAttribute> unread_among(const std::vector<UnreadAttribute>& unread,
                                          const std::vector<std::string>& attributes) {
  std::vector<UnreadAttribute> result;
  std::copy_if(unread.begin(), unread.end(), std::back_inserter(result), [&](const UnreadAttribute& one) {
    return std::any_of(attributes.begin(), attributes.end(),
                       [&](const std::string& name) { return equal_folded(name, one.attribute); });
  });
  return result;
}

}  // namespace gmsactl::model
