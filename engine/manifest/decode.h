// The specs of the kinds, from YAML to values. Structure and each field's own rules are checked here;
// what needs other documents is checked where the environment is put together (resolve.cpp).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/manifest/document.h"
#include "engine/model/desired.h"
#include "engine/model/fields.h"

namespace gmsactl::manifest {

using FieldPositions = std::vector<std::pair<std::string_view, SourceRange>>;

/// A spec whose defaults that depend on the environment or on metadata.name are not filled in yet.
struct HostGroupFields {
  model::HostGroup spec;  ///< sam_account_name and common_name may be empty: not given
  FieldPositions positions;
};

struct GmsaFields {
  model::Gmsa spec;  ///< sam_account_name and dns_host_name may be empty: not given
  bool allow_long_name = false;
  bool has_service_principal_names = false;  ///< given, perhaps as an empty list
  FieldPositions positions;
};

struct SpecTargetFields {
  model::SpecTarget spec;  ///< paths as written: resolve_paths()
  FieldPositions positions;
};

HostGroupFields decode_host_group(const Node& spec, Reading& reading);
GmsaFields decode_gmsa(const Node& spec, Reading& reading);
SpecTargetFields decode_spec_target(const Node& spec, Reading& reading);
/// Nothing where it is so wrong that it says nothing.
std::optional<model::SpecDelivery> read_credential_spec(const Field& field, Reading& reading);
/// Against the folder of the file that declares it.
void resolve_paths(model::SpecTarget& target, const SourceFile& file);
std::string resolved_path(const SourceFile& file, const std::string& path);
/// Complete, since an Environment depends on nothing else. Where a password stands in the text is added to
/// `secrets`.
model::Environment decode_environment(const Document& document, Diagnostics& diagnostics,
                                      std::vector<SourceRange>& secrets);
/// Its parts policy, drift and markerAttribute.
model::Policy read_policy(const Node& node, Reading& reading);
std::vector<model::AcceptedDrift> read_accepted_drift(const Node& node, Reading& reading);
std::optional<std::string> read_marker_attribute(const Node& node, Reading& reading);
/// What `${…}` means in that environment.
Variables variables_of(const model::Environment& environment);

/// rangeUpper of sAMAccountName, which groups may use.
inline constexpr size_t longest_account_name = 256;
inline constexpr size_t longest_usual_account_name = 15;
/// With the `$` that is added, 20: what a domain controller takes of any user ([MS-SAMR] 3.1.1.6).
inline constexpr size_t longest_gmsa_name = 19;

// The parts that several kinds share.
/// The keys that the spec of a kind may have: those of its rows.
template <class Rows>
const std::vector<std::string_view>& keys_of_spec(const Rows& rows) {
  static const auto keys = [&rows] {
    std::vector<std::string_view> all;
    for (const auto& row : rows)
      if (row.key != model::name_of_metadata) all.push_back(row.key);
    return all;
  }();
  return keys;
}
FieldPositions field_positions(const Node& spec, std::span<const std::string_view> known,
                               const Reading& reading);
/// Like read_text, but null is an empty text: it clears.
std::optional<std::string> read_clearable_text(const Field& field, size_t longest, Reading& reading);
std::optional<model::Dn> read_path(const Field& field, Reading& reading);
std::vector<model::PrincipalRef> read_principals(const Field& field, Reading& reading);

}  // namespace gmsactl::manifest
