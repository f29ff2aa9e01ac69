// Every diagnostic that the manifest reader can give: its code and its fixed summary.
// docs/diagnostics/manifest.md says more about each, and a test holds the two together. A code is never
// reused for something else.
#pragma once

#include <array>
#include <string_view>

namespace gmsactl::manifest {

struct Code {
  std::string_view code;
  std::string_view summary;
};

namespace codes {
// Files and YAML.
inline constexpr Code unreadable{"GMSA0101", "Cannot read manifests"};
inline constexpr Code not_utf8{"GMSA0102", "File is not UTF-8"};
inline constexpr Code yaml_syntax{"GMSA0103", "Invalid YAML"};
inline constexpr Code duplicate_key{"GMSA0104", "Duplicate key"};
inline constexpr Code unsupported_yaml{"GMSA0105", "Unsupported YAML feature"};
inline constexpr Code alias_loop{"GMSA0106", "Alias contains itself"};
inline constexpr Code no_readers{"GMSA0107", "No host may read the password"};
inline constexpr Code too_large{"GMSA0108", "Document too large"};
// The document around the spec.
inline constexpr Code not_a_manifest{"GMSA0109", "Not a manifest"};
inline constexpr Code unknown_api_version{"GMSA0110", "Unknown apiVersion"};
inline constexpr Code unknown_kind{"GMSA0111", "Unknown kind"};
// The shape of fields.
inline constexpr Code unknown_key{"GMSA0113", "Unknown key"};
inline constexpr Code missing_field{"GMSA0114", "Missing field"};
inline constexpr Code wrong_type{"GMSA0115", "Wrong type"};
inline constexpr Code ambiguous_scalar{"GMSA0116", "Text must be quoted"};
inline constexpr Code empty_value{"GMSA0117", "Empty value"};
inline constexpr Code unknown_value{"GMSA0118", "Unknown value"};
inline constexpr Code out_of_range{"GMSA0119", "Number out of range"};
inline constexpr Code duplicate_entry{"GMSA0120", "Duplicate list entry"};
// What fields say.
inline constexpr Code invalid_name{"GMSA0121", "Invalid name"};
inline constexpr Code invalid_dns_name{"GMSA0122", "Invalid DNS name"};
inline constexpr Code invalid_spn{"GMSA0123", "Invalid service principal name"};
inline constexpr Code invalid_principal{"GMSA0124", "Invalid principal"};
inline constexpr Code invalid_path{"GMSA0125", "Invalid path"};
inline constexpr Code path_outside_domain{"GMSA0126", "Path outside the domain"};
inline constexpr Code invalid_server{"GMSA0127", "Invalid server"};
inline constexpr Code literal_password{"GMSA0128", "Password in a manifest"};
inline constexpr Code authentication{"GMSA0129", "Authentication settings do not fit together"};
inline constexpr Code too_long{"GMSA0130", "Text too long"};
// Variables.
inline constexpr Code undefined_variable{"GMSA0131", "Undefined variable"};
inline constexpr Code invalid_variable{"GMSA0132", "Invalid variable"};
// What nobody sees, and what nobody asks for.
inline constexpr Code too_many{"GMSA0137", "Too many list entries"};
inline constexpr Code hidden_character{"GMSA0138", "Hidden character"};
inline constexpr Code doubtful_spn{"GMSA0139", "Doubtful service principal name"};
// Documents together.
inline constexpr Code duplicate_address{"GMSA0140", "Two documents with one address"};
inline constexpr Code unknown_environment{"GMSA0141", "Unknown environment"};
inline constexpr Code unknown_host_group{"GMSA0142", "Unknown host group"};
inline constexpr Code nesting_cycle{"GMSA0143", "Host groups contain each other"};
inline constexpr Code nesting_scope{"GMSA0144", "Group scopes cannot be nested"};
inline constexpr Code duplicate_account_name{"GMSA0145", "Two objects with one sAMAccountName"};
inline constexpr Code duplicate_spn{"GMSA0146", "Two accounts with one service principal name"};
inline constexpr Code duplicate_dn{"GMSA0147", "Two objects at one place"};
inline constexpr Code unknown_spec_target{"GMSA0148", "Unknown spec target"};
inline constexpr Code unknown_account{"GMSA0149", "Unknown account"};
inline constexpr Code duplicate_spec_name{"GMSA0150", "Two credential specs with one name"};
inline constexpr Code duplicate_spec_place{"GMSA0151", "Two spec targets at one place"};
// What was left aside.
inline constexpr Code not_read{"GMSA0152", "Input was not read"};
inline constexpr Code unused_override{"GMSA0153", "Override is never used"};
inline constexpr Code unused_acceptance{"GMSA0154", "Accepted drift matches nothing"};

inline constexpr std::array all{
    unreadable,           not_utf8,           yaml_syntax,         duplicate_key,     unsupported_yaml,
    alias_loop,           no_readers,         too_large,           not_a_manifest,    unknown_api_version,
    unknown_kind,         unknown_key,        missing_field,       wrong_type,        ambiguous_scalar,
    empty_value,          unknown_value,      out_of_range,        duplicate_entry,   invalid_name,
    invalid_dns_name,     invalid_spn,        invalid_principal,   invalid_path,      path_outside_domain,
    invalid_server,       literal_password,   authentication,      too_long,          undefined_variable,
    invalid_variable,     too_many,           hidden_character,    doubtful_spn,      duplicate_address,
    unknown_environment,  unknown_host_group, nesting_cycle,       nesting_scope,     duplicate_account_name,
    duplicate_spn,        duplicate_dn,       unknown_spec_target, unknown_account,   duplicate_spec_name,
    duplicate_spec_place, not_read,           unused_override,     unused_acceptance,
};
}  // namespace codes

}  // namespace gmsactl::manifest
