// The result of an apply, read back: the same as was written, and nothing else is taken for one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/report/apply_json.h"
#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// Without what is worked out from things that a report does not carry.
json comparable(const std::string& text) {
  auto document = json::parse(text);
  const auto strip = [](json& run) {
    run.erase("planDigest");
    run["summary"].erase("unreadable");
  };
  if (document.contains("runs"))
    for (auto& run : document["runs"]) strip(run);
  else
    strip(document);
  return document;
}

TEST(ApplyParse, what_is_read_back_renders_the_same) {
  sample::RandomPlans random(4);
  for (int i = 0; i < 50 && !testing::Test::HasFailure(); ++i) {
    const std::vector<model::Plan> plans =
        i % 2 == 0 ? std::vector{random.next()} : std::vector{random.next(), random.next()};
    const auto text = applies_json(sample::applied_run(plans));
    const auto documents = parse_applies_json(text);
    ASSERT_TRUE(documents) << documents.error().message << "\n" << text;
    EXPECT_EQ(comparable(applies_json(saved(*documents))), comparable(text));
    EXPECT_TRUE(looks_like_apply_report(text));
  }
}

TEST(ApplyParse, a_plan_is_none) {
  const auto plan = plan_json(sample::plan(), {"2026-01-31T12:00:00Z", {}});
  EXPECT_FALSE(looks_like_apply_report(plan));
  const auto read = parse_applies_json(plan);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("this is no result of an apply that gmsactl can read"));
}

TEST(ApplyParse, fails_closed_on_every_missing_key) {
  const auto text = applies_json(sample::applied_run(std::vector{sample::plan()}));
  const auto document = json::parse(text);
  const auto lacking = [&](const json::json_pointer& parent, const std::string& key) {
    auto changed = document;
    changed[parent].erase(key);
    return parse_applies_json(changed.dump());
  };
  for (const char* key : {"formatVersion", "tool", "environment", "domain", "domainSid", "server",
                          "startedAt", "finishedAt", "summary", "results", "diagnostics"})
    EXPECT_FALSE(lacking(json::json_pointer(""), key)) << key;
  for (const char* key :
       {"address", "kind", "name", "action", "outcome", "dn", "objectGuid", "fields", "written", "error"})
    EXPECT_FALSE(lacking(json::json_pointer("/results/0"), key)) << key;
  auto newer = document;
  newer["formatVersion"] = "2.0";
  EXPECT_EQ(parse_applies_json(newer.dump()).error().kind, ErrorKind::unsupported);
  auto twice = document;
  twice["results"].push_back(twice["results"][0]);
  EXPECT_FALSE(parse_applies_json(twice.dump()));
}

}  // namespace
}  // namespace gmsactl::report
