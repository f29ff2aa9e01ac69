// What a folder holds and this program does not manage: documents that are plainly somebody else's, which are
// passed over without a word, and those that may be ours and went wrong, which never are: what they declare
// would count as declared no longer. Not responsible for documents that are ours.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/manifest/codes.h"
#include "engine/manifest/yaml.h"

namespace gmsactl::manifest {

/// Why a document may be ours though it was not read as one.
struct Doubt {
  Code code;
  Position at;
  std::string detail;
  std::string hint;
};

/// Whether its `apiVersion` and `kind`, at the start of two lines, show that it is another program's. Most
/// YAML in a folder is, and parsing it would take time, and its mistakes and templates are none of our
/// business. False proves nothing.
bool plainly_foreign(std::string_view text);

/// Another version of ours, or a slip of it.
bool resembles_our_version(std::string_view version);

/// About a document that parses and whose apiVersion is not ours.
std::optional<Doubt> doubt_about(const Node& root);

/// About one that does not parse, for the reason in `parsed`, and does not mention ours.
std::optional<Doubt> doubt_about(const Chunk& chunk, const ParsedDocument& parsed);

}  // namespace gmsactl::manifest
