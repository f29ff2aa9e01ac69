// The pieces that the plan document and the apply report have in common. Internal to engine/report: nothing
// else sees the JSON library.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/plan.h"

namespace gmsactl::report {

struct SourceCommit;

using Json = nlohmann::ordered_json;

inline constexpr char format_version[] = "1.0";
inline constexpr char tool_name[] = "gmsactl";

Json tool_json(const std::string& version);
/// null, true, 30, "text" or ["…"].
Json value_json(const model::FieldValue& value);
Json fields_json(const std::vector<model::FieldChange>& fields);
/// As the plan document lists it.
Json change_json(const model::Change& change);
Json error_json(const Error& error);
Json place_json(const SourceRange& where);
Json source_json(const SourceCommit& source);
Json diagnostics_json(const Diagnostics& diagnostics);
/// The text, or null where it is empty.
Json text_or_null(std::string_view text);

/// Indented, with a line feed. Invalid UTF-8 becomes U+FFFD; control, bidirectional and zero-width characters
/// are written as \uXXXX, so that a document shown on a terminal can't command it.
std::string document_text(const Json& document);
/// On one line, ending with a line feed; escaped in the same way.
std::string line_text(const Json& document);
/// Keys sorted, no white space: what digests are made of.
std::string canonical_text(const Json& document);
/// Of a plan document, without its `digest`.
std::string document_digest(const Json& document);

}  // namespace gmsactl::report
