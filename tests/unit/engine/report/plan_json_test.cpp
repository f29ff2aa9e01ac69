#include "engine/report/plan_json.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "engine/base/text.h"
#include "engine/report/json_values.h"
#include "engine/report/plan_text.h"
#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

const PlanStamp stamp{"2026-01-31T12:00:00Z", std::nullopt};

Json parsed(const std::string& text) { return Json::parse(text); }
std::vector<std::string> keys(const Json& json) {
  std::vector<std::string> list;
  for (const auto& [key, value] : json.items()) list.push_back(key);
  return list;
}

TEST(PlanJson, has_the_contracts_keys_in_its_order) {
  auto plan = sample::plan();
  plan.diagnostics = {sample::diagnostic()};
  const auto json =
      parsed(plan_json(plan, {stamp.created_at, SourceCommit{"abc123", true, "Ada <ada@contoso.com>"}}));
  using Keys = std::vector<std::string>;
  EXPECT_EQ(keys(json), (Keys{"formatVersion", "tool", "environment", "domain", "domainSid", "server",
                              "declaredAt", "createdAt", "source", "digest", "summary", "changes",
                              "unreadable", "diagnostics", "inputs"}));
  EXPECT_EQ(keys(json["summary"]),
            (Keys{"create", "update", "replace", "delete", "move", "adopt", "unchanged", "unreadable"}));
  EXPECT_EQ(keys(json["changes"][1]), (Keys{"address", "kind", "name", "action", "dn", "objectGuid", "cause",
                                            "fields", "guards", "reasons", "requires", "declaredAt"}));
  EXPECT_EQ(keys(json["changes"][1]["fields"][0]),
            (Keys{"path", "before", "after", "added", "removed", "cause"}));
  EXPECT_EQ(keys(json["diagnostics"][0]),
            (Keys{"severity", "code", "summary", "detail", "hint", "file", "line", "column", "address"}));
}

TEST(PlanJson, shows_values_with_their_types) {
  const auto json = parsed(plan_json(sample::plan(), stamp));
  const auto& fields = json["changes"][1]["fields"];
  EXPECT_EQ(fields[1]["after"], nullptr);
  EXPECT_FALSE(fields[1].contains("added"));
  EXPECT_EQ(fields[3]["before"], false);
  EXPECT_EQ(fields[4]["after"], 24);
  EXPECT_EQ(fields[0]["removed"], Json::array({"http/old"}));
  EXPECT_EQ(json["changes"][0]["objectGuid"], nullptr);
  EXPECT_EQ(json["changes"][0]["cause"], "new");
  EXPECT_EQ(json["changes"][1]["requires"], Json::array({"HostGroup/WebApp01Hosts"}));
  EXPECT_EQ(json["summary"]["unchanged"], 41);
  EXPECT_FALSE(json.contains("source"));
}

TEST(PlanJson, only_createdAt_and_the_digest_over_it_depend_on_the_time) {
  auto a = plan_json(sample::plan(), {"2026-01-31T12:00:00Z", {}});
  const auto b = plan_json(sample::plan(), {"2027-02-28T13:14:15Z", {}});
  a.replace(a.find("2026-01-31T12:00:00Z"), 20, "2027-02-28T13:14:15Z");
  EXPECT_NE(a, b);
  EXPECT_FALSE(parse_plan_json(a)) << "a plan made younger than it is";
  a.replace(a.find("sha256:"), 7 + 64, parsed(b)["digest"].get<std::string>());
  EXPECT_EQ(a, b);
}

TEST(PlanJson, the_digest_covers_what_is_planned) {
  auto other = sample::plan();
  other.changes[0].fields[0].after = std::string("Other");
  EXPECT_NE(plan_digest(sample::plan(), stamp), plan_digest(other, stamp));
  EXPECT_EQ(plan_digest(sample::plan(), stamp).size(), 7U + 64U);
}

TEST(PlanJson, any_bytes_become_valid_and_harmless_text) {
  auto plan = sample::plan();
  plan.changes[0].reasons = {"\xff\xfe \x1b[31m \xc2\x9b \x7f \xe2\x80\xae \xed\xa0\x80"};
  const auto text = plan_json(plan, stamp);
  EXPECT_TRUE(valid_utf8(text));
  for (const char c : text) EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
  EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_NE(text.find("\\u202e"), std::string::npos);
  EXPECT_TRUE(parse_plan_json(text).has_value());
}

TEST(PlanJson, several_environments_stand_in_one_document) {
  const std::vector<model::Plan> plans{sample::plan(), sample::empty_plan()};
  const auto text = plans_json(plans, stamp);
  EXPECT_EQ(keys(parsed(text)), (std::vector<std::string>{"formatVersion", "plans"}));
  const auto documents = parse_plans_json(text);
  ASSERT_TRUE(documents) << documents.error().message;
  EXPECT_EQ(documents->size(), 2U);
  EXPECT_EQ(plans_json({plans.data(), 1}, stamp), plan_json(plans[0], stamp));
  EXPECT_EQ(parse_plans_json(plan_json(plans[0], stamp))->size(), 1U);
}

TEST(PlanJson, what_is_read_back_renders_the_same) {
  sample::RandomPlans plans(7);
  for (int i = 0; i < 150; ++i) {
    const auto plan = plans.next();
    const auto text = plan_json(plan, stamp);
    const auto document = parse_plan_json(text);
    ASSERT_TRUE(document) << document.error().message << text;
    ASSERT_EQ(plan_json(*document), text);
    ASSERT_EQ(document->digest, plan_digest(plan, stamp));
  }
}

/// A sample document with one thing changed and a digest that fits again.
std::string edited(const std::function<void(Json&)>& edit) {
  auto plan = sample::plan();
  plan.diagnostics = {sample::diagnostic()};
  plan.unreadable = {
      {{model::Kind::gmsa, "Web"}, Error{ErrorKind::denied, "no", "", NativeCode{50, "x", 5U}}}};
  auto json = parsed(plan_json(plan, {stamp.created_at, SourceCommit{"abc", false, ""}}));
  edit(json);
  if (json.is_object() && json.contains("digest")) json["digest"] = document_digest(json);
  return json.dump();
}

TEST(PlanJson, reading_ignores_what_a_newer_minor_version_adds) {
  const auto document = parse_plan_json(edited([](Json& json) {
    json["formatVersion"] = "1.7";
    json["lunch"] = {{"soup", 1.5}};
    json["changes"][0]["mood"] = "good";
  }));
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->format_version, "1.7");
}

TEST(PlanJson, reading_gives_back_the_commit) {
  const SourceCommit source{"abc", true, "Ada Admin <ada@contoso.com>"};
  EXPECT_EQ(parse_plan_json(plan_json(sample::plan(), {stamp.created_at, source}))->stamp.source, source);
  const SourceCommit of_before{"abc", true, ""};  // written by a version that did not tell the author
  EXPECT_EQ(parse_plan_json(plan_json(sample::plan(), {stamp.created_at, of_before}))->stamp.source,
            of_before);
}

TEST(PlanJson, reading_refuses_another_major_version) {
  const auto document = parse_plan_json(edited([](Json& json) { json["formatVersion"] = "2.0"; }));
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::unsupported);
}

TEST(PlanJson, reading_refuses_a_changed_document) {
  auto text = plan_json(sample::plan(), stamp);
  text.replace(text.find("http/a"), 6, "http/x");
  const auto document = parse_plan_json(text);
  ASSERT_FALSE(document);
  EXPECT_NE(document.error().message.find("digest does not fit"), std::string::npos)
      << document.error().message;
}

TEST(PlanJson, the_order_of_keys_and_white_space_are_not_in_the_digest) {
  const auto text = plan_json(sample::plan(), stamp);
  EXPECT_TRUE(parse_plan_json(nlohmann::json::parse(text).dump()).has_value());
}

TEST(PlanJson, reading_fails_closed_on_every_missing_key) {
  const auto whole = parsed(edited([](Json&) {}));
  const auto without_each_key = [&](const Json::json_pointer& at) {
    for (const auto& key : keys(whole[at])) {
      if (key == "source") continue;
      const auto text = edited([&](Json& json) { json[at].erase(key); });
      EXPECT_FALSE(parse_plan_json(text)) << at.to_string() << " without " << key;
    }
  };
  for (const char* place :
       {"", "/tool", "/source", "/summary", "/changes/0", "/changes/1/fields/0", "/changes/1/declaredAt",
        "/changes/1/guards/0", "/inputs", "/inputs/manifests/0", "/unreadable/0", "/unreadable/0/error",
        "/unreadable/0/error/native", "/diagnostics/0"})
    without_each_key(Json::json_pointer(place));
}

TEST(PlanJson, reading_refuses_values_that_make_no_sense) {
  struct Case {
    const char* at;
    Json value;
  };
  const Case cases[] = {
      {"/formatVersion", "1"},
      {"/formatVersion", 1},
      {"/tool/name", "terraform"},
      {"/environment", ""},
      {"/domainSid", "S-1-5-21-1-2"},
      {"/domainSid", ""},
      {"/createdAt", "yesterday"},
      {"/createdAt", "2026-01-31 12:00:00Z"},
      {"/summary/create", 2},
      {"/summary/create", -1},
      {"/summary/unchanged", 1.5},
      {"/summary/adopt", 1},
      {"/summary/unreadable", 0},
      {"/changes", Json::object()},
      {"/changes/0/address", "GMSA/WebApp01Hosts"},
      {"/changes/0/kind", "Printer"},
      {"/changes/0/name", ""},
      {"/changes/0/action", "destroy"},
      {"/changes/0/dn", "nowhere"},
      {"/changes/0/dn", ""},
      {"/changes/0/objectGuid", "56d9b66c-d746-4f87-bd26-26760cfdca2e"},
      {"/changes/1/objectGuid", nullptr},
      {"/changes/1/objectGuid", "56d9b66c"},
      {"/changes/1/cause", "whim"},
      {"/changes/1/fields/0/path", "a b"},
      {"/changes/1/fields/0/before", 1.5},
      {"/changes/1/fields/0/before", Json::object()},
      {"/changes/1/fields/0/after", Json::array({1})},
      {"/changes/1/fields/0/added", "http/a"},
      {"/changes/1/fields/4/after", 18446744073709551615U},
      {"/changes/1/guards/0/before", "0123456789abcde"},
      {"/changes/1/guards/0/after", "0123456789ABCDEF"},
      {"/inputs/validForSeconds", -1},
      {"/inputs/prune", "no"},
      {"/inputs/manifests/0/file", ""},
      {"/changes/1/requires/0", "WebApp01Hosts"},
      {"/changes/1/requires/0", "HostGroup/"},
      {"/changes/1/declaredAt/line", -1},
      {"/diagnostics/0/code", "GMSA01"},
      {"/diagnostics/0/severity", "fatal"},
      {"/unreadable/0/error/kind", "boredom"},
      {"/unreadable/0/error/native/code", 1e300},
  };
  for (const auto& c : cases) {
    const auto document =
        parse_plan_json(edited([&](Json& json) { json[Json::json_pointer(c.at)] = c.value; }));
    ASSERT_FALSE(document) << c.at << " = " << c.value;
    EXPECT_EQ(document.error().kind, ErrorKind::corrupt);
    EXPECT_FALSE(document.error().hint.empty());
  }
  EXPECT_FALSE(parse_plan_json(edited([](Json& json) { json["changes"].push_back(json["changes"][0]); })));
}

TEST(PlanJson, reading_refuses_a_key_that_is_there_twice) {
  std::string text = plan_json(sample::plan(), stamp);
  const auto at = text.find("\"environment\":");
  ASSERT_NE(at, std::string::npos);
  text.insert(at, "\"environment\": \"another\", ");
  const auto documents = parse_plans_json(text);
  ASSERT_FALSE(documents.has_value());
  EXPECT_EQ(documents.error().kind, ErrorKind::corrupt);
  EXPECT_NE(documents.error().message.find("environment is there twice"), std::string::npos)
      << documents.error().message;
}

TEST(PlanJson, reading_survives_what_is_no_document) {
  for (const std::string text :
       {"", "{", "[]", "null", "\"x\"", "{\"formatVersion\":\"1.0\"}", "\xff", "{\"plans\":{}}"}) {
    EXPECT_FALSE(parse_plan_json(text)) << text;
    EXPECT_FALSE(parse_plans_json(text)) << text;
  }
  const auto deep = parse_plan_json(std::string(1'000'000, '['));
  ASSERT_FALSE(deep);
  EXPECT_NE(deep.error().message.find("nested"), std::string::npos);
}

TEST(PlanJson, a_plan_that_never_reached_its_domain_can_be_shown) {
  auto plan = sample::empty_plan();
  plan.domain_sid.clear();
  plan.server.clear();
  plan.diagnostics = {sample::diagnostic()};
  EXPECT_TRUE(parse_plan_json(plan_json(plan, stamp)).has_value());
}

TEST(PlanJson, the_last_write_of_a_field_is_there_where_it_is_known) {
  auto plan = sample::plan();
  plan.changes[1].fields[0].last_write = model::LastWrite{116'444'736'000'000'000, "dc02.contoso.com", 7};
  plan.changes[1].fields[1].last_write = model::LastWrite{116'444'736'000'000'000, "", 1};
  const auto text = plan_json(plan, stamp);
  const auto fields = parsed(text)["changes"][1]["fields"];
  EXPECT_EQ(fields[0]["changedAt"], "1970-01-01T00:00:00Z");
  EXPECT_EQ(fields[0]["changedOn"], "dc02.contoso.com");
  EXPECT_EQ(fields[0]["version"], 7);
  EXPECT_TRUE(fields[1]["changedOn"].is_null());
  EXPECT_FALSE(fields[2].contains("changedAt"));
  const auto read = parse_plan_json(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->plan.changes[1].fields, plan.changes[1].fields);
  EXPECT_EQ(plan_json(*read), text);
}

}  // namespace
}  // namespace gmsactl::report
