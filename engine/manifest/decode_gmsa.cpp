#include <array>

#include "engine/base/text.h"
#include "engine/base/unicode.h"
#include "engine/manifest/decode.h"
#include "engine/manifest/lists.h"
#include "engine/manifest/names.h"
#include "engine/model/spn.h"

namespace gmsactl::manifest {

namespace {

constexpr std::array<std::string_view, 18> keys{"samAccountName",
                                                "allowLongName",
                                                "dnsHostName",
                                                "servicePrincipalNames",
                                                "servicePrincipalNamesMode",
                                                "principalsAllowedToRetrieveManagedPassword",
                                                "orphanedPrincipals",
                                                "managedPasswordIntervalInDays",
                                                "kerberosEncryptionTypes",
                                                "enabled",
                                                "description",
                                                "displayName",
                                                "path",
                                                "trustedForDelegation",
                                                "trustedToAuthForDelegation",
                                                "accountNotDelegated",
                                                "allowedToDelegateTo",
                                                "credentialSpec"};
/// In ascending bit order from bit 0 ([MS-KILE] 2.2.7).
constexpr std::array<std::string_view, 5> encryption_types{"DES_CBC_CRC", "DES_CBC_MD5", "RC4", "AES128",
                                                           "AES256"};

constexpr std::array<std::string_view, 2> orphan_choices{"keep", "remove"};
/// In SpnMode's order.
constexpr std::array<std::string_view, 3> spn_modes{"exact", "additive", "unmanaged"};

/// Ten years; the schema allows any number, but a longer one is a typing error.
constexpr uint32_t longest_interval_days = 3650;
constexpr size_t longest_description = 1024;
constexpr size_t longest_display_name = 256;
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
  uint32_t bits = 0;
  DuplicateCheck duplicates(field.name, reading);
  for (const Node& item : field.value.items) {
    const auto type = read_choice({"An entry of kerberosEncryptionTypes", item}, encryption_types, reading);
    if (type && duplicates.add(encryption_types[*type], encryption_types[*type], item.at))
      bits |= 1U << *type;
  }
  if (bits != 0) fields.spec.encryption_types = bits;
}

std::optional<std::vector<std::string>> read_delegation(const Field& field, Reading& reading) {
  std::vector<std::string> names;
  for (auto& spn : read_spns(field, reading)) names.push_back(std::move(spn.text));
  return names;
}

/// False where the key is another reader's.
bool read_plain_field(const Field& field, model::Gmsa& account, Reading& reading) {
  if (field.name == "enabled") {
    account.enabled = read_boolean(field, reading).value_or(true);
  } else if (field.name == "description") {
    account.description = read_clearable_text(field, longest_description, reading);
  } else if (field.name == "displayName") {
    account.display_name = read_clearable_text(field, longest_display_name, reading);
  } else if (field.name == "path") {
    account.path = read_path(field, reading);
  } else if (field.name == "trustedForDelegation") {
    account.trusted_for_delegation = read_boolean(field, reading);
  } else if (field.name == "trustedToAuthForDelegation") {
    account.trusted_to_auth_for_delegation = read_boolean(field, reading);
  } else if (field.name == "accountNotDelegated") {
    account.account_not_delegated = read_boolean(field, reading);
  } else {
    return false;
  }
  return true;
}

}  // namespace

GmsaFields decode_gmsa(const Node& spec, Reading& reading) {
  GmsaFields fields;
  auto& account = fields.spec;
  check_keys(spec, "the spec of a GMSA", keys, reading);
  fields.positions = field_positions(spec, keys, reading);
  // It decides what samAccountName may be, wherever it stands.
  if (const Entry* allowed = spec.find("allowLongName"))
    fields.allow_long_name = read_boolean({allowed->key, allowed->value}, reading).value_or(false);
  for (const Entry& entry : spec.entries) {
    const Field field{entry.key, entry.value};
    if (read_plain_field(field, account, reading)) continue;
    if (entry.key == "samAccountName") {
      read_account_name(field, fields, reading);
    } else if (entry.key == "dnsHostName") {
      read_dns_host_name(field, fields, reading);
    } else if (entry.key == "servicePrincipalNames") {
      fields.has_service_principal_names = true;
      account.service_principal_names = read_spns(field, reading);
    } else if (entry.key == "servicePrincipalNamesMode") {
      if (const auto mode = read_choice(field, spn_modes, reading))
        account.service_principal_names_mode = static_cast<model::SpnMode>(*mode);
    } else if (entry.key == "principalsAllowedToRetrieveManagedPassword") {
      account.principals = read_principals(field, reading);
    } else if (entry.key == "orphanedPrincipals") {
      if (const auto choice = read_choice(field, orphan_choices, reading))
        account.keep_orphaned_principals = *choice == 0;
    } else if (entry.key == "managedPasswordIntervalInDays") {
      if (const auto days = read_integer(field, 1, longest_interval_days, reading))
        account.password_interval_days = *days;
    } else if (entry.key == "kerberosEncryptionTypes") {
      read_encryption_types(field, fields, reading);
    } else if (entry.key == "allowedToDelegateTo") {
      account.allowed_to_delegate_to = read_delegation(field, reading);
    } else if (entry.key == "credentialSpec") {
      account.credential_spec = read_credential_spec(field, reading);
    }
  }
  return fields;
}

}  // namespace gmsactl::manifest
