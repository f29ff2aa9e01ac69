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

TEST(PlanSpn, accounts_that_swap_names_wait_for_each_other) {
  FakeWorld world;
  world.add_account("A").service_principal_names = {"MSSQLSvc/a"};
  world.add_account("B").service_principal_names = {"MSSQLSvc/b"};
  const auto plan =
      plan_for(world, desired({}, {with_spns("A", {"MSSQLSvc/b"}), with_spns("B", {"MSSQLSvc/a"})}));
  ASSERT_EQ(plan.diagnostics.size(), 1U);
  EXPECT_EQ(plan.diagnostics[0].code, "GMSA0218");
  EXPECT_EQ(plan.diagnostics[0].severity, Severity::error);
  EXPECT_EQ(plan.changes.size(), 2U);
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
