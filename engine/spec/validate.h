// What is wrong with a credential spec that somebody wrote: gmsactl spec validate. Works on text, since much
// of what goes wrong (a mis-cased key) is lost once it is parsed.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/diagnostic.h"
#include "engine/model/live.h"

namespace gmsactl::spec {

/// Codes GMSA05xx, with line and column in `file`. With `facts`, each fact is compared with the live domain
/// too.
Diagnostics validate(std::string_view text, const std::string& file, const model::DirectoryFacts* facts);

/// The text of a password in PluginInput as far as it can be told ("DOMAIN\user:password", "password=…").
bool looks_like_password(std::string_view plugin_input);

}  // namespace gmsactl::spec
