// Who may retrieve an account's managed password: resolved, and compared with the live security descriptor.
// Internal to engine/plan.
#pragma once

#include "engine/plan/context.h"
#include "engine/plan/field.h"

namespace gmsactl::plan {

inline constexpr std::string_view readers_field =
    model::field_of_hook(model::gmsa_fields, model::GmsaHook::readers).key;

/// How much is known of what a declaration names.
enum class Resolved { all, unreadable, unknown };

/// Fills detail.readers.
Resolved resolve_readers(Context& context, const model::ResourceId& id, const model::Gmsa& spec,
                         model::GmsaChange& detail);

/// Fills detail.kept_aces and kept_orphans, and adds the field where others may read than declared.
void compare_readers(Context& context, const model::Declaration<model::Gmsa>& declaration,
                     const model::LiveGmsa& live, model::GmsaChange& detail, model::Change& change,
                     Fields& fields);

/// A descriptor has room for so many.
void check_reader_count(Context& context, const model::Declaration<model::Gmsa>& declaration,
                        const model::ResourceId& id, const model::GmsaChange& detail);

}  // namespace gmsactl::plan
