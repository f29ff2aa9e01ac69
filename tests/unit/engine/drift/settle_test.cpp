// What is looked at again, and what everything is read for: one fact a test.
#include "engine/drift/settle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/drift/fingerprint.h"
#include "engine/model/filetime.h"
#include "tests/fakes/samples.h"

namespace gmsactl::drift {
namespace {

using fakes::account;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using model::ChangedObject;
using model::Guid;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

Guid guid(uint8_t number) {
  Guid guid;
  guid.bytes.fill(number);
  return guid;
}

// --- everything
// --------------------------------------------------------------------------------------------------------

class ReasonToReadAll : public testing::Test {
 protected:
  ReasonToReadAll() {
    memory_.settings = "s";
    memory_.position = {"dc01", guid(7), 100, 134'000'000'000'000'000, "me"};
    memory_.read_all_at = memory_.position.server_time;
    now_ = memory_.position;
    now_.usn = 150;
    now_.server_time += 3600 * model::filetime_second;
  }
  std::string reason(std::chrono::seconds full_every = 24h) const {
    return reason_to_read_all(memory_, "s", now_, full_every).value_or("");
  }

  Memory memory_;
  model::DirectoryPosition now_;
};

TEST_F(ReasonToReadAll, there_is_none_where_nothing_speaks_for_it) { EXPECT_EQ(reason(), ""); }

TEST_F(ReasonToReadAll, other_settings) {
  memory_.settings = "t";
  EXPECT_EQ(reason(), "the environment, the flags or gmsactl itself changed since the last look");
}

TEST_F(ReasonToReadAll, another_controller) {
  now_.server = "dc02";
  now_.invocation_id = guid(8);
  EXPECT_EQ(reason(), "the last look was at dc01, and another controller counts otherwise");
}

TEST_F(ReasonToReadAll, the_same_controller_after_it_was_restored) {
  now_.invocation_id = guid(8);
  EXPECT_EQ(reason(), "the last look was at dc01, which was restored since");
}

TEST_F(ReasonToReadAll, a_count_that_went_back) {
  now_.usn = 99;
  EXPECT_EQ(reason(), "dc01 counts less changes than at the last look");
  now_.usn = 100;
  EXPECT_EQ(reason(), "");
}

TEST_F(ReasonToReadAll, another_user_or_the_same_in_other_groups) {
  now_.observer = "you";
  EXPECT_EQ(reason(), "another user looked last, or this one's groups changed");
}

TEST_F(ReasonToReadAll, a_look_at_everything_that_is_too_long_ago) {
  EXPECT_EQ(reason(1h), "everything was read last at 2025-08-18T14:13:20Z");
  EXPECT_EQ(reason(3601s), "");
  now_.server_time = memory_.read_all_at - 1;
  EXPECT_NE(reason(), "") << "a clock that went back tells nothing";
}

TEST_F(ReasonToReadAll, a_container_that_changed_moves_what_is_below_it) {
  const auto reason = [](ChangedObject change) {
    return reason_to_read_all(std::vector{std::move(change)}).has_value();
  };
  ChangedObject unit{guid(1), {}, {}, {}, false, false, true};
  EXPECT_TRUE(reason(unit));
  unit.created = true;
  EXPECT_FALSE(reason(unit)) << "what is below a new one was moved there, which is a change of its own";
  unit.created = false;
  unit.deleted = true;
  EXPECT_FALSE(reason(unit)) << "so is what was below a deleted one";
  EXPECT_FALSE(reason({guid(1), {}, "host01$", {}, false, false, false}));
}

// --- a part
// ------------------------------------------------------------------------------------------------------------

/// Hosts holds HOST01; Outer holds Hosts and HOST02; Web is readable by Hosts, Alone by CONTOSO\HOST03, a SID
/// and a DN.
class Settle : public testing::Test {
 protected:
  Settle()
      : desired_(fakes::desired(
            {group("Hosts", {named("HOST01")}), group("Outer", {group_ref("Hosts"), named("HOST02")})},
            {account("Web", {group_ref("Hosts")}),
             account("Alone", {named("CONTOSO\\HOST03"), named("S-1-5-21-1-2-3-1104"),
                               named("CN=HOST05,OU=Hosts,DC=contoso,DC=com")})})) {
    uint8_t number = 1;
    for (const auto& one : desired_.host_groups)
      memory_.host_groups[one.name] = {fingerprint(one), guid(number++), true};
    for (const auto& one : desired_.accounts)
      memory_.accounts[one.name] = {fingerprint(one, ""), guid(number++), true};
    memory_.principals = {{"name:host01", {guid(11)}},
                          {"name:host02", {guid(12)}},
                          {"qualified:contoso\\host03", {guid(13)}},
                          {"sid:s-1-5-21-1-2-3-1104", {guid(14)}},
                          {"dn:cn=host05,ou=hosts,dc=contoso,dc=com", {guid(15)}}};
  }

  /// Names of what is compared after this has changed.
  std::vector<std::string> compared(std::vector<ChangedObject> changes = {}) {
    const size_t count = settle(memory_, changes, shared_, desired_);
    std::vector<std::string> names;
    for (const auto& one : desired_.host_groups)
      if (!one.settled) names.push_back(one.name);
    for (const auto& one : desired_.accounts)
      if (!one.settled) names.push_back(one.name);
    EXPECT_EQ(count, names.size());
    return names;
  }
  static ChangedObject changed(uint8_t number, std::string sam = "x$") {
    return {guid(number), {}, std::move(sam), {}, false, false, false};
  }
  static ChangedObject marked(uint8_t number, model::Kind kind, std::string_view name) {
    auto object = changed(number);
    object.marker = fakes::marker(kind, name).text();
    return object;
  }

  model::Desired desired_;
  Memory memory_;
  std::map<std::string, std::string> shared_;
};

TEST_F(Settle, nothing_where_nothing_changed) {
  EXPECT_THAT(compared(), IsEmpty());
  ASSERT_TRUE(desired_.suspects);
  EXPECT_THAT(*desired_.suspects, IsEmpty());
  EXPECT_THAT(compared({changed(99)}), IsEmpty()) << "a stranger's change";
}

TEST_F(Settle, marks_are_taken_away_again) {
  compared();
  unsettle(desired_);
  EXPECT_FALSE(desired_.accounts[0].settled);
  EXPECT_FALSE(desired_.suspects);
}

TEST_F(Settle, an_object_that_changed_whatever_it_is_called_now) {
  EXPECT_THAT(compared({changed(4)}), ElementsAre("Alone"));
  EXPECT_THAT(*desired_.suspects, ElementsAre(guid(4)));
  auto deleted = changed(4);
  deleted.deleted = true;
  EXPECT_THAT(compared({deleted}), ElementsAre("Alone"));
}

TEST_F(Settle, a_group_and_who_names_it) {
  EXPECT_THAT(compared({changed(1)}), ElementsAre("Hosts", "Outer", "Web"));
  EXPECT_THAT(compared({changed(2)}), ElementsAre("Outer"));
}

TEST_F(Settle, who_names_a_principal_that_changed) {
  EXPECT_THAT(compared({changed(11)}), ElementsAre("Hosts"))
      << "not who names the group: that is the same object";
  EXPECT_THAT(compared({changed(13)}), ElementsAre("Alone"));
  EXPECT_THAT(compared({changed(14)}), ElementsAre("Alone"));
  EXPECT_THAT(compared({changed(15)}), ElementsAre("Alone"));
}

TEST_F(Settle, who_names_a_principal_that_another_object_may_be_by_now) {
  EXPECT_THAT(compared({changed(99, "HOST02$")}), ElementsAre("Outer"));
  EXPECT_THAT(compared({changed(99, "Host03")}), ElementsAre("Alone"));
  auto object = changed(99, "");
  object.sid = *model::Sid::parse("S-1-5-21-1-2-3-1104");
  EXPECT_THAT(compared({object}), ElementsAre("Alone"));
  object = changed(99, "HOST02$");
  object.deleted = true;
  EXPECT_THAT(compared({object}), IsEmpty());
}

TEST_F(Settle, a_declaration_that_is_another_one_or_new) {
  desired_.accounts[0].spec.description = "new";
  EXPECT_THAT(compared(), ElementsAre("Web"));
  desired_.accounts.push_back(account("New"));
  EXPECT_THAT(compared(), ElementsAre("Web", "New"));
  desired_.accounts[1].protect = true;
  EXPECT_THAT(compared(), ElementsAre("Web", "Alone", "New"));
}

TEST_F(Settle, an_account_that_another_environment_declares_by_now) {
  shared_ = {{"alone", "other"}};
  EXPECT_THAT(compared(), ElementsAre("Alone"));
}

TEST_F(Settle, what_was_not_in_order) {
  memory_.host_groups["Outer"].in_sync = false;
  EXPECT_THAT(compared(), ElementsAre("Outer"));
  EXPECT_THAT(*desired_.suspects, UnorderedElementsAre(guid(2), guid(1)))
      << "it, and the group that it names";
}

TEST_F(Settle, whom_a_new_marker_names) {
  EXPECT_THAT(compared({marked(99, model::Kind::gmsa, "Web")}), ElementsAre("Web"));
  EXPECT_THAT(*desired_.suspects, UnorderedElementsAre(guid(3), guid(99), guid(1)))
      << "it, what carries its marker, and the group that it names";
  EXPECT_THAT(compared({marked(99, model::Kind::gmsa, "Nobody")}), IsEmpty());
  EXPECT_THAT(*desired_.suspects, ElementsAre(guid(99))) << "it may be left over";
}

TEST_F(Settle, a_marker_of_others_is_no_concern) {
  auto object = marked(99, model::Kind::gmsa, "Web");
  object.marker->replace(object.marker->find("o=tests"), 7, "o=other");
  EXPECT_THAT(compared({object}), IsEmpty());
  EXPECT_THAT(*desired_.suspects, IsEmpty());
}

TEST_F(Settle, what_is_left_over_and_what_is_declared_no_longer_is_suspected) {
  memory_.leftovers = {guid(50)};
  desired_.accounts.erase(desired_.accounts.begin());
  EXPECT_THAT(compared(), IsEmpty());
  EXPECT_THAT(*desired_.suspects, UnorderedElementsAre(guid(50), guid(3)));
}

TEST_F(Settle, groups_whose_members_are_hosts_of_a_target_are_always_resolved) {
  model::Declaration<model::SpecTarget> target;
  target.name = "docker";
  target.spec.place = model::DockerTarget{{group_ref("Outer")}, {}, {}, {}, {}, {}, {}};
  desired_.spec_targets.push_back(target);
  EXPECT_THAT(compared(), ElementsAre("Hosts", "Outer")) << "nested ones too, and not who else names them";
}

}  // namespace
}  // namespace gmsactl::drift
