// "Protect object from accidental deletion", as Active Directory's tools set it: an entry that denies
// everyone to delete the object, and one on its container that denies everyone to delete what is in it. Only
// both together keep an object from being deleted or moved away ([MS-ADTS] 3.1.1.5.5.1, 3.1.1.5.4.1: either
// right is enough). Not responsible for other rights. Internal to providers/directory.
#pragma once

#include <string>

#include "engine/base/diagnostic.h"
#include "engine/model/plan.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// An error where the descriptors can't be read; nobody can tell then. An LDIF file protects nothing.
[[nodiscard]] Result<bool> is_protected(ldap::Reader& directory, const model::Dn& dn);

/// What an administrator does to lift it.
std::string lift_protection(const model::Dn& dn);

/// One finding for each object that the plan would delete, replace or move to another container, and that is
/// protected. Reads nothing where the plan has no such change.
Diagnostics protected_objects(ldap::Reader& directory, const model::Plan& plan);

}  // namespace gmsactl::directory
