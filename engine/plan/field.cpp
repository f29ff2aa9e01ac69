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

FieldValue text_value(const std::optional<std::string>& first, const std::vector<std::string>& more) {
  if (more.empty()) return text_value(first);
  std::vector<std::string> all = more;
  if (first) all.push_back(*first);
  std::sort(all.begin(), all.end());
  return all;
}

bool contains_folded(const std::vector<std::string>& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(), [&](const auto& each) { return equal_folded(each, text); });
}

std::vector<std::string> without_folded(const std::vector<std::string>& from,
                                        const std::vector<std::string>& others) {
  const std::set<std::string, LessFolded> without(others.begin(), others.end());
  std::vector<std::string> rest;
  for (const auto& element : from)
    if (!without.contains(element)) rest.push_back(element);
  return rest;
}

std::vector<std::string> minus_folded(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  auto rest = without_folded(a, b);
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

std::string guard_hash(const FieldValue& value, bool fold_text) {
  return sha256(canonical(value, fold_text)).substr(0, 16);
}

std::string value_hash(const FieldValue& value, bool fold_text) {
  return guard_hash(value, fold_text).substr(0, 8);
}

bool Ledger::left_alone(std::string_view path) const {
  return std::any_of(accepted.begin(), accepted.end(), [&](const auto& field) { return field.path == path; });
}

bool Ledger::has(std::string_view path) const {
  return std::any_of(records.begin(), records.end(), [&](const auto& record) { return record.path == path; });
}

std::map<std::string, std::string, std::less<>> Ledger::applied_afterwards() const {
  std::map<std::string, std::string, std::less<>> hashes;
  for (const auto& record : records)
    hashes.insert_or_assign(std::string(record.path), value_hash(record.after, record.fold_text));
  return hashes;
}

std::map<std::string, std::string, std::less<>> Ledger::live_values() const {
  std::map<std::string, std::string, std::less<>> hashes;
  for (const auto& record : records)
    hashes.insert_or_assign(std::string(record.path), value_hash(record.before, record.fold_text));
  return hashes;
}

std::vector<model::Guard> Ledger::guards() const {
  std::map<std::string_view, model::Guard> by_path;
  for (const auto& record : records) {
    model::Guard guard{std::string(record.path), guard_hash(record.before, record.fold_text),
                       guard_hash(record.after, record.fold_text)};
    if (record.identities) {
      const auto [before, after] = record.identities();
      guard.before = guard_hash(before, true);
      guard.after = guard_hash(after, true);
    }
    by_path.insert_or_assign(record.path, std::move(guard));
  }
  std::vector<model::Guard> guards;
  for (auto& [path, guard] : by_path) guards.push_back(std::move(guard));
  return guards;
}

void Fields::record(std::string_view path, const FieldValue& before, const FieldValue& after,
                    bool fold_text) {
  if (ledger_ != nullptr) ledger_->records.push_back({path, before, after, fold_text});
}

bool Fields::take(FieldChange change) {
  if (ledger_ == nullptr) {
    changes_.push_back(std::move(change));
    return true;
  }
  const auto& record = ledger_->records.back();
  const auto applied = ledger_->applied.find(record.path);
  change.cause =
      cause_of(value_hash(record.after, record.fold_text), value_hash(record.before, record.fold_text),
               applied == ledger_->applied.end() ? std::nullopt : std::optional(applied->second));
  const bool accepted =
      change.cause == model::cause::drift && ledger_->accepts && ledger_->accepts(change.path);
  (accepted ? ledger_->accepted : changes_).push_back(std::move(change));
  return !accepted;
}

bool Fields::value(std::string_view path, FieldValue before, FieldValue after) {
  record(path, before, after, /*fold_text=*/false);
  return before != after && take({path, std::move(before), std::move(after), {}, {}, {}});
}

bool Fields::name(std::string_view path, const std::optional<std::string>& live, const std::string& wanted) {
  record(path, text_value(live), wanted, /*fold_text=*/true);
  return !(live && equal_folded(*live, wanted)) && take({path, text_value(live), wanted, {}, {}, {}});
}

bool Fields::set(std::string_view path, std::vector<std::string> before, std::vector<std::string> after) {
  record(path, before, after, /*fold_text=*/true);
  auto added = minus_folded(after, before);
  auto removed = minus_folded(before, after);
  if (added.empty() && removed.empty()) return false;
  std::sort(before.begin(), before.end(), LessFolded{});
  std::sort(after.begin(), after.end(), LessFolded{});
  return take({path, std::move(before), std::move(after), std::move(added), std::move(removed), {}});
}

bool Fields::text(std::string_view path, const std::optional<std::string>& live,
                  const std::optional<std::string>& wanted) {
  return text(path, text_value(live), wanted);
}

bool Fields::text(std::string_view path, FieldValue live, const std::optional<std::string>& wanted) {
  return wanted && value(path, std::move(live), text_value(wanted));
}

bool Fields::add(FieldChange change, const FieldValue& before, const FieldValue& after) {
  record(change.path, before, after, /*fold_text=*/true);
  return take(std::move(change));
}

void Fields::identify(std::string_view path, const std::function<Ledger::Identities()>& identities) {
  if (ledger_ == nullptr) return;
  for (auto& record : ledger_->records)
    if (record.path == path) record.identities = identities;
}

void Fields::note(std::string_view path, const FieldValue& value) {
  record(path, value, value, /*fold_text=*/true);
}

}  // namespace gmsactl::plan
