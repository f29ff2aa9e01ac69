#include "engine/plan/field.h"

#include <algorithm>
#include <set>

#include "engine/base/digest.h"
#include "engine/base/text.h"

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

std::string_view cause_of(const std::optional<std::string>& desired, const std::optional<std::string>& live,
                          const std::optional<std::string>& applied) {
  if (!desired || desired == live) return {};
  if (!applied || applied == live) return model::cause::pending;
  return applied == desired ? model::cause::drift : model::cause::both;
}

std::string_view common_cause(const std::vector<FieldChange>& fields) {
  std::string_view common;
  for (const auto& field : fields) {
    if (field.cause.empty()) continue;
    if (common.empty()) common = field.cause;
    if (field.cause != common) return model::cause::both;
  }
  return common;
}

namespace {

/// Distinct values give distinct texts: the first letter tells the types apart, lengths the elements.
std::string canonical(const FieldValue& value, bool fold_text) {
  struct Text {
    bool fold_text;
    std::string operator()(std::monostate) const { return "n"; }
    std::string operator()(bool b) const { return b ? "b1" : "b0"; }
    std::string operator()(int64_t number) const { return "i" + std::to_string(number); }
    std::string operator()(const std::string& text) const { return "s" + (fold_text ? fold(text) : text); }
    std::string operator()(const std::vector<std::string>& list) const {
      std::set<std::string> folded;
      for (const auto& element : list) folded.insert(fold(element));
      std::string text = "l";
      for (const auto& element : folded) text += std::to_string(element.size()) + ":" + element;
      return text;
    }
  };
  return std::visit(Text{fold_text}, value);
}

}  // namespace

std::string value_hash(const FieldValue& value, bool fold_text) {
  return sha256(canonical(value, fold_text)).substr(0, 8);
}

std::string_view Fields::record(std::string_view path, const FieldValue& before, const FieldValue& after,
                                bool fold_text) {
  if (ledger_ == nullptr) return {};
  const std::string wanted = value_hash(after, fold_text);
  ledger_->after.insert_or_assign(std::string(path), wanted);
  const auto applied = ledger_->before.find(path);
  return cause_of(wanted, value_hash(before, fold_text),
                  applied == ledger_->before.end() ? std::nullopt : std::optional(applied->second));
}

bool Ledger::left_alone(std::string_view path) const {
  return std::any_of(accepted.begin(), accepted.end(), [&](const auto& field) { return field.path == path; });
}

bool Fields::take(FieldChange change) {
  if (ledger_ != nullptr && change.cause == model::cause::drift && ledger_->accepts &&
      ledger_->accepts(change.path)) {
    ledger_->accepted.push_back(std::move(change));
    return false;
  }
  changes_.push_back(std::move(change));
  return true;
}

bool Fields::value(std::string_view path, FieldValue before, FieldValue after) {
  const auto cause = record(path, before, after, /*fold_text=*/false);
  if (before == after) return false;
  return take({path, std::move(before), std::move(after), {}, {}, cause});
}

bool Fields::name(std::string_view path, const std::optional<std::string>& live, const std::string& wanted) {
  const auto cause = record(path, text_value(live), wanted, /*fold_text=*/true);
  if (live && equal_folded(*live, wanted)) return false;
  return take({path, text_value(live), wanted, {}, {}, cause});
}

bool Fields::set(std::string_view path, std::vector<std::string> before, std::vector<std::string> after) {
  const auto cause = record(path, before, after, /*fold_text=*/true);
  auto added = minus_folded(after, before);
  auto removed = minus_folded(before, after);
  if (added.empty() && removed.empty()) return false;
  std::sort(before.begin(), before.end(), LessFolded{});
  std::sort(after.begin(), after.end(), LessFolded{});
  return take({path, std::move(before), std::move(after), std::move(added), std::move(removed), cause});
}

bool Fields::text(std::string_view path, const std::optional<std::string>& live,
                  const std::optional<std::string>& wanted) {
  return wanted && value(path, text_value(live), text_value(wanted));
}

bool Fields::add(FieldChange change, const FieldValue& before, const FieldValue& after) {
  change.cause = record(change.path, before, after, /*fold_text=*/true);
  return take(std::move(change));
}

void Fields::note(std::string_view path, const FieldValue& value) {
  record(path, value, value, /*fold_text=*/true);
}

}  // namespace gmsactl::plan
