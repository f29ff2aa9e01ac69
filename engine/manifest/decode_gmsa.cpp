#include <array>

#include "engine/base/text.h"
#include "engine/base/unicode.h"
#include "engine/manifest/decode.h"
#include "engine/manifest/lists.h"
#include "engine/manifest/names.h"
#include "engine/model/fields.h"
#include "engine/model/spn.h"

namespace gmsactl::manifest {

using model::GmsaHook;

namespace {

/// Active Directory stores some 1,200 values of an attribute that is not linked.
constexpr size_t most_spns = 1000;

void read_account_name(const Field& field, GmsaFields& fields, Reading& reading) {
  auto text = read_text(field, reading);
  if (!text) return;
  fields.spec.sam_account_name = *text;
  if (text->ends_with('$')) {
    reading.error(codes::invalid_name, field.value.at,
                  in_quotes(*text) + " ends in $, which gmsactl adds itself.",
                  "Write " + in_quotes(text->substr(0, text->size() - 1)) + ".");
    return;
  }
  const size_t longest = fields.allow_long_name ? longest_gmsa_name : longest_usual_account_name;
  if (const auto problem = account_name_problem(*text, longest)) {
    const bool is_long = !fields.allow_long_name && utf16_length(*text) > longest_usual_account_name &&
                         !account_name_problem(*text, longest_gmsa_name);
    reading.error(
        codes::invalid_name, field.value.at,
        std::string(field.name) + " " + in_quotes(*text) + " " + *problem + ".",
        is_long ? "Shorten it, or add allowLongName: true where no program depends on the short form." : "");
  }
}

void read_dns_host_name(const Field& field, GmsaFields& fields, Reading& reading) {
  auto text = read_text(field, reading);
  if (!text) return;
  if (const auto problem = dns_name_problem(*text))
    reading.error(codes::invalid_dns_name, field.value.at,
                  "dnsHostName " + in_quotes(*text) + " " + *problem + ".",
                  "Write a name such as webapp01.contoso.com.");
  fields.spec.dns_host_name = std::move(*text);
}

/// False where it can't be one.
bool check_spn(const std::string& text, Position at, Reading& reading) {
  const auto spn = model::Spn::parse(text);
  const auto problem = spn ? spn->problem() : std::nullopt;
  if (!spn || problem) {
    reading.error(
        codes::invalid_spn, at,
        spn ? in_quotes(text) + " is not a service principal name that can be registered: " + *problem + "."
            : sentence(spn.error()),
        "Write class/host, such as http/web.contoso.com.");
    return false;
  }
  if (const auto doubt = spn->doubt())
    reading.warning(codes::doubtful_spn, at, in_quotes(text) + ": " + *doubt + ".",
                    "Register the name that clients ask for.");
  return true;
}

std::vector<model::Located> read_spns(const Field& field, Reading& reading) {
  std::vector<model::Located> spns;
  if (field.value.is_null() || !require_sequence(field, reading)) return spns;
  if (field.value.items.size() > most_spns) {
    reading.error(codes::too_many, field.value.at,
                  std::string(field.name) + " has " + std::to_string(field.value.items.size()) +
                      " entries, but at most " + std::to_string(most_spns) + " are allowed.",
                  "Spread the services over several accounts.");
    return spns;
  }
  spns.reserve(field.value.items.size());
  DuplicateCheck duplicates(field.name, reading);
  const std::string entry_name = "An entry of " + std::string(field.name);
  for (const Node& item : field.value.items) {
    auto text = read_text({entry_name, item}, reading);
    if (!text || !check_spn(*text, item.at, reading)) continue;
    if (duplicates.add(*text, *text, item.at)) spns.push_back({std::move(*text), reading.range(item.at)});
  }
  return spns;
}

void read_encryption_types(const Field& field, GmsaFields& fields, Reading& reading) {
  const std::string hint = "Remove the key for AES128 and AES256, or name at least one type.";
  if (field.value.is_null() || (field.value.is_sequence() && field.value.items.empty())) {
    reading.error(codes::empty_value, field.value.at,
                  "An account without encryption types gets no Kerberos tickets.", hint);
    return;
  }
  if (!require_sequence(field, reading)) return;
  constexpr auto& types = model::encryption_type_spellings;
  uint32_t bits = 0;
  DuplicateCheck duplicates(field.name, reading);
  for (const Node& item : field.value.items) {
    const auto type = read_choice({"An entry of kerberosEncryptionTypes", item}, types, reading);
    if (type && duplicates.add(types.at(*type), types.at(*type), item.at)) bits |= 1U << *type;
  }
  if (bits != 0) fields.spec.encryption_types = bits;
}

std::optional<std::vector<std::string>> read_delegation(const Field& field, Reading& reading) {
  std::vector<std::string> names;
  for (auto& spn : read_spns(field, reading)) names.push_back(std::move(spn.text));
  return names;
}

void read(const Field& field, const model::FlagField& flag, GmsaFields& fields, Reading& reading) {
  if (const auto value = read_boolean(field, reading)) flag.set(fields.spec, *value);
}

void read(const Field& field, const model::ListField& list, GmsaFields& fields, Reading& reading) {
  fields.spec.*list.declared = read_delegation(field, reading);
}

void read(const Field& field, const model::GmsaText& text, GmsaFields& fields, Reading& reading) {
  fields.spec.*text.declared = read_clearable_text(field, text.longest, reading);
}

void read(const Field& field, GmsaHook hook, GmsaFields& fields, Reading& reading) {
  auto& account = fields.spec;
  switch (hook) {
    case GmsaHook::sam_account_name:
      return read_account_name(field, fields, reading);
    case GmsaHook::path:
      account.path = read_path(field, reading);
      return;
    case GmsaHook::dns_host_name:
      return read_dns_host_name(field, fields, reading);
    case GmsaHook::service_principal_names:
      fields.has_service_principal_names = true;
      account.service_principal_names = read_spns(field, reading);
      return;
    case GmsaHook::service_principal_names_mode:
      if (const auto mode = read_choice(field, model::spn_mode_names, reading))
        account.service_principal_names_mode = static_cast<model::SpnMode>(*mode);
      return;
    case GmsaHook::readers:
      account.principals = read_principals(field, reading);
      return;
    case GmsaHook::orphaned_principals:
      if (const auto choice = read_choice(field, model::orphan_choices, reading))
        account.keep_orphaned_principals = *choice == 0;
      return;
    case GmsaHook::password_interval:
      if (const auto days = read_integer(field, 1, model::longest_password_interval_days, reading))
        account.password_interval_days = *days;
      return;
    case GmsaHook::encryption_types:
      return read_encryption_types(field, fields, reading);
    case GmsaHook::credential_spec:
      account.credential_spec = read_credential_spec(field, reading);
      return;
    case GmsaHook::allow_long_name:
    case GmsaHook::common_name:
      return;  // read first, and metadata.name
  }
}

}  // namespace

GmsaFields decode_gmsa(const Node& spec, Reading& reading) {
  GmsaFields fields;
  const auto& keys = keys_of_spec(model::gmsa_fields);
  check_keys(spec, "the spec of a GMSA", keys, reading);
  fields.positions = field_positions(spec, keys, reading);
  // It decides what samAccountName may be, wherever it stands.
  constexpr auto long_name = model::field_of_hook(model::gmsa_fields, GmsaHook::allow_long_name).key;
  if (const Entry* allowed = spec.find(long_name))
    fields.allow_long_name = read_boolean({allowed->key, allowed->value}, reading).value_or(false);
  for (const Entry& entry : spec.entries)
    if (const auto* row = model::find_field(model::gmsa_fields, entry.key))
      std::visit(
          [&](const auto& access) {
            read({entry.key, entry.value}, access, fields, reading);
          },
          row->access);
  return fields;
}

}  // namespace gmsactl::manifest
