// Hosts that change places between groups: one group has all of them for a while, so that no host is in none
// of them, whatever request a run ends at.
#include <set>

#include "tests/unit/providers/directory/ldif_world.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FaultyTransport;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using model::Desired;
using model::Outcome;
using testing::IsEmpty;
using testing::SizeIs;

class EarlyMembers : public LdifWorld {
 protected:
  EarlyMembers() { bring_about(estate("HOST01", "HOST02", "before")); }

  static Desired estate(const char* blue, const char* green, const char* description) {
    auto first = group("Blue", {named(blue)});
    first.spec.description = description;
    auto second = group("Green", {named(green)});
    second.spec.description = description;
    return desired({first, second}, {account("Web01", {group_ref("Blue"), group_ref("Green")})});
  }
  static Desired swapped() { return estate("HOST02", "HOST01", "after"); }

  static std::set<std::string> reading(ldap::Reader& directory) {
    std::set<std::string> hosts;
    for (const auto* name : {"Blue", "Green"}) {
      const auto read =
          ldap::read(directory, "CN=" + std::string(name) + ",CN=Users,DC=contoso,DC=com", {"member"})
              .value();
      if (const auto* members = read.find("member"); members != nullptr)
        hosts.insert(members->values.begin(), members->values.end());
    }
    return hosts;
  }
  std::set<std::string> reading() { return reading(*ldap::open_ldif(path_).value()); }

  /// What is left is the rest of the change, and nobody else's doing.
  void goes_on(const std::string& after) {
    SCOPED_TRACE(after);
    EXPECT_THAT(reading(), SizeIs(2));
    const auto rest = plan(swapped());
    EXPECT_FALSE(has_errors(rest.diagnostics));
    for (const auto& change : rest.changes)
      for (const auto& field : change.fields)
        EXPECT_NE(field.cause, model::cause::drift) << model::address(change.id) << " " << field.path;
    for (const auto& [address, result] : apply(rest).results)
      EXPECT_EQ(result.outcome, Outcome::applied) << address << (result.error ? result.error->message : "");
    EXPECT_THAT(left_to_do(swapped()), IsEmpty());
  }
};

TEST_F(EarlyMembers, no_host_is_in_no_group_before_any_request_and_after_the_last) {
  const auto planned = plan(swapped());
  ASSERT_THAT(planned.changes, SizeIs(2));
  ASSERT_THAT(planned.changes[0].set_aside, SizeIs(1));
  const auto applied = apply(planned, [](FaultyTransport& faulty) {
    for (size_t write = 1; write < 10; ++write)
      faulty.faults[write] = FaultyTransport::preceded_by([write](ldap::Transport& inner) {
        EXPECT_THAT(reading(inner), SizeIs(2)) << "before write " << write;
      });
  });
  for (const auto& [address, result] : applied.results)
    EXPECT_EQ(result.outcome, Outcome::applied) << address;
  EXPECT_THAT(applied.writes, SizeIs(3))
      << "the members of one group, the other group, the rest of the first";
  EXPECT_THAT(reading(), SizeIs(2));
  EXPECT_THAT(left_to_do(swapped()), IsEmpty());
}

TEST_F(EarlyMembers, a_run_that_ends_at_any_request_is_gone_on_with) {
  for (size_t write = 1; write <= 3; ++write)
    for (const auto& fault :
         {FaultyTransport::refused(ErrorKind::denied, "not now"), FaultyTransport::lost_request()}) {
      auto planned = plan(swapped());
      ASSERT_THAT(planned.changes, SizeIs(2));
      if (write < 3) planned.changes.pop_back();  // it requires the other, which fails
      apply(planned, [&](FaultyTransport& faulty) { faulty.faults[write] = fault; });
      goes_on("ended at write " + std::to_string(write));
      bring_about(estate("HOST01", "HOST02", "before"));
    }
}

TEST_F(EarlyMembers, an_answer_that_is_lost_is_cleared_up) {
  for (size_t write = 1; write <= 3; ++write) {
    const auto applied = apply(plan(swapped()), [&](FaultyTransport& faulty) {
      faulty.faults[write] = FaultyTransport::lost_answer();
    });
    for (const auto& [address, result] : applied.results)
      EXPECT_EQ(result.outcome, Outcome::applied) << address << " at write " << write;
    goes_on("lost at write " + std::to_string(write));
    bring_about(estate("HOST01", "HOST02", "before"));
  }
}

TEST_F(EarlyMembers, what_somebody_else_changes_in_between_stands) {
  const auto planned = plan(swapped());
  const std::string group = planned.changes.at(1).dn.text();
  const auto applied = apply(planned, [&](FaultyTransport& faulty) {
    faulty.faults[2] = FaultyTransport::preceded_by([&](ldap::Transport& inner) {
      ASSERT_TRUE(inner.modify(group, {{ldap::ModifyOperation::replace, "description", {"theirs"}}}));
    });
  });
  EXPECT_EQ(applied.of(model::address(planned.changes[1].id)).outcome, Outcome::conflict);
  EXPECT_THAT(applied.writes, SizeIs(2));
  const auto file = ldap::open_ldif(path_).value();
  EXPECT_EQ(ldap::read(*file, group, {"description"}).value().first("description"), "theirs");
  EXPECT_THAT(reading(), SizeIs(2));
}

TEST_F(EarlyMembers, a_group_that_somebody_else_changed_gets_nothing) {
  auto planned = plan(swapped());
  const auto step = planned.changes.at(0).set_aside.at(0);
  const auto name = "CN=" + step.id.name + ",CN=Users,DC=contoso,DC=com";
  {
    auto file = ldap::open_ldif(path_).value();
    ASSERT_TRUE(file->modify(name, {{ldap::ModifyOperation::replace, "adminDescription", {"somebody's"}}}));
    ASSERT_TRUE(file->flush());
  }
  planned.changes.pop_back();  // it requires the other, which fails
  const auto applied = apply(planned);
  EXPECT_EQ(applied.of(model::address(planned.changes[0].id)).outcome, Outcome::conflict);
  EXPECT_THAT(applied.writes, IsEmpty());
  EXPECT_THAT(reading(), SizeIs(2));
}

}  // namespace
}  // namespace gmsactl
