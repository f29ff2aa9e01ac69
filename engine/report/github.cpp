#include "engine/base/text.h"
#include "engine/report/entries.h"
#include "engine/report/formats.h"
#include "engine/report/words.h"

namespace gmsactl::report {

namespace {

void replace_each(std::string& text, std::string_view what, std::string_view with) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
}

/// As the runner's own toolkit escapes it; a line feed that it does not escape would begin a new command.
std::string message_escaped(std::string text) {
  replace_each(text, "%", "%25");
  replace_each(text, "\r", "%0D");
  replace_each(text, "\n", "%0A");
  return text;
}

std::string property_escaped(const std::string& text) {
  std::string escaped = message_escaped(text);
  replace_each(escaped, ":", "%3A");
  replace_each(escaped, ",", "%2C");
  return escaped;
}

std::string_view command(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "notice";
  }
  return "";
}

/// Where it is worth a look in the repository: GitHub shows the annotation at that line.
std::string line(Severity severity, const SourceRange& where, const std::string& title,
                 const std::string& message) {
  std::string text = "::" + std::string(command(severity)) + " ";
  if (!where.file.empty()) {
    text += "file=" + property_escaped(printable(where.file)) + ",";
    if (where.line != 0) text += "line=" + std::to_string(where.line) + ",";
    if (where.line != 0 && where.column != 0) text += "col=" + std::to_string(where.column) + ",";
  }
  return text + "title=" + property_escaped(title) + "::" + message_escaped(message) + "\n";
}

std::string words(const Diagnostic& diagnostic) {
  std::string message;
  for (const auto part : split(diagnostic.detail, '\n')) message += printable(part) + "\n";
  if (!diagnostic.hint.empty()) message += "help: " + printable(diagnostic.hint);
  return std::string(trim(message));
}

}  // namespace

std::string github(const RunReport& report) {
  std::string text;
  for (const auto& environment : report.environments)
    for (const auto& diagnostic : environment.plan->diagnostics)
      text += line(diagnostic.severity,
                   in_repository(diagnostic.where.value_or(SourceRange{}), report, environment),
                   printable(diagnostic.code) + " " + printable(diagnostic.summary), words(diagnostic));
  for (const auto& entry : by_danger(entries(report)))
    text += line(severity(entry), in_repository(entry.change->declared_at, report, *entry.environment),
                 title(report.command, *entry.environment), sentence(entry));
  for (const auto& environment : report.environments) {
    const std::string about = title(report.command, environment);
    for (const auto& resource : environment.plan->unreadable)
      text +=
          line(Severity::warning, {}, about,
               printable(model::address(resource.id)) + " is unreadable: " + printable(resource.why.message));
    text += line(Severity::note, {}, about, counts_words(environment));
  }
  return text;
}

}  // namespace gmsactl::report
