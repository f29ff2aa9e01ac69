// What the documents of one environment must be to each other: references lead somewhere, groups nest as
// Active Directory allows, and no two objects want the same name. Private to this folder; called by
// resolve_environment.
#pragma once

#include "engine/manifest/loaded_documents.h"
#include "engine/model/desired.h"

namespace gmsactl::manifest {

/// Every {hostGroup: NAME} names a HostGroup that belongs to the environment.
void check_references(const model::Desired& desired, const LoadedDocuments& loaded, Diagnostics& diagnostics);
/// No group contains itself, and scopes fit ([MS-ADTS] 3.1.1.5.2.2: what a group of each scope may contain).
void check_nesting(const model::Desired& desired, Diagnostics& diagnostics);
/// sAMAccountNames, service principal names and places in the directory are given once each.
/// Credential specs: their targets and accounts are declared, and no two want one name at one place.
void check_deliveries(const model::Desired& desired, const LoadedDocuments& loaded, Diagnostics& diagnostics);
void check_uniqueness(const model::Desired& desired, Diagnostics& diagnostics);
/// Every address that the Environment accepts drift of is that of a declaration.
void check_accepted_drift(const model::Desired& desired, const LoadedDocuments& loaded,
                          Diagnostics& diagnostics);

}  // namespace gmsactl::manifest
