#include "engine/report/drift_text.h"

#include <algorithm>
#include <set>

#include "engine/base/text.h"
#include "engine/report/value_text.h"

namespace gmsactl::report {

using model::Action;
using model::Change;
using model::FieldChange;

namespace {

constexpr std::string_view field_indent = "      ";
constexpr std::string_view value_indent = "        ";
constexpr std::string_view unknown_cause = "differs";

std::string_view cause_word(std::string_view cause) { return cause.empty() ? unknown_cause : cause; }

Tone tone_of(std::string_view cause) {
  if (cause == model::cause::pending) return Tone::blue;
  if (cause == model::cause::fresh) return Tone::green;
  return cause == model::cause::both ? Tone::red : Tone::yellow;
}

/// Somebody wrote the live value; for a pending one that was gmsactl.
bool changed_live(const FieldChange& field) {
  return field.cause == model::cause::drift || field.cause == model::cause::both;
}

std::string when_and_where(const FieldChange& field) {
  if (!changed_live(field)) return {};
  return field.last_write ? "changed " + last_write_text(*field.last_write)
                          : "when it was changed is not recorded";
}

/// What is to be said of an address as a whole; empty where its fields say it.
std::string_view whole(const Change& change) {
  switch (change.action) {
    case Action::create:
      return "declared, and does not exist";
    case Action::adopt:
      return "exists, and gmsactl does not manage it";
    case Action::remove:
      return "declared no longer";
    case Action::update:
    case Action::replace:
    case Action::move:
      return {};
  }
  return {};
}

class DriftText {
 public:
  DriftText(const model::Plan& plan, Color color) : plan_(plan), color_(color) {}

  std::string render() {
    text_ = paint(color_, Tone::strong, "Environment " + printable(plan_.environment)) + ": domain " +
            printable(plan_.domain) + ", server " + printable(plan_.server) +
            (plan_.inputs.shard.empty() ? "" : ", shard " + printable(plan_.inputs.shard)) + "\n\n";
    for (const auto& change : plan_.changes) this->change(change);
    for (const auto& resource : plan_.unreadable)
      text_ += "  " + paint(color_, Tone::red, "?") + "        " +
               paint(color_, Tone::strong, printable(model::address(resource.id))) +
               "   unreadable: " + printable(resource.why.message) + "\n";
    if (!plan_.unreadable.empty()) text_ += "\n";
    return text_ + drift_counts_text(count_drift(plan_)) + "\n";
  }

 private:
  void change(const Change& change) {
    std::string word(cause_word(change.cause));
    word.resize(std::max<size_t>(word.size(), 7), ' ');
    text_ += "  " + paint(color_, tone_of(change.cause), word) + "  " +
             paint(color_, Tone::strong, printable(model::address(change.id))) + "   " +
             paint(color_, Tone::faint, printable(model::place_text(change))) + "\n";
    if (const auto words = whole(change); !words.empty())
      text_ += std::string(field_indent) + std::string(words) + "\n";
    // What does not exist has no live values to compare.
    if (change.action != Action::create) {
      size_t width = 0;
      for (const auto& field : change.fields) width = std::max(width, field.path.size());
      for (const auto& field : change.fields) this->field(field, width);
    }
    text_ += "\n";
  }

  void field(const FieldChange& field, size_t width) {
    std::string path = printable(field.path);
    path.resize(std::max(width, path.size()), ' ');
    const auto when = when_and_where(field);
    text_ += std::string(field_indent) + path + "   " +
             paint(color_, tone_of(field.cause), cause_word(field.cause)) +
             (when.empty() ? "" : ": " + when) + "\n";
    if (field.added.empty() && field.removed.empty()) {
      text_ += std::string(value_indent) + "live " + value_text(field.before, "(not set)") + ", declared " +
               value_text(field.after, "(not set)") + "\n";
      return;
    }
    for (const auto& element : field.added)
      text_ += std::string(value_indent) + paint(color_, Tone::red, "- " + quoted(element)) +
               "   declared, and missing\n";
    for (const auto& element : field.removed)
      text_ += std::string(value_indent) + paint(color_, Tone::green, "+ " + quoted(element)) +
               "   not declared\n";
  }

  const model::Plan& plan_;
  const Color color_;
  std::string text_;
};

}  // namespace

DriftCounts count_drift(const model::Plan& plan) {
  DriftCounts counts;
  for (const auto& change : plan.changes) {
    auto& count = change.cause == model::cause::drift     ? counts.drifted
                  : change.cause == model::cause::pending ? counts.pending
                  : change.cause == model::cause::both    ? counts.both
                  : change.cause == model::cause::fresh   ? counts.fresh
                                                          : counts.unknown;
    ++count;
  }
  const std::set<model::ResourceId> accepted(plan.accepted.begin(), plan.accepted.end());
  counts.accepted = accepted.size();
  counts.in_sync = static_cast<size_t>(std::count_if(plan.unchanged.begin(), plan.unchanged.end(),
                                                     [&](const auto& id) { return !accepted.contains(id); }));
  counts.unreadable = plan.unreadable.size();
  return counts;
}

std::string drift_counts_text(const DriftCounts& counts) {
  const auto count = [](size_t number, std::string_view words) {
    return std::to_string(number) + " " + std::string(words);
  };
  std::string text = "Drift: " + count(counts.drifted, "drifted, ") + count(counts.pending, "pending, ") +
                     count(counts.both, "both, ") + count(counts.fresh, "new");
  if (counts.unknown != 0) text += ", " + count(counts.unknown, "of unknown cause");
  text += "; " + count(counts.accepted, "accepted; ") + count(counts.in_sync, "in sync");
  if (counts.unreadable != 0) text += ", " + count(counts.unreadable, "unreadable");
  return text + ".";
}

std::string drift_text(const model::Plan& plan, Color color) { return DriftText(plan, color).render(); }

std::string drift_line(const Change& change) {
  const auto words = whole(change);
  return words.empty() ? "differs (" + std::string(cause_word(change.cause)) + ")" : std::string(words);
}

std::string drift_line(const FieldChange& field) {
  std::string line = printable(field.path) + " " + std::string(cause_word(field.cause)) + ": ";
  if (field.added.empty() && field.removed.empty()) {
    line += "live " + value_text(field.before, "(not set)") + ", declared " +
            value_text(field.after, "(not set)");
  } else {
    std::vector<std::string> parts;
    for (const auto& element : field.added) parts.push_back(quoted(element) + " missing");
    for (const auto& element : field.removed) parts.push_back(quoted(element) + " not declared");
    line += join(parts, ", ");
  }
  const auto when = when_and_where(field);
  return when.empty() ? line : line + "; " + when;
}

}  // namespace gmsactl::report
