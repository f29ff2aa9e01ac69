#include <array>

#include "engine/manifest/decode.h"
#include "engine/manifest/names.h"

namespace gmsactl::manifest {

namespace {

constexpr std::array<std::string_view, 8> keys{"samAccountName", "commonName",     "scope",
                                               "path",           "description",    "members",
                                               "membership",     "orphanedMembers"};
constexpr std::array<std::string_view, 2> orphan_choices{"keep", "remove"};
constexpr std::array<std::string_view, 3> scopes{"DomainLocal", "Global", "Universal"};
constexpr std::array<std::string_view, 2> memberships{"exact", "additive"};

void report_name(std::string_view field, const std::string& text, const std::string& problem, Position at,
                 Reading& reading) {
  reading.error(codes::invalid_name, at, std::string(field) + " " + in_quotes(text) + " " + problem + ".",
                "");
}

}  // namespace

HostGroupFields decode_host_group(const Node& spec, Reading& reading) {
  HostGroupFields fields;
  auto& group = fields.spec;
  check_keys(spec, "the spec of a HostGroup", keys, reading);
  fields.positions = field_positions(spec, keys, reading);
  for (const Entry& entry : spec.entries) {
    const Field field{entry.key, entry.value};
    if (entry.key == "samAccountName") {
      if (auto text = read_text(field, reading)) {
        if (const auto problem = account_name_problem(*text, longest_account_name))
          report_name(field.name, *text, *problem, entry.value.at, reading);
        group.sam_account_name = std::move(*text);
      }
    } else if (entry.key == "commonName") {
      if (auto text = read_text(field, reading)) {
        if (const auto problem = common_name_problem(*text))
          report_name(field.name, *text, *problem, entry.value.at, reading);
        group.common_name = std::move(*text);
      }
    } else if (entry.key == "scope") {
      if (const auto scope = read_choice(field, scopes, reading))
        group.scope = static_cast<model::GroupScope>(*scope);
    } else if (entry.key == "path") {
      group.path = read_path(field, reading);
    } else if (entry.key == "description") {
      group.description = read_clearable_text(field, 1024, reading);
    } else if (entry.key == "members") {
      group.members = read_principals(field, reading);
    } else if (entry.key == "membership") {
      if (const auto membership = read_choice(field, memberships, reading))
        group.membership = static_cast<model::Membership>(*membership);
    } else if (entry.key == "orphanedMembers") {
      if (const auto choice = read_choice(field, orphan_choices, reading))
        group.keep_orphaned_members = *choice == 0;
    }
  }
  return fields;
}

}  // namespace gmsactl::manifest
