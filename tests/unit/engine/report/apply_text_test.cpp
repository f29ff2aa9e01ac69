#include "engine/report/apply_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/report/apply_json.h"
#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

using model::Action;
using model::ChangeResult;
using model::Kind;
using model::Outcome;

std::vector<ChangeResult> mixed_results() {
  return {
      {{Kind::host_group, "A"}, Action::create, Outcome::applied, {}, {"created the group"}},
      {{Kind::gmsa, "B"}, Action::update, Outcome::already_done, {}, {}},
      {{Kind::gmsa, "C"},
       Action::update,
       Outcome::partial,
       Error{ErrorKind::constraint, "renaming C: the server refused", "Ask an administrator.",
             NativeCode{53, "unwillingToPerform", 1325U}},
       {"changed servicePrincipalName"}},
      {{Kind::gmsa, "D"},
       Action::create,
       Outcome::skipped,
       Error{ErrorKind::cancelled, "it requires GMSA/C, which was not applied", "", {}},
       {}},
      {{Kind::gmsa, "E"},
       Action::update,
       Outcome::conflict,
       Error{ErrorKind::conflict, "servicePrincipalName changed since the plan", "Plan again.", {}},
       {}},
      {{Kind::gmsa, "F"},
       Action::create,
       Outcome::unknown,
       Error{ErrorKind::timeout, "no answer", "", {}},
       {}},
      {{Kind::gmsa, "G"}, Action::remove, Outcome::stopped, {}, {}},
      {{Kind::gmsa, "H"},
       Action::create,
       Outcome::failed,
       Error{ErrorKind::denied, "access denied", "", {}},
       {}},
  };
}

TEST(ApplyText, one_sentence_where_everything_went_well) {
  const std::vector<ChangeResult> results{{{Kind::host_group, "A"}, Action::create, Outcome::applied, {}, {}},
                                          {{Kind::gmsa, "B"}, Action::create, Outcome::applied, {}, {}},
                                          {{Kind::gmsa, "C"}, Action::update, Outcome::applied, {}, {}}};
  EXPECT_EQ(apply_text(sample::empty_plan(), results),
            "Apply complete: 2 created, 1 updated, 0 replaced, 0 deleted; 41 unchanged.\n");
}

TEST(ApplyText, moves_and_what_was_done_already_are_counted_where_there_are_any) {
  const std::vector<ChangeResult> results{{{Kind::gmsa, "B"}, Action::move, Outcome::applied, {}, {}},
                                          {{Kind::gmsa, "C"}, Action::update, Outcome::already_done, {}, {}}};
  EXPECT_EQ(apply_text(sample::empty_plan(), results),
            "Apply complete: 0 created, 0 updated, 1 moved, 0 replaced, 0 deleted, 1 already as wanted; 41 "
            "unchanged.\n");
}

TEST(ApplyText, says_what_was_and_was_not_written) {
  EXPECT_EQ(apply_text(sample::empty_plan(), mixed_results()),
            "Written, and it stands:\n"
            "  HostGroup/A: created\n"
            "  GMSA/B: already as wanted\n"
            "\n"
            "Not finished:\n"
            "  GMSA/C: failed, partly written: renaming C: the server refused\n"
            "      written: changed servicePrincipalName\n"
            "      server: unwillingToPerform (53)\n"
            "      help: Ask an administrator.\n"
            "  GMSA/D: skipped, nothing written: it requires GMSA/C, which was not applied\n"
            "  GMSA/E: changed by somebody else meanwhile: servicePrincipalName changed since the plan\n"
            "      written: nothing\n"
            "      help: Plan again.\n"
            "  GMSA/F: outcome unknown: no answer\n"
            "      the last request may have been carried out: plan again\n"
            "  GMSA/G: not begun, nothing written\n"
            "  GMSA/H: failed, nothing written: access denied\n"
            "\n"
            "Apply incomplete: 1 failed, 1 partly written, 1 in conflict, 1 unknown, 1 skipped, 1 not begun; "
            "1 created, 0 updated, 0 replaced, 0 deleted, 1 already as wanted; 41 unchanged.\n");
}

TEST(ApplyText, text_from_the_server_can_not_command_the_terminal) {
  const ChangeResult result{{Kind::gmsa, "A\x1b"},
                            Action::update,
                            Outcome::partial,
                            Error{ErrorKind::denied, "a\x1b[2J", "\n", NativeCode{1, "\x07", {}}},
                            {"\x9b"}};
  for (const char c : apply_text(sample::empty_plan(), std::vector{result}))
    EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
}

TEST(ApplyJson, has_one_result_for_each_change) {
  auto plan = sample::plan();
  const std::vector<ChangeResult> results{
      {plan.changes[0].id, Action::create, Outcome::applied, {}, {"created the group"}},
      {plan.changes[1].id,
       Action::update,
       Outcome::failed,
       Error{ErrorKind::denied, "access denied", "Ask.", NativeCode{50, "insufficientAccessRights", 5U}},
       {}}};
  const auto json = nlohmann::ordered_json::parse(applies_json(sample::applied_run(plan, results)));
  EXPECT_EQ(json["complete"], false);
  EXPECT_EQ(json["summary"]["created"], 1);
  EXPECT_EQ(json["summary"]["failed"], 1);
  EXPECT_EQ(json["planDigest"], plan_digest(plan, {"2026-01-31T12:00:00Z", {}}));
  EXPECT_EQ(json["results"][0]["outcome"], "applied");
  EXPECT_EQ(json["results"][0]["error"], nullptr);
  EXPECT_EQ(json["results"][1]["error"]["native"]["extended"], 5);
  EXPECT_EQ(json["results"][1]["fields"][0]["removed"][0], "http/old");
  EXPECT_EQ(json["results"][1]["objectGuid"], "56d9b66c-d746-4f87-bd26-26760cfdca2e");
}

}  // namespace
}  // namespace gmsactl::report
