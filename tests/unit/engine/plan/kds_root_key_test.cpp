// The key that every managed password is made from: there, not there, not visible, not in force yet, to be
// created.
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using model::LiveKdsRootKey;

constexpr int64_t hour = int64_t{3600} * 10'000'000;

std::vector<LiveKdsRootKey> key_from(const FakeWorld& world, int64_t hours_ago) {
  return {{{}, 1, world.facts.server_time - hours_ago * hour}};
}

model::Desired creating(bool immediately) {
  auto wanted = desired({fakes::group("Hosts")}, {account("Web01"), account("Web02")});
  wanted.environment.create_kds_root_key = true;
  wanted.environment.kds_root_key_effective_immediately = immediately;
  return wanted;
}

TEST(PlanKdsRootKey, it_serves_ten_hours_after_its_start) {
  FakeWorld world;
  world.facts.kds_root_keys = key_from(world, 10);
  EXPECT_THAT(findings(plan_for(world, desired({}, {account("Web01")}))), IsEmpty());
  world.facts.kds_root_keys = key_from(world, 9);
  const auto plan = plan_for(world, desired({}, {account("Web01")}));
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0204 KdsRootKey/contoso.com"));
  EXPECT_EQ(plan.diagnostics[0].severity, Severity::error);
  EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("serves from 2025-08-18T15:13:20Z"));
}

TEST(PlanKdsRootKey, the_oldest_of_several_counts) {
  FakeWorld world;
  auto keys = key_from(world, 1);
  keys.push_back(key_from(world, 100)[0]);
  world.facts.kds_root_keys = keys;
  EXPECT_THAT(findings(plan_for(world, desired({}, {account("Web01")}))), IsEmpty());
}

TEST(PlanKdsRootKey, none_is_an_error_only_where_an_account_is_to_be_created) {
  FakeWorld world;
  world.facts.kds_root_keys = model::Absent{};
  EXPECT_THAT(findings(plan_for(world, desired({}, {account("Web01")}))),
              ElementsAre("GMSA0203 KdsRootKey/contoso.com"));
  EXPECT_THAT(findings(plan_for(world, desired({fakes::group("Hosts")}, {}))), IsEmpty());
}

TEST(PlanKdsRootKey, one_that_is_not_visible_is_known_by_the_accounts_it_made) {
  FakeWorld world;
  world.facts.kds_root_keys = model::Absent{};
  world.add_account("Old").marker.reset();  // anybody's
  auto wanted = desired({}, {account("Web01")});
  wanted.environment.create_kds_root_key = true;
  const auto plan = plan_for(world, wanted);
  EXPECT_THAT(actions(plan), ElementsAre("create GMSA/Web01")) << "no second key";
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0212 KdsRootKey/contoso.com"));
  EXPECT_EQ(plan.diagnostics[0].severity, Severity::warning);
}

TEST(PlanKdsRootKey, one_that_is_listed_and_not_readable_is_there) {
  FakeWorld world;
  world.facts.kds_root_keys = model::Absent{};
  world.facts.root_key_hidden = true;  // a delegated user, in a domain that has no managed account yet
  const auto plan = plan_for(world, creating(false));
  EXPECT_EQ(plan.count(model::Action::create), 3U) << "a group and two accounts, no key";
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0212 KdsRootKey/contoso.com"));
  EXPECT_EQ(plan.diagnostics[0].severity, Severity::warning);
  EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("One is listed"));
}

TEST(PlanKdsRootKey, keys_that_could_not_be_read_are_not_absent) {
  FakeWorld world;
  world.facts.kds_root_keys = model::Unreadable{{ErrorKind::denied, "no rights", {}, {}}};
  const auto plan = plan_for(world, creating(false));
  EXPECT_EQ(plan.count(model::Action::create), 3U) << "a group and two accounts, no key";
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0209 KdsRootKey/contoso.com"));
}

TEST(PlanKdsRootKey, a_key_for_later_defers_the_accounts) {
  FakeWorld world;
  world.facts.kds_root_keys = model::Absent{};
  const auto plan = plan_for(world, creating(false));
  EXPECT_THAT(actions(plan), ElementsAre("create KdsRootKey/contoso.com", "create HostGroup/Hosts"));
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0204 KdsRootKey/contoso.com"));
  EXPECT_EQ(plan.diagnostics[0].severity, Severity::warning);
  EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("2 of the declared accounts"));
}

TEST(PlanKdsRootKey, a_back_dated_key_goes_before_the_accounts) {
  FakeWorld world;
  world.facts.kds_root_keys = model::Absent{};
  const auto plan = plan_for(world, creating(true));
  ASSERT_THAT(actions(plan), ElementsAre("create KdsRootKey/contoso.com", "create HostGroup/Hosts",
                                         "create GMSA/Web01", "create GMSA/Web02"));
  EXPECT_THAT(addresses(plan.changes[2].requires_), ElementsAre("KdsRootKey/contoso.com"));
  EXPECT_TRUE(std::get<model::KdsRootKeyChange>(plan.changes[0].detail).effective_immediately);
  EXPECT_THAT(findings(plan), IsEmpty());
}

TEST(PlanKdsRootKey, a_back_dated_key_is_refused_where_there_are_more_domain_controllers) {
  FakeWorld world;
  world.facts.kds_root_keys = model::Absent{};
  world.facts.domain_controllers = 2;
  const auto plan = plan_for(world, creating(true));
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0302 KdsRootKey/contoso.com"));
  EXPECT_THAT(actions(plan), testing::Not(testing::Contains("create KdsRootKey/contoso.com")));
}

TEST(PlanKdsRootKey, it_is_not_created_where_excluded) {
  FakeWorld world;
  world.facts.kds_root_keys = model::Absent{};
  const auto plan = plan_for(world, creating(true), {{{}, {"KdsRootKey/*"}, {}}});
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0203 KdsRootKey/contoso.com"));
}

}  // namespace
}  // namespace gmsactl
