// Objects that matter to the system itself: by what the directory says of them, beside their RID.
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::group;
using testing::AllOf;
using testing::Contains;

template <class Live>
std::vector<std::string> judged(FakeWorld& world, const model::Desired& wanted, Live& live, bool marked,
                                plan::Options options = {}) {
  if (!marked) live.marker.reset();
  options.adopt = true;
  auto found = findings(plan_for(world, wanted, options));
  options.adopt = false;
  options.aim = plan::Aim::adopt;
  EXPECT_THAT(findings(plan_for(world, wanted, options)), found) << "adopt judges as plan --adopt does";
  return found;
}

TEST(BuiltIn, a_critical_system_object_is_never_ours) {
  for (const bool marked : {false, true}) {
    FakeWorld world;
    auto& group_live = world.add_group("DnsAdmins");
    group_live.id.sid = fakes::sid(1101);
    group_live.importance.critical = true;
    EXPECT_THAT(judged(world, desired({group("DnsAdmins")}, {}), group_live, marked),
                ElementsAre("GMSA0313 HostGroup/DnsAdmins"));
    auto& account_live = world.add_account("Web01");
    account_live.importance.critical = true;
    EXPECT_THAT(judged(world, desired({group("DnsAdmins")}, {account("Web01")}), account_live, marked),
                Contains("GMSA0313 GMSA/Web01"));
    if (!marked) continue;
    plan::Options options;
    options.prune = true;
    options.allow_deletes = 9;
    const auto pruned = plan_for(world, desired({}, {account("Other")}), options);
    EXPECT_THAT(actions(pruned), ElementsAre("create GMSA/Other"));
    EXPECT_THAT(findings(pruned),
                AllOf(Contains("GMSA0313 HostGroup/DnsAdmins"), Contains("GMSA0313 GMSA/Web01")));
    options = {};
    options.aim = plan::Aim::forget;
    options.targets = {"HostGroup/DnsAdmins"};
    EXPECT_THAT(actions(plan_for(world, desired({}, {}), options)), ElementsAre("update HostGroup/DnsAdmins"))
        << "forget is the way out";
  }
}

TEST(BuiltIn, what_admin_sd_holder_protects_is_not_taken_over_and_stays_managed_where_it_is) {
  FakeWorld world;
  auto& group_live = world.add_group("Tier0");
  group_live.importance.admin = true;
  auto wanted = desired({group("Tier0")}, {});
  wanted.host_groups[0].spec.description = "new";
  EXPECT_THAT(findings(plan_for(world, wanted)), IsEmpty());
  EXPECT_THAT(actions(plan_for(world, wanted)), ElementsAre("update HostGroup/Tier0"));
  EXPECT_THAT(judged(world, wanted, group_live, false), ElementsAre("GMSA0331 HostGroup/Tier0"));
  group_live.marker = "gmsactl/1 o=somebody-else e=prod n=HostGroup/Tier0 g=1 p=0 f=";
  EXPECT_THAT(judged(world, wanted, group_live, true), ElementsAre("GMSA0331 HostGroup/Tier0"));
  auto& account_live = world.add_account("Web01");
  account_live.importance.admin = true;
  EXPECT_THAT(judged(world, desired({}, {account("Web01")}), account_live, false),
              Contains("GMSA0331 GMSA/Web01"));
}

TEST(BuiltIn, whether_it_is_critical_must_be_seen_before_it_is_taken_over) {
  for (const auto* hidden : {"isCriticalSystemObject", "adminCount"}) {
    FakeWorld world;
    auto& live = world.add_group("Hosts");
    live.unread = {{hidden, model::Completeness::hidden, "this user may not read it"}};
    const auto wanted = desired({group("Hosts")}, {});
    EXPECT_THAT(findings(plan_for(world, wanted)), IsEmpty()) << "its marker says that it is ours";
    live.marker.reset();
    plan::Options options;
    options.adopt = true;
    const auto plan = plan_for(world, wanted, options);
    EXPECT_TRUE(plan.empty());
    EXPECT_THAT(unreadable(plan), ElementsAre("HostGroup/Hosts"));
    ASSERT_THAT(findings(plan), ElementsAre("GMSA0209 HostGroup/Hosts"));
    EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr(hidden));
    options.adopt = false;
    options.aim = plan::Aim::adopt;
    EXPECT_THAT(unreadable(plan_for(world, wanted, options)), ElementsAre("HostGroup/Hosts"));
  }
}

}  // namespace
}  // namespace gmsactl
