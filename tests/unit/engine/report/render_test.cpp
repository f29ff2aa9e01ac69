// All formats list the same changes: each is read back, by whatever means its readers have, and compared with
// the plan.
#include "engine/report/render.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "engine/base/text.h"
#include "tests/unit/engine/report/estate.h"
#include "tests/unit/engine/report/sample.h"
#include "tests/unit/engine/report/xml.h"

namespace gmsactl::report {
namespace {

using nlohmann::json;

/// "ENVIRONMENT ACTION ADDRESS", in the order of the plans.
using Listed = std::vector<std::string>;

Listed sorted(Listed list) {
  std::sort(list.begin(), list.end());
  return list;
}

/// What a JSON document makes of bytes that are no UTF-8.
std::string as_json(const std::string& text) {
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

/// What XML and HTML make of the two code points that are no characters.
std::string as_markup(std::string text) {
  for (const std::string_view bad : {"\xef\xbf\xbe", "\xef\xbf\xbf"})
    for (size_t at; (at = text.find(bad)) != std::string::npos;) text.replace(at, 3, "\xef\xbf\xbd");
  return text;
}

template <class Shown>
Listed expected(const RunReport& report, Shown shown) {
  Listed list;
  for (const auto& environment : report.environments)
    for (const auto& change : environment.plan->changes)
      list.push_back(shown(environment.plan->environment) + " " + std::string(name(change.action)) + " " +
                     shown(model::address(change.id)));
  return list;
}
Listed expected(const RunReport& report) {
  return expected(report, [](const std::string& text) { return as_markup(printable(text)); });
}
Listed expected_json(const RunReport& report) { return expected(report, as_json); }

std::string decoded(std::string text) {
  for (const auto& [reference, plain] :
       {std::pair("&lt;", "<"), {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}})
    for (size_t at = 0; (at = text.find(reference, at)) != std::string::npos; ++at)
      text.replace(at, std::strlen(reference), plain);
  return text;
}

Listed read_json(const RunReport& report) {
  const auto document = json::parse(render(Format::json, report));
  const bool applied = report.command == Command::apply;
  Listed list;
  const auto read = [&](const json& one) {
    for (const auto& change : one[applied ? "results" : "changes"])
      list.push_back(one["environment"].get<std::string>() + " " + change["action"].get<std::string>() + " " +
                     change["address"].get<std::string>());
  };
  if (report.environments.size() == 1)
    read(document);
  else
    for (const auto& one : document[applied ? "runs" : "plans"]) read(one);
  return list;
}

Listed read_jsonl(const RunReport& report, const std::string& type) {
  Listed list;
  const std::string text = render(Format::jsonl, report);
  for (const auto line : split(text, '\n')) {
    if (line.empty()) continue;
    const auto event = json::parse(line);
    if (!event["type"].get<std::string>().starts_with(type)) continue;
    if (!event.contains("change") && !event.contains("result")) continue;
    const auto& change = event.contains("change") ? event["change"] : event["result"];
    list.push_back(event["environment"].get<std::string>() + " " + change["action"].get<std::string>() + " " +
                   change["address"].get<std::string>());
  }
  return list;
}

/// Of its results those that are about a change.
Listed read_sarif(const RunReport& report) {
  Listed list;
  const auto document = json::parse(render(Format::sarif, report));
  for (const auto& run : document["runs"])
    for (const auto& result : run["results"])
      if (result.contains("properties"))
        list.push_back(run["properties"]["environment"].get<std::string>() + " " +
                       result["ruleId"].get<std::string>() + " " +
                       result["properties"]["address"].get<std::string>());
  return list;
}

Listed read_junit(const RunReport& report) {
  Listed list;
  const auto document = xml::parse(render(Format::junit, report));
  for (const auto& suite : document.children)
    for (const auto& test : suite.children) {
      if (test.name != "testcase") continue;
      const std::string environment = suite.attributes.at("package");
      if (report.command == Command::apply) {
        if (test.attributes.at("classname") != environment + ".diagnostics" &&
            (test.children.empty() || test.children[0].attributes.at("type") != "unreadable"))
          list.push_back(environment + " " + test.attributes.at("name"));
      } else if (!test.children.empty() && test.children[0].name != "error") {
        list.push_back(environment + " " + test.children[0].attributes.at("type") + " " +
                       test.attributes.at("name"));
      }
    }
  return list;
}

/// The decoded value of an attribute of the tag at the front.
std::string attribute_of(std::string_view tag, const std::string& key) {
  const auto begin = tag.find(" " + key + "=\"") + key.size() + 3;
  return decoded(std::string(tag.substr(begin, tag.find('"', begin) - begin)));
}

Listed read_html(const RunReport& report) {
  const std::string text = render(Format::html, report);
  Listed list;
  for (size_t at = 0; (at = text.find("<details class=\"change ", at)) != std::string::npos; ++at) {
    const std::string_view tag = std::string_view(text).substr(at, text.find('>', at) - at);
    list.push_back(attribute_of(tag, "data-environment") + " " + attribute_of(tag, "data-action") + " " +
                   attribute_of(tag, "data-address"));
  }
  return list;
}

/// Of small plans, where everything has room.
Listed read_markdown(const RunReport& report) {
  static const std::regex summary(
      "<details><summary><code>(-|-/\\+|~|&gt;|=|\\+) ([^\n]*?)</code>"
      "(?: in <code>([^\n]*?)</code>)?[^\n<]*</summary>");
  static const std::map<std::string, std::string> actions = {
      {"-", "delete"}, {"-/+", "replace"}, {"~", "update"}, {">", "move"}, {"=", "adopt"}, {"+", "create"}};
  const std::string text = render(Format::markdown, report);
  Listed list;
  for (std::sregex_iterator it(text.begin(), text.end(), summary), end; it != end; ++it) {
    const std::string environment =
        (*it)[3].matched ? decoded((*it)[3]) : as_markup(printable(report.environments[0].plan->environment));
    list.push_back(environment + " " + actions.at(decoded((*it)[1])) + " " + decoded((*it)[2]));
  }
  return list;
}

/// A line begins with what is expected of it, since nothing in it ends an address.
void expect_lines(const std::vector<std::string>& lines, const std::vector<std::string>& beginnings) {
  ASSERT_EQ(lines.size(), beginnings.size());
  for (size_t i = 0; i < lines.size(); ++i) ASSERT_TRUE(lines[i].starts_with(beginnings[i])) << lines[i];
}

void expect_text(const RunReport& report) {
  std::vector<std::string> headers;
  std::vector<std::string> beginnings;
  const std::string text = render(Format::text, report);
  for (const auto line : split(text, '\n'))
    if (line.size() > 4 && line[2] != ' ' && line[2] != '?' && line[3] == ' ' &&
        (line.starts_with("  ") || line.starts_with("-/+")) && line.find("   ", 4) != std::string_view::npos)
      headers.emplace_back(line);
  for (const auto& environment : report.environments)
    for (const auto& change : environment.plan->changes) {
      const std::string symbol(model::symbol(change.action));
      beginnings.push_back(std::string(3 - symbol.size(), ' ') + symbol + " " +
                           printable(model::address(change.id)));
    }
  expect_lines(headers, beginnings);
}

void expect_github(const RunReport& report) {
  std::vector<std::string> messages;
  std::multiset<std::string> wanted;
  size_t others = report.environments.size();
  for (const auto& environment : report.environments) {
    others += environment.plan->diagnostics.size() + environment.plan->unreadable.size();
    for (const auto& change : environment.plan->changes)
      wanted.insert(std::string(name(change.action)) + " " + printable(model::address(change.id)));
  }
  const std::string text = render(Format::github, report);
  for (const auto line : split(text, '\n')) {
    if (line.empty()) continue;
    ASSERT_TRUE(line.starts_with("::error ") || line.starts_with("::warning ") ||
                line.starts_with("::notice "))
        << line;
    std::string message(line.substr(line.find("::", 2) + 2));
    for (const auto& [escape, plain] : {std::pair("%0A", "\n"), {"%0D", "\r"}, {"%25", "%"}})
      for (size_t at = 0; (at = message.find(escape, at)) != std::string::npos; ++at)
        message.replace(at, 3, plain);
    const auto found = std::find_if(wanted.begin(), wanted.end(), [&](const std::string& each) {
      return message.starts_with(each + ":") || message.starts_with(each + " (");
    });
    if (found == wanted.end())
      --others;
    else
      wanted.erase(found);
  }
  EXPECT_TRUE(wanted.empty()) << *wanted.begin() << "\n" << text;
  EXPECT_EQ(others, 0U);
}

/// Counts only: labels are no place for addresses.
void expect_prometheus(const RunReport& report) {
  static const std::regex sample(
      "gmsactl_changes\\{command=\"[a-z]+\",environment=\"((?:[^\"\\\\]|\\\\.)*)\",kind=\"([A-Za-z]+)\","
      "action=\"([a-z]+)\",cause=\"([a-z]+)\"\\} ([0-9]+)\n");
  std::map<std::string, size_t> wanted;
  for (const auto& environment : report.environments)
    for (const auto& change : environment.plan->changes)
      ++wanted[printable(environment.plan->environment) + " " + std::string(name(change.id.kind)) + " " +
               std::string(name(change.action)) + " " +
               std::string(change.cause.empty() ? "unknown" : change.cause)];
  std::map<std::string, size_t> seen;
  const std::string text = render(Format::prometheus, report);
  for (std::sregex_iterator it(text.begin(), text.end(), sample), end; it != end; ++it) {
    std::string environment = (*it)[1];
    for (size_t at = 0; (at = environment.find('\\', at)) != std::string::npos; ++at)
      environment.erase(at, 1);
    seen[environment + " " + (*it)[2].str() + " " + (*it)[3].str() + " " + (*it)[4].str()] +=
        std::stoul((*it)[5].str());
  }
  EXPECT_EQ(seen, wanted) << text;
}

void expect_all_the_same(const RunReport& report) {
  EXPECT_EQ(read_json(report), expected_json(report));
  EXPECT_EQ(read_jsonl(report, "planned_change"), expected_json(report));
  if (report.command == Command::apply) {
    EXPECT_EQ(sorted(read_jsonl(report, "apply_")), sorted(expected_json(report)));
  }
  EXPECT_EQ(read_sarif(report), expected_json(report));
  EXPECT_EQ(read_junit(report), expected(report));
  EXPECT_EQ(sorted(read_html(report)), sorted(expected(report)));
  EXPECT_EQ(sorted(read_markdown(report)), sorted(expected(report)));
  expect_text(report);
  expect_github(report);
  expect_prometheus(report);
}

TEST(Render, every_format_lists_the_same_changes) {
  sample::RandomPlans random(21);
  for (int i = 0; i < 40 && !testing::Test::HasFailure(); ++i) {
    const std::vector<model::Plan> plans =
        i % 3 == 0 ? std::vector{random.next()} : std::vector{random.next(), random.next()};
    expect_all_the_same(sample::run(plans));
    expect_all_the_same(sample::applied_run(plans));
  }
  const std::vector<model::Plan> plans{sample::busy_plan(), sample::quiet_plan()};
  expect_all_the_same(sample::run(plans));
}

TEST(Render, a_change_without_a_result_was_not_begun) {
  const std::vector plans{sample::plan()};
  RunReport report = sample::run(plans);
  report.command = Command::apply;
  report.environments = {applied(plans[0], {})};
  expect_all_the_same(report);
  const auto document = json::parse(render(Format::json, report));
  EXPECT_EQ(document["complete"], false);
  EXPECT_EQ(document["results"][1]["outcome"], "notBegun");
}

TEST(Render, a_saved_plan_keeps_its_own_counts_and_version) {
  auto plan = sample::plan();
  plan.unchanged.clear();
  RunReport report = sample::run({});
  report.environments = {planned(plan, Summary{.create = 1, .update = 1, .unchanged = 7})};
  report.tool_version = "0.0.9";
  const auto document = json::parse(render(Format::json, report));
  EXPECT_EQ(document["summary"]["unchanged"], 7);
  EXPECT_EQ(document["tool"]["version"], "0.0.9");
  for (const auto format : {Format::text, Format::markdown, Format::html, Format::github})
    EXPECT_NE(render(format, report).find("7 unchanged"), std::string::npos) << name(format);
}

TEST(Render, every_text_from_outside_is_harmless_to_a_terminal) {
  sample::RandomPlans random(22);
  for (int i = 0; i < 40; ++i) {
    const std::vector<model::Plan> plans{random.next()};
    for (const auto format : all_formats) {
      const auto text = render(format, sample::run(plans));
      ASSERT_TRUE(valid_utf8(text)) << name(format);
      for (const char c : text)
        ASSERT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F)) << name(format);
      ASSERT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << name(format);
      ASSERT_EQ(text.find("\xc2\x9b"), std::string::npos) << name(format);
    }
  }
}

TEST(Render, nothing_to_do_is_said_in_every_format) {
  const std::vector<model::Plan> plans{sample::empty_plan(), sample::quiet_plan()};
  const RunReport report = sample::run(plans);
  for (const auto format : all_formats) EXPECT_TRUE(render(format, report).ends_with("\n")) << name(format);
  expect_all_the_same(report);
}

}  // namespace
}  // namespace gmsactl::report
