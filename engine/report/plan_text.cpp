#include "engine/report/plan_text.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/report/diagnostic_text.h"
#include "engine/report/value_text.h"

namespace gmsactl::report {

using model::Action;
using model::Change;
using model::FieldChange;
using model::FieldValue;

namespace {

constexpr std::string_view field_indent = "      ";
constexpr std::string_view element_indent = "        ";

bool is_list(const FieldValue& value) { return std::holds_alternative<std::vector<std::string>>(value); }

class PlanText {
 public:
  PlanText(const model::Plan& plan, const Summary& summary, const PlanTextOptions& options)
      : plan_(plan), summary_(summary), options_(options) {}

  std::string render() {
    heading();
    for (const auto& change : plan_.changes) this->change(change);
    unreadable();
    ending();
    return std::move(text_);
  }

 private:
  std::string painted(Tone tone, std::string_view text) const { return paint(options_.color, tone, text); }

  void heading() {
    text_ += painted(Tone::strong, "Environment " + printable(plan_.environment));
    text_ += ": domain " + printable(plan_.domain) + ", server " + printable(plan_.server) + "\n\n";
  }

  void change(const Change& change) {
    const std::string symbol(model::symbol(change.action));
    text_ += std::string(3 - std::min<size_t>(symbol.size(), 3), ' ') + painted(tone(change.action), symbol) +
             " " + painted(Tone::strong, printable(model::address(change.id))) + "   " +
             painted(Tone::faint, printable(model::place_text(change))) + "\n";
    size_t width = 0;
    for (const auto& field : change.fields) width = std::max(width, field.path.size());
    for (const auto& field : change.fields) this->field(change, field, width);
    if (options_.explain) explanation(change);
    text_ += "\n";
  }

  void field(const Change& change, const FieldChange& field, size_t width) {
    std::string path = printable(field.path);
    path.resize(std::max(width, path.size()), ' ');
    text_ += std::string(field_indent) + path + "   ";
    if (is_list(field.before) || is_list(field.after)) return elements(change, field);
    if (change.action != Action::create) text_ += value_text(field.before, "(not set)") + " -> ";
    text_ += value_text(field.after, change.action == Action::create ? "(not set)" : "(cleared)") + "\n";
  }

  void elements(const Change& change, const FieldChange& field) {
    if (field.added.empty() && field.removed.empty()) {
      // A list whose order alone matters, or one that is created empty.
      if (change.action != Action::create) text_ += value_text(field.before, "(not set)") + " -> ";
      text_ += value_text(field.after, "(cleared)") + "\n";
      return;
    }
    std::string counts;
    if (!field.added.empty()) counts = std::to_string(field.added.size()) + " added";
    if (!field.removed.empty())
      counts += (counts.empty() ? "" : ", ") + std::to_string(field.removed.size()) + " removed";
    text_ += counts + "\n";
    for (const auto& element : field.added)
      text_ += std::string(element_indent) + painted(Tone::green, "+ " + quoted(element)) + "\n";
    for (const auto& element : field.removed)
      text_ += std::string(element_indent) + painted(Tone::red, "- " + quoted(element)) + "\n";
  }

  void explanation(const Change& change) {
    const auto line = [&](std::string_view words, const std::string& what) {
      text_ +=
          std::string(field_indent) + painted(Tone::faint, std::string(words) + " " + printable(what)) + "\n";
    };
    for (const auto& reason : change.reasons) line("because", reason);
    for (const auto& id : change.requires_) line("after", model::address(id));
    if (change.declared_at.file.empty()) return;
    std::string where(change.declared_at.file);
    if (change.declared_at.line != 0) where += ":" + std::to_string(change.declared_at.line);
    line("declared at", where);
  }

  void unreadable() {
    for (const auto& resource : plan_.unreadable)
      text_ += "  " + painted(Tone::red, "?") + " " +
               painted(Tone::strong, printable(model::address(resource.id))) +
               "   unreadable: " + printable(resource.why.message) + "\n";
    if (!plan_.unreadable.empty()) text_ += "\n";
  }

  void ending() {
    const auto errors =
        static_cast<size_t>(std::count_if(plan_.diagnostics.begin(), plan_.diagnostics.end(),
                                          [](const Diagnostic& d) { return d.severity == Severity::error; }));
    if (summary_.changes() == 0 && summary_.unreadable == 0) {
      text_ += errors == 0 ? "No changes. Live state matches the manifests.\n"
                           : "No changes planned, but there " + std::string(errors == 1 ? "is " : "are ") +
                                 plural(errors, "error") + "; " + std::to_string(summary_.unchanged) +
                                 " unchanged.\n";
      return;
    }
    if (errors != 0) text_ += plural(errors, "error") + " must be mended before this plan can be applied.\n";
    text_ += "Plan: " + plan_counts(summary_) + ".\n";
  }

  const model::Plan& plan_;
  const Summary& summary_;
  const PlanTextOptions& options_;
  std::string text_;
};

}  // namespace

std::string plan_text(const model::Plan& plan, const PlanTextOptions& options) {
  return plan_text(plan, summarise(plan), options);
}

std::string plan_text(const model::Plan& plan, const Summary& summary, const PlanTextOptions& options) {
  return PlanText(plan, summary, options).render();
}

}  // namespace gmsactl::report
