// What gmsactl manages and how it is named. Adding a kind: one enumerator here, and the compiler names every
// switch.
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace gmsactl::model {

/// In the order in which kinds are created.
enum class Kind { kds_root_key, container, host_group, gmsa, credential_spec };
std::string_view name(Kind kind);  ///< "KdsRootKey", "Container", "HostGroup", "GMSA", "CredentialSpec"

struct ResourceId {
  Kind kind = Kind::gmsa;
  std::string name;  ///< metadata.name; of a container its DN; of a KDS root key the domain;
                     ///< of a credential spec "TARGET/ACCOUNT" or "TARGET/ACCOUNT@HOST"
  auto operator<=>(const ResourceId&) const = default;
};

/// "GMSA/WebApp01".
std::string address(const ResourceId& id);

}  // namespace gmsactl::model
