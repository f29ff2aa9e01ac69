#include "engine/report/plan_text.h"

#include <gtest/gtest.h>

#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

TEST(PlanText, shows_each_change_with_its_fields) {
  EXPECT_EQ(plan_text(sample::plan()),
            "Environment prod: domain contoso.com, server dc01.contoso.com\n"
            "\n"
            "  + HostGroup/WebApp01Hosts   CN=WebApp01Hosts,CN=Users,DC=contoso,DC=com\n"
            "      samAccountName   \"WebApp01Hosts\"\n"
            "      members          1 added\n"
            "        + \"CONTOSO\\HOST01$\"\n"
            "\n"
            "  ~ GMSA/WebApp01   CN=WebApp01,CN=Managed Service Accounts,DC=contoso,DC=com\n"
            "      servicePrincipalNames     2 added, 1 removed\n"
            "        + \"http/a\"\n"
            "        + \"http/b\"\n"
            "        - \"http/old\"\n"
            "      description               \"Web\" -> (cleared)\n"
            "      displayName               (not set) -> \"The web\"\n"
            "      enabled                   false -> true\n"
            "      kerberosEncryptionTypes   28 -> 24\n"
            "\n"
            "Plan: 1 to create, 1 to update, 0 to replace, 0 to delete; 41 unchanged.\n");
}

TEST(PlanText, explains_when_asked) {
  const auto text = plan_text(sample::plan(), {Color::off, /*explain=*/true});
  EXPECT_NE(text.find("      because the SPNs differ\n"
                      "      because the description differs\n"
                      "      after HostGroup/WebApp01Hosts\n"
                      "      declared at accounts.yaml:12\n"),
            std::string::npos)
      << text;
}

TEST(PlanText, marks_what_somebody_changed_behind_our_back) {
  auto plan = sample::empty_plan();
  plan.changes = {sample::updated_account()};
  auto& change = plan.changes[0];
  change.fields = {{"description", std::string("a"), std::string("b"), {}, {}, model::cause::drift},
                   {"enabled", false, true, {}, {}, model::cause::drift}};
  change.cause = model::cause::drift;
  EXPECT_NE(plan_text(plan).find(
                "  ~ GMSA/WebApp01 (drift)   CN=WebApp01,CN=Managed Service Accounts,DC=contoso,DC=com\n"
                "      description   \"a\" -> \"b\"\n"),
            std::string::npos)
      << plan_text(plan);
  change.fields[1].cause = model::cause::pending;
  change.cause = model::cause::both;
  EXPECT_NE(plan_text(plan).find("  ~ GMSA/WebApp01 (drift and pending)   CN=WebApp01,CN=Managed Service "
                                 "Accounts,DC=contoso,DC=com\n"
                                 "      description   \"a\" -> \"b\"   (drift)\n"
                                 "      enabled       false -> true   (pending)\n"),
            std::string::npos)
      << plan_text(plan);
  for (const auto asked_for : {model::cause::pending, model::cause::fresh, std::string_view()}) {
    change.cause = asked_for;
    EXPECT_NE(plan_text(plan).find("  ~ GMSA/WebApp01   CN="), std::string::npos) << asked_for;
  }
}

TEST(PlanText, no_changes_is_one_sentence) {
  EXPECT_EQ(plan_text(sample::empty_plan()),
            "Environment prod: domain contoso.com, server dc01.contoso.com\n\n"
            "No changes. Live state matches the manifests.\n");
}

TEST(PlanText, no_changes_in_a_part_is_not_said_of_the_whole) {
  const auto ending = [](const auto& choose) {
    auto plan = sample::empty_plan();
    choose(plan.inputs);
    return plan_text(plan);
  };
  for (const auto& text : {ending([](auto& inputs) { inputs.excludes = {"GMSA/A"}; }),
                           ending([](auto& inputs) { inputs.targets = {"GMSA/A"}; }),
                           ending([](auto& inputs) { inputs.shard = "0/3"; })})
    EXPECT_NE(text.find("in the part of them that was looked at.\n"), std::string::npos) << text;
}

TEST(PlanText, errors_are_never_no_changes) {
  auto plan = sample::empty_plan();
  plan.diagnostics = {sample::diagnostic()};
  EXPECT_TRUE(plan_text(plan).ends_with("\nNo changes planned, but there is 1 error; 41 unchanged.\n"));
  plan.changes = {sample::new_group()};
  EXPECT_TRUE(plan_text(plan).ends_with(
      "\n1 error must be mended before this plan can be applied.\n"
      "Plan: 1 to create, 0 to update, 0 to replace, 0 to delete; 41 unchanged.\n"));
}

TEST(PlanText, unreadable_is_never_no_changes) {
  auto plan = sample::empty_plan();
  plan.unreadable = {{{model::Kind::gmsa, "Web"}, Error{ErrorKind::denied, "access denied", "", {}}}};
  EXPECT_TRUE(plan_text(plan).ends_with(
      "\n  ? GMSA/Web   unreadable: access denied\n\n"
      "Plan: 0 to create, 0 to update, 0 to replace, 0 to delete; 41 unchanged, 1 unreadable.\n"))
      << plan_text(plan);
}

TEST(PlanText, moves_are_counted_only_where_there_are_any) {
  auto plan = sample::empty_plan();
  plan.changes = {sample::updated_account(), sample::updated_account()};
  plan.changes[0].action = model::Action::move;
  plan.changes[1].action = model::Action::replace;
  const auto text = plan_text(plan);
  EXPECT_NE(text.find("  > GMSA/WebApp01 "), std::string::npos);
  EXPECT_NE(text.find("\n-/+ GMSA/WebApp01 "), std::string::npos);
  EXPECT_TRUE(text.ends_with(
      "Plan: 0 to create, 0 to update, 1 to move, 1 to replace, 0 to delete; 41 unchanged.\n"));
}

TEST(PlanText, a_saved_plan_brings_its_own_counts) {
  auto plan = sample::empty_plan();
  plan.unchanged.clear();
  plan.changes = {sample::new_group()};
  EXPECT_TRUE(plan_text(plan, Summary{.create = 1, .unchanged = 7}).ends_with(" 7 unchanged.\n"));
}

TEST(PlanText, colours_do_not_change_the_words) {
  auto text = plan_text(sample::plan(), {Color::on, true});
  for (size_t at; (at = text.find('\x1b')) != std::string::npos;) text.erase(at, text.find('m', at) - at + 1);
  EXPECT_EQ(text, plan_text(sample::plan(), {Color::off, true}));
}

TEST(PlanText, text_from_outside_can_not_command_the_terminal) {
  sample::RandomPlans plans(1);
  for (int i = 0; i < 200; ++i) {
    const auto text = plan_text(plans.next(), {Color::off, true});
    for (const char c : text) ASSERT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
    ASSERT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
    ASSERT_EQ(text.find("\xc2\x9b"), std::string::npos);
  }
}

}  // namespace
}  // namespace gmsactl::report
