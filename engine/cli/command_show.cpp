// What a file holds, a saved plan or the result of an apply, in any format.
#include <unistd.h>

#include <iostream>

#include "engine/base/text.h"
#include "engine/cli/commands.h"
#include "engine/cli/files.h"
#include "engine/cli/reporting.h"
#include "engine/cli/terminal.h"
#include "engine/report/apply_json.h"
#include "engine/report/plan_text.h"

namespace gmsactl::cli {

namespace {

std::string at_its_end(const report::PlanDocument& document) {
  return "Made at " + document.stamp.created_at + ", digest " + document.digest + ".\n";
}

std::string at_its_end(const report::ApplyDocument& document) {
  return "Applied from " + document.started_at + " to " + document.finished_at + ".\n";
}

template <class Document>
ExitCode show_documents(const Options& options, const std::string& text, report::Command command,
                        const Result<std::vector<Document>>& documents) {
  Reporting reporting(options, command);
  if (!reporting.possible()) return ExitCode::invalid;
  if (!documents) {
    print_error(options, options.file, documents.error());
    return ExitCode::invalid;
  }
  const auto report = report::saved(*documents);
  if (options.output == Output::json) {
    std::cout << text;  // as it is, with whatever another version has put into it
    return reporting.save(report);
  }
  for (const auto& document : *documents) print_diagnostics(options, document.plan.diagnostics, {});
  if (options.output == Output::text) {
    std::cout << report::render(Output::text, report, {color_for(options, STDOUT_FILENO), options.explain});
    for (const auto& document : *documents) std::cout << at_its_end(document);
  }
  return reporting.show(report);
}

}  // namespace

ExitCode show_file(const Options& options) {
  const auto text = read_file(options.file);
  if (!text) {
    print_error(options, options.file, text.error());
    return ExitCode::invalid;
  }
  if (report::looks_like_apply_report(*text))
    return show_documents(options, *text, report::Command::apply, report::parse_applies_json(*text));
  return show_documents(options, *text, report::Command::plan, report::parse_plans_json(*text));
}

}  // namespace gmsactl::cli
