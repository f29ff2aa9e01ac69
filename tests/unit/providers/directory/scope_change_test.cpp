// A group whose scope changes while members go that the new scope forbids, at a controller that judges each
// request by the members that are there when it comes ([MS-SAMR] 3.1.1.8.9), as Windows does and the LDIF
// directory does not.
#include "providers/directory/modifications.h"
#include "providers/transport/ldap/forwarding_transport.h"
#include "tests/unit/providers/directory/ldif_world.h"

namespace gmsactl {
namespace {

using fakes::desired;
using fakes::FaultyTransport;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using model::Desired;
using model::GroupScope;
using model::Outcome;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint32_t scopes = 0xE;
constexpr uint32_t global = 2;
constexpr uint32_t domain_local = 4;

class Judge : public ldap::ForwardingTransport {
 public:
  using ForwardingTransport::ForwardingTransport;

  Result<void> modify(const std::string& dn, const std::vector<ldap::Modification>& changes) override {
    for (const auto& change : changes)
      if (equal_folded(change.attribute, "groupType") && change.operation == ldap::ModifyOperation::add)
        if (auto allowed = judge(dn, static_cast<uint32_t>(std::stol(change.values.at(0)))); !allowed)
          return allowed;
    return ForwardingTransport::modify(dn, changes);
  }

 private:
  Result<void> judge(const std::string& dn, uint32_t wanted) {
    const auto live = ldap::read(inner_, dn, {"member", "groupType"}).value();
    const auto now = static_cast<uint32_t>(std::stol(std::string(live.first("groupType").value())));
    const uint32_t both = (now | wanted) & scopes;
    if ((now & scopes) != (wanted & scopes) && both == (global | domain_local))
      return fail(ErrorKind::constraint, "not without a step between");
    if (live.find("member") == nullptr || (wanted & domain_local) != 0) return {};
    for (const auto& member : live.find("member")->values) {
      const auto entry = ldap::read(inner_, member, {"groupType"}).value();
      const auto type = static_cast<uint32_t>(std::stol(std::string(entry.first("groupType").value_or("2"))));
      if ((type & domain_local) != 0 || ((wanted & global) != 0 && (type & global) == 0))
        return fail(ErrorKind::constraint, "a member does not allow it");
    }
    return {};
  }
};

class ScopeChange : public LdifWorld {
 protected:
  ScopeChange() {
    auto outer = group("Outer", {named("HOST01"), group_ref("Inner")});
    outer.spec.description = "old";
    bring_about(desired({outer, group("Inner")}, {}));
    auto next = group("Outer", {named("HOST02")});
    next.spec.description = "new";
    next.spec.scope = GroupScope::global;
    wanted = desired({next, group("Inner")}, {});
    options.allow_deletes = 9;
  }

  void disown() {
    auto file = ldap::open_ldif(path_).value();
    ASSERT_TRUE(file->modify(outer_dn, {{ldap::ModifyOperation::replace, "adminDescription", {}}}));
    ASSERT_TRUE(file->flush());
    options.adopt = true;
  }

  model::ChangeResult change(const std::function<void(FaultyTransport&)>& arrange = {}) {
    const auto planned = plan(wanted, options);
    EXPECT_FALSE(has_errors(planned.diagnostics));
    return apply(planned, arrange, [](ldap::Transport& file) { return std::make_unique<Judge>(file); })
        .of("HostGroup/Outer");
  }

  /// Nobody but us has changed anything, so nothing that is left to do is drift.
  void expect_no_drift(const std::string& when) {
    for (const auto& left : plan(wanted, options).changes)
      for (const auto& field : left.fields) {
        EXPECT_NE(field.cause, model::cause::drift) << when << ": " << field.path;
        EXPECT_NE(field.cause, model::cause::both) << when << ": " << field.path;
      }
  }

  const std::string outer_dn = "CN=Outer,CN=Users,DC=contoso,DC=com";
  Desired wanted;
  plan::Options options;
};

TEST_F(ScopeChange, members_go_before_the_scope_changes_and_come_after_it) {
  const auto result = change();
  EXPECT_EQ(result.outcome, Outcome::applied) << (result.error ? result.error->message : "");
  EXPECT_THAT(result.written, ElementsAre("modified member", "modified groupType to Universal on the way",
                                          "modified groupType, description, member"));
  EXPECT_THAT(left_to_do(wanted), IsEmpty());
}

TEST_F(ScopeChange, without_members_that_forbid_it_there_is_one_request_less) {
  auto file = ldap::open_ldif(path_).value();
  ASSERT_TRUE(file->modify(
      outer_dn, {{ldap::ModifyOperation::remove, "member", {"CN=Inner,CN=Users,DC=contoso,DC=com"}}}));
  ASSERT_TRUE(file->flush());
  EXPECT_THAT(change().written, ElementsAre("modified groupType to Universal on the way",
                                            "modified groupType, description, member"));
  EXPECT_THAT(left_to_do(wanted), IsEmpty());
}

TEST_F(ScopeChange, a_refused_request_leaves_a_marker_that_says_what_was_done) {
  const std::string before = [this] {
    std::ifstream file(path_);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  for (const bool foreign : {false, true})
    for (size_t refused = 1; refused <= 3; ++refused) {
      SCOPED_TRACE(std::to_string(refused) + (foreign ? " of an adoption" : ""));
      std::ofstream(path_) << before;
      if (foreign) disown();
      const auto result = change([&](FaultyTransport& faulty) {
        faulty.faults[refused] = FaultyTransport::refused(ErrorKind::constraint, "not this one");
      });
      EXPECT_EQ(result.outcome, refused == 1 ? Outcome::failed : Outcome::partial);
      EXPECT_EQ(result.written.size(), refused - 1);
      expect_no_drift("after a refusal");
      options.adopt = foreign && refused == 1;
      EXPECT_EQ(change().outcome, Outcome::applied);
      EXPECT_THAT(left_to_do(wanted), IsEmpty());
    }
}

TEST_F(ScopeChange, a_lost_answer_is_cleared_up_at_each_request) {
  const std::string before = [this] {
    std::ifstream file(path_);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  for (const bool foreign : {false, true})
    for (const auto& fault : {FaultyTransport::lost_answer(), FaultyTransport::lost_request()})
      for (size_t lost = 1; lost <= 3; ++lost) {
        SCOPED_TRACE(std::to_string(lost) + (foreign ? " of an adoption" : ""));
        std::ofstream(path_) << before;
        options.adopt = false;
        if (foreign) disown();
        const auto result = change([&](FaultyTransport& faulty) { faulty.faults[lost] = fault; });
        EXPECT_EQ(result.outcome, Outcome::applied) << (result.error ? result.error->message : "");
        EXPECT_THAT(left_to_do(wanted), IsEmpty());
      }
}

TEST_F(ScopeChange, what_somebody_else_does_in_between_is_a_conflict_and_stands) {
  const auto result = change([&](FaultyTransport& faulty) {
    faulty.faults[2] = FaultyTransport::preceded_by([this](ldap::Transport& inner) {
      EXPECT_TRUE(inner.modify(outer_dn, {{ldap::ModifyOperation::replace, "description", {"theirs"}}}));
      EXPECT_TRUE(inner.modify(outer_dn, {{ldap::ModifyOperation::replace, "adminDescription", {"theirs"}}}));
    });
  });
  EXPECT_EQ(result.outcome, Outcome::conflict);
  EXPECT_THAT(result.written, ElementsAre("modified member"));
}

}  // namespace
}  // namespace gmsactl
