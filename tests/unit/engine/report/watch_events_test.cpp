#include "engine/report/watch_events.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

using Format = WatchEvents::Format;

const WatchEvents::Moment moment{"2026-01-31T12:00:00Z", "prod"};
const model::UnreadableResource unread{{model::Kind::gmsa, "Web"},
                                       Error{ErrorKind::denied, "access denied", "", {}}};

model::Change drifted() {
  auto change = sample::updated_account();
  change.cause = model::cause::drift;
  change.fields.resize(2);
  change.fields[0].cause = change.fields[1].cause = model::cause::drift;
  change.fields[1].last_write = model::LastWrite{116'444'736'000'000'000, "dc02.contoso.com", 3};
  return change;
}

TEST(WatchEvents, text_is_lines_that_begin_with_time_and_environment) {
  const WatchEvents events(Format::text);
  EXPECT_EQ(events.opening(), "");
  EXPECT_EQ(events.watching(moment, sample::empty_plan()),
            "2026-01-31T12:00:00Z prod: watching contoso.com at dc01.contoso.com. "
            "Drift: 0 drifted, 0 pending, 0 both, 0 new; 0 accepted; 41 in sync.\n");
  EXPECT_EQ(
      events.different(moment, drifted()),
      "2026-01-31T12:00:00Z prod: GMSA/WebApp01 differs (drift)\n"
      "    servicePrincipalNames drift: \"http/a\" missing, \"http/b\" missing, \"http/old\" not declared; "
      "when it was changed is not recorded\n"
      "    description drift: live \"Web\", declared (not set); "
      "changed 1970-01-01T00:00:00Z on dc02.contoso.com, version 3\n");
  EXPECT_EQ(events.different(moment, sample::new_group()),
            "2026-01-31T12:00:00Z prod: HostGroup/WebApp01Hosts declared, and does not exist\n");
  EXPECT_EQ(events.in_sync(moment, {model::Kind::gmsa, "Web\x1b"}),
            "2026-01-31T12:00:00Z prod: GMSA/Web\\x1b is in sync again\n");
  EXPECT_EQ(events.unreadable(moment, unread),
            "2026-01-31T12:00:00Z prod: GMSA/Web can't be read: access denied\n");
  EXPECT_EQ(
      events.counts(moment, sample::empty_plan()),
      "2026-01-31T12:00:00Z prod: Drift: 0 drifted, 0 pending, 0 both, 0 new; 0 accepted; 41 in sync.\n");
  EXPECT_EQ(events.lost(moment, unread.why), "2026-01-31T12:00:00Z prod: connection lost: access denied\n");
}

TEST(WatchEvents, json_is_one_document_a_line) {
  const WatchEvents events(Format::jsonl);
  for (const auto& text :
       {events.opening(), events.watching(moment, sample::empty_plan()), events.different(moment, drifted()),
        events.in_sync(moment, unread.id), events.unreadable(moment, unread),
        events.counts(moment, sample::empty_plan()), events.lost(moment, unread.why)}) {
    ASSERT_TRUE(text.ends_with('\n')) << text;
    EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
    const auto event = nlohmann::json::parse(text);
    EXPECT_TRUE(event.at("type").is_string());
    if (event["type"] == "version") continue;
    EXPECT_EQ(event.at("time"), moment.time);
    EXPECT_EQ(event.at("environment"), moment.environment);
  }
  const auto change = nlohmann::json::parse(events.different(moment, drifted())).at("change");
  EXPECT_EQ(change.at("address"), "GMSA/WebApp01");
  EXPECT_EQ(change.at("fields")[1].at("changedOn"), "dc02.contoso.com");
  EXPECT_EQ(nlohmann::json::parse(events.counts(moment, sample::empty_plan())).at("counts").at("inSync"), 41);
}

}  // namespace
}  // namespace gmsactl::report
