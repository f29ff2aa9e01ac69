// Manifests from files, folders and standard input, checked as far as that goes without any live system.
// Loading reads everything once; resolving puts one environment's worth together and checks the documents
// against each other. Both report every mistake they find and go on. Called by the command line; which
// environment is meant is its business.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/manifest/source.h"
#include "engine/model/desired.h"
#include "engine/model/plan_inputs.h"

namespace gmsactl::manifest {

struct LoadRequest {
  std::vector<std::string> paths;  ///< files, folders, or "-" for `stdin_text`
  std::string stdin_text;
};

class LoadedDocuments;

class Manifests {
 public:
  explicit Manifests(std::unique_ptr<LoadedDocuments> documents);
  Manifests(Manifests&&) noexcept;
  Manifests& operator=(Manifests&&) noexcept;
  ~Manifests();

  /// What is wrong whichever environment is chosen, in the order of the files.
  const Diagnostics& diagnostics() const;
  const Sources& sources() const;
  /// In the order read, the ones with mistakes in them included.
  std::vector<std::string> environment_names() const;
  /// The Environment and the documents that belong to it, overrides and variables applied, in the order read.
  /// What is wrong in this environment is appended to `diagnostics`, without repeating diagnostics().
  /// Documents with mistakes are left out, so the result is for use only where neither has errors.
  model::Desired resolve(std::string_view environment, Diagnostics& diagnostics) const;
  /// Every Environment, and of this one those documents that are `wanted` by their address ("GMSA/WebApp01"),
  /// as they are written.
  std::vector<model::ManifestText> texts(std::string_view environment,
                                         const std::function<bool(const std::string& address)>& wanted) const;
  /// How many documents of ours were read, Environments included.
  size_t document_count() const;

 private:
  std::unique_ptr<LoadedDocuments> documents_;
};

Manifests load(const LoadRequest& request);
/// From sources that were read by other means, such as a git revision; `unreadable` says which could not be.
Manifests load(Sources sources, Diagnostics unreadable = {});
/// The other way round of Manifests::texts(): every document at its line of its file again.
Sources sources_of(const std::vector<model::ManifestText>& texts);

}  // namespace gmsactl::manifest
