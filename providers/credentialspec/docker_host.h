// What the Docker Engine of a host tells about where credential specs belong there and what is known to go
// wrong with them. Pure; used by the Docker target.
#pragma once

#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/model/live.h"
#include "engine/model/spec_target.h"
#include "providers/transport/docker/engine.h"

namespace gmsactl::credentialspec {

/// The CredentialSpecs folder, as the target's transport names it.
struct SpecLocation {
  std::string share;  ///< for smb
  std::string path;
  bool operator==(const SpecLocation&) const = default;
};

/// The declared one; else below `data_root` of the engine, which may be empty; else where Docker on Windows
/// has it.
SpecLocation spec_location(const model::DockerTarget& target, const model::SpecHost& host,
                           const std::string& data_root);

/// Known issues of the host's Windows and engine that concern containers with a credential spec.
std::vector<model::PlaceNote> known_issues(const docker::EngineInfo& info, const model::SpecHost& host);

/// That the engine told nothing, and what follows.
model::PlaceNote silent_engine(const model::DockerTarget& target, const model::SpecHost& host,
                               const Error& why);

/// `text` with what stands for the host in it replaced.
std::string with_host(std::string text, const std::string& name);

}  // namespace gmsactl::credentialspec
