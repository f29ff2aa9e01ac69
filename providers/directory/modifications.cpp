#include "providers/directory/modifications.h"

#include <algorithm>
#include <set>

#include "engine/base/text.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

using ldap::Attribute;
using ldap::Modification;
using ldap::ModifyOperation;
using model::Sid;

namespace {

class Modifications {
 public:
  /// Swaps one value for another; absent on either side means not set.
  void swap(const std::string& name, const std::optional<std::string>& live,
            const std::optional<std::string>& wanted) {
    if (live == wanted) return;
    if (live) list.push_back({ModifyOperation::remove, name, {*live}});
    if (wanted) list.push_back({ModifyOperation::add, name, {*wanted}});
  }

  /// Names compare without case; what differs in case only is left alone.
  void swap_name(const char* name, const std::optional<std::string>& live, const std::string& wanted) {
    if (live && equal_folded(*live, wanted)) return;
    swap(name, live, wanted);
  }

  /// A manifest's empty text clears, none is not managed.
  void swap_text(const char* name, const std::optional<std::string>& live,
                 const std::optional<std::string>& wanted) {
    if (!wanted) return;
    swap(name, live, wanted->empty() ? std::nullopt : wanted);
  }

  /// One text in place of all that are there.
  void swap_texts(const char* name, const std::optional<std::string>& live,
                  const std::vector<std::string>& more, const std::optional<std::string>& wanted) {
    if (more.empty() || !wanted) return swap_text(name, live, wanted);
    std::vector<std::string> all = more;
    if (live) all.insert(all.begin(), *live);
    list.push_back({ModifyOperation::remove, name, std::move(all)});
    if (!wanted->empty()) list.push_back({ModifyOperation::add, name, {*wanted}});
  }

  std::vector<Modification> list;
};

std::vector<std::string> without(const std::vector<std::string>& values,
                                 const std::vector<std::string>& others) {
  const std::set<std::string, LessFolded> left_out(others.begin(), others.end());
  std::vector<std::string> rest;
  for (const auto& value : values)
    if (!left_out.contains(value)) rest.push_back(value);
  return rest;
}

std::vector<Modification> set_modifications(const char* name, const std::vector<std::string>& live,
                                            const std::vector<std::string>& wanted) {
  std::vector<Modification> list;
  if (auto gone = without(live, wanted); !gone.empty())
    list.push_back({ModifyOperation::remove, name, std::move(gone)});
  if (auto added = without(wanted, live); !added.empty())
    list.push_back({ModifyOperation::add, name, std::move(added)});
  return list;
}

std::optional<std::string> optional_number(std::optional<uint32_t> value) {
  return value ? std::optional<std::string>(signed_text(*value)) : std::nullopt;
}

/// Whoever shall be able to read the password afterwards: the planned ones and the orphans that stay. Sorted.
std::vector<Sid> readers_afterwards(const model::GmsaChange& change, std::vector<Sid> readers) {
  readers.insert(readers.end(), change.kept_orphans.begin(), change.kept_orphans.end());
  std::sort(readers.begin(), readers.end());
  readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
  return readers;
}

std::optional<std::string> descriptor(const model::GmsaChange& change, const std::vector<Sid>& readers) {
  const auto all = readers_afterwards(change, readers);
  if (all.empty() && change.kept_aces.empty()) return std::nullopt;
  return model::SecurityDescriptor::encode_readers(all, change.kept_aces);
}

/// Compared by who may read, so that another tool's way of writing the same grant is left alone. What may
/// grant more is either kept or to go.
bool same_readers(const model::GmsaChange& change, const model::LiveGmsa& live,
                  const std::vector<Sid>& readers) {
  if (change.keeps_readers) return true;
  const auto wanted = readers_afterwards(change, readers);
  if (!live.group_msa_membership) return wanted.empty();
  const auto decoded = model::SecurityDescriptor::decode(*live.group_msa_membership);
  if (!decoded || decoded->readers() != wanted) return false;
  const auto uncertain = decoded->uncertain();
  return std::all_of(uncertain.begin(), uncertain.end(), [&](const model::Ace& ace) {
    return std::find(change.kept_aces.begin(), change.kept_aces.end(), ace) != change.kept_aces.end();
  });
}

}  // namespace

std::string signed_text(uint32_t bits) { return std::to_string(static_cast<int32_t>(bits)); }

std::vector<Modification> spn_modifications(const std::vector<std::string>& live,
                                            const model::GmsaChange& change) {
  const auto& wanted = change.service_principal_names;
  auto list = set_modifications(attribute::service_principal_name, live, wanted);
  switch (change.desired.service_principal_names_mode) {
    case model::SpnMode::exact:
      break;
    case model::SpnMode::additive:
      std::erase_if(list, [](const Modification& one) { return one.operation == ModifyOperation::remove; });
      break;
    case model::SpnMode::unmanaged:
      list.clear();
      break;
  }
  return list;
}

AccountModifications account_modifications(const model::GmsaChange& change, const model::LiveGmsa& live,
                                           const std::vector<Sid>& readers, const std::string& marker,
                                           bool spns_later) {
  const auto& wanted = change.desired;
  AccountModifications result;
  Modifications modify;
  modify.swap_name(attribute::sam_account_name, live.sam_account_name, wanted.sam_account_name + "$");
  modify.swap_name(attribute::dns_host_name, live.dns_host_name, wanted.dns_host_name);
  result.spns_after_reading_again = spns_later || !modify.list.empty();
  if (!result.spns_after_reading_again)
    for (auto& one : spn_modifications(live.service_principal_names, change))
      modify.list.push_back(std::move(one));
  if (!same_readers(change, live, readers))
    modify.swap(attribute::group_msa_membership, live.group_msa_membership, descriptor(change, readers));
  modify.swap(attribute::encryption_types, optional_number(live.encryption_types),
              signed_text(change.encryption_types));
  modify.swap(attribute::user_account_control, signed_text(live.user_account_control),
              signed_text(change.user_account_control));
  modify.swap_texts(attribute::description, live.description, live.more_descriptions, wanted.description);
  modify.swap_text(attribute::display_name, live.display_name, wanted.display_name);
  if (wanted.allowed_to_delegate_to)
    for (auto& one : set_modifications(attribute::allowed_to_delegate_to, live.allowed_to_delegate_to,
                                       *wanted.allowed_to_delegate_to))
      modify.list.push_back(std::move(one));
  result.first_marker = result.spns_after_reading_again
                            ? marker_in_part(change.marker, "servicePrincipalNames")
                            : change.marker;
  modify.swap(marker, live.marker, result.first_marker);
  result.first = std::move(modify.list);
  return result;
}

std::vector<Attribute> new_account(const model::GmsaChange& change, const std::vector<Sid>& readers,
                                   const std::string& marker) {
  const auto& wanted = change.desired;
  std::vector<Attribute> attributes{
      {attribute::object_class, {gmsa_class}},
      {attribute::sam_account_name, {wanted.sam_account_name + "$"}},
      {attribute::user_account_control, {signed_text(change.user_account_control)}},
      {attribute::password_interval, {std::to_string(wanted.password_interval_days)}},
      {attribute::encryption_types, {signed_text(change.encryption_types)}},
      {attribute::dns_host_name, {wanted.dns_host_name}},
      {marker, {change.marker}}};
  if (!change.service_principal_names.empty())
    attributes.push_back({attribute::service_principal_name, change.service_principal_names});
  if (auto bytes = descriptor(change, readers))
    attributes.push_back({attribute::group_msa_membership, {std::move(*bytes)}});
  if (wanted.description && !wanted.description->empty())
    attributes.push_back({attribute::description, {*wanted.description}});
  if (wanted.display_name && !wanted.display_name->empty())
    attributes.push_back({attribute::display_name, {*wanted.display_name}});
  if (wanted.allowed_to_delegate_to && !wanted.allowed_to_delegate_to->empty())
    attributes.push_back({attribute::allowed_to_delegate_to, *wanted.allowed_to_delegate_to});
  return attributes;
}

std::vector<Modification> group_modifications(const model::GroupChange& change,
                                              const model::LiveGroup& live) {
  Modifications modify;
  modify.swap_name(attribute::sam_account_name, live.sam_account_name, change.desired.sam_account_name);
  modify.swap(attribute::group_type, signed_text(live.group_type), signed_text(change.group_type));
  modify.swap_texts(attribute::description, live.description, live.more_descriptions,
                    change.desired.description);
  return std::move(modify.list);
}

std::vector<Modification> marker_modifications(const std::optional<std::string>& live,
                                               const std::optional<std::string>& wanted,
                                               const std::string& marker) {
  Modifications modify;
  modify.swap(marker, live, wanted);
  return std::move(modify.list);
}

std::vector<Attribute> new_group(const model::GroupChange& change, const std::string& marker) {
  std::vector<Attribute> attributes{{attribute::object_class, {group_class}},
                                    {attribute::sam_account_name, {change.desired.sam_account_name}},
                                    {attribute::group_type, {signed_text(change.group_type)}},
                                    {marker, {change.marker}}};
  if (change.desired.description && !change.desired.description->empty())
    attributes.push_back({attribute::description, {*change.desired.description}});
  return attributes;
}

std::string marker_without(const std::string& text, std::initializer_list<std::string_view> fields) {
  auto marker = model::Marker::parse(text);
  if (!marker) return text;
  for (const auto field : fields)
    if (const auto found = marker->applied.find(field); found != marker->applied.end())
      marker->applied.erase(found);
  return marker->text();
}

std::string marker_in_part(const std::string& text, std::string_view list) {
  auto marker = model::Marker::parse(text);
  if (!marker) return text;
  // A key is a list, or a list and how it was compared: "members.additive".
  const auto found = std::find_if(marker->applied.begin(), marker->applied.end(), [&](const auto& entry) {
    const std::string_view key = entry.first;
    return key == list || (key.starts_with(list) && key[list.size()] == '.');
  });
  if (found == marker->applied.end()) return text;
  const std::string hash = found->second;
  marker->applied.erase(found);
  marker->applied.emplace(std::string(list) + std::string(model::Marker::in_part), hash);
  return marker->text();
}

std::string marker_so_far(const std::string& text, const std::string& before,
                          std::initializer_list<std::string_view> pending) {
  auto marker = model::Marker::parse(text);
  if (!marker) return text;
  const auto old = model::Marker::parse(before);
  for (const auto field : pending) {
    if (const auto found = marker->applied.find(field); found != marker->applied.end())
      marker->applied.erase(found);
    if (!old) continue;
    if (const auto was = old->applied.find(field); was != old->applied.end()) marker->applied.insert(*was);
  }
  return marker->text();
}

bool is_sam_owned(std::string_view name) {
  return equal_folded(name, attribute::sam_account_name) ||
         equal_folded(name, attribute::user_account_control) || equal_folded(name, attribute::group_type);
}

bool any_sam_owned(const std::vector<Modification>& modifications) {
  return std::any_of(modifications.begin(), modifications.end(),
                     [](const Modification& one) { return is_sam_owned(one.attribute); });
}

std::string attribute_names(const std::vector<Modification>& modifications, const std::string& marker) {
  std::vector<std::string> names;
  for (const auto& one : modifications)
    if (one.attribute != marker && std::find(names.begin(), names.end(), one.attribute) == names.end())
      names.push_back(one.attribute);
  if (names.empty() && !modifications.empty()) return marker;
  return join(names, ", ");
}

}  // namespace gmsactl::directory
