#include <array>

#include "engine/manifest/decode.h"
#include "engine/manifest/names.h"
#include "engine/model/fields.h"

namespace gmsactl::manifest {

using model::GroupHook;

namespace {

void report_name(std::string_view field, const std::string& text, const std::string& problem, Position at,
                 Reading& reading) {
  reading.error(codes::invalid_name, at, std::string(field) + " " + in_quotes(text) + " " + problem + ".",
                "");
}

void read(const Field& field, const model::GroupText& text, model::HostGroup& group, Reading& reading) {
  group.*text.declared = read_clearable_text(field, text.longest, reading);
}

void read(const Field& field, GroupHook hook, model::HostGroup& group, Reading& reading) {
  switch (hook) {
    case GroupHook::sam_account_name:
      if (auto text = read_text(field, reading)) {
        if (const auto problem = account_name_problem(*text, longest_account_name))
          report_name(field.name, *text, *problem, field.value.at, reading);
        group.sam_account_name = std::move(*text);
      }
      return;
    case GroupHook::common_name:
      if (auto text = read_text(field, reading)) {
        if (const auto problem = common_name_problem(*text))
          report_name(field.name, *text, *problem, field.value.at, reading);
        group.common_name = std::move(*text);
      }
      return;
    case GroupHook::path:
      group.path = read_path(field, reading);
      return;
    case GroupHook::scope:
      if (const auto scope = read_choice(field, model::group_scope_names, reading))
        group.scope = static_cast<model::GroupScope>(*scope);
      return;
    case GroupHook::members:
      group.members = read_principals(field, reading);
      return;
    case GroupHook::membership:
      if (const auto membership = read_choice(field, model::membership_names, reading))
        group.membership = static_cast<model::Membership>(*membership);
      return;
    case GroupHook::orphaned_members:
      if (const auto choice = read_choice(field, model::orphan_choices, reading))
        group.keep_orphaned_members = *choice == 0;
      return;
  }
}

}  // namespace

HostGroupFields decode_host_group(const Node& spec, Reading& reading) {
  HostGroupFields fields;
  const auto& keys = keys_of_spec(model::group_fields);
  check_keys(spec, "the spec of a HostGroup", keys, reading);
  fields.positions = field_positions(spec, keys, reading);
  for (const Entry& entry : spec.entries)
    if (const auto* row = model::find_field(model::group_fields, entry.key))
      std::visit(
          [&](const auto& access) {
            read({entry.key, entry.value}, access, fields.spec, reading);
          },
          row->access);
  return fields;
}

}  // namespace gmsactl::manifest
