// Credential specs as JSON: read from what any tool wrote, written as New-CredentialSpec writes them, and
// brought up to date inside an existing document without losing what gmsactl does not know. Pure; shared by
// the planner, the targets and the `spec` commands. Formats: docs/credential-specs.md.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/credential_spec.h"

namespace gmsactl::spec {

/// `corrupt`, with line and column, where the text is not JSON or lacks the shape of a credential spec. A
/// byte-order mark is passed over. Keys are matched exactly, unknown ones ignored.
[[nodiscard]] Result<model::CredentialSpec> parse(std::string_view text);

/// The canonical document: two spaces, the module's key order, a line feed at the end.
std::string render(const model::CredentialSpec& spec);

/// `existing` with the values of `spec`; other keys stay where they are. What can't be parsed is replaced as
/// a whole by render(spec).
std::string merge(std::string_view existing, const model::CredentialSpec& spec);

/// The same identity: GUIDs, DNS, NetBIOS and account names by case-insensitive comparison, accounts as a
/// set.
bool equal(const model::CredentialSpec& a, const model::CredentialSpec& b);

}  // namespace gmsactl::spec
