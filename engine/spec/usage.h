// What to put into a command line, Dockerfile, pod, manifest or SQL script so that something runs as the
// account: gmsactl spec usage NAME --for WHAT. Texts are filled in, ready to paste.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/credential_spec.h"
#include "engine/model/spec_target.h"

namespace gmsactl::spec {

inline constexpr std::array<std::string_view, 9> usage_kinds{
    "docker", "swarm", "compose", "kubernetes", "servicefabric", "iis", "service", "console", "sql"};

struct UsageFacts {
  std::string account;  ///< sAMAccountName without $
  std::string label;    ///< metadata.name, which services carry as gmsactl.account
  std::string netbios;  ///< of the domain
  std::string dns_domain;
  std::string file_name;    ///< "contoso_webapp01.json"
  std::string config_name;  ///< of the Swarm config
  std::string object_name;  ///< of the Kubernetes object
  std::vector<model::ServiceAccountBinding> bindings;
  std::vector<std::string> service_principal_names;
};

/// `kind` is one of usage_kinds.
std::string usage(std::string_view kind, const UsageFacts& facts);

}  // namespace gmsactl::spec
