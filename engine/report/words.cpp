#include "engine/report/words.h"

#include <algorithm>
#include <vector>

#include "engine/base/text.h"

namespace gmsactl::report {

using model::Action;
using model::FieldChange;
using model::FieldValue;

bool is_list(const FieldChange& field) {
  const auto holds_list = [](const FieldValue& value) {
    return std::holds_alternative<std::vector<std::string>>(value);
  };
  return holds_list(field.before) || holds_list(field.after);
}

std::string before_words(const FieldChange& field) { return value_text(field.before, "(not set)"); }

std::string after_words(const model::Change& change, const FieldChange& field) {
  return value_text(field.after, change.action == Action::create ? "(not set)" : "(cleared)");
}

std::string field_words(const model::Change& change, const FieldChange& field) {
  if (!is_list(field) || (field.added.empty() && field.removed.empty())) {
    // Also of a list whose order alone matters, or one that is created empty.
    if (change.action == Action::create) return after_words(change, field);
    return before_words(field) + " -> " + after_words(change, field);
  }
  std::string counts;
  if (!field.added.empty()) counts = std::to_string(field.added.size()) + " added";
  if (!field.removed.empty())
    counts += (counts.empty() ? "" : ", ") + std::to_string(field.removed.size()) + " removed";
  return counts;
}

std::string_view cause_words(std::string_view cause) {
  return cause == model::cause::both ? "drift and pending" : cause;
}

bool is_drift(std::string_view cause) { return cause == model::cause::drift || cause == model::cause::both; }

std::string place_words(const SourceRange& where) {
  std::string text = printable(where.file);
  if (text.empty() || where.line == 0) return text;
  text += ":" + std::to_string(where.line);
  if (where.column != 0) text += ":" + std::to_string(where.column);
  return text;
}

std::string clipped(std::string_view printable_text, size_t limit) {
  if (printable_text.size() <= limit) return std::string(printable_text);
  size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(printable_text[end]) & 0xC0U) == 0x80) --end;
  const auto rest = printable_text.substr(end);
  const auto characters = std::count_if(
      rest.begin(), rest.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; });
  return std::string(printable_text.substr(0, end)) + "... and " +
         plural(static_cast<size_t>(characters), "character") + " more";
}

std::string no_changes(const model::Plan& plan) {
  const auto& asked = plan.inputs;
  if (asked.targets.empty() && asked.excludes.empty() && asked.shard.empty())
    return "No changes. Live state matches the manifests.";
  return "No changes. Live state matches the manifests in the part of them that was looked at.";
}

}  // namespace gmsactl::report
