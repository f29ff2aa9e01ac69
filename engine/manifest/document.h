// One YAML document of ours: what its apiVersion, kind and metadata say, and its spec as a tree until an
// environment is chosen.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/manifest/reading.h"
#include "engine/manifest/yaml.h"
#include "engine/model/desired.h"

namespace gmsactl::manifest {

/// The kinds that a manifest may declare, as it spells them.
inline constexpr std::array<std::string_view, 4> kind_names{"Environment", "HostGroup", "GMSA", "SpecTarget"};
inline constexpr std::array<std::string_view, 5> document_keys{"apiVersion", "kind", "metadata", "spec",
                                                               "overrides"};

inline constexpr std::string_view api_version = "gmsactl/v1";

enum class DocumentKind { environment, host_group, gmsa, spec_target };
std::string_view name(DocumentKind kind);

struct Metadata {
  std::string name;
  Position name_at;
  /// Those the document is limited to; absent: all.
  std::optional<std::vector<model::Located>> environments;
  bool protect = false;
  std::map<std::string, std::string> labels;
};

struct Override {
  std::string environment;
  Position at;
  Node patch;
};

struct Document {
  DocumentKind kind = DocumentKind::gmsa;
  const SourceFile* file = nullptr;
  Position at;
  Metadata metadata;
  Node spec;  ///< a mapping, empty where nothing is written
  std::vector<Override> overrides;

  std::string address() const { return std::string(manifest::name(kind)) + "/" + metadata.name; }
  SourceRange declared_at() const { return {file->name, at.line, at.column}; }
  SourceRange name_range() const { return {file->name, metadata.name_at.line, metadata.name_at.column}; }
  bool belongs_to(std::string_view environment) const;
  const Override* override_for(std::string_view environment) const;
};

/// The document around the spec, its keys checked. Nothing where the document is another program's (only in
/// files that were found by scanning a folder) or so wrong that its kind or name is unknown; the latter is
/// reported.
std::optional<Document> read_document(Node root, const SourceFile& file, Reading& reading);

}  // namespace gmsactl::manifest
