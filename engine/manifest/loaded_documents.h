// What load() keeps for resolve(): each document with its tree, or with its decoded spec where that is the
// same in every environment. Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "engine/manifest/decode.h"
#include "engine/manifest/document.h"
#include "engine/manifest/source.h"

namespace gmsactl::manifest {

struct LoadedDocument {
  Document document;
  Chunk chunk;  ///< as it is written
  /// The spec, unless it varies with the environment. An Environment's is always here.
  std::variant<std::monostate, HostGroupFields, GmsaFields, SpecTargetFields, model::Environment> fields;
  bool has_errors = false;  ///< reported at load; resolve() leaves the document out

  bool varies() const { return std::holds_alternative<std::monostate>(fields); }
};

class LoadedDocuments {
 public:
  Sources sources;
  Diagnostics diagnostics;
  std::vector<LoadedDocument> documents;
  /// Whether something that may declare an Environment (what others refer to) could not be read, so that one
  /// that seems to be missing may be there.
  bool may_lack_environments = false;
  bool may_lack_referenced = false;

  const LoadedDocument* find(DocumentKind kind, std::string_view name) const;
  std::vector<std::string_view> names(DocumentKind kind) const;
  /// After `documents` are complete: their addresses, and what they say of each other in every environment.
  void index();

 private:
  void check_environment_names(const LoadedDocument& loaded, const std::vector<std::string_view>& known);

  std::unordered_map<std::string, size_t> by_folded_address_;
};

/// Puts one environment together; `environment` is from `loaded` and without errors.
model::Desired resolve_environment(const LoadedDocuments& loaded, const model::Environment& environment,
                                   Diagnostics& diagnostics);

}  // namespace gmsactl::manifest
