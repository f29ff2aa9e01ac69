// The name of an Active Directory site, which is the RDN of its object in CN=Sites ([MS-ADTS] 6.1.1.2.2.1)
// and a label of the DNS names of its controllers (6.3.2.3). Pure. Called where somebody names one: manifests
// and the command line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gmsactl::model {

/// Why `name` is none: "is empty", "has a dot". Letters beyond ASCII are allowed, as Microsoft's DNS allows
/// them.
std::optional<std::string> site_name_problem(std::string_view name);

}  // namespace gmsactl::model
