#include "providers/directory/decode.h"

#include <charconv>
#include <ctime>

#include "engine/base/text.h"

namespace gmsactl::directory {

std::vector<std::string> account_attributes(const std::string& marker) {
  return {attribute::object_class,
          attribute::object_guid,
          attribute::object_sid,
          attribute::sam_account_name,
          attribute::dns_host_name,
          attribute::service_principal_name,
          attribute::group_msa_membership,
          attribute::password_interval,
          attribute::encryption_types,
          attribute::user_account_control,
          attribute::description,
          attribute::display_name,
          attribute::allowed_to_delegate_to,
          attribute::is_critical,
          attribute::admin_count,
          marker};
}

std::vector<std::string> group_attributes(const std::string& marker) {
  return {attribute::object_class, attribute::object_guid,
          attribute::object_sid,   attribute::sam_account_name,
          attribute::group_type,   attribute::description,
          attribute::member,       attribute::is_critical,
          attribute::admin_count,  marker};
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

/// Takes attributes out of an entry into a live object; what was not read in full is noted there instead.
void note_unread(const ldap::Reading& reading, std::string_view name,
                 std::vector<model::UnreadAttribute>& unread) {
  using Extent = ldap::Reading::Extent;
  if (reading.extent() == Extent::partial)
    unread.push_back({std::string(name), model::Completeness::partial, "only a range of its values came"});
  if (reading.extent() == Extent::hidden)
    unread.push_back({std::string(name), model::Completeness::hidden, {}});
}

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

Result<model::LiveGmsa> decode_account(const ldap::Entry& entry, const std::string& marker) {
  model::LiveGmsa live;
  live.id = GMSACTL_TRY(identity(entry));
  live.sam_account_name = GMSACTL_TRY(required(entry, attribute::sam_account_name));
  live.user_account_control = GMSACTL_TRY(required_bits(entry, attribute::user_account_control));
  Fields fields(entry, live.unread);
  fields.text(attribute::dns_host_name, live.dns_host_name);
  fields.values(attribute::service_principal_name, live.service_principal_names);
  fields.text(attribute::group_msa_membership, live.group_msa_membership);
  fields.bits(attribute::password_interval, live.password_interval_days);
  if (entry.whole && !live.password_interval_days)
    live.unread.push_back({attribute::password_interval, model::Completeness::hidden,
                           "every such account has it, and it is not among what was exported"});
  fields.bits(attribute::encryption_types, live.encryption_types);
  fields.texts(attribute::description, live.description, live.more_descriptions);
  fields.text(attribute::display_name, live.display_name);
  fields.values(attribute::allowed_to_delegate_to, live.allowed_to_delegate_to);
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
  fields.texts(attribute::description, live.description, live.more_descriptions);
  fields.text(marker, live.marker);
  fields.importance(live.importance);
  fields.values(attribute::member, live.members);
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
