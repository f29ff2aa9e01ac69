#include "engine/report/plan_text.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/confined.h"
#include "engine/report/words.h"

namespace gmsactl::report {

using model::Change;
using model::FieldChange;

namespace {

constexpr std::string_view field_indent = "      ";
constexpr std::string_view element_indent = "        ";

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
    text_ += ": domain " + printable(plan_.domain) + ", server " + printable(plan_.server) +
             (plan_.inputs.shard.empty() ? "" : ", shard " + printable(plan_.inputs.shard)) + "\n\n";
  }

  void change(const Change& change) {
    const std::string symbol(model::symbol(change.action));
    text_ += std::string(3 - std::min<size_t>(symbol.size(), 3), ' ') + painted(tone(change.action), symbol) +
             " " + painted(Tone::strong, printable(model::address(change.id)));
    // That a change was asked for needs no word; that somebody made it behind our back does.
    if (is_drift(change.cause)) text_ += " " + mark(change.cause);
    text_ += "   " + painted(Tone::faint, printable(model::place_text(change))) + "\n";
    size_t width = 0;
    for (const auto& field : change.fields) width = std::max(width, field.path.size());
    for (const auto& field : change.fields) this->field(change, field, width);
    if (options_.explain) explanation(change);
    text_ += "\n";
  }

  void field(const Change& change, const FieldChange& field, size_t width) {
    std::string path = printable(field.path);
    path.resize(std::max(width, path.size()), ' ');
    text_ += std::string(field_indent) + path + "   " + field_words(change, field);
    // Where all fields have one cause, the header says it.
    if (change.cause == model::cause::both && !field.cause.empty()) text_ += "   " + mark(field.cause);
    text_ += "\n";
    if (!is_list(field)) return;
    for (const auto& element : field.added)
      text_ += std::string(element_indent) + painted(Tone::green, "+ " + quoted(element)) + "\n";
    for (const auto& element : field.removed)
      text_ += std::string(element_indent) + painted(Tone::red, "- " + quoted(element)) + "\n";
  }

  std::string mark(std::string_view cause) const {
    return painted(Tone::yellow, "(" + std::string(cause_words(cause)) + ")");
  }

  void explanation(const Change& change) {
    const auto line = [&](std::string_view words, const std::string& what) {
      text_ +=
          std::string(field_indent) + painted(Tone::faint, std::string(words) + " " + printable(what)) + "\n";
    };
    for (const auto& reason : change.reasons) line("because", reason);
    for (const auto& id : change.requires_) line("after", model::address(id));
    SourceRange where = change.declared_at;
    where.column = 0;  // a line is enough for people
    if (!where.file.empty()) line("declared at", place_words(where));
  }

  void unreadable() {
    for (const auto& resource : plan_.unreadable)
      text_ += "  " + painted(Tone::red, "?") + " " +
               painted(Tone::strong, printable(model::address(resource.id))) +
               "   unreadable: " + printable(resource.why.message) + "\n";
    if (!plan_.unreadable.empty()) text_ += "\n";
  }

  void ending() {
    const auto is_error = [](const Diagnostic& d) { return d.severity == Severity::error; };
    const auto& all = plan_.diagnostics;
    const auto confined = static_cast<size_t>(std::count_if(all.begin(), all.end(), model::is_confined));
    const auto errors = static_cast<size_t>(std::count_if(all.begin(), all.end(), is_error)) - confined;
    if (summary_.changes() == 0 && summary_.unreadable == 0) {
      text_ += errors == 0 ? no_changes(plan_) + "\n"
                           : "No changes planned, but there " + std::string(errors == 1 ? "is " : "are ") +
                                 plural(errors, "error") + "; " + std::to_string(summary_.unchanged) +
                                 " unchanged.\n";
      return;
    }
    if (errors != 0) text_ += plural(errors, "error") + " must be mended before this plan can be applied.\n";
    if (confined != 0)
      text_ += plural(confined, "error") + (confined == 1 ? " keeps" : " keep") +
               " what depends on it out of this plan. The rest can be applied.\n";
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
