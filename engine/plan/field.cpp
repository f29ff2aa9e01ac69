#include "engine/plan/field.h"

#include <algorithm>
#include <set>

namespace gmsactl::plan {

using model::FieldChange;
using model::FieldValue;

FieldValue text_value(const std::optional<std::string>& text) {
  if (!text || text->empty()) return std::monostate{};
  return *text;
}

std::vector<std::string> minus_folded(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const std::set<std::string, LessFolded> without(b.begin(), b.end());
  std::vector<std::string> rest;
  for (const auto& element : a)
    if (!without.contains(element)) rest.push_back(element);
  std::sort(rest.begin(), rest.end(), LessFolded{});
  return rest;
}

void Fields::value(std::string_view path, FieldValue before, FieldValue after) {
  if (before == after) return;
  changes_.push_back(FieldChange{path, std::move(before), std::move(after), {}, {}});
}

void Fields::set(std::string_view path, std::vector<std::string> before, std::vector<std::string> after) {
  auto added = minus_folded(after, before);
  auto removed = minus_folded(before, after);
  if (added.empty() && removed.empty()) return;
  std::sort(before.begin(), before.end(), LessFolded{});
  std::sort(after.begin(), after.end(), LessFolded{});
  changes_.push_back(
      FieldChange{path, std::move(before), std::move(after), std::move(added), std::move(removed)});
}

void Fields::text(std::string_view path, const std::optional<std::string>& live,
                  const std::optional<std::string>& wanted) {
  if (wanted) value(path, text_value(live), text_value(wanted));
}

}  // namespace gmsactl::plan
