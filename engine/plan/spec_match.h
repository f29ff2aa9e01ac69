// Which of the credential specs at a place are an account's. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "engine/model/desired.h"
#include "engine/model/plan.h"

namespace gmsactl::plan {

/// gmsactl made it, for this environment.
bool is_ours(const model::LiveSpec& live, const model::Environment& environment);

/// Told by what gmsactl wrote beside it, else by what is in it: the name of a file that somebody made proves
/// nothing. The one that is most nearly what is wanted comes first. `former` is the name that the account has
/// live, without "$", or empty. They point into `place`.
std::vector<const model::LiveSpec*> specs_of(const model::LivePlace& place,
                                             const model::CredentialSpecChange& wanted,
                                             const model::Environment& environment, std::string_view former);

}  // namespace gmsactl::plan
