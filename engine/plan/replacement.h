// What a replaced account's successor inherits. Internal to engine/plan.
#pragma once

#include "engine/plan/context.h"

namespace gmsactl::plan {

/// Whether this run may replace the account, and has to.
bool is_replaced(const Context& context, const model::ResourceId& id, const model::Gmsa& spec,
                 const model::LiveGmsa& live);

/// Gives the new account what is live on the old one and not managed: fields that the manifest leaves out,
/// and the SPNs that its mode promises to keep. Everything else of the old account is in the change's fields.
void carry_over(model::GmsaChange& detail, model::Change& change);

}  // namespace gmsactl::plan
