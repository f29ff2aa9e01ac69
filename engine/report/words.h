// Values and changes in words, for every format that people read. What comes out is printable(), so that the
// renderers have only their own markup to care for; nothing here knows of any markup.
#pragma once

#include <string>
#include <string_view>

#include "engine/model/plan.h"
#include "engine/report/value_text.h"

namespace gmsactl::report {

bool is_list(const model::FieldChange& field);

/// Each side, where a field has no value there "(not set)" or "(cleared)".
std::string before_words(const model::FieldChange& field);
std::string after_words(const model::Change& change, const model::FieldChange& field);

/// `"Web" -> (cleared)`; of an object that is created `"Web"`; of a list `2 added, 1 removed`.
std::string field_words(const model::Change& change, const model::FieldChange& field);

/// "drift", "pending", "drift and pending", "new"; empty where nothing tells.
std::string_view cause_words(std::string_view cause);
bool is_drift(std::string_view cause);

/// "accounts.yaml:12:5"; empty where there is no place.
std::string place_words(const SourceRange& where);

/// The first `limit` bytes, in whole code points, and how many characters were left out.
std::string clipped(std::string_view printable_text, size_t limit);

/// What a plan without changes, errors and unreadable objects has found out: of the whole, or of a part of
/// it.
std::string no_changes(const model::Plan& plan);

}  // namespace gmsactl::report
