// What a spec looks like in a file for others to apply: Kubernetes manifests, a compose fragment, a Service
// Fabric policy. Text only; the same input gives the same bytes.
#pragma once

#include <string>
#include <vector>

#include "engine/model/credential_spec.h"
#include "engine/model/spec_target.h"

namespace gmsactl::spec {

struct DocumentSource {
  std::string account;  ///< metadata.name
  std::string environment;
  std::string file;         ///< the manifest that declares it
  std::string file_name;    ///< of the spec as a Docker host would have it, "contoso_webapp01.json"
  std::string object_name;  ///< of the Kubernetes object
  std::vector<model::ServiceAccountBinding> bindings;
};

/// The file's whole text, with a comment on top that names the source. For Format::docker it is render(spec),
/// which can hold no comment.
std::string document(model::DirectoryTarget::Format format, const model::CredentialSpec& spec,
                     const DocumentSource& source);

/// Name of that file: `file_name`, with the ending that the format wants (.yaml, .xml).
std::string document_name(model::DirectoryTarget::Format format, const std::string& file_name);

}  // namespace gmsactl::spec
