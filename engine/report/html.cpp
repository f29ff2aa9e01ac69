// Everything that the page shows is in its HTML; the script only filters, opens and prints it, so the page is
// complete where scripts are not allowed, as in many CI servers' artifact viewers. Nothing is loaded, and the
// page forbids it to itself: a policy allows its one style and its one script by their digests.
#include <gmsactl/page.h>

#include <map>

#include "engine/base/digest.h"
#include "engine/base/text.h"
#include "engine/report/apply_json.h"
#include "engine/report/apply_text.h"
#include "engine/report/diagnostic_text.h"
#include "engine/report/entries.h"
#include "engine/report/formats.h"
#include "engine/report/graph_svg.h"
#include "engine/report/markup.h"
#include "engine/report/words.h"

namespace gmsactl::report {

using model::Action;
using model::Kind;

namespace {

/// More graphs than anybody looks at; the list has everything.
constexpr size_t graphs_drawn = 100;
/// From here on a browser lays out what is in view only.
constexpr size_t many_changes = 500;

std::string element(std::string_view tag, std::string_view css_class, std::string_view text) {
  const std::string name(tag);
  return "<" + name + (css_class.empty() ? "" : attribute("class", css_class)) + ">" + escaped(text) + "</" +
         name + ">";
}

std::string_view title_of(Kind kind) {
  switch (kind) {
    case Kind::kds_root_key:
      return "KDS root key";
    case Kind::container:
      return "Containers";
    case Kind::host_group:
      return "Host groups";
    case Kind::gmsa:
      return "Accounts";
    case Kind::credential_spec:
      return "Credential specs";
  }
  return "";
}

/// Of the text between the tags, as a browser computes it.
std::string policy_source(std::string_view text) {
  std::string bytes;
  const std::string digits = sha256(text);
  for (size_t i = 0; i < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return "'sha256-" + base64_encode(bytes) + "'";
}

std::string head(const RunReport& report) {
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\"" +
         attribute("content", "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " +
                                  policy_source(page::style) + "; script-src " +
                                  policy_source(page::script)) +
         ">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\"" +
         attribute("content", "gmsactl " + report.tool_version) + ">\n" +
         element("title", "", "gmsactl " + title(report)) + "\n<style>" + std::string(page::style) +
         "</style>\n</head>\n";
}

/// How many changes have a value that can be filtered by.
class Chips {
 public:
  Chips(std::string_view key, std::string_view title) : key_(key), title_(title) {}

  void add(const std::string& value, const std::string& label, std::string_view symbol = {}) {
    for (auto& chip : chips_)
      if (chip.value == value) {
        ++chip.count;
        return;
      }
    chips_.push_back({value, label, std::string(symbol), 1});
  }

  /// Nothing where there is nothing to choose.
  std::string text() const {
    if (chips_.size() < 2) return {};
    std::string text = "<div class=\"chips\" role=\"group\"" + attribute("aria-label", title_) + ">" +
                       element("span", "", title_);
    for (const auto& chip : chips_)
      text += "<button type=\"button\"" + (chip.symbol.empty() ? "" : attribute("class", chip.value)) +
              attribute("data-filter", key_) + attribute("value", chip.value) + " aria-pressed=\"false\">" +
              (chip.symbol.empty() ? "" : element("span", "symbol", chip.symbol) + " ") +
              escaped(chip.label) + " " + element("span", "faint", std::to_string(chip.count)) + "</button>";
    return text + "</div>\n";
  }

 private:
  struct Chip {
    std::string value;
    std::string label;
    std::string symbol;
    size_t count;
  };
  std::string key_;
  std::string title_;
  std::vector<Chip> chips_;
};

std::string filters(const RunReport& report) {
  Chips environments("environment", "Environment");
  Chips actions("action", "Action");
  Chips causes("cause", "Cause");
  Chips kinds("kind", "Kind");
  Chips outcomes("outcome", "Outcome");
  const auto list = by_danger(entries(report));
  if (list.empty()) return {};
  for (const auto& entry : list) {
    const auto& change = *entry.change;
    const std::string action(name(change.action));
    actions.add(action, action, symbol(change.action));
    if (!change.cause.empty()) causes.add(std::string(change.cause), std::string(cause_words(change.cause)));
    if (entry.result != nullptr)
      outcomes.add(std::string(outcome_key(entry.result->outcome)), std::string(name(entry.result->outcome)));
  }
  for (const auto& entry : entries(report)) {
    environments.add(entry.environment->plan->environment, entry.environment->plan->environment);
    kinds.add(std::string(name(entry.change->id.kind)), std::string(title_of(entry.change->id.kind)));
  }
  return "<div class=\"filters\" role=\"search\" hidden>\n<div class=\"first\"><input type=\"search\" "
         "aria-label=\"Search names and values\" placeholder=\"Search names and values\">"
         "<button type=\"button\" class=\"clear\">Show all</button>"
         "<button type=\"button\" class=\"toggle\">Open all</button>"
         "<output aria-live=\"polite\"></output></div>\n<div class=\"groups\">" +
         environments.text() + actions.text() + causes.text() + kinds.text() + outcomes.text() +
         "</div></div>\n";
}

/// The numbers of all environments together, as a row of boxes.
class Totals {
 public:
  explicit Totals(const RunReport& report) {
    Summary sum;
    std::vector<model::ChangeResult> results;
    size_t drift = 0;
    size_t errors = 0;
    for (const auto& environment : report.environments) {
      sum = sum + environment.summary;
      results.insert(results.end(), environment.results.begin(), environment.results.end());
      drift += drifted(*environment.plan);
      errors += count(environment.plan->diagnostics, Severity::error);
    }
    if (report.command == Command::apply)
      add(count(results));
    else
      add(sum, drift);
    add_any("unreadable", sum.unreadable, "unreadable");
    add_any("errors", errors, errors == 1 ? "error" : "errors");
    add("", sum.unchanged, "unchanged");
  }

  std::string text() const { return "<ul class=\"counts\">" + text_ + "</ul>\n"; }

 private:
  void add(const Summary& sum, size_t drift) {
    add("create", sum.create, "to create");
    add("update", sum.update, "to update");
    add_any("move", sum.move, "to move");
    add_any("adopt", sum.adopt, "to adopt");
    add("replace", sum.replace, "to replace");
    add("delete", sum.remove, "to delete");
    add_any("", drift, "drifted");
  }

  void add(const ApplyCounts& counts) {
    add_any("failed", counts.failed + counts.partial + counts.conflict + counts.unknown, "failed");
    add_any("", counts.skipped + counts.stopped, "not tried");
    add("create", counts.created, "created");
    add("update", counts.updated, "updated");
    add_any("move", counts.moved, "moved");
    add_any("adopt", counts.adopted, "adopted");
    add("replace", counts.replaced, "replaced");
    add("delete", counts.removed, "deleted");
    add_any("", counts.already_done, "as wanted");
  }

  void add(std::string_view css, size_t number, std::string_view words) {
    text_ += "<li" + attribute("class", std::string(css) + (number == 0 ? " zero" : "")) + ">" +
             element("b", "", std::to_string(number)) + escaped(words) + "</li>";
  }
  void add_any(std::string_view css, size_t number, std::string_view words) {
    if (number != 0) add(css, number, words);
  }

  std::string text_;
};

std::string header(const RunReport& report) {
  std::string heading = title(report);  // begins with a lower-case letter
  heading.front() = static_cast<char>(heading.front() - 'a' + 'A');
  std::string subtitle = report.finished_at + ", gmsactl " + report.tool_version;
  if (report.source) subtitle += ", commit " + commit_words(*report.source);
  return "<header>\n" + element("h1", "", heading) + "\n" + element("p", "subtitle", subtitle) + "\n" +
         Totals(report).text() + "</header>\n";
}

std::string list_items(std::string_view tag, const std::vector<std::string>& list) {
  std::string text;
  for (const auto& each : list) text += "<li>" + element(tag, "", quoted(each)) + "</li>";
  return text;
}

std::string field_row(const model::Change& change, const model::FieldChange& field) {
  std::string text = "<tr><th scope=\"row\">" + escaped(field.path);
  if (change.cause == model::cause::both && !field.cause.empty())
    text += " " + element("span", "tag " + std::string(field.cause), cause_words(field.cause));
  text += "</th><td class=\"value\">";
  if (is_list(field) && !(field.added.empty() && field.removed.empty())) {
    text += "<ul>" + list_items("ins", field.added) + list_items("del", field.removed);
    const auto* after = std::get_if<std::vector<std::string>>(&field.after);
    if (after != nullptr && after->size() > field.added.size())
      text += element("li", "faint", std::to_string(after->size() - field.added.size()) + " stay");
    text += "</ul>";
  } else {
    if (change.action != Action::create) text += element("del", "", before_words(field)) + " ";
    if (change.action != Action::remove) text += element("ins", "", after_words(change, field));
  }
  return text + "</td></tr>\n";
}

/// What is known of a change beside its fields.
std::string facts(const Entry& entry) {
  const auto& change = *entry.change;
  std::string text;
  const auto fact = [&](std::string_view term, std::string_view what) {
    if (!what.empty()) text += element("dt", "", term) + element("dd", "", what);
  };
  fact("Object", model::place_text(change));
  if (!change.guid.empty()) fact("objectGUID", change.guid.text());
  for (const auto& reason : change.reasons) fact("Because", reason);
  for (const auto& id : change.requires_) fact("After", model::address(id));
  fact("Declared at", place_words(change.declared_at));
  if (entry.result != nullptr) {
    for (const auto& request : entry.result->written) fact("Written", request);
    if (const auto& error = entry.result->error) {
      fact("Error", error->message);
      if (error->native)
        fact("Server", error->native->name + " (" + std::to_string(error->native->code) + ")");
      fact("Help", error->hint);
    }
  }
  return "<dl class=\"facts\">" + text + "</dl>\n";
}

std::string outcome_tag(const model::ChangeResult& result, Severity severity) {
  const std::string css = severity == Severity::note ? "done" : std::string(name(severity));
  return element("span", "tag " + css, outcome_words(result));
}

std::string change_details(const Entry& entry, const std::string& id) {
  const auto& change = *entry.change;
  std::vector<std::string> paths;
  for (const auto& field : change.fields) paths.emplace_back(field.path);
  std::string text = "<details" + attribute("class", "change " + std::string(name(change.action))) +
                     attribute("id", id) + attribute("data-address", model::address(change.id)) +
                     attribute("data-action", name(change.action)) +
                     attribute("data-kind", name(change.id.kind)) + attribute("data-cause", change.cause) +
                     attribute("data-environment", entry.environment->plan->environment);
  if (entry.result != nullptr) text += attribute("data-outcome", outcome_key(entry.result->outcome));
  text += "><summary>" + element("span", "symbol", symbol(change.action)) +
          element("span", "address", model::address(change.id));
  if (entry.result != nullptr) text += outcome_tag(*entry.result, severity(entry));
  if (!change.cause.empty())
    text += element("span", "tag " + std::string(change.cause), cause_words(change.cause));
  text += element("span", "what", join(paths, ", ")) +
          "</summary>\n<div class=\"body\"><table class=\"fields\">\n";
  for (const auto& field : change.fields) text += field_row(change, field);
  return text + "</table>\n" + facts(entry) + "</div></details>\n";
}

/// One environment: what is wrong, the graph, and the changes by kind.
class Section {
 public:
  /// `index` keeps the ids of several environments apart.
  Section(const EnvironmentReport& environment, size_t index)
      : environment_(environment), plan_(*environment.plan), index_(index) {}

  std::string text() const {
    std::string text = "<section class=\"environment\"" + attribute("data-environment", plan_.environment) +
                       "><header>" + element("h2", "", plan_.environment) +
                       element("p", "subtitle", "domain " + plan_.domain + ", server " + plan_.server) +
                       element("p", has_errors(plan_.diagnostics) ? "verdict bad" : "verdict", verdict()) +
                       "</header>\n";
    for (const auto severity : {Severity::error, Severity::warning, Severity::note})
      for (const auto& diagnostic : plan_.diagnostics)
        if (diagnostic.severity == severity) text += diagnostic_details(diagnostic);
    text += unreadable() + touches();
    const auto list = by_danger(entries(environment_));
    for (const auto kind :
         {Kind::gmsa, Kind::host_group, Kind::credential_spec, Kind::container, Kind::kds_root_key}) {
      std::string changes;
      for (const auto& entry : list)
        if (entry.change->id.kind == kind) changes += change_details(entry, id(*entry.change));
      if (!changes.empty())
        text +=
            "<section class=\"kind\">" + element("h3", "", title_of(kind)) + "\n" + changes + "</section>\n";
    }
    return text + "</section>\n";
  }

 private:
  std::string id(const model::Change& change) const {
    return "change-" + std::to_string(index_) + "-" + std::to_string(&change - plan_.changes.data());
  }

  std::string verdict() const {
    const size_t errors = count(plan_.diagnostics, Severity::error);
    if (plan_.changes.empty() && plan_.unreadable.empty() && errors == 0) return no_changes(plan_);
    return (errors != 0 ? plural(errors, "error") + " must be mended before this can be applied. " : "") +
           counts_words(environment_) + ".";
  }

  static std::string diagnostic_details(const Diagnostic& diagnostic) {
    const std::string severity(name(diagnostic.severity));
    std::string text = "<details class=\"diagnostic\"" +
                       std::string(diagnostic.severity == Severity::error ? " open" : "") + "><summary>" +
                       element("span", "tag " + severity, severity) +
                       element("b", "", std::string(diagnostic.code) + " " + diagnostic.summary);
    if (diagnostic.where) text += element("span", "faint", place_words(*diagnostic.where));
    return text + "</summary><div class=\"body\"><pre>" + escaped_lines(diagnostic_text(diagnostic, {})) +
           "</pre></div></details>\n";
  }

  std::string unreadable() const {
    std::string text;
    for (const auto& resource : plan_.unreadable)
      text += "<details class=\"unreadable\"><summary>" + element("span", "tag warning", "unreadable") +
              element("span", "address", model::address(resource.id)) + "</summary><div class=\"body\">" +
              element("p", "", resource.why.message) + element("p", "faint", resource.why.hint) +
              "</div></details>\n";
    return text;
  }

  std::string touches() const {
    const auto all = graphs(plan_);
    if (all.empty()) return {};
    std::string text =
        "<section class=\"touches\"><h3>What it touches</h3>\n<div class=\"canvas\" tabindex=\"0\">" +
        graph_heading_svg();
    for (size_t i = 0; i < std::min(all.size(), graphs_drawn); ++i)
      text += "<div class=\"component\">" +
              graph_svg(all[i], [this](const model::Change& change) { return id(change); }) + "</div>\n";
    text +=
        "</div>\n<p class=\"legend\"><span><i></i>stays</span><span class=\"added\"><i></i>is added</span>"
        "<span class=\"removed\"><i></i>is removed</span>";
    if (all.size() > graphs_drawn)
      text += element("span", "", std::to_string(all.size() - graphs_drawn) + " more are not drawn");
    return text + "</p></section>\n";
  }

  const EnvironmentReport& environment_;
  const model::Plan& plan_;
  size_t index_;
};

}  // namespace

std::string html(const RunReport& report) {
  const bool many = entries(report).size() > many_changes;
  std::string text = head(report) + (many ? "<body class=\"many\">\n" : "<body>\n") + header(report) +
                     filters(report) + "<main>\n";
  for (size_t i = 0; i < report.environments.size(); ++i) text += Section(report.environments[i], i).text();
  return text + "</main>\n<script>" + std::string(page::script) + "</script>\n</body>\n</html>\n";
}

}  // namespace gmsactl::report
