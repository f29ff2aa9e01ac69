// Which looks are at everything, and what comes with one.
#include "tests/unit/engine/drift/check_fixture.h"

namespace gmsactl::drift {
namespace {

using testing::HasSubstr;

TEST_F(CheckTest, the_first_look_is_at_everything_and_the_next_at_what_changed) {
  world_.add_computer("HOST01");
  bring_about();
  start();
  const auto first = look();
  EXPECT_EQ(first.read_all, "there was no look before");
  EXPECT_EQ(first.compared, 2u);
  EXPECT_EQ(first.plan.unchanged.size(), 2u);

  const auto second = look();
  EXPECT_EQ(second.read_all, std::nullopt);
  EXPECT_EQ(second.changed, 0u);
  EXPECT_EQ(second.compared, 0u);
  EXPECT_EQ(second.plan.unchanged.size(), 2u);

  world_.find_account("Web")->dns_host_name = "other.contoso.com";
  const auto third = look();
  EXPECT_EQ(third.changed, 1u);
  EXPECT_EQ(third.compared, 1u);
  EXPECT_EQ(findings(third.plan), everything());
  EXPECT_FALSE(desired_.accounts[0].settled || desired_.suspects) << "marks are for one look";
}

TEST_F(CheckTest, drift_is_dated_and_pending_is_not) {
  world_.add_computer("HOST01");
  desired_.accounts[0].spec.description = "as declared";
  bring_about();
  start();
  EXPECT_EQ(observer_.asked_to_date, (look(), 0u));
  world_.find_account("Web")->description = "somebody's";
  auto plan = look().plan;
  ASSERT_EQ(plan.changes.size(), 1u);
  EXPECT_EQ(plan.changes[0].fields[0].last_write, (model::LastWrite{1, "dc01", 7}));
  world_.find_account("Web")->description = "as declared";
  desired_.accounts[0].spec.description = "changed in the manifest";
  plan = look().plan;
  ASSERT_EQ(plan.changes.size(), 1u);
  EXPECT_EQ(plan.changes[0].fields[0].last_write, std::nullopt);
  EXPECT_EQ(observer_.asked_to_date, 1u);
}

TEST_F(CheckTest, a_controller_that_took_the_place_of_the_one_asked_is_read_in_full) {
  world_.add_computer("HOST01");
  bring_about();
  start();
  look();
  feed_.at.server = "dc02.contoso.com";  // and observe() still says dc01
  const auto lost = look();
  EXPECT_TRUE(lost.read_all);
  EXPECT_EQ(check_->memory(), std::nullopt);
  feed_.at.server = world_.facts.server;
  EXPECT_TRUE(look().read_all);
  EXPECT_FALSE(look().read_all);
}

TEST_F(CheckTest, who_sees_no_deleted_objects_is_told_so_and_reads_everything) {
  world_.add_computer("HOST01");
  bring_about();
  feed_.deleted_are_seen = false;
  start();
  for (int i = 0; i < 2; ++i) {
    const auto seen = look();
    EXPECT_TRUE(seen.read_all);
    ASSERT_TRUE(seen.forgotten);
    EXPECT_THAT(seen.forgotten->message, HasSubstr("may not see deleted objects"));
  }
  EXPECT_EQ(feed_.asked, 0u);
  feed_.deleted_are_seen = true;
  EXPECT_FALSE(look().forgotten);
  EXPECT_FALSE(look().read_all);
}

TEST_F(CheckTest, a_directory_without_a_count_of_changes_is_read_in_full) {
  feed_.no_position = Error{ErrorKind::unsupported, "no count", {}, {}};
  start();
  EXPECT_EQ(look().forgotten->message, "no count");
  EXPECT_TRUE(look().read_all);
  feed_.no_position->kind = ErrorKind::unavailable;
  EXPECT_FALSE(check_->look(events_)) << "a failure is none of that";
}

TEST_F(CheckTest, a_domain_whose_containers_are_others_is_read_in_full) {
  world_.add_computer("HOST01");
  bring_about();
  start();
  look();
  world_.facts.accounts_container = world_.facts.users_container;
  const auto moved = look();
  EXPECT_EQ(moved.read_all, "the domain's names or well-known containers changed");
  EXPECT_EQ(findings(moved.plan), everything());
}

TEST_F(CheckTest, half_of_a_large_estate_is_read_as_a_whole) {
  for (int i = 0; i < 150; ++i) desired_.accounts.push_back(account("A" + std::to_string(i)));
  world_.add_computer("HOST01");
  bring_about();
  start();
  look();
  for (int i = 0; i < 120; ++i) world_.find_account("A" + std::to_string(i))->dns_host_name = "x.contoso.com";
  const auto most = look();
  EXPECT_EQ(most.read_all, "more than half of the declarations are to be compared");
  EXPECT_EQ(findings(most.plan), everything());
}

}  // namespace
}  // namespace gmsactl::drift
