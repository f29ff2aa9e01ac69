// What two revisions of the manifests ask for differently: a pure function of both, as the plan is of wish
// and reality. `gmsactl changed` prints it, and --since plans nothing else.
#pragma once

#include "engine/model/declared_changes.h"
#include "engine/model/desired.h"

namespace gmsactl::plan {

/// Both of one environment; a default-constructed Desired where one revision does not have it.
///
/// An address differs where its declaration does, protection and labels included, and where a setting of the
/// Environment gives it another place or owner. A credential spec differs where what goes into it does, or
/// the place it goes to; of a target with several hosts its address is CredentialSpec/TARGET/ACCOUNT@*, since
/// only the directory tells which hosts there are.
model::DeclaredChanges declared_changes(const model::Desired& before, const model::Desired& after);

}  // namespace gmsactl::plan
