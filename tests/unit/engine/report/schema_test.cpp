// The schemas in schemas/ and the renderers describe the same documents. The one file that pays for valijson.
#include <gmsactl/schemas.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "engine/base/text.h"
#include "engine/report/apply_json.h"
#include "engine/report/changed.h"
#include "engine/report/plan_json.h"
#include "tests/paths.h"
#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

class SchemaOf {
 public:
  explicit SchemaOf(std::string_view name) {
    for (const auto& [file, text] : schemas::all)
      if (file == name) json_ = nlohmann::json::parse(text);
    populate();
  }
  explicit SchemaOf(std::ifstream file) : json_(nlohmann::json::parse(file)) { populate(); }

  /// Empty where the document is valid.
  std::string complaints(const nlohmann::json& document) const {
    valijson::adapters::NlohmannJsonAdapter adapter(document);
    valijson::ValidationResults results;
    if (valijson::Validator().validate(schema_, adapter, &results)) return {};
    std::string text = "invalid:";
    for (valijson::ValidationResults::Error error; results.popError(error);) {
      for (const auto& part : error.context) text += part;
      text += ": " + error.description + "\n";
    }
    return text;
  }

 private:
  /// One schema may refer to another, by its file name beside its own.
  void populate() {
    const auto fetch = [](const std::string& uri) -> const nlohmann::json* {
      for (const auto& [file, text] : schemas::all)
        if (uri.ends_with(file)) return new nlohmann::json(nlohmann::json::parse(text));
      return nullptr;
    };
    const auto release = [](const nlohmann::json* json) { delete json; };
    valijson::adapters::NlohmannJsonAdapter adapter(json_);
    valijson::SchemaParser().populateSchema<valijson::adapters::NlohmannJsonAdapter>(adapter, schema_, fetch,
                                                                                     release);
  }

  nlohmann::json json_;
  valijson::Schema schema_;
};

constexpr char now[] = "2026-01-31T12:00:00Z";

TEST(Schema, every_plan_document_fits) {
  const SchemaOf schema("plan.schema.json");
  sample::RandomPlans plans(11);
  for (int i = 0; i < 60; ++i) {
    const auto text = plan_json(
        plans.next(),
        {now, i % 2 == 0 ? std::optional(SourceCommit{"abc", true, "Ada <ada@contoso.com>"}) : std::nullopt});
    ASSERT_EQ(schema.complaints(nlohmann::json::parse(text)), "") << text;
  }
  const std::vector<model::Plan> both{sample::plan(), sample::empty_plan()};
  EXPECT_EQ(schema.complaints(nlohmann::json::parse(plans_json(both, {now, {}}))), "");
}

TEST(Schema, every_apply_report_fits) {
  const SchemaOf schema("report.schema.json");
  sample::RandomPlans plans(12);
  for (int i = 0; i < 60; ++i) {
    const auto plan = plans.next();
    const auto text = applies_json(sample::applied_run(plan, sample::results_of(plan)));
    ASSERT_EQ(schema.complaints(nlohmann::json::parse(text)), "") << text;
  }
  const auto plan = sample::plan();
  auto both = sample::applied_run(plan, sample::results_of(plan));
  both.environments.push_back(both.environments.front());
  EXPECT_EQ(schema.complaints(nlohmann::json::parse(applies_json(both))), "");
}

TEST(Schema, every_event_fits) {
  const SchemaOf schema("events.schema.json");
  sample::RandomPlans random(13);
  for (int i = 0; i < 10; ++i) {
    const std::vector<model::Plan> plans{random.next(), random.next()};
    const std::string stream = render(Format::jsonl, sample::applied_run(plans));
    for (const auto line : split(trim(stream), '\n'))
      ASSERT_EQ(schema.complaints(nlohmann::json::parse(line)), "") << line;
  }
  auto event = nlohmann::json::parse(
      R"({"@timestamp": "2026-01-31T12:00:00Z", "@level": "info", "@message": "x", "type": "apply_progress",
          "environment": "prod", "phase": "applying", "done": 1, "total": 2})");
  EXPECT_EQ(schema.complaints(event), "");
  event.erase("done");
  EXPECT_NE(schema.complaints(event), "");
}

TEST(Schema, every_sarif_document_fits) {
  const SchemaOf schema(
      std::ifstream(std::string(tests::source_dir) + "/tests/unit/engine/report/sarif.schema.json"));
  sample::RandomPlans random(14);
  for (int i = 0; i < 30; ++i) {
    const std::vector<model::Plan> plans{random.next(), random.next()};
    for (const auto& report : {sample::run(plans), sample::applied_run(plans)}) {
      const std::string text = render(Format::sarif, report);
      ASSERT_EQ(schema.complaints(nlohmann::json::parse(text)), "") << text;
    }
  }
}

TEST(Schema, every_comparison_of_manifests_fits) {
  const SchemaOf schema("changed.schema.json");
  ManifestDifference difference{{"main", "abc"}, {"", ""}, {"a.yaml"}, {}};
  EXPECT_EQ(schema.complaints(nlohmann::json::parse(changed_json(difference))), "");
  using Presence = EnvironmentDifference::Presence;
  for (const auto presence : {Presence::both, Presence::added, Presence::removed}) {
    model::DeclaredChanges changes;
    changes.added = {{model::Kind::kds_root_key, "contoso.com"}, {model::Kind::gmsa, "Web \xff"}};
    changes.removed = {{model::Kind::host_group, "Hosts"}};
    changes.changed = {{model::Kind::credential_spec, "docker/Web01@*"}};
    changes.settings = {"directory"};
    difference.environments.push_back({"prod", presence, changes});
  }
  EXPECT_EQ(schema.complaints(nlohmann::json::parse(changed_json(difference))), "");
}

TEST(Schema, what_the_reader_refuses_the_schema_refuses) {
  const SchemaOf schema("plan.schema.json");
  const auto document = nlohmann::json::parse(plan_json(sample::plan(), {now, {}}));
  for (const char* key :
       {"formatVersion", "tool", "domainSid", "createdAt", "digest", "summary", "changes", "unreadable"}) {
    auto without = document;
    without.erase(key);
    EXPECT_NE(schema.complaints(without), "") << key;
  }
  auto other = document;
  other["formatVersion"] = "2.0";
  EXPECT_NE(schema.complaints(other), "");
  other = document;
  other["changes"][0]["action"] = "destroy";
  EXPECT_NE(schema.complaints(other), "");
}

TEST(Schema, unknown_keys_are_no_mistake) {
  auto document = nlohmann::json::parse(plan_json(sample::plan(), {now, {}}));
  document["lunch"] = "soup";
  EXPECT_EQ(SchemaOf("plan.schema.json").complaints(document), "");
}

}  // namespace
}  // namespace gmsactl::report
