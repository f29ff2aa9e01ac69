// The world in memory refuses what a real domain refuses; a test that passes on it must mean something.
#include "tests/fakes/fake_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/samples.h"

namespace gmsactl::fakes {
namespace {

using model::Action;
using model::Change;
using model::GmsaChange;
using model::GroupChange;
using model::Outcome;
using testing::ElementsAre;

Change creation(const FakeWorld& world, std::string_view name, std::vector<std::string> spns = {}) {
  GmsaChange detail;
  detail.desired = account(name).spec;
  detail.dn = world.facts.accounts_container.child("CN", name);
  detail.service_principal_names = std::move(spns);
  detail.user_account_control = 0x1000;
  Change change;
  change.id = {model::Kind::gmsa, std::string(name)};
  change.action = Action::create;
  change.dn = detail.dn;
  change.detail = detail;
  return change;
}

Change update(const model::LiveGmsa& live, std::string_view dns_host_name) {
  GmsaChange detail;
  detail.desired = account("Web01").spec;
  detail.desired.dns_host_name = dns_host_name;
  detail.dn = live.id.dn;
  detail.service_principal_names = live.service_principal_names;
  detail.user_account_control = live.user_account_control;
  detail.live = live;
  Change change;
  change.id = {model::Kind::gmsa, "Web01"};
  change.dn = live.id.dn;
  change.guid = live.id.guid;
  change.detail = detail;
  return change;
}

TEST(FakeWorld, an_account_is_created_once) {
  FakeWorld world;
  EXPECT_EQ(world.apply(creation(world, "Web01")).outcome, Outcome::applied);
  ASSERT_NE(world.find_account("web01"), nullptr);
  EXPECT_EQ(world.find_account("Web01")->password_interval_days, 30U);
  EXPECT_EQ(world.apply(creation(world, "Web01")).outcome, Outcome::failed);
  EXPECT_EQ(world.accounts.size(), 1U);
  EXPECT_THAT(world.touched, ElementsAre("GMSA/Web01", "GMSA/Web01"));
}

TEST(FakeWorld, nothing_is_created_without_a_key_or_a_container) {
  FakeWorld world;
  world.containers.erase(world.facts.accounts_container.key());
  EXPECT_EQ(world.apply(creation(world, "Web01")).error->kind, ErrorKind::not_found);
  FakeWorld keyless;
  keyless.facts.kds_root_keys = model::Absent{};
  EXPECT_EQ(keyless.apply(creation(keyless, "Web01")).error->kind, ErrorKind::constraint);
}

TEST(FakeWorld, an_spn_belongs_to_one_object) {
  FakeWorld world;
  world.add_computer("SQL01").service_principal_names = {"MSSQLSvc/db"};
  EXPECT_EQ(world.apply(creation(world, "Web01", {"MSSQLSVC/DB"})).error->kind, ErrorKind::constraint);
}

TEST(FakeWorld, a_change_of_something_else_than_was_planned_is_a_conflict) {
  FakeWorld world;
  auto& live = world.add_account("Web01");
  const Change change = update(live, "x.contoso.com");
  live.description = "theirs";
  EXPECT_EQ(world.apply(change).outcome, Outcome::conflict);
  EXPECT_EQ(live.dns_host_name, "web01.contoso.com");
}

TEST(FakeWorld, a_moved_or_removed_member_is_so_in_every_group) {
  FakeWorld world;
  const auto& host = world.add_computer("HOST01").principal.id;
  auto& hosts = world.add_group("Hosts");
  hosts.members = {host.dn.text()};
  world.rename(host.guid, dn("CN=HOST01,CN=Users,DC=contoso,DC=com"));
  EXPECT_THAT(hosts.members, ElementsAre("CN=HOST01,CN=Users,DC=contoso,DC=com"));
  world.remove(host.guid);
  EXPECT_THAT(hosts.members, testing::IsEmpty());
}

TEST(FakeWorld, a_member_must_exist) {
  FakeWorld world;
  auto& live = world.add_group("Hosts");
  Change change;
  change.id = {model::Kind::host_group, "Hosts"};
  change.dn = live.id.dn;
  change.guid = live.id.guid;
  change.detail = GroupChange{group("Hosts").spec,
                              live.id.dn,
                              live.group_type,
                              {{"X", sid(9), dn("CN=X,DC=contoso,DC=com"), {}}},
                              {},
                              false,
                              *live.marker,
                              live};
  EXPECT_EQ(world.apply(change).error->kind, ErrorKind::not_found);
}

TEST(FakeWorld, an_answer_can_be_arranged_and_something_done_before) {
  FakeWorld world;
  world.answers["GMSA/Web01"] = {
      {}, {}, Outcome::unknown, Error{ErrorKind::timeout, "no answer", {}, {}}, {}};
  size_t asked = 0;
  world.before_apply = [&](const Change&) { ++asked; };
  const auto result = world.apply(creation(world, "Web01"));
  EXPECT_EQ(result.outcome, Outcome::unknown);
  EXPECT_EQ(result.id.name, "Web01");
  EXPECT_EQ(asked, 1U);
  EXPECT_EQ(world.most_at_once, 1U);
  EXPECT_EQ(world.find_account("Web01"), nullptr);
}

TEST(FakeWorld, what_is_unreadable_is_observed_as_such) {
  FakeWorld world;
  world.add_account("Web01");
  world.unreadable = {"GMSA/Web01", "spns", "principal:name:host01"};
  NoEvents events;
  const auto seen = world.observe(desired({}, {account("Web01", {named("HOST01")})}), events).value();
  EXPECT_TRUE(std::holds_alternative<model::Unreadable>(seen.accounts.at("Web01")));
  EXPECT_TRUE(seen.spn_holders_unreadable.has_value());
  EXPECT_TRUE(seen.principals.at("name:host01").unreadable.has_value());
}

}  // namespace
}  // namespace gmsactl::fakes
