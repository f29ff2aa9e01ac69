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
          marker};
}

std::vector<std::string> group_attributes(const std::string& marker) {
  return {attribute::object_class, attribute::object_guid, attribute::object_sid, attribute::sam_account_name,
          attribute::group_type,   attribute::description, attribute::member,     marker};
}

std::vector<std::string> principal_attributes() {
  return {attribute::object_class, attribute::object_guid, attribute::object_sid,
          attribute::sam_account_name};
}

namespace {

std::optional<std::string> text(const ldap::Entry& entry, std::string_view name) {
  const auto value = entry.first(name);
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

std::vector<std::string> values(const ldap::Entry& entry, std::string_view name) {
  const auto* found = entry.find(name);
  return found == nullptr ? std::vector<std::string>{} : found->values;
}

Error unreadable_attribute(const ldap::Entry& entry, std::string_view name) {
  return {ErrorKind::denied, std::string(name) + " of " + printable(entry.dn) + " is not readable",
          "Grant the account that gmsactl runs as the right to read all properties of these objects.",
          std::nullopt};
}

Result<std::string_view> required(const ldap::Entry& entry, std::string_view name) {
  const auto value = entry.first(name);
  if (!value) return fail(unreadable_attribute(entry, name));
  return *value;
}

Result<model::Identity> identity(const ldap::Entry& entry, bool with_sid) {
  model::Identity id;
  id.dn = GMSACTL_TRY(model::Dn::parse(entry.dn));
  id.guid = GMSACTL_TRY(model::Guid::decode(GMSACTL_TRY(required(entry, attribute::object_guid))));
  if (with_sid) id.sid = GMSACTL_TRY(model::Sid::decode(GMSACTL_TRY(required(entry, attribute::object_sid))));
  return id;
}

/// The values after the first.
std::vector<std::string> more_values(const ldap::Entry& entry, std::string_view name) {
  auto all = values(entry, name);
  if (!all.empty()) all.erase(all.begin());
  return all;
}

uint32_t bits(int64_t value) { return static_cast<uint32_t>(value & 0xFFFFFFFF); }

std::optional<uint32_t> optional_bits(const ldap::Entry& entry, std::string_view name) {
  const auto value = number(entry, name);
  return value ? std::optional<uint32_t>(bits(*value)) : std::nullopt;
}

}  // namespace

std::optional<int64_t> number(const ldap::Entry& entry, std::string_view name) {
  const auto value = entry.first(name);
  if (!value) return std::nullopt;
  int64_t parsed = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), parsed);
  if (error != std::errc{} || end != value->data() + value->size()) return std::nullopt;
  return parsed;
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
  live.id = GMSACTL_TRY(identity(entry, true));
  live.sam_account_name = GMSACTL_TRY(required(entry, attribute::sam_account_name));
  const auto uac = number(entry, attribute::user_account_control);
  if (!uac) return fail(unreadable_attribute(entry, attribute::user_account_control));
  live.user_account_control = bits(*uac);
  live.dns_host_name = text(entry, attribute::dns_host_name);
  live.service_principal_names = values(entry, attribute::service_principal_name);
  live.group_msa_membership = text(entry, attribute::group_msa_membership);
  live.password_interval_days = optional_bits(entry, attribute::password_interval);
  live.encryption_types = optional_bits(entry, attribute::encryption_types);
  live.description = text(entry, attribute::description);
  live.more_descriptions = more_values(entry, attribute::description);
  live.display_name = text(entry, attribute::display_name);
  live.allowed_to_delegate_to = values(entry, attribute::allowed_to_delegate_to);
  live.marker = text(entry, marker);
  return live;
}

Result<model::LiveGroup> decode_group(ldap::Entry&& entry, const std::string& marker) {
  model::LiveGroup live;
  live.id = GMSACTL_TRY(identity(entry, true));
  live.sam_account_name = GMSACTL_TRY(required(entry, attribute::sam_account_name));
  const auto type = number(entry, attribute::group_type);
  if (!type) return fail(unreadable_attribute(entry, attribute::group_type));
  live.group_type = bits(*type);
  live.description = text(entry, attribute::description);
  live.more_descriptions = more_values(entry, attribute::description);
  live.marker = text(entry, marker);
  for (auto& found : entry.attributes)
    if (equal_folded(found.name, attribute::member)) live.members = std::move(found.values);
  return live;
}

Result<model::Principal> decode_principal(const ldap::Entry& entry) {
  model::Principal principal;
  principal.id = GMSACTL_TRY(identity(entry, false));
  if (const auto sid = entry.first(attribute::object_sid))
    principal.id.sid = GMSACTL_TRY(model::Sid::decode(*sid));
  principal.sam_account_name = std::string(entry.first(attribute::sam_account_name).value_or(""));
  if (const auto* classes = entry.find(attribute::object_class);
      classes != nullptr && !classes->values.empty())
    principal.object_class = classes->values.back();  // AD lists classes from top to the most derived
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
