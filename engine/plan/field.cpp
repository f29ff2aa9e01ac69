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

const FieldChange* field_of(const model::Change& change, std::string_view path) {
  const auto found = std::find_if(change.fields.begin(), change.fields.end(),
                                  [&](const FieldChange& field) { return field.path == path; });
  return found == change.fields.end() ? nullptr : &*found;
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

namespace {

constexpr std::string_view adopted_suffix = ".adopted";
constexpr std::string_view additive_suffix = ".additive";

std::string key_of(std::string_view path, std::string_view suffix) {
  return std::string(path) + std::string(suffix);
}

/// The cause by what the last apply is known to have left. Where only a part was compared then and the whole
/// is now, others' values were welcome until the manifest changed, so none of them is drift.
std::string_view cause_since(const std::optional<Ledger::Last>& last, const Ledger::Record& record,
                             const FieldChange& change) {
  const std::string desired = value_hash(record.after, record.fold_text);
  const auto cause = [&](const FieldValue& live) {
    return cause_of(desired, value_hash(live, record.fold_text),
                    last ? std::optional(std::string(last->hash)) : std::nullopt);
  };
  if (last && last->basis == Ledger::Basis::part)
    return cause_of(desired, value_hash(record.before, record.fold_text), std::nullopt);
  const bool was_additive = last && last->basis == Ledger::Basis::additive;
  if (!last || was_additive == record.additive) return cause(record.before);
  if (record.additive) return cause(change.before);
  return last->hash == desired && !change.added.empty() ? model::cause::both : model::cause::pending;
}

}  // namespace

bool Ledger::left_alone(std::string_view path) const {
  return std::any_of(accepted.begin(), accepted.end(), [&](const auto& field) { return field.path == path; });
}

bool Ledger::has(std::string_view path) const {
  return std::any_of(records.begin(), records.end(), [&](const auto& record) { return record.path == path; });
}

const Ledger::Record* Ledger::record_of(std::string_view path) const {
  const auto found =
      std::find_if(records.begin(), records.end(), [&](const auto& record) { return record.path == path; });
  return found == records.end() ? nullptr : &*found;
}

std::optional<Ledger::Last> Ledger::last(std::string_view path) const {
  if (const auto found = applied.find(path); found != applied.end()) return Last{found->second, Basis::whole};
  if (const auto found = applied.find(key_of(path, adopted_suffix)); found != applied.end())
    return Last{found->second, Basis::adopted};
  if (const auto found = applied.find(key_of(path, additive_suffix)); found != applied.end())
    return Last{found->second, Basis::additive};
  if (const auto found = applied.find(key_of(path, model::Marker::in_part)); found != applied.end())
    return Last{found->second, Basis::part};
  return std::nullopt;
}

std::string_view Ledger::path_of(std::string_view key) {
  for (const auto suffix : {adopted_suffix, additive_suffix, model::Marker::in_part})
    if (key.ends_with(suffix)) return key.substr(0, key.size() - suffix.size());
  return key;
}

std::map<std::string, std::string, std::less<>> Ledger::applied_afterwards() const {
  std::map<std::string, std::string, std::less<>> hashes;
  for (const auto& record : records)
    hashes.insert_or_assign(key_of(record.path, record.additive ? additive_suffix : ""),
                            value_hash(record.after, record.fold_text));
  return hashes;
}

std::map<std::string, std::string, std::less<>> Ledger::live_values() const {
  std::map<std::string, std::string, std::less<>> hashes;
  for (const auto& record : records) {
    const bool list = std::holds_alternative<std::vector<std::string>>(record.before);
    hashes.insert_or_assign(key_of(record.path, record.additive ? additive_suffix
                                                : list          ? adopted_suffix
                                                                : ""),
                            value_hash(record.before, record.fold_text));
  }
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

void Fields::record(std::string_view path, const FieldValue& before, const FieldValue& after, bool fold_text,
                    bool additive) {
  if (ledger_ != nullptr) ledger_->records.push_back({path, before, after, fold_text, additive});
}

bool Fields::take(FieldChange change) {
  if (ledger_ == nullptr) {
    changes_.push_back(std::move(change));
    return true;
  }
  const auto& record = ledger_->records.back();
  const auto last = ledger_->last(record.path);
  change.cause = cause_since(last, record, change);
  // What is judged may be less than what is removed: then it is the manifest that has it removed.
  if (change.cause.empty()) change.cause = model::cause::pending;
  if (!change.removed.empty() && change.cause != model::cause::drift &&
      !(last && (last->basis == Ledger::Basis::whole || last->basis == Ledger::Basis::part)))
    ledger_->undeclared_losses.push_back(record.path);
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

bool Fields::add_additive(FieldChange change, const FieldValue& before, const FieldValue& after) {
  record(change.path, before, after, /*fold_text=*/true, /*additive=*/true);
  return take(std::move(change));
}

std::vector<std::string> Fields::came_later(std::string_view path, const std::vector<std::string>& declared,
                                            const std::vector<std::string>& doubtful) const {
  const auto last = ledger_ == nullptr ? std::nullopt : ledger_->last(path);
  // Each set of those that may have been there already is tried.
  constexpr size_t most = 6;
  if (!last || last->basis != Ledger::Basis::whole || doubtful.size() > most) return {};
  for (size_t chosen = 0; chosen < size_t{1} << doubtful.size(); ++chosen) {
    auto then = declared;
    std::vector<std::string> later;
    for (size_t i = 0; i < doubtful.size(); ++i)
      ((chosen >> i & 1) != 0 ? then : later).push_back(doubtful[i]);
    if (value_hash(then, /*fold_text=*/true) == last->hash) return later;
  }
  return {};
}

void Fields::identify(std::string_view path, const std::function<Ledger::Identities()>& identities) {
  if (ledger_ == nullptr) return;
  for (auto& record : ledger_->records)
    if (record.path == path) record.identities = identities;
}

void Fields::note(std::string_view path, const FieldValue& value, bool additive) {
  record(path, value, value, /*fold_text=*/true, additive);
}

}  // namespace gmsactl::plan
