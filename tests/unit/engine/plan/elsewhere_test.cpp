// What one environment deletes, replaces or renames although another one of the directory, which is not
// planned in the same run, names it.
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::named;
using testing::Contains;
using testing::Not;
using testing::StartsWith;

plan::Options naming(const std::string& text, bool prune = true) {
  plan::Options options;
  options.prune = prune;
  options.allow_deletes = 9;
  auto ref = named(text);
  if (text.find('@') != std::string::npos) ref.form = model::PrincipalRef::Form::qualified;
  options.named_elsewhere = {{"two", "GMSA/X", std::move(ref)}};
  return options;
}

TEST(NamedElsewhere, nothing_is_deleted_that_another_environment_names_in_whatever_form) {
  FakeWorld world;
  const auto live = world.add_group("Old").id;
  for (const std::string& text : {std::string("old"), std::string("CONTOSO\\Old"),
                                  std::string("old@contoso.com"), live.dn.text(), live.sid.text()}) {
    const auto plan = plan_for(world, desired({fakes::group("New")}, {}), naming(text));
    ASSERT_THAT(findings(plan), ElementsAre("GMSA0310 HostGroup/Old")) << text;
    EXPECT_EQ(plan.diagnostics[0].severity, Severity::error);
    EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("GMSA/X of environment two still names it (" + text));
    EXPECT_THAT(plan.diagnostics[0].hint, HasSubstr("--env two"));
  }
  for (const auto* other : {"Older", "EMEA\\Old", "S-1-5-21-7-8-9-1104", "CN=Old,OU=x,DC=contoso,DC=com"})
    EXPECT_THAT(findings(plan_for(world, desired({fakes::group("New")}, {}), naming(other))), IsEmpty())
        << other;
}

TEST(NamedElsewhere, an_account_is_named_with_its_dollar_sign_and_without) {
  FakeWorld world;
  world.add_account("Old");
  for (const auto* text : {"Old", "old$"})
    EXPECT_THAT(findings(plan_for(world, desired({}, {account("New")}), naming(text))),
                ElementsAre("GMSA0310 GMSA/Old"))
        << text;
}

TEST(NamedElsewhere, what_gets_another_name_is_named_by_its_sid) {
  FakeWorld world;
  const auto live = world.add_account("Web").id;
  auto renamed = account("Web");
  renamed.spec.sam_account_name = "Shop";
  const auto plan = plan_for(world, desired({}, {renamed}), naming("Web$", false));
  ASSERT_THAT(findings(plan), Contains("GMSA0287 GMSA/Web"));
  const auto found = std::find_if(plan.diagnostics.begin(), plan.diagnostics.end(),
                                  [](const auto& one) { return one.code == "GMSA0287"; });
  EXPECT_THAT(found->hint, HasSubstr(live.sid.text()));
  // Neither the SID nor the place is lost.
  for (const auto& text : {live.sid.text(), live.dn.text()})
    EXPECT_THAT(findings(plan_for(world, desired({}, {renamed}), naming(text, false))),
                Not(Contains("GMSA0287 GMSA/Web")));
  auto options = naming("Web$", false);
  options.compared_only = true;
  EXPECT_THAT(findings(plan_for(world, desired({}, {renamed}), options)), Not(Contains("GMSA0287 GMSA/Web")))
      << "drift writes nothing";
}

TEST(NamedElsewhere, a_replaced_account_loses_its_sid_and_nothing_else) {
  FakeWorld world;
  const auto live = world.add_account("Web").id;
  auto other = account("Web");
  other.spec.password_interval_days = 7;
  for (const auto& text : {live.sid.text(), std::string("Web$"), live.dn.text()}) {
    auto options = naming(text, false);
    options.allow_replace = {"GMSA/Web"};
    const auto plan = plan_for(world, desired({}, {other}), options);
    ASSERT_THAT(actions(plan), ElementsAre("replace GMSA/Web"));
    if (text == live.sid.text())
      EXPECT_THAT(findings(plan), Contains("GMSA0310 GMSA/Web"));
    else
      EXPECT_THAT(findings(plan), Not(Contains(StartsWith("GMSA0310")))) << text;
  }
}

}  // namespace
}  // namespace gmsactl
