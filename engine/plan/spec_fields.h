// How two credential specs, or two documents that carry one, differ, as FieldChanges. Internal to
// engine/plan.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/model/credential_spec.h"
#include "engine/plan/field.h"

namespace gmsactl::plan {

/// One field for each fact that differs, under its JSON name. A password in PluginInput is not shown.
void contents_fields(Fields& fields, const model::CredentialSpec& before, const model::CredentialSpec& after);

/// Of a spec or of the lines of a document that carries one, with its name and bindings: the hash that is
/// kept beside it (CredentialSpecChange::applied).
std::string spec_hash(const std::string& name, const std::optional<model::CredentialSpec>& spec,
                      const std::vector<std::string>& lines, const std::vector<std::string>& bindings);

/// Without the line feeds; a last empty line is none.
std::vector<std::string> lines_of(const std::string& text);
/// `lines` less those of `without`, in their order, repeated ones as often as they are more.
std::vector<std::string> lines_without(const std::vector<std::string>& lines,
                                       std::vector<std::string> without);

}  // namespace gmsactl::plan
