// JUnit's XML by the rules of the two schemas that are in use: Apache Ant's (Windy Road's JUnit.xsd), and
// that of Jenkins' xUnit plugin (junit-10.xsd).
#include <gtest/gtest.h>

#include <set>

#include "engine/report/render.h"
#include "tests/unit/engine/report/estate.h"
#include "tests/unit/engine/report/sample.h"
#include "tests/unit/engine/report/xml.h"

namespace gmsactl::report {
namespace {

using xml::Element;

void expect_attributes(const Element& element, const std::set<std::string>& required) {
  std::set<std::string> seen;
  for (const auto& [key, value] : element.attributes) seen.insert(key);
  EXPECT_EQ(seen, required) << element.name;
}

/// Like "0.000", digit for digit.
void expect_form(const Element& element, const std::string& key, std::string_view form) {
  std::string seen = element.attributes.at(key);
  for (char& c : seen)
    if (c >= '0' && c <= '9') c = '0';
  EXPECT_EQ(seen, form) << key;
}

size_t number(const Element& element, const std::string& key) {
  return std::stoul(element.attributes.at(key));
}

/// Either schema has these, and neither has others.
void expect_test(const Element& test, std::map<std::string, size_t>& verdicts) {
  expect_attributes(test, {"name", "classname", "time"});
  expect_form(test, "time", "0");
  ASSERT_LE(test.children.size(), 1U);
  ++verdicts["tests"];
  if (test.children.empty()) return;
  const auto& verdict = test.children[0];
  EXPECT_TRUE(verdict.name == "skipped" || verdict.name == "failure" || verdict.name == "error")
      << verdict.name;
  expect_attributes(verdict, {"type", "message"});
  EXPECT_TRUE(verdict.children.empty());
  ++verdicts[verdict.name];
}

void expect_suite(const Element& suite, size_t index) {
  EXPECT_EQ(suite.name, "testsuite");
  expect_attributes(suite, {"name", "package", "id", "hostname", "timestamp", "tests", "failures", "errors",
                            "skipped", "time"});
  EXPECT_EQ(number(suite, "id"), index);
  EXPECT_FALSE(suite.attributes.at("name").empty());
  EXPECT_FALSE(suite.attributes.at("hostname").empty());
  expect_form(suite, "timestamp", "0000-00-00T00:00:00");
  expect_form(suite, "time", "0.000");
  ASSERT_GE(suite.children.size(), 3U);
  EXPECT_EQ(suite.children.front().name, "properties");
  for (const auto& property : suite.children.front().children) expect_attributes(property, {"name", "value"});
  EXPECT_EQ(suite.children[suite.children.size() - 2].name, "system-out");
  EXPECT_EQ(suite.children.back().name, "system-err");
  std::map<std::string, size_t> verdicts;
  std::set<std::string> names;
  for (size_t i = 1; i + 2 < suite.children.size(); ++i) {
    const auto& test = suite.children[i];
    ASSERT_EQ(test.name, "testcase");
    expect_test(test, verdicts);
  }
  EXPECT_EQ(number(suite, "tests"), verdicts["tests"]);
  EXPECT_EQ(number(suite, "failures"), verdicts["failure"]);
  EXPECT_EQ(number(suite, "errors"), verdicts["error"]);
  EXPECT_EQ(number(suite, "skipped"), verdicts["skipped"]);
}

Element document(const RunReport& report) {
  auto root = xml::parse(render(Format::junit, report));
  EXPECT_EQ(root.name, "testsuites");
  EXPECT_TRUE(root.attributes.empty()) << "Ant's schema has none here";
  for (size_t i = 0; i < root.children.size(); ++i) expect_suite(root.children[i], i);
  return root;
}

const Element& test_named(const Element& suite, const std::string& name) {
  for (const auto& child : suite.children)
    if (child.attributes.contains("name") && child.attributes.at("name") == name) return child;
  throw std::runtime_error("no test " + name);
}

TEST(JUnit, any_plan_and_any_result_is_valid) {
  sample::RandomPlans random(51);
  for (int i = 0; i < 40 && !testing::Test::HasFailure(); ++i) {
    const std::vector<model::Plan> plans{random.next(), random.next()};
    document(sample::run(plans));
    document(sample::applied_run(plans));
  }
}

TEST(JUnit, drift_fails_and_what_waits_for_an_apply_is_skipped) {
  const std::vector plans{sample::busy_plan()};
  const auto root = document(sample::run(plans));
  const auto& suite = root.children[0];
  EXPECT_EQ(test_named(suite, "GMSA/Shop").children[0].name, "failure");
  EXPECT_EQ(test_named(suite, "GMSA/Shop").attributes.at("classname"), "prod.GMSA");
  EXPECT_EQ(test_named(suite, "HostGroup/ShopHosts").children[0].name, "failure") << "drift and pending";
  EXPECT_EQ(test_named(suite, "GMSA/Reports").children[0].name, "skipped");
  EXPECT_EQ(test_named(suite, "CredentialSpec/docker-prod/Shop@HOST07").children[0].name, "error");
  EXPECT_TRUE(test_named(suite, "GMSA/Same7").children.empty()) << "unchanged is passed";
  EXPECT_EQ(number(suite, "tests"), 41U + 11U + 1U);
  EXPECT_NE(test_named(suite, "GMSA/Shop").children[0].text.find("accounts.yaml:12:1"), std::string::npos);
  EXPECT_NE(suite.children[suite.children.size() - 2].text.find("warning[GMSA0306]"), std::string::npos);
}

TEST(JUnit, of_an_apply_each_change_is_a_test) {
  const std::vector plans{sample::busy_plan()};
  const auto root = document(sample::applied_run(plans));
  const auto& suite = root.children[0];
  EXPECT_TRUE(test_named(suite, "create Container/OU=Batch,DC=contoso,DC=com").children.empty());
  EXPECT_EQ(test_named(suite, "create HostGroup/BatchHosts").children[0].name, "failure");
  EXPECT_EQ(test_named(suite, "move GMSA/Ledger").children[0].name, "skipped") << "not tried";
  EXPECT_EQ(number(suite, "tests"), 11U + 1U);
}

}  // namespace
}  // namespace gmsactl::report
