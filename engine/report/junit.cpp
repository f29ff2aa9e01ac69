// Two schemas are in use: Apache Ant's, and the one of Jenkins' xUnit plugin. What is written here is valid
// by both, which is why a test case has no attribute for its file, and a suite has parts that are empty.
#include "engine/base/text.h"
#include "engine/report/diagnostic_text.h"
#include "engine/report/entries.h"
#include "engine/report/formats.h"
#include "engine/report/markup.h"
#include "engine/report/words.h"

namespace gmsactl::report {

namespace {

enum class Verdict { passed, skipped, failure, error };

/// A difference that somebody asked for waits for an apply; one that nobody asked for is what a test is to
/// find.
Verdict verdict(const Entry& entry) {
  if (entry.result == nullptr) return is_drift(entry.change->cause) ? Verdict::failure : Verdict::skipped;
  switch (severity(entry)) {
    case Severity::note:
      return Verdict::passed;
    case Severity::warning:
      return Verdict::skipped;
    case Severity::error:
      return Verdict::failure;
  }
  return Verdict::error;
}

/// The tests of one environment.
class Suite {
 public:
  Suite(const RunReport& report, const EnvironmentReport& environment)
      : plan_(*environment.plan), applied_(report.command == Command::apply) {
    for (const auto& diagnostic : plan_.diagnostics) add(diagnostic);
    for (const auto& resource : plan_.unreadable) {
      open(name(resource.id.kind), model::address(resource.id));
      close(Verdict::error, "unreadable", resource.why.message, resource.why.hint);
    }
    for (const auto& entry : entries(environment)) add(entry);
    if (applied_) return;
    for (const auto& id : plan_.unchanged) {
      open(name(id.kind), model::address(id));
      close(Verdict::passed, {}, {}, {});
    }
  }

  std::string text(size_t index, const RunReport& report) const {
    // Nobody measured each environment by itself, and the sum shall be right.
    const auto took = index == 0 && report.took ? *report.took : std::chrono::milliseconds(0);
    std::string time = report.finished_at;
    if (time.ends_with('Z')) time.pop_back();  // UTC all the same: Ant's schema has no room for a zone
    std::string suite = "  <testsuite" + attribute("name", "gmsactl " + std::string(name(report.command))) +
                        attribute("package", plan_.environment) + attribute("id", std::to_string(index)) +
                        attribute("hostname", plan_.server.empty() ? "localhost" : plan_.server) +
                        attribute("timestamp", time) + attribute("tests", std::to_string(tests_)) +
                        attribute("failures", std::to_string(failures_)) +
                        attribute("errors", std::to_string(errors_)) +
                        attribute("skipped", std::to_string(skipped_)) +
                        attribute("time", seconds_words(took)) + ">\n    <properties>\n";
    const auto property = [&](std::string_view key, std::string_view value) {
      suite += "      <property" + attribute("name", key) + attribute("value", value) + "/>\n";
    };
    property("domain", plan_.domain);
    if (report.source) property("commit", report.source->commit);
    return suite + "    </properties>\n" + cases_ + "    <system-out>" + remarks_ +
           "</system-out>\n    <system-err></system-err>\n  </testsuite>\n";
  }

 private:
  void open(std::string_view group, const std::string& test) {
    cases_ += "    <testcase" + attribute("classname", plan_.environment + "." + std::string(group)) +
              attribute("name", test) + attribute("time", "0");
  }

  void close(Verdict verdict, std::string_view type, const std::string& message, const std::string& detail) {
    ++tests_;
    std::string_view element;
    switch (verdict) {
      case Verdict::passed:
        cases_ += "/>\n";
        return;
      case Verdict::skipped:
        ++skipped_;
        element = "skipped";
        break;
      case Verdict::failure:
        ++failures_;
        element = "failure";
        break;
      case Verdict::error:
        ++errors_;
        element = "error";
        break;
    }
    cases_ += ">\n      <" + std::string(element) + attribute("type", type) + attribute("message", message) +
              ">" + escaped_lines(detail) + "</" + std::string(element) + ">\n    </testcase>\n";
  }

  void add(const Entry& entry) {
    const auto& change = *entry.change;
    const std::string address = model::address(change.id);
    const std::string action(name(change.action));
    // The name of a test stays the same from run to run where it is about a state.
    open(name(change.id.kind), applied_ ? action + " " + address : address);
    std::string detail;
    for (const auto& field : change.fields)
      detail += std::string(field.path) + ": " + field_words(change, field) + "\n";
    for (const auto& reason : change.reasons) detail += "because " + printable(reason) + "\n";
    if (entry.result != nullptr)
      for (const auto& request : entry.result->written) detail += "written: " + printable(request) + "\n";
    close(verdict(entry), action, sentence(entry), detail + place_words(change.declared_at));
  }

  /// An error is a test that could not be made; the rest is worth a look, and nothing fails by it.
  void add(const Diagnostic& diagnostic) {
    if (diagnostic.severity != Severity::error) {
      remarks_ += escaped_lines(diagnostic_text(diagnostic, {})) + "\n";
      return;
    }
    const std::string place = diagnostic.where ? place_words(*diagnostic.where) : diagnostic.address;
    open("diagnostics", std::string(diagnostic.code) + " " + place);
    close(Verdict::error, diagnostic.code, diagnostic.summary,
          diagnostic.detail + (diagnostic.hint.empty() ? "" : "\nhelp: " + diagnostic.hint));
  }

  const model::Plan& plan_;
  bool applied_;
  size_t tests_ = 0;
  size_t failures_ = 0;
  size_t errors_ = 0;
  size_t skipped_ = 0;
  std::string cases_;
  std::string remarks_;
};

}  // namespace

std::string junit(const RunReport& report) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (size_t i = 0; i < report.environments.size(); ++i)
    text += Suite(report, report.environments[i]).text(i, report);
  return text + "</testsuites>\n";
}

}  // namespace gmsactl::report
