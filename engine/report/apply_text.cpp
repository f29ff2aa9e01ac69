#include "engine/report/apply_text.h"

#include "engine/base/text.h"

namespace gmsactl::report {

using model::Action;
using model::ChangeResult;
using model::Outcome;

namespace {

std::string_view done_word(Action action) {
  switch (action) {
    case Action::create:
      return "created";
    case Action::update:
      return "updated";
    case Action::replace:
      return "replaced";
    case Action::remove:
      return "deleted";
    case Action::move:
      return "moved";
    case Action::adopt:
      return "adopted";
  }
  return "";
}

Tone tone(Outcome outcome) {
  switch (outcome) {
    case Outcome::applied:
    case Outcome::already_done:
      return Tone::green;
    case Outcome::skipped:
    case Outcome::stopped:
      return Tone::yellow;
    case Outcome::failed:
    case Outcome::partial:
    case Outcome::conflict:
    case Outcome::unknown:
      return Tone::red;
  }
  return Tone::plain;
}

bool stands(Outcome outcome) { return outcome == Outcome::applied || outcome == Outcome::already_done; }

std::string unfinished(const ChangeResult& result, Color color) {
  std::string text = "  " + apply_line(result, color) + "\n";
  for (const auto& request : result.written) text += "      written: " + printable(request) + "\n";
  if (result.written.empty() && (result.outcome == Outcome::partial || result.outcome == Outcome::conflict))
    text += "      written: nothing\n";
  if (result.outcome == Outcome::unknown)
    text += "      the last request may have been carried out: plan again\n";
  if (result.error && result.error->native && !result.error->native->name.empty())
    text += "      server: " + printable(result.error->native->name) + " (" +
            std::to_string(result.error->native->code) + ")\n";
  if (result.error && !result.error->hint.empty())
    text += "      help: " + printable(result.error->hint) + "\n";
  return text;
}

std::string counts_text(const ApplyCounts& counts, size_t unchanged) {
  const auto number = [](size_t n, std::string_view word) {
    return std::to_string(n) + " " + std::string(word);
  };
  std::string text = number(counts.created, "created, ") + number(counts.updated, "updated, ");
  if (counts.moved != 0) text += number(counts.moved, "moved, ");
  if (counts.adopted != 0) text += number(counts.adopted, "adopted, ");
  text += number(counts.replaced, "replaced, ") + number(counts.removed, "deleted");
  if (counts.already_done != 0) text += ", " + number(counts.already_done, "already as wanted");
  text += "; " + number(unchanged, "unchanged");
  return text;
}

}  // namespace

ApplyCounts count(std::span<const ChangeResult> results) {
  ApplyCounts counts;
  const auto applied = [&](Action action) -> size_t& {
    switch (action) {
      case Action::create:
        return counts.created;
      case Action::update:
        return counts.updated;
      case Action::replace:
        return counts.replaced;
      case Action::remove:
        return counts.removed;
      case Action::move:
        return counts.moved;
      case Action::adopt:
        return counts.adopted;
    }
    return counts.updated;
  };
  for (const auto& result : results) switch (result.outcome) {
      case Outcome::applied:
        ++applied(result.action);
        break;
      case Outcome::already_done:
        ++counts.already_done;
        break;
      case Outcome::failed:
        ++counts.failed;
        break;
      case Outcome::partial:
        ++counts.partial;
        break;
      case Outcome::conflict:
        ++counts.conflict;
        break;
      case Outcome::unknown:
        ++counts.unknown;
        break;
      case Outcome::skipped:
        ++counts.skipped;
        break;
      case Outcome::stopped:
        ++counts.stopped;
        break;
    }
  return counts;
}

std::string failure_counts(const ApplyCounts& counts) {
  std::string text;
  const auto add = [&](size_t n, std::string_view word) {
    if (n != 0) text += (text.empty() ? "" : ", ") + std::to_string(n) + " " + std::string(word);
  };
  add(counts.failed, "failed");
  add(counts.partial, "partly written");
  add(counts.conflict, "in conflict");
  add(counts.unknown, "unknown");
  add(counts.skipped, "skipped");
  add(counts.stopped, "not begun");
  return text;
}

std::string apply_counts(const ApplyCounts& counts, size_t unchanged) {
  const std::string failures = failure_counts(counts);
  return (failures.empty() ? "" : failures + "; ") + counts_text(counts, unchanged);
}

std::string_view outcome_words(const ChangeResult& result) {
  switch (result.outcome) {
    case Outcome::applied:
      return done_word(result.action);
    case Outcome::already_done:
      return "already as wanted";
    case Outcome::failed:
      return "failed, nothing written";
    case Outcome::partial:
      return "failed, partly written";
    case Outcome::conflict:
      return "changed by somebody else meanwhile";
    case Outcome::unknown:
      return "outcome unknown";
    case Outcome::skipped:
      return "skipped, nothing written";
    case Outcome::stopped:
      return "not begun, nothing written";
  }
  return "";
}

std::string apply_line(const ChangeResult& result, Color color) {
  std::string text =
      printable(model::address(result.id)) + ": " + paint(color, tone(result.outcome), outcome_words(result));
  if (result.error) text += ": " + printable(result.error->message);
  return text;
}

std::string apply_text(const model::Plan& plan, std::span<const ChangeResult> results, Color color) {
  return apply_text(summarise(plan), results, color);
}

std::string apply_text(const Summary& planned, std::span<const ChangeResult> results, Color color) {
  const ApplyCounts counts = count(results);
  const std::string summary = apply_counts(counts, planned.unchanged) + ".\n";
  if (counts.complete()) return "Apply complete: " + summary;

  std::string written;
  std::string rest;
  for (const auto& result : results) {
    if (stands(result.outcome))
      written += "  " + apply_line(result, color) + "\n";
    else
      rest += unfinished(result, color);
  }
  std::string text;
  if (!written.empty()) text += "Written, and it stands:\n" + written + "\n";
  text += "Not finished:\n" + rest + "\n";
  return text + "Apply incomplete: " + summary;
}

}  // namespace gmsactl::report
