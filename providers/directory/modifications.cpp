#include "providers/directory/modifications.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "engine/base/text.h"
#include "engine/model/fields.h"
#include "providers/directory/decode.h"

namespace gmsactl::directory {

using ldap::Attribute;
using ldap::Modification;
using ldap::ModifyOperation;
using model::Sid;

namespace {

constexpr const auto& spn_row =
    model::field_of_hook(model::gmsa_fields, model::GmsaHook::service_principal_names);

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
  void swap_name(const std::string& name, const std::optional<std::string>& live, const std::string& wanted) {
    if (live && equal_folded(*live, wanted)) return;
    swap(name, live, wanted);
  }

  /// One text in place of all that are there. A manifest's empty text clears, none is not managed.
  void swap_texts(const std::string& name, std::vector<std::string> live,
                  const std::optional<std::string>& wanted) {
    if (!wanted) return;
    std::vector<std::string> after;
    if (!wanted->empty()) after.push_back(*wanted);
    if (live == after) return;
    if (!live.empty()) list.push_back({ModifyOperation::remove, name, std::move(live)});
    if (!after.empty()) list.push_back({ModifyOperation::add, name, std::move(after)});
  }

  void append(std::vector<Modification> more) {
    std::move(more.begin(), more.end(), std::back_inserter(list));
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

std::vector<Modification> set_modifications(const std::string& name, const std::vector<std::string>& live,
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

namespace {

template <class Row, class Spec, class Live>
void modify_text(Modifications& modify, const Row& row, const model::TextField<Spec, Live>& text,
                 const Live& live, const Spec& wanted) {
  modify.swap_texts(std::string(row.attribute), all_values(text, live), wanted.*text.declared);
}

template <class Row, class Spec, class Live>
void add_text(std::vector<Attribute>& attributes, const Row& row, const model::TextField<Spec, Live>& text,
              const Spec& wanted) {
  if (const auto& value = wanted.*text.declared; value && !value->empty())
    attributes.push_back({std::string(row.attribute), {*value}});
}

/// One account's request, field by field.
struct AccountRequest {
  const model::GmsaChange& change;
  const model::LiveGmsa& live;
  const std::vector<Sid>& readers;
  bool spns_later;
  Modifications modify = {};
  bool bits_done = false;

  void add(const model::GmsaField& row, model::GmsaHook hook) {
    using Hook = model::GmsaHook;
    const std::string name(row.attribute);
    switch (hook) {
      case Hook::sam_account_name:
        return modify.swap_name(name, live.sam_account_name, change.desired.sam_account_name + "$");
      case Hook::dns_host_name:
        return modify.swap_name(name, live.dns_host_name, change.desired.dns_host_name);
      case Hook::service_principal_names:
        // Names stand before them in the rows: a new one makes the server rewrite SPNs.
        spns_later = spns_later || !modify.list.empty();
        if (!spns_later) modify.append(spn_modifications(live.service_principal_names, change));
        return;
      case Hook::readers:
        if (!same_readers(change, live, readers))
          modify.swap(name, live.group_msa_membership, descriptor(change, readers));
        return;
      case Hook::encryption_types:
        return modify.swap(name, optional_number(live.encryption_types),
                           signed_text(change.encryption_types));
      case Hook::path:
      case Hook::common_name:
        return;  // a move, which is a request of its own
      case Hook::password_interval:
        return;  // written at creation only
      case Hook::allow_long_name:
      case Hook::service_principal_names_mode:
      case Hook::orphaned_principals:
      case Hook::credential_spec:
        return;  // rules
    }
  }
  /// All flags are one attribute.
  void add(const model::GmsaField& row, const model::FlagField&) {
    if (std::exchange(bits_done, true)) return;
    modify.swap(std::string(row.attribute), signed_text(live.user_account_control),
                signed_text(change.user_account_control));
  }
  void add(const model::GmsaField& row, const model::ListField& list) {
    if (const auto& wanted = change.desired.*list.declared)
      modify.append(set_modifications(std::string(row.attribute), live.*list.live, *wanted));
  }
  void add(const model::GmsaField& row, const model::GmsaText& text) {
    modify_text(modify, row, text, live, change.desired);
  }
};

/// What a new account is made with, field by field.
struct NewAccount {
  const model::GmsaChange& change;
  const std::vector<Sid>& readers;
  std::vector<Attribute> attributes = {{attribute::object_class, {gmsa_class}}};
  bool bits_done = false;

  void add(const model::GmsaField& row, model::GmsaHook hook) {
    using Hook = model::GmsaHook;
    const auto put = [&](std::vector<std::string> values) {
      attributes.push_back({std::string(row.attribute), std::move(values)});
    };
    switch (hook) {
      case Hook::sam_account_name:
        return put({change.desired.sam_account_name + "$"});
      case Hook::dns_host_name:
        return put({change.desired.dns_host_name});
      case Hook::service_principal_names:
        if (!change.service_principal_names.empty()) put(change.service_principal_names);
        return;
      case Hook::readers:
        if (auto bytes = descriptor(change, readers)) put({std::move(*bytes)});
        return;
      case Hook::password_interval:
        return put({std::to_string(change.desired.password_interval_days)});
      case Hook::encryption_types:
        return put({signed_text(change.encryption_types)});
      case Hook::path:
      case Hook::common_name:
        return;  // its DN
      case Hook::allow_long_name:
      case Hook::service_principal_names_mode:
      case Hook::orphaned_principals:
      case Hook::credential_spec:
        return;  // rules
    }
  }
  void add(const model::GmsaField& row, const model::FlagField&) {
    if (!std::exchange(bits_done, true))
      attributes.push_back({std::string(row.attribute), {signed_text(change.user_account_control)}});
  }
  void add(const model::GmsaField& row, const model::ListField& list) {
    if (const auto& wanted = change.desired.*list.declared; wanted && !wanted->empty())
      attributes.push_back({std::string(row.attribute), *wanted});
  }
  void add(const model::GmsaField& row, const model::GmsaText& text) {
    add_text(attributes, row, text, change.desired);
  }
};

}  // namespace

AccountModifications account_modifications(const model::GmsaChange& change, const model::LiveGmsa& live,
                                           const std::vector<Sid>& readers, const std::string& marker,
                                           bool spns_later) {
  AccountRequest request{change, live, readers, spns_later};
  for (const auto& row : model::gmsa_fields)
    std::visit([&](const auto& access) { request.add(row, access); }, row.access);
  AccountModifications result;
  result.spns_after_reading_again = request.spns_later;
  result.first_marker = request.spns_later ? marker_in_part(change.marker, spn_row.key) : change.marker;
  request.modify.swap(marker, live.marker, result.first_marker);
  result.first = std::move(request.modify.list);
  return result;
}

std::vector<Attribute> new_account(const model::GmsaChange& change, const std::vector<Sid>& readers,
                                   const std::string& marker) {
  NewAccount account{change, readers};
  for (const auto& row : model::gmsa_fields)
    std::visit([&](const auto& access) { account.add(row, access); }, row.access);
  account.attributes.push_back({marker, {change.marker}});
  return std::move(account.attributes);
}

std::vector<Modification> group_modifications(const model::GroupChange& change,
                                              const model::LiveGroup& live) {
  Modifications modify;
  const auto add = [&](const model::GroupField& row, model::GroupHook hook) {
    using Hook = model::GroupHook;
    const std::string name(row.attribute);
    switch (hook) {
      case Hook::sam_account_name:
        return modify.swap_name(name, live.sam_account_name, change.desired.sam_account_name);
      case Hook::scope:
        return modify.swap(name, signed_text(live.group_type), signed_text(change.group_type));
      case Hook::common_name:
      case Hook::path:
        return;  // a move, which is a request of its own
      case Hook::members:
        return;  // in parts, where they are many
      case Hook::membership:
      case Hook::orphaned_members:
        return;  // rules
    }
  };
  for (const auto& row : model::group_fields)
    std::visit(model::Overloaded{[&](model::GroupHook hook) { add(row, hook); },
                                 [&](const model::GroupText& text) {
                                   modify_text(modify, row, text, live, change.desired);
                                 }},
               row.access);
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
  std::vector<Attribute> attributes{{attribute::object_class, {group_class}}};
  const auto add = [&](const model::GroupField& row, model::GroupHook hook) {
    using Hook = model::GroupHook;
    const std::string name(row.attribute);
    switch (hook) {
      case Hook::sam_account_name:
        attributes.push_back({name, {change.desired.sam_account_name}});
        return;
      case Hook::scope:
        attributes.push_back({name, {signed_text(change.group_type)}});
        return;
      case Hook::common_name:
      case Hook::path:
        return;  // its DN
      case Hook::members:
        return;  // in requests of their own
      case Hook::membership:
      case Hook::orphaned_members:
        return;  // rules
    }
  };
  for (const auto& row : model::group_fields)
    std::visit(model::Overloaded{
                   [&](model::GroupHook hook) { add(row, hook); },
                   [&](const model::GroupText& text) { add_text(attributes, row, text, change.desired); }},
               row.access);
  attributes.push_back({marker, {change.marker}});
  return attributes;
}

std::string marker_without(const std::string& text, const std::vector<std::string_view>& fields) {
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
                          const std::vector<std::string_view>& pending) {
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
