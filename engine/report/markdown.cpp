// GitHub takes 65,536 characters for a comment, and refuses a longer one. So the page is made of blocks that
// are whole or not there at all: a change has a block with its details and a line without, and what has no
// room for either is counted.
//
// Every text from outside stands in a code span or a fence, or escaped in the HTML of a <summary>: where
// nothing is a link, a mention, an issue or a tag.
#include <algorithm>

#include "engine/base/text.h"
#include "engine/report/apply_text.h"
#include "engine/report/diagnostic_text.h"
#include "engine/report/entries.h"
#include "engine/report/formats.h"
#include "engine/report/markup.h"
#include "engine/report/words.h"

namespace gmsactl::report {

namespace {

/// Bytes, and so no fewer than characters however they are counted.
constexpr size_t limit = 65'535;
/// For the closing lines.
constexpr size_t reserve = 600;
/// Lists and values are cut here, with a number of what is left out, so that one of them can't fill the page.
constexpr size_t elements_shown = 20;
constexpr size_t value_shown = 300;
constexpr size_t name_shown = 500;
constexpr size_t environments_shown = 50;

/// In a line that is HTML, where Markdown is not looked for.
std::string html_code(std::string_view text) {
  return "<code>" + escaped(clipped(printable(text), name_shown)) + "</code>";
}

/// Longer than any row of backticks in the text, which so can't end what it begins.
std::string backticks(std::string_view text, size_t at_least) {
  size_t longest = 0;
  size_t run = 0;
  for (const char c : text) longest = std::max(longest, run = c == '`' ? run + 1 : 0);
  return std::string(std::max(at_least, longest + 1), '`');
}

/// In a line that is Markdown. Of a span that has a space at both ends one is not shown.
std::string code(std::string_view text) {
  const std::string shown = clipped(printable(text), name_shown);
  const std::string ends = backticks(shown, 1);
  const auto special = [](char c) { return c == '`' || c == ' '; };
  const bool padded = shown.empty() || special(shown.front()) || special(shown.back());
  return ends + (padded ? " " + shown + " " : shown) + ends;
}

std::string fenced(std::string_view language, const std::string& text) {
  const std::string fence = backticks(text, 3);
  return fence + std::string(language) + "\n" + text + fence + "\n";
}

std::string folded(const std::string& summary, const std::string& details) {
  return "<details><summary>" + summary + "</summary>\n\n" + details + "\n</details>\n";
}

/// One thing that is listed.
struct Block {
  std::string heading;  ///< of the section that it belongs to
  std::string full;
  std::string brief;
  bool matters = false;  ///< may take half of the page for its details, whatever follows
};

void elements(std::string& text, char sign, const std::vector<std::string>& list) {
  const size_t shown = std::min(list.size(), elements_shown);
  for (size_t i = 0; i < shown; ++i)
    text += std::string(1, sign) + " " + clipped(quoted(list[i]), value_shown) + "\n";
  if (shown < list.size())
    text += std::string(1, sign) + " ... and " + std::to_string(list.size() - shown) + " more\n";
}

std::string diff(const model::Change& change) {
  std::string text;
  for (const auto& field : change.fields) {
    text += "  " + printable(field.path);
    if (change.cause == model::cause::both && !field.cause.empty())
      text += " (" + std::string(cause_words(field.cause)) + ")";
    text += "\n";
    if (is_list(field) && !(field.added.empty() && field.removed.empty())) {
      elements(text, '+', field.added);
      elements(text, '-', field.removed);
      continue;
    }
    if (change.action != model::Action::create)
      text += "- " + clipped(before_words(field), value_shown) + "\n";
    if (change.action != model::Action::remove)
      text += "+ " + clipped(after_words(change, field), value_shown) + "\n";
  }
  return text;
}

/// What a reviewer asks about a change beside its fields.
std::string remarks(const Entry& entry) {
  const auto& change = *entry.change;
  std::string text;
  const auto line = [&](std::string_view words, std::string_view what) {
    if (!what.empty()) text += std::string(words) + clipped(printable(what), value_shown) + "\n";
  };
  line("", model::place_text(change));
  for (const auto& reason : change.reasons) line("because ", reason);
  line("declared at ", place_words(change.declared_at));
  if (entry.result != nullptr) {
    for (const auto& request : entry.result->written) line("written: ", request);
    if (entry.result->error) {
      line("error: ", entry.result->error->message);
      line("help: ", entry.result->error->hint);
    }
  }
  return text.empty() ? text : fenced("", text);
}

std::string_view heading(const Entry& entry) {
  if (entry.result != nullptr && severity(entry) != Severity::note) return "Not carried out";
  const bool done = entry.result != nullptr;
  switch (entry.change->action) {
    case model::Action::remove:
      return done ? "Deleted" : "Delete";
    case model::Action::replace:
      return done ? "Replaced: a new SID" : "Replace: a new SID, what was granted to the old one is lost";
    case model::Action::update:
      return done ? "Updated" : "Update";
    case model::Action::move:
      return done ? "Moved" : "Move";
    case model::Action::adopt:
      return done ? "Adopted" : "Adopt";
    case model::Action::create:
      return done ? "Created" : "Create";
  }
  return "";
}

/// Makes the blocks in the order in which they are to be read.
class Blocks {
 public:
  explicit Blocks(const RunReport& report) : several_(report.environments.size() > 1) {
    const auto changes = by_danger(entries(report));
    const auto harmless = std::find_if(changes.begin(), changes.end(), [](const Entry& entry) {
      return severity(entry) == Severity::note || entry.change->action == model::Action::update;
    });
    for (auto it = changes.begin(); it != harmless; ++it) add(*it);
    diagnostics(report, Severity::error, "Errors");
    for (const auto& environment : report.environments)
      for (const auto& resource : environment.plan->unreadable) add(environment, resource);
    for (auto it = harmless; it != changes.end(); ++it) add(*it);
    diagnostics(report, Severity::warning, "Warnings");
    diagnostics(report, Severity::note, "Notes");
  }

  std::vector<Block> take() { return std::move(blocks_); }

 private:
  /// `rest` is ours, the name and the environment are not.
  void add(std::string_view heading, const std::string& name, const EnvironmentReport& environment,
           const std::string& rest, const std::string& details, bool matters) {
    const auto line = [&](auto as_code) {
      const std::string where = several_ ? " in " + as_code(environment.plan->environment) : "";
      return as_code(name) + where + rest;
    };
    blocks_.push_back(
        {std::string(heading), folded(line(html_code), details), "- " + line(code) + "\n", matters});
  }

  void add(const Entry& entry) {
    const auto& change = *entry.change;
    std::string rest;
    if (is_drift(change.cause)) rest += ", " + std::string(cause_words(change.cause));
    if (entry.result != nullptr) rest += ": " + std::string(outcome_words(*entry.result));
    add(heading(entry), std::string(symbol(change.action)) + " " + model::address(change.id),
        *entry.environment, rest, fenced("diff", diff(change)) + remarks(entry),
        severity(entry) != Severity::note);
  }

  void add(const EnvironmentReport& environment, const model::UnreadableResource& resource) {
    std::string text = clipped(printable(resource.why.message), value_shown) + "\n";
    if (!resource.why.hint.empty())
      text += "help: " + clipped(printable(resource.why.hint), value_shown) + "\n";
    add("Unreadable: could not be judged, so nothing is done to it", "? " + model::address(resource.id),
        environment, "", fenced("", text), true);
  }

  void diagnostics(const RunReport& report, Severity severity, std::string_view heading) {
    for (const auto& environment : report.environments)
      for (const auto& diagnostic : environment.plan->diagnostics) {
        if (diagnostic.severity != severity) continue;
        std::string name = std::string(diagnostic.code) + " " + diagnostic.summary;
        if (diagnostic.where) name += " " + place_words(*diagnostic.where);
        add(heading, name, environment, "", fenced("", diagnostic_text(diagnostic, {})),
            severity == Severity::error);
      }
  }

  bool several_;
  std::vector<Block> blocks_;
};

/// Fills the page with blocks, and counts those that have no room.
std::string fitted(std::string text, const std::vector<Block>& blocks) {
  const auto heading = [](const Block& block) { return "\n### " + block.heading + "\n\n"; };
  const auto begins_section = [&](size_t i) { return i == 0 || blocks[i].heading != blocks[i - 1].heading; };
  // How much a line for each of those after it takes.
  std::vector<size_t> brief_after(blocks.size() + 1);
  for (size_t i = blocks.size(); i > 0; --i)
    brief_after[i - 1] = brief_after[i] + blocks[i - 1].brief.size() +
                         (begins_section(i - 1) ? heading(blocks[i - 1]).size() : 0);
  const size_t room = limit - reserve;
  std::string_view section;
  size_t left_out = 0;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const auto& block = blocks[i];
    const std::string start = block.heading == section ? "" : heading(block);
    const size_t used = text.size() + start.size();
    // What follows keeps that; but it can't take more than half of the page from what matters.
    const size_t kept = block.matters ? std::min(brief_after[i + 1], room / 2) : brief_after[i + 1];
    const bool full = used + block.full.size() + kept <= room;
    if (!full && used + block.brief.size() > room) {
      ++left_out;
      continue;
    }
    text += start + (full ? block.full : block.brief);
    section = block.heading;
  }
  if (left_out != 0) text += "\n**" + std::to_string(left_out) + " more in the full report.**\n";
  return text;
}

/// Failures of an apply, and what keeps a plan from being one.
std::string remarks(const EnvironmentReport& environment) {
  std::vector<std::string> parts;
  if (!environment.results.empty()) {
    const ApplyCounts counts = count(environment.results);
    parts.push_back(counts.complete() ? "complete" : failure_counts(counts));
  }
  if (const size_t errors = count(environment.plan->diagnostics, Severity::error); errors != 0)
    parts.push_back(plural(errors, "error"));
  if (environment.summary.unreadable != 0)
    parts.push_back(std::to_string(environment.summary.unreadable) + " unreadable");
  return join(parts, ", ");
}

std::string table(const RunReport& report) {
  std::string text =
      "| environment | create | update | replace | delete | move | adopt | unchanged | |\n"
      "|---|--:|--:|--:|--:|--:|--:|--:|---|\n";
  const size_t shown = std::min(report.environments.size(), environments_shown);
  for (size_t i = 0; i < shown; ++i) {
    const auto& environment = report.environments[i];
    // A bar would begin another column, whatever it stands in.
    std::string name = code(environment.plan->environment);
    for (size_t at = 0; (at = name.find('|', at)) != std::string::npos;) name.replace(at, 1, "\\x7c");
    const Summary& summary = environment.summary;
    text += "| " + name;
    for (const size_t number : {summary.create, summary.update, summary.replace, summary.remove, summary.move,
                                summary.adopt, summary.unchanged})
      text += " | " + std::to_string(number);
    text += " | " + remarks(environment) + " |\n";
  }
  if (shown < report.environments.size())
    text += "\n" + std::to_string(report.environments.size() - shown) +
            " more environments in the full report.\n";
  return text;
}

std::string opening(const RunReport& report) {
  std::string text = "## gmsactl " + std::string(name(report.command)) + "\n\n";
  if (report.environments.size() == 1) {
    const auto& environment = report.environments.front();
    const auto& plan = *environment.plan;
    text += code(plan.environment) + " (domain " + code(plan.domain) + ", server " + code(plan.server) +
            "): **" + counts_words(environment) + ".**\n";
  } else {
    text += table(report);
  }
  size_t errors = 0;
  for (const auto& environment : report.environments)
    errors += count(environment.plan->diagnostics, Severity::error);
  if (errors != 0)
    text += "\n**" + plural(errors, "error") + " must be mended before this can be applied.**\n";
  return text;
}

std::string closing(const RunReport& report) {
  std::string text = "\n<sub>gmsactl " + code(report.tool_version) + ", " + code(report.finished_at);
  if (report.source) text += ", commit " + code(commit_words(*report.source));
  return text + "</sub>\n";
}

}  // namespace

std::string markdown(const RunReport& report) {
  return fitted(opening(report), Blocks(report).take()) + closing(report);
}

}  // namespace gmsactl::report
