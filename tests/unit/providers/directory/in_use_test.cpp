// Who still reads passwords through what a plan deletes or replaces, whoever he belongs to.
#include "providers/directory/in_use.h"

#include "tests/unit/providers/directory/veiled_world.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using fakes::VeiledDirectory;
using model::Desired;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A group with a host, and an account of another environment that reads through it.
class InUse : public VeiledWorld {
 protected:
  InUse() {
    bring_about(ours());
    bring_about(theirs("Hosts"));
    options.prune = true;
    options.allow_deletes = 9;
  }

  static Desired ours() { return desired({group("Hosts", {named("HOST01")}), group("Stays")}, {}); }
  static Desired without() { return desired({group("Stays")}, {}); }
  /// An account that reads through this, of environment "two".
  static Desired theirs(const std::string& reader) {
    auto other = desired({}, {account("Web", {named(reader)})});
    other.environment.name = "two";
    return other;
  }
  void forget(const Desired& what) {
    plan::Options releasing;
    releasing.aim = plan::Aim::forget;
    apply(plan(what, releasing));
  }
  Diagnostics check(const model::Plan& plan) {
    const auto veiled = veil();
    return check(plan, *veiled);
  }
  static Diagnostics check(const model::Plan& plan, VeiledDirectory& veiled) {
    return directory::still_in_use(veiled, fakes::dn("DC=contoso,DC=com"), plan, "adminDescription").value();
  }
  static std::vector<std::string> said(const Diagnostics& all) {
    std::vector<std::string> found;
    for (const auto& one : all)
      found.push_back(std::string(name(one.severity)) + " " + std::string(one.code) + " " + one.address);
    return found;
  }

  plan::Options options;
};

TEST_F(InUse, a_group_is_not_deleted_while_an_account_of_another_environment_reads_through_it) {
  const auto pruning = plan(without(), options);
  ASSERT_FALSE(has_errors(pruning.diagnostics));
  const auto found = check(pruning);
  ASSERT_THAT(said(found), ElementsAre("error GMSA0310 HostGroup/Hosts"));
  EXPECT_THAT(found[0].detail, AllOf(HasSubstr(hosts_dn + " is to be deleted"),
                                     HasSubstr(web_dn + " (GMSA/Web of environment two")));
  EXPECT_THAT(found[0].hint, AllOf(HasSubstr("(gmsactl apply --env two)"), HasSubstr("gmsactl forget")));
}

TEST_F(InUse, nor_while_one_does_that_nobody_manages) {
  forget(theirs("Hosts"));
  const auto found = check(plan(without(), options));
  ASSERT_THAT(said(found), ElementsAre("error GMSA0310 HostGroup/Hosts"));
  EXPECT_THAT(found[0].detail, HasSubstr(web_dn + " (no marker of gmsactl)"));
}

TEST_F(InUse, nor_while_one_reads_through_a_group_that_it_is_in_however_deep) {
  auto nested = desired({group("Outer", {named("Hosts")}), group("Outermost", {group_ref("Outer")})},
                        {account("Web", {group_ref("Outermost")})});
  nested.environment.name = "two";
  bring_about(nested);
  const auto found = check(plan(without(), options));
  ASSERT_THAT(said(found), ElementsAre("error GMSA0310 HostGroup/Hosts"));
  EXPECT_THAT(found[0].detail, HasSubstr(web_dn +
                                         " (GMSA/Web of environment two, owner tests) by way of "
                                         "CN=Outermost," +
                                         groups_dn));
}

TEST_F(InUse, once_nobody_reads_through_it_any_more_it_goes) {
  bring_about(theirs("HOST01"));
  EXPECT_THAT(check(plan(without(), options)), IsEmpty());
}

TEST_F(InUse, what_the_same_plan_changes_or_deletes_holds_nothing_back) {
  auto all = ours();
  all.accounts.push_back(account("Own", {group_ref("Hosts")}));
  bring_about(theirs("HOST01"));
  bring_about(all);
  auto changed = without();
  changed.accounts.push_back(account("Own", {named("HOST01")}));
  EXPECT_THAT(check(plan(changed, options)), IsEmpty());
  EXPECT_THAT(check(plan(without(), options)), IsEmpty()) << "the account goes too";
}

TEST_F(InUse, a_membership_that_goes_with_it_is_said) {
  bring_about(theirs("HOST01"));
  auto outer = desired({group("Outer", {named("Hosts")})}, {});
  outer.environment.name = "two";
  bring_about(outer);
  const auto found = check(plan(without(), options));
  ASSERT_THAT(said(found), ElementsAre("warning GMSA0329 HostGroup/Hosts"));
  EXPECT_THAT(found[0].detail, HasSubstr("CN=Outer," + groups_dn));
}

TEST_F(InUse, a_deleted_account_leaves_its_sid_behind) {
  auto all = ours();
  all.accounts.push_back(account("Reader", {named("HOST01")}));
  bring_about(all);
  bring_about(theirs("Reader$"));
  const auto found = check(plan(ours(), options));
  ASSERT_THAT(said(found), ElementsAre("warning GMSA0330 GMSA/Reader"));
  EXPECT_THAT(found[0].detail, HasSubstr(web_dn));
}

TEST_F(InUse, a_replaced_account_is_no_reader_any_more) {
  auto all = ours();
  all.accounts.push_back(account("Reader", {named("HOST01")}));
  bring_about(all);
  bring_about(theirs("Reader$"));
  all.accounts[0].spec.password_interval_days = 7;
  options.prune = false;
  options.allow_replace = {"GMSA/Reader"};
  const auto replacing = plan(all, options);
  const auto found = check(replacing);
  ASSERT_THAT(said(found), ElementsAre("error GMSA0310 GMSA/Reader"));
  EXPECT_THAT(found[0].detail, HasSubstr("is to be replaced and gets another SID"));
}

TEST_F(InUse, readers_that_are_hidden_may_be_any) {
  bring_about(theirs("HOST01"));
  const auto pruning = plan(without(), options);
  auto veiled = veil();
  veiled->hidden = {{key(web_dn), "msds-groupmsamembership"}};
  const auto found = check(pruning, *veiled);
  ASSERT_THAT(said(found), ElementsAre("error GMSA0209 "));
  EXPECT_THAT(found[0].detail, AllOf(HasSubstr(web_dn), HasSubstr("msDS-GroupMSAMembership")));
  EXPECT_THAT(found[0].hint, HasSubstr("dsacls"));
}

TEST_F(InUse, an_account_without_readers_is_not_taken_for_a_hidden_one) {
  bring_about(theirs("HOST01"));
  const auto pruning = plan(without(), options);
  auto veiled = veil();
  std::erase_if(veiled->find(web_dn)->attributes,
                [](const auto& one) { return one.name == "msDS-GroupMSAMembership"; });
  EXPECT_THAT(check(pruning, *veiled), IsEmpty());
}

TEST_F(InUse, whole_accounts_that_may_be_out_of_sight_are_said) {
  bring_about(theirs("HOST01"));
  const auto pruning = plan(without(), options);
  const std::string unit = "OU=Closed,DC=contoso,DC=com";
  auto veiled = veil();
  veiled->objects.push_back({unit, {{"objectClass", {"top", "organizationalUnit"}}}});
  veiled->unlisted = {key(unit)};
  const auto found = check(pruning, *veiled);
  ASSERT_THAT(said(found), ElementsAre("warning GMSA0288 HostGroup/Hosts"));
  EXPECT_THAT(found[0].detail, HasSubstr("may not list " + unit));
}

TEST_F(InUse, nothing_is_asked_where_nothing_goes_and_no_more_for_more_accounts) {
  auto veiled = veil();
  EXPECT_THAT(check(plan(without()), *veiled), IsEmpty());
  EXPECT_EQ(veiled->searches(), 0U);
  const auto pruning = plan(without(), options);
  (void)check(pruning, *veiled);
  const auto few = veiled->searches();
  auto more = theirs("Hosts");
  for (int i = 0; i < 20; ++i) more.accounts.push_back(account("More" + std::to_string(i), {named("Hosts")}));
  bring_about(more);
  auto bigger = veil();
  const auto found = check(pruning, *bigger);
  EXPECT_EQ(bigger->searches(), few);
  ASSERT_THAT(said(found), ElementsAre("error GMSA0310 HostGroup/Hosts"));
  EXPECT_THAT(found[0].detail, HasSubstr("11 more"));
}

}  // namespace
}  // namespace gmsactl
