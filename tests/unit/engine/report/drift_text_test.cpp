#include "engine/report/drift_text.h"

#include <gtest/gtest.h>

#include "engine/model/filetime.h"
#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

model::LastWrite write(std::string server, uint32_t version) {
  return {*model::parse_filetime_text("2026-01-31T12:00:00Z"), std::move(server), version};
}

model::Plan drifted() {
  auto plan = sample::plan();
  auto& account = plan.changes[1];
  account.cause = model::cause::both;
  for (auto& field : account.fields) field.cause = model::cause::drift;
  account.fields[0].last_write = write("dc02.contoso.com", 7);
  account.fields[1].last_write = write("", 3);
  account.fields[2].cause = model::cause::pending;
  return plan;
}

TEST(DriftText, says_what_differs_why_and_when) {
  EXPECT_EQ(
      drift_text(drifted()),
      "Environment prod: domain contoso.com, server dc01.contoso.com\n"
      "\n"
      "  new      HostGroup/WebApp01Hosts   CN=WebApp01Hosts,CN=Users,DC=contoso,DC=com\n"
      "      declared, and does not exist\n"
      "\n"
      "  both     GMSA/WebApp01   CN=WebApp01,CN=Managed Service Accounts,DC=contoso,DC=com\n"
      "      servicePrincipalNames     drift: changed 2026-01-31T12:00:00Z on dc02.contoso.com, version 7\n"
      "        - \"http/a\"   declared, and missing\n"
      "        - \"http/b\"   declared, and missing\n"
      "        + \"http/old\"   not declared\n"
      "      description               drift: changed 2026-01-31T12:00:00Z, on a domain controller that is "
      "no "
      "more, version 3\n"
      "        live \"Web\", declared (not set)\n"
      "      displayName               pending\n"
      "        live (not set), declared \"The web\"\n"
      "      enabled                   drift: when it was changed is not recorded\n"
      "        live false, declared true\n"
      "      kerberosEncryptionTypes   drift: when it was changed is not recorded\n"
      "        live 28, declared 24\n"
      "\n"
      "Drift: 0 drifted, 0 pending, 1 both, 1 new; 0 accepted; 41 in sync.\n");
}

TEST(DriftText, in_sync_is_the_counts_alone) {
  EXPECT_EQ(drift_text(sample::empty_plan()),
            "Environment prod: domain contoso.com, server dc01.contoso.com\n\n"
            "Drift: 0 drifted, 0 pending, 0 both, 0 new; 0 accepted; 41 in sync.\n");
}

TEST(DriftText, adoption_and_unreadable_are_said_in_words) {
  auto plan = sample::empty_plan();
  plan.changes = {sample::updated_account()};
  plan.changes[0].action = model::Action::adopt;
  plan.changes[0].cause = model::cause::fresh;
  plan.changes[0].fields.resize(1);
  plan.unreadable = {{{model::Kind::gmsa, "Web\x1b"}, Error{ErrorKind::denied, "access denied", "", {}}}};
  EXPECT_EQ(drift_text(plan),
            "Environment prod: domain contoso.com, server dc01.contoso.com\n\n"
            "  new      GMSA/WebApp01   CN=WebApp01,CN=Managed Service Accounts,DC=contoso,DC=com\n"
            "      exists, and gmsactl does not manage it\n"
            "      servicePrincipalNames   differs\n"
            "        - \"http/a\"   declared, and missing\n"
            "        - \"http/b\"   declared, and missing\n"
            "        + \"http/old\"   not declared\n"
            "\n"
            "  ?        GMSA/Web\\x1b   unreadable: access denied\n"
            "\n"
            "Drift: 0 drifted, 0 pending, 0 both, 1 new; 0 accepted; 41 in sync, 1 unreadable.\n");
}

TEST(DriftCounts, each_address_is_counted_by_its_cause) {
  auto plan = sample::empty_plan();
  for (const std::string_view cause : {model::cause::drift, model::cause::drift, model::cause::pending,
                                       model::cause::both, model::cause::fresh, std::string_view()}) {
    plan.changes.push_back(sample::updated_account());
    plan.changes.back().cause = cause;
  }
  plan.accepted = {plan.unchanged[0], plan.unchanged[1], plan.unchanged[1]};
  const auto counts = count_drift(plan);
  EXPECT_EQ(counts, (DriftCounts{2, 1, 1, 1, 1, 2, 39, 0}));
  EXPECT_EQ(counts.not_only_pending(), 4u);
  EXPECT_EQ(counts.differences(), 6u);
  EXPECT_EQ(drift_counts_text(counts),
            "Drift: 2 drifted, 1 pending, 1 both, 1 new, 1 of unknown cause; 2 accepted; 39 in sync.");
}

}  // namespace
}  // namespace gmsactl::report
