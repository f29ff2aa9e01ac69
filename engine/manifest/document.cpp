#include "engine/manifest/document.h"

#include <algorithm>
#include <array>
#include <set>

#include "engine/base/text.h"
#include "engine/manifest/doubt.h"
#include "engine/manifest/lists.h"
#include "engine/manifest/names.h"
#include "engine/manifest/scalar.h"

namespace gmsactl::manifest {

namespace {

constexpr std::array<std::string_view, 4> environment_keys{"apiVersion", "kind", "metadata", "spec"};
constexpr std::array<std::string_view, 4> metadata_keys{"name", "environments", "protect", "labels"};
constexpr std::array<std::string_view, 2> environment_metadata_keys{"name", "labels"};
constexpr std::array<std::string_view, 1> override_keys{"spec"};

bool is_our_kind(const Entry* kind) {
  return kind != nullptr && kind->value.is_scalar() &&
         std::find(kind_names.begin(), kind_names.end(), kind->value.text) != kind_names.end();
}

/// Whether the document is for us at all; where it should be but is not right, that is reported.
enum class Concern { ours, not_ours, broken };

Concern check_api_version(const Node& root, const SourceFile& file, Reading& reading) {
  const std::string line = "Write apiVersion: " + std::string(api_version) + ".";
  // Nothing between two markers, or only comments.
  if (root.is_null()) return Concern::not_ours;
  const Entry* version = root.find("apiVersion");
  const bool has_version = version != nullptr && version->value.is_scalar();
  if (has_version && version->value.text == api_version) return Concern::ours;
  if (!file.named_explicitly && (has_version || !is_our_kind(root.find("kind")))) {
    // What it may declare is not managed, so it is not passed over in silence.
    if (auto doubt = doubt_about(root))
      reading.warning(doubt->code, doubt->at, std::move(doubt->detail), std::move(doubt->hint));
    return Concern::not_ours;
  }
  if (!root.is_mapping()) {
    reading.error(codes::not_a_manifest, root.at,
                  "A manifest is a mapping with apiVersion, kind, metadata and spec.", "");
  } else if (has_version) {
    reading.error(codes::unknown_api_version, version->value.at,
                  "The apiVersion " + in_quotes(version->value.text) + " is not one that this program reads.",
                  resembles_our_version(version->value.text)
                      ? line
                      : "Documents of other programs are passed over only where a whole folder is given.");
  } else {
    missing("apiVersion", "A manifest", version == nullptr ? root.at : version->key_at, line, reading);
  }
  return Concern::broken;
}

std::optional<DocumentKind> read_kind(const Node& root, Reading& reading) {
  const Entry* entry = root.find("kind");
  if (entry == nullptr) {
    missing("kind", "A manifest", root.at, "Write kind: Environment, HostGroup, GMSA or SpecTarget.",
            reading);
    return std::nullopt;
  }
  const auto text = read_literal_text({"kind", entry->value}, reading);
  if (!text) return std::nullopt;
  const auto found = std::find(kind_names.begin(), kind_names.end(), *text);
  if (found != kind_names.end()) return static_cast<DocumentKind>(found - kind_names.begin());
  std::string hint = did_you_mean(*text, kind_names);
  if (hint.empty()) hint = "Kinds are " + enumerate(kind_names, "and") + ".";
  reading.error(codes::unknown_kind, entry->value.at, "There is no kind " + in_quotes(*text) + ".",
                std::move(hint));
  return std::nullopt;
}

void check_name(DocumentKind kind, const Metadata& metadata, Reading& reading) {
  if (kind == DocumentKind::spec_target) {
    // It stands in addresses and in names of labels, between a slash and an @.
    if (const auto problem = hidden_character_problem(metadata.name))
      reading.error(codes::invalid_name, metadata.name_at,
                    "The name " + in_quotes(metadata.name) + " " + *problem + ".", "Type it anew.");
    else if (metadata.name.find_first_of("/@") != std::string::npos)
      reading.error(codes::invalid_name, metadata.name_at,
                    "The name " + in_quotes(metadata.name) + " contains / or @, which part addresses.", "");
    return;
  }
  if (kind != DocumentKind::environment) {
    if (const auto problem = common_name_problem(metadata.name))
      reading.error(codes::invalid_name, metadata.name_at,
                    "The name " + in_quotes(metadata.name) + " " + *problem + ".",
                    "The name becomes the object's CN; choose another.");
    return;
  }
  const bool plain = std::all_of(metadata.name.begin(), metadata.name.end(), [](char c) {
    return (fold(c) >= 'a' && fold(c) <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
  if (!plain || metadata.name.size() > 64)
    reading.error(codes::invalid_name, metadata.name_at,
                  "The environment name " + in_quotes(metadata.name) +
                      " must be at most 64 letters, digits, dots, underscores and hyphens.",
                  "");
}

void read_labels(const Entry& labels, Metadata& metadata, Reading& reading) {
  if (!require_mapping({"metadata.labels", labels.value}, reading)) return;
  for (const Entry& label : labels.value.entries)
    if (auto value = read_literal_text({"The label " + in_quotes(label.key), label.value}, reading))
      metadata.labels.emplace(label.key, std::move(*value));
}

void read_environments(const Entry& list, Metadata& metadata, Reading& reading) {
  if (!require_sequence({"metadata.environments", list.value}, reading)) return;
  auto& environments = metadata.environments.emplace();
  if (list.value.items.empty())
    reading.error(codes::empty_value, list.value.at,
                  "metadata.environments is empty, so the document belongs nowhere.",
                  "Name environments, or remove the key to belong to all.");
  DuplicateCheck duplicates("metadata.environments", reading);
  for (const Node& item : list.value.items) {
    auto text = read_literal_text({"An entry of metadata.environments", item}, reading);
    if (!text || !duplicates.add(*text, *text, item.at)) continue;
    environments.push_back({std::move(*text), reading.range(item.at)});
  }
}

/// False where there is no name.
bool read_metadata(DocumentKind kind, const Node& root, Metadata& metadata, Reading& reading) {
  const Entry* entry = root.find("metadata");
  const std::string hint = "Write metadata: {name: …}";
  if (entry == nullptr) {
    missing("metadata.name", "A manifest", root.at, hint, reading);
    return false;
  }
  if (!require_mapping({"metadata", entry->value}, reading)) return false;
  const Node& node = entry->value;
  const Entry* name_entry = node.find("name");
  if (name_entry == nullptr) {
    missing("metadata.name", "A manifest", entry->key_at, hint, reading);
    return false;
  }
  auto text = read_literal_text({"metadata.name", name_entry->value}, reading);
  if (text) {
    metadata.name = std::move(*text);
    metadata.name_at = name_entry->value.at;
    reading.set_address(std::string(manifest::name(kind)) + "/" + metadata.name);
    check_name(kind, metadata, reading);
  }
  if (kind == DocumentKind::environment)
    check_keys(node, "the metadata of an Environment", environment_metadata_keys, reading);
  else
    check_keys(node, "metadata", metadata_keys, reading);
  if (const Entry* labels = node.find("labels")) read_labels(*labels, metadata, reading);
  if (kind == DocumentKind::environment) return text.has_value();
  if (const Entry* environments = node.find("environments"))
    read_environments(*environments, metadata, reading);
  if (const Entry* protect = node.find("protect"))
    metadata.protect = read_boolean({"metadata.protect", protect->value}, reading).value_or(false);
  return text.has_value();
}

void read_overrides(const Entry& overrides, Document& document, Reading& reading) {
  if (!require_mapping({"overrides", overrides.value}, reading)) return;
  for (const Entry& each : overrides.value.entries) {
    const std::string where = "overrides." + printable(each.key);
    if (!require_mapping({where, each.value}, reading)) continue;
    check_keys(each.value, where, override_keys, reading);
    const Entry* spec = each.value.find("spec");
    Override changed{each.key, each.key_at, {}};
    changed.patch.kind = Node::Kind::mapping;
    changed.patch.at = each.key_at;
    if (spec != nullptr && require_mapping({where + ".spec", spec->value}, reading))
      changed.patch = spec->value;
    document.overrides.push_back(std::move(changed));
  }
}

}  // namespace

std::string_view name(DocumentKind kind) { return kind_names[static_cast<size_t>(kind)]; }

bool Document::belongs_to(std::string_view environment) const {
  if (!metadata.environments) return true;
  return std::any_of(metadata.environments->begin(), metadata.environments->end(),
                     [&](const model::Located& each) { return each.text == environment; });
}

const Override* Document::override_for(std::string_view environment) const {
  const auto found = std::find_if(overrides.begin(), overrides.end(),
                                  [&](const Override& each) { return each.environment == environment; });
  return found == overrides.end() ? nullptr : &*found;
}

std::optional<Document> read_document(Node root, const SourceFile& file, Reading& reading) {
  if (check_api_version(root, file, reading) != Concern::ours) return std::nullopt;
  const auto kind = read_kind(root, reading);
  if (!kind) return std::nullopt;
  Document document;
  document.kind = *kind;
  document.file = &file;
  document.at = root.entries.front().key_at;
  const bool named = read_metadata(*kind, root, document.metadata, reading);
  const bool is_environment = *kind == DocumentKind::environment;
  check_keys(root, is_environment ? "an Environment" : "a manifest",
             is_environment ? std::span<const std::string_view>(environment_keys) : document_keys, reading);
  document.spec.kind = Node::Kind::mapping;
  document.spec.at = document.at;
  const auto spec =
      std::find_if(root.entries.begin(), root.entries.end(), [](const Entry& e) { return e.key == "spec"; });
  if (spec != root.entries.end()) {
    if (spec->value.is_null())
      document.spec.at = spec->key_at;
    else if (require_mapping({"spec", spec->value}, reading))
      document.spec = std::move(spec->value);
  }
  const Entry* overrides = root.find("overrides");
  if (overrides != nullptr && !is_environment) read_overrides(*overrides, document, reading);
  if (!named) return std::nullopt;
  return document;
}

}  // namespace gmsactl::manifest
