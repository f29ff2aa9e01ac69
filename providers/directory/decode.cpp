#include "providers/directory/decode.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "engine/base/text.h"
#include "engine/model/fields.h"

namespace gmsactl::directory {

namespace {

template <class Rows>
std::vector<std::string> attributes_of(const Rows& rows, const std::string& marker) {
  std::vector<std::string> all{attribute::object_class, attribute::object_guid, attribute::object_sid};
  for (const auto& row : rows)
    if (row.mutability != model::Mutability::rule && row.mutability != model::Mutability::by_move &&
        std::find(all.begin(), all.end(), row.attribute) == all.end())
      all.emplace_back(row.attribute);
  all.insert(all.end(), {attribute::is_critical, attribute::admin_count, marker});
  return all;
}

}  // namespace

std::vector<std::string> account_attributes(const std::string& marker) {
  return attributes_of(model::gmsa_fields, marker);
}

std::vector<std::string> group_attributes(const std::string& marker) {
  return attributes_of(model::group_fields, marker);
}

std::vector<std::string> principal_attributes() {
  return {attribute::object_class, attribute::object_guid, attribute::object_sid, attribute::sam_account_name,
          attribute::group_type};
}

namespace {

std::optional<int64_t> parse_number(std::string_view text) {
  int64_t parsed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return parsed;
}

void note_unread(const ldap::Reading& reading, std::string_view name,
                 std::vector<model::UnreadAttribute>& unread) {
  using Extent = ldap::Reading::Extent;
  if (reading.extent() == Extent::partial)
    unread.push_back({std::string(name), model::Completeness::partial, "only a range of its values came"});
  if (reading.extent() == Extent::hidden)
    unread.push_back({std::string(name), model::Completeness::hidden, {}});
}

/// Takes attributes out of an entry into a live object; what was not read in full is noted there instead.
class Fields {
 public:
  Fields(const ldap::Entry& entry, std::vector<model::UnreadAttribute>& unread)
      : entry_(entry), unread_(unread) {}

  void text(std::string_view name, std::optional<std::string>& field) {
    if (const auto value = read(name).value())
      if (*value) field = std::string(**value);
  }
  void values(std::string_view name, std::vector<std::string>& field) {
    if (const auto values = read(name).values()) field.assign(values->begin(), values->end());
  }
  /// The first value, and those after it.
  void texts(std::string_view name, std::optional<std::string>& field, std::vector<std::string>& more) {
    const auto values = read(name).values();
    if (!values || values->empty()) return;
    field = values->front();
    more.assign(values->begin() + 1, values->end());
  }
  void bits(std::string_view name, std::optional<uint32_t>& field) {
    const auto value = read(name).value();
    if (!value || !*value) return;
    if (const auto parsed = parse_number(**value))
      field = static_cast<uint32_t>(*parsed & 0xFFFFFFFF);
    else
      unread_.push_back({std::string(name), model::Completeness::partial, "it is not a number"});
  }
  void importance(model::Importance& field) {
    std::optional<std::string> critical;
    std::optional<uint32_t> count;
    text(attribute::is_critical, critical);
    bits(attribute::admin_count, count);
    field = {critical && equal_folded(*critical, "TRUE"), count.value_or(0) != 0};
  }

 private:
  ldap::Reading read(std::string_view name) {
    auto reading = entry_.read(name);
    note_unread(reading, name, unread_);
    return reading;
  }

  const ldap::Entry& entry_;
  std::vector<model::UnreadAttribute>& unread_;
};

/// What every such object has: not to see it is not to be allowed to.
Result<std::string_view> required(const ldap::Entry& entry, std::string_view name) {
  const auto value = entry.read(name).value();
  if (!value || !*value) return fail(unreadable_attribute(entry, name));
  return **value;
}

Result<uint32_t> required_bits(const ldap::Entry& entry, std::string_view name) {
  const auto parsed = parse_number(GMSACTL_TRY(required(entry, name)));
  if (!parsed) return fail(unreadable_attribute(entry, name));
  return static_cast<uint32_t>(*parsed & 0xFFFFFFFF);
}

Result<model::Identity> identity(const ldap::Entry& entry) {
  model::Identity id;
  id.dn = GMSACTL_TRY(model::Dn::parse(entry.dn));
  id.guid = GMSACTL_TRY(model::Guid::decode(GMSACTL_TRY(required(entry, attribute::object_guid))));
  id.sid = GMSACTL_TRY(model::Sid::decode(GMSACTL_TRY(required(entry, attribute::object_sid))));
  return id;
}

}  // namespace

std::optional<int64_t> number(const ldap::Entry& entry, std::string_view name) {
  const auto value = entry.first(name);
  return value ? parse_number(*value) : std::nullopt;
}

std::vector<model::UnreadAttribute> unread_of(const ldap::Entry& entry,
                                              const std::vector<std::string>& names) {
  std::vector<model::UnreadAttribute> unread;
  for (const auto& name : names) note_unread(entry.read(name), name, unread);
  return unread;
}

Error unreadable_attribute(const ldap::Entry& entry, std::string_view name) {
  const std::string dn = printable(entry.dn);
  return {ErrorKind::denied, std::string(name) + " of " + dn + " is not readable", read_hint(dn, name),
          std::nullopt};
}

std::string read_hint(std::string_view dn, std::string_view attribute) {
  return "Grant the account that gmsactl runs as the right to read " + std::string(attribute) +
         ", for example: dsacls \"" + std::string(dn) + "\" /G \"DOMAIN\\USER:RP;" + std::string(attribute) +
         "\"";
}

bool has_class(const ldap::Entry& entry, std::string_view name) {
  const auto* classes = entry.find(attribute::object_class);
  if (classes == nullptr) return false;
  for (const auto& value : classes->values)
    if (equal_folded(value, name)) return true;
  return false;
}

namespace {

/// Of what every object has, the name and the bits were read before anything else.
void decode(Fields& fields, const model::GmsaField& row, model::GmsaHook hook, model::LiveGmsa& live) {
  using Hook = model::GmsaHook;
  switch (hook) {
    case Hook::dns_host_name:
      return fields.text(row.attribute, live.dns_host_name);
    case Hook::service_principal_names:
      return fields.values(row.attribute, live.service_principal_names);
    case Hook::readers:
      return fields.text(row.attribute, live.group_msa_membership);
    case Hook::password_interval:
      return fields.bits(row.attribute, live.password_interval_days);
    case Hook::encryption_types:
      return fields.bits(row.attribute, live.encryption_types);
    case Hook::sam_account_name:
    case Hook::path:
    case Hook::common_name:
      return;  // of its identity
    case Hook::allow_long_name:
    case Hook::service_principal_names_mode:
    case Hook::orphaned_principals:
    case Hook::credential_spec:
      return;  // rules
  }
}

void decode(Fields&, const model::GmsaField&, const model::FlagField&, model::LiveGmsa&) {}

void decode(Fields& fields, const model::GmsaField& row, const model::ListField& list,
            model::LiveGmsa& live) {
  fields.values(row.attribute, live.*list.live);
}

void decode(Fields& fields, const model::GroupField& row, model::GroupHook hook, model::LiveGroup& live) {
  using Hook = model::GroupHook;
  switch (hook) {
    case Hook::members:
      return fields.values(row.attribute, live.members);
    case Hook::sam_account_name:
    case Hook::common_name:
    case Hook::path:
    case Hook::scope:
      return;  // of its identity
    case Hook::membership:
    case Hook::orphaned_members:
      return;  // rules
  }
}

template <class Row, class Spec, class Live>
void decode(Fields& fields, const Row& row, const model::TextField<Spec, Live>& text, Live& live) {
  if (text.more == nullptr)
    fields.text(row.attribute, live.*text.live);
  else
    fields.texts(row.attribute, live.*text.live, live.*text.more);
}

template <class Live>
void decode_fields(Fields& fields, Live& live) {
  for (const auto& row : model::fields_of(live))
    std::visit([&](const auto& access) { decode(fields, row, access, live); }, row.access);
}

}  // namespace

Result<model::LiveGmsa> decode_account(const ldap::Entry& entry, const std::string& marker) {
  model::LiveGmsa live;
  live.id = GMSACTL_TRY(identity(entry));
  live.sam_account_name = GMSACTL_TRY(required(entry, attribute::sam_account_name));
  live.user_account_control = GMSACTL_TRY(required_bits(entry, attribute::user_account_control));
  Fields fields(entry, live.unread);
  decode_fields(fields, live);
  if (entry.whole && !live.password_interval_days)
    live.unread.push_back({attribute::password_interval, model::Completeness::hidden,
                           "every such account has it, and it is not among what was exported"});
  fields.text(marker, live.marker);
  fields.importance(live.importance);
  return live;
}

Result<model::LiveGroup> decode_group(const ldap::Entry& entry, const std::string& marker) {
  model::LiveGroup live;
  live.id = GMSACTL_TRY(identity(entry));
  live.sam_account_name = GMSACTL_TRY(required(entry, attribute::sam_account_name));
  live.group_type = GMSACTL_TRY(required_bits(entry, attribute::group_type));
  Fields fields(entry, live.unread);
  decode_fields(fields, live);
  fields.text(marker, live.marker);
  fields.importance(live.importance);
  return live;
}

Result<model::Principal> decode_principal(const ldap::Entry& entry) {
  model::Principal principal;
  principal.id.dn = GMSACTL_TRY(model::Dn::parse(entry.dn));
  // Whoever is there holds what he holds and is whom he is, whatever else of him may be read.
  if (const auto guid = model::Guid::decode(entry.first(attribute::object_guid).value_or("")))
    principal.id.guid = *guid;
  if (const auto sid = model::Sid::decode(entry.first(attribute::object_sid).value_or("")))
    principal.id.sid = *sid;
  principal.sam_account_name = std::string(entry.first(attribute::sam_account_name).value_or(""));
  if (const auto* classes = entry.find(attribute::object_class);
      classes != nullptr && !classes->values.empty())
    principal.object_class = classes->values.back();  // AD lists classes from top to the most derived
  principal.group_type = static_cast<uint32_t>(number(entry, attribute::group_type).value_or(0) & 0xFFFFFFFF);
  return principal;
}

int64_t filetime(std::string_view generalized_time) {
  std::tm parts{};
  const std::string text(generalized_time.substr(0, 14));
  if (text.size() != 14 || strptime(text.c_str(), "%Y%m%d%H%M%S", &parts) == nullptr) return 0;
  return (static_cast<int64_t>(timegm(&parts)) + 11'644'473'600) * 10'000'000;
}

std::string guid_dn(const model::Guid& guid) { return "<GUID=" + guid.text() + ">"; }

}  // namespace gmsactl::directory
