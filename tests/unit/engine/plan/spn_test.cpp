// An SPN belongs to one object in the forest, HOST aliases included.
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::located;

model::Declaration<model::Gmsa> with_spns(std::string_view name,
                                          std::initializer_list<std::string_view> spns) {
  auto declared = account(name);
  declared.spec.service_principal_names = located(spns);
  return declared;
}

TEST(PlanSpn, one_that_another_object_holds_is_an_error_that_names_it) {
  FakeWorld world;
  world.add_computer("SQL01").service_principal_names = {"MSSQLSVC/DB:1433"};
  const auto plan = plan_for(world, desired({}, {with_spns("Web01", {"MSSQLSvc/db:1433"})}));
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0205 GMSA/Web01"));
  EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("CN=SQL01,OU=Hosts,DC=contoso,DC=com"));
  EXPECT_THAT(plan.diagnostics[0].hint, HasSubstr("setspn -D MSSQLSvc/db:1433 SQL01$"));
}

TEST(PlanSpn, host_aliases_are_seen_in_both_directions) {
  for (const auto& [held, wanted] :
       {std::pair("host/shop", "http/shop"), std::pair("http/shop", "host/shop")}) {
    FakeWorld world;
    world.add_computer("SQL01").service_principal_names = {held};
    const auto plan = plan_for(world, desired({}, {with_spns("Web01", {wanted})}));
    ASSERT_THAT(findings(plan), ElementsAre("GMSA0206 GMSA/Web01")) << wanted;
    EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr(held));
  }
}

TEST(PlanSpn, two_aliases_that_are_not_host_do_not_meet) {
  FakeWorld world;
  world.add_computer("SQL01").service_principal_names = {"cifs/shop"};
  EXPECT_THAT(findings(plan_for(world, desired({}, {with_spns("Web01", {"http/shop"})}))), IsEmpty());
}

TEST(PlanSpn, an_account_may_hold_a_name_under_several_classes_itself) {
  FakeWorld world;
  world.add_account("Web01").service_principal_names = {"host/shop"};
  EXPECT_THAT(findings(plan_for(world, desired({}, {with_spns("Web01", {"host/shop", "http/shop"})}))),
              IsEmpty());
}

TEST(PlanSpn, two_declared_accounts_must_not_answer_for_each_other) {
  FakeWorld world;
  const auto plan =
      plan_for(world, desired({}, {with_spns("Web01", {"http/shop"}), with_spns("Web02", {"host/shop"})}));
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0206 GMSA/Web01", "GMSA0206 GMSA/Web02"));
}

TEST(PlanSpn, one_that_the_same_plan_frees_is_taken_after_it) {
  FakeWorld world;
  world.add_account("Old").service_principal_names = {"MSSQLSvc/db", "host/Old"};
  for (const auto taken : {"MSSQLSvc/db", "MSSQLSVC/DB"}) {
    const auto plan =
        plan_for(world, desired({}, {with_spns("Web01", {taken}), with_spns("Old", {"host/Old"})}));
    EXPECT_THAT(findings(plan), IsEmpty());
    ASSERT_THAT(actions(plan), ElementsAre("update GMSA/Old", "create GMSA/Web01"));
    EXPECT_THAT(addresses(plan.changes[1].requires_), ElementsAre("GMSA/Old"));
    EXPECT_THAT(plan.changes[1].reasons, testing::Contains(HasSubstr("is freed by GMSA/Old first")));
  }
}

TEST(PlanSpn, an_alias_that_the_same_plan_frees_is_waited_for_too) {
  FakeWorld world;
  world.add_account("Old").service_principal_names = {"host/shop"};
  const auto plan = plan_for(world, desired({}, {with_spns("Web01", {"http/shop"}), with_spns("Old", {})}));
  EXPECT_THAT(findings(plan), IsEmpty());
  EXPECT_THAT(actions(plan), ElementsAre("update GMSA/Old", "create GMSA/Web01"));
}

TEST(PlanSpn, one_that_stays_with_its_holder_is_not_free) {
  FakeWorld world;
  world.add_account("Old").service_principal_names = {"MSSQLSvc/db", "http/gone"};
  const auto plan =
      plan_for(world, desired({}, {with_spns("Web01", {"MSSQLSvc/db"}), with_spns("Old", {"MSSQLSvc/db"})}));
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0205 GMSA/Web01"));
}

TEST(PlanSpn, a_holder_that_is_left_out_of_the_plan_frees_nothing) {
  FakeWorld world;
  world.add_account("Old").service_principal_names = {"MSSQLSvc/db"};
  const auto wanted = desired({}, {with_spns("Web01", {"MSSQLSvc/db"}), with_spns("Old", {})});
  EXPECT_THAT(findings(plan_for(world, wanted, {{{"GMSA/Web*"}, {}, {}}})),
              ElementsAre("GMSA0205 GMSA/Web01"));
}

TEST(PlanSpn, of_accounts_that_swap_names_one_gives_them_up_first) {
  FakeWorld world;
  world.add_account("A").service_principal_names = {"MSSQLSvc/a"};
  world.add_account("B").service_principal_names = {"MSSQLSvc/b"};
  const auto plan =
      plan_for(world, desired({}, {with_spns("A", {"MSSQLSvc/b"}), with_spns("B", {"MSSQLSvc/a"})}));
  EXPECT_THAT(findings(plan), IsEmpty());
  ASSERT_THAT(actions(plan), ElementsAre("update GMSA/B", "update GMSA/A"));
  ASSERT_THAT(plan.changes[0].set_aside, testing::SizeIs(1));
  EXPECT_THAT(plan.changes[0].set_aside[0].service_principal_names, ElementsAre("MSSQLSvc/a"));
  for (const auto& change : plan.changes) EXPECT_EQ(world.apply(change).outcome, model::Outcome::applied);
}

TEST(PlanSpn, additive_adds_what_is_missing_and_unmanaged_nothing) {
  FakeWorld world;
  world.add_account("A").service_principal_names = {"MSSQLSvc/others", "http/a"};
  auto declared = with_spns("A", {"http/a", "http/b"});
  declared.spec.service_principal_names_mode = model::SpnMode::additive;
  const auto plan = plan_for(world, desired({}, {declared}));
  const auto& field = field_of(plan.changes.at(0), "servicePrincipalNames");
  EXPECT_THAT(field.added, ElementsAre("http/b"));
  EXPECT_THAT(field.removed, IsEmpty());
  EXPECT_EQ(field.after, (model::FieldValue{Texts{"http/a", "http/b", "MSSQLSvc/others"}}));
  world.apply(plan.changes[0]);
  EXPECT_THAT(actions(plan_for(world, desired({}, {declared}))), IsEmpty());
  // What others register afterwards is no drift.
  world.find_account("A")->service_principal_names.emplace_back("MSSQLSvc/later");
  EXPECT_THAT(actions(plan_for(world, desired({}, {declared}))), IsEmpty());
  declared.spec.service_principal_names_mode = model::SpnMode::unmanaged;
  declared.spec.service_principal_names.clear();
  const auto released = plan_for(world, desired({}, {declared}));
  ASSERT_THAT(actions(released), ElementsAre("update GMSA/A"));
  EXPECT_THAT(paths(released.changes[0]), ElementsAre("servicePrincipalNamesMode"));
  world.apply(released.changes[0]);
  EXPECT_THAT(world.find_account("A")->service_principal_names, testing::SizeIs(4));
  EXPECT_THAT(actions(plan_for(world, desired({}, {declared}))), IsEmpty());
  declared.name = declared.spec.sam_account_name = "B";
  declared.spec.dns_host_name = "b.contoso.com";
  declared.spec.service_principal_names = fakes::located({"http/new"});
  declared.spec.service_principal_names_mode = model::SpnMode::additive;
  world.apply(change_of(plan_for(world, desired({}, {declared})), "GMSA/B"));
  EXPECT_THAT(actions(plan_for(world, desired({}, {declared}))), IsEmpty()) << "it was created as additive";
  auto fresh = with_spns("New", {});
  fresh.spec.service_principal_names_mode = model::SpnMode::unmanaged;
  const auto created = plan_for(world, desired({}, {fresh}));
  EXPECT_THAT(paths(change_of(created, "GMSA/New")),
              testing::Not(testing::Contains("servicePrincipalNames")));
}

TEST(PlanSpn, an_adoption_says_what_it_would_take_away_and_may_take_little) {
  FakeWorld world;
  auto& live = world.add_account("A");
  live.marker.reset();
  live.service_principal_names = {"host/A", "host/a.contoso.com", "http/a", "http/a.contoso.com"};
  plan::Options options;
  options.adopt = true;
  auto wanted = desired({}, {fakes::account("A")});
  const auto refused = plan_for(world, wanted, options);
  EXPECT_THAT(findings(refused), ElementsAre("GMSA0276 GMSA/A", "GMSA0328 GMSA/A"));
  EXPECT_THAT(refused.diagnostics[0].detail, HasSubstr("servicePrincipalNames: http/a, http/a.contoso.com"));
  wanted.environment.policy.max_spns_removed_percent = 50;
  EXPECT_THAT(findings(plan_for(world, wanted, options)), ElementsAre("GMSA0276 GMSA/A"));
  wanted.accounts[0].spec.service_principal_names_mode = model::SpnMode::additive;
  EXPECT_THAT(findings(plan_for(world, wanted, options)), IsEmpty());
}

TEST(PlanSpn, what_nobody_declared_goes_in_no_other_way_than_by_adoption) {
  const auto apply = [](FakeWorld& world, const model::Desired& wanted, const plan::Options& options) {
    for (const auto& change : plan_for(world, wanted, options).changes)
      EXPECT_EQ(world.apply(change).outcome, model::Outcome::applied);
  };
  plan::Options aim_adopt;
  aim_adopt.aim = plan::Aim::adopt;
  plan::Options adopt;
  adopt.adopt = true;
  struct Case {
    model::SpnMode before;
    plan::Options options;
  };
  for (const auto& each : {Case{model::SpnMode::exact, aim_adopt}, Case{model::SpnMode::additive, aim_adopt},
                           Case{model::SpnMode::unmanaged, aim_adopt}, Case{model::SpnMode::additive, adopt},
                           Case{model::SpnMode::unmanaged, adopt}}) {
    FakeWorld world;
    auto& live = world.add_account("A");
    live.marker.reset();
    live.service_principal_names = {"http/a", "http/b", "http/c", "http/d", "http/e"};
    auto before = with_spns("A", {"http/a"});
    before.spec.service_principal_names_mode = each.before;
    apply(world, desired({}, {before}), each.options);
    const auto plan = plan_for(world, desired({}, {with_spns("A", {"http/a"})}));
    EXPECT_EQ(change_of(plan, "GMSA/A").cause, model::cause::pending);
    EXPECT_THAT(findings(plan), ElementsAre("GMSA0276 GMSA/A", "GMSA0328 GMSA/A"));
  }
}

TEST(PlanSpn, what_a_manifest_declared_may_go_and_so_may_drift) {
  FakeWorld world;
  for (const auto& change :
       plan_for(world, desired({}, {with_spns("A", {"http/a", "http/b", "http/c"})})).changes)
    EXPECT_EQ(world.apply(change).outcome, model::Outcome::applied);
  EXPECT_THAT(findings(plan_for(world, desired({}, {with_spns("A", {"http/a"})}))), IsEmpty());
  for (const auto* spn : {"http/d", "http/e", "http/f"})
    world.find_account("A")->service_principal_names.emplace_back(spn);
  const auto plan = plan_for(world, desired({}, {with_spns("A", {"http/a", "http/b", "http/c"})}));
  EXPECT_EQ(change_of(plan, "GMSA/A").cause, model::cause::drift);
  EXPECT_THAT(findings(plan), IsEmpty());
}

TEST(PlanSpn, a_change_that_was_begun_may_be_finished) {
  FakeWorld world;
  for (const auto& change :
       plan_for(world, desired({}, {with_spns("A", {"http/a", "http/b", "http/c"})})).changes)
    EXPECT_EQ(world.apply(change).outcome, model::Outcome::applied);
  auto& live = *world.find_account("A");
  auto marker = model::Marker::parse(*live.marker).value();
  auto list = marker.applied.extract("servicePrincipalNames");
  list.key() += model::Marker::in_part;
  marker.applied.insert(std::move(list));
  live.marker = marker.text();
  const auto plan = plan_for(world, desired({}, {with_spns("A", {"http/d"})}));
  EXPECT_EQ(change_of(plan, "GMSA/A").cause, model::cause::pending);
  EXPECT_THAT(paths(change_of(plan, "GMSA/A")), ElementsAre("servicePrincipalNames"));
  EXPECT_THAT(findings(plan), IsEmpty());
}

TEST(PlanSpn, a_replaced_account_does_not_free_what_it_keeps) {
  FakeWorld world;
  auto& old = world.add_account("Old");
  old.service_principal_names = {"MSSQLSvc/db"};
  old.password_interval_days = 5;
  auto keeps = with_spns("Old", {});
  keeps.spec.service_principal_names_mode = model::SpnMode::additive;
  const auto plan =
      plan_for(world, desired({}, {with_spns("Web01", {"MSSQLSvc/db"}), keeps}), {{{}, {}, {"GMSA/Old"}}});
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0205 GMSA/Web01"));
}

TEST(PlanSpn, a_replaced_account_frees_what_it_does_not_declare_again) {
  FakeWorld world;
  auto& old = world.add_account("Old");
  old.service_principal_names = {"MSSQLSvc/db"};
  old.password_interval_days = 5;
  const auto plan = plan_for(world, desired({}, {with_spns("Web01", {"MSSQLSvc/db"}), with_spns("Old", {})}),
                             {{{}, {}, {"GMSA/Old"}}});
  EXPECT_THAT(findings(plan), IsEmpty());
  EXPECT_THAT(actions(plan), ElementsAre("replace GMSA/Old", "create GMSA/Web01"));
}

}  // namespace
}  // namespace gmsactl
