// What the schema of SARIF can't say; that documents fit it is in schema_test.cpp.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/report/render.h"
#include "tests/unit/engine/report/estate.h"
#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

using nlohmann::json;

json sarif(const RunReport& report) { return json::parse(render(Format::sarif, report)); }

const json& result_about(const json& run, const std::string& address) {
  for (const auto& result : run["results"])
    if (result.contains("properties") && result["properties"]["address"] == address) return result;
  throw std::runtime_error("no result about " + address);
}

/// No brace stands alone (3.11.5), and nothing is a link (3.11.6).
void expect_plain(const std::string& message) {
  for (size_t i = 0; i < message.size(); ++i)
    if (message[i] == '{' || message[i] == '}') {
      ASSERT_LT(i + 1, message.size()) << message;
      ASSERT_EQ(message[i + 1], message[i]) << message;
      ++i;
    }
  EXPECT_EQ(message.find("]("), std::string::npos) << message;
}

TEST(Sarif, points_at_the_line_of_the_manifest) {
  const std::vector plans{sample::busy_plan()};
  const auto document = sarif(sample::run(plans));
  const auto& run = document["runs"][0];
  const auto& shop = result_about(run, "GMSA/Shop");
  EXPECT_EQ(
      shop["locations"][0]["physicalLocation"],
      json::parse(
          R"({"artifactLocation": {"uri": "accounts.yaml"}, "region": {"startLine": 12, "startColumn": 1}})"));
  EXPECT_EQ(shop["level"], "warning") << "drift";
  EXPECT_EQ(result_about(run, "GMSA/Batch")["level"], "note");
  EXPECT_EQ(result_about(run, "GMSA/Fax")["level"], "warning") << "a deletion";
  // Declared nowhere any more, so the environment stands for it.
  EXPECT_EQ(result_about(run, "GMSA/Fax")["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            "environments.yaml");
}

TEST(Sarif, a_path_becomes_a_uri) {
  auto plan = sample::plan();
  plan.changes[0].declared_at.file =
      "./team a/gr\xc3\xbc"
      "n?.yaml";
  plan.changes[1].declared_at = {"/srv/manifests/a.yaml", 0, 0};
  const std::vector plans{plan};
  const auto document = sarif(sample::run(plans));
  const auto place = [&](size_t i) {
    return document["runs"][0]["results"][i]["locations"][0]["physicalLocation"];
  };
  EXPECT_EQ(place(0)["artifactLocation"]["uri"], "team%20a/gr%c3%bcn%3f.yaml");
  EXPECT_EQ(place(1)["artifactLocation"]["uri"], "file:///srv/manifests/a.yaml");
  EXPECT_FALSE(place(1).contains("region"));
}

TEST(Sarif, of_manifests_at_a_revision_it_points_at_the_file_in_the_repository) {
  auto plan = sample::plan();
  plan.changes[0].declared_at.file = "origin/main:team/a.yaml";
  plan.inputs.paths.clear();
  const std::vector plans{plan};
  RunReport report = sample::run(plans);
  report.source = SourceCommit{"3f2c1a9d5b7e", false, "Ada <ada@contoso.com>"};
  const auto uri_of = [&] {
    return sarif(
               report)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        .get<std::string>();
  };
  EXPECT_EQ(uri_of(), "team/a.yaml");
  EXPECT_NE(render(Format::github, report).find("::notice file=team/a.yaml,line=3,"), std::string::npos);
  // A file whose name has a colon, read from where it lies.
  auto here = plans;
  here[0].inputs.paths = {"."};
  report.environments = {planned(here[0])};
  EXPECT_EQ(uri_of(), "origin/main%3ateam/a.yaml");
}

TEST(Sarif, each_environment_is_a_run_of_a_category_of_its_own) {
  const std::vector<model::Plan> plans{sample::busy_plan(), sample::quiet_plan()};
  const auto document = sarif(sample::run(plans));
  ASSERT_EQ(document["runs"].size(), 2U);
  EXPECT_EQ(document["runs"][0]["automationDetails"]["id"], "gmsactl plan/prod/");
  EXPECT_EQ(document["runs"][1]["automationDetails"]["id"], "gmsactl plan/test/");
}

TEST(Sarif, results_and_rules_belong_together) {
  sample::RandomPlans random(61);
  for (int i = 0; i < 60; ++i) {
    const std::vector<model::Plan> plans{random.next()};
    for (const auto& report : {sample::run(plans), sample::applied_run(plans)}) {
      const auto document = sarif(report);
      const auto& run = document["runs"][0];
      for (const auto& result : run["results"]) {
        ASSERT_EQ(run["tool"]["driver"]["rules"].at(result["ruleIndex"].get<size_t>())["id"],
                  result["ruleId"]);
        // A result that is no failure has no level (3.27.10).
        ASSERT_EQ(result.value("kind", "fail") == "fail", result["level"] != "none");
        expect_plain(result["message"]["text"]);
        // Without one GitHub refuses the whole file.
        ASSERT_TRUE(plans[0].declared_at.file.empty() || result["locations"][0].contains("physicalLocation"))
            << result;
      }
    }
  }
}

}  // namespace
}  // namespace gmsactl::report
