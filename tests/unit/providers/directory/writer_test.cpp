// From plan to directory and back, and every way in which a write can end.
#include "tests/unit/providers/directory/ldif_world.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FaultyTransport;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using ldap::Modification;
using ldap::Transport;
using model::ChangeResult;
using model::Desired;
using model::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using enum ldap::ModifyOperation;

class Writer : public LdifWorld {};

const std::string web_dn = "CN=Web01,CN=Managed Service Accounts,DC=contoso,DC=com";
const std::string hosts_dn = "CN=Hosts,CN=Users,DC=contoso,DC=com";

Desired web() { return desired({}, {account("Web01", {named("HOST01")})}); }

Desired described(std::string text) {
  Desired wanted = web();
  wanted.accounts[0].spec.description = std::move(text);
  return wanted;
}

Desired hosts(std::vector<model::PrincipalRef> members) {
  return desired({group("Hosts", std::move(members))}, {});
}

/// Somebody else's hand.
auto somebody(std::string dn, std::vector<Modification> changes) {
  return FaultyTransport::preceded_by([dn = std::move(dn), changes = std::move(changes)](Transport& inner) {
    const auto done = inner.modify(dn, changes);
    EXPECT_TRUE(done.has_value()) << done.error().message;
  });
}

std::string message(const ChangeResult& result) { return result.error ? result.error->message : "(none)"; }

TEST_F(Writer, an_estate_is_brought_about_and_leaves_nothing_to_plan) {
  auto outer = group("Outer", {group_ref("Inner"), named("HOST01")});
  auto inner = group("Inner", {named("HOST02"), named("CONTOSO\\HOST01")});
  inner.spec.path = fakes::dn("OU=Groups,OU=New,DC=contoso,DC=com");
  inner.spec.description = "odd: \"a\", +b; <c> \xC3\xA9 *()\\";
  auto web01 = account("Web01", {group_ref("Outer"), named("HOST02")});
  web01.spec.enabled = false;
  web01.spec.allowed_to_delegate_to = {"cifs/nas"};
  auto odd = account("Odd, +\"1");
  odd.spec.sam_account_name = "Odd1";
  auto wanted = desired({outer, inner}, {web01, odd});
  wanted.environment.create_paths = true;
  bring_about(wanted);
  EXPECT_THAT(left_to_do(wanted), IsEmpty());

  wanted.accounts[0].spec.dns_host_name = "shop.contoso.com";
  wanted.accounts[0].spec.sam_account_name = "Shop";
  wanted.accounts[0].spec.service_principal_names =
      fakes::located({"host/Shop", "host/shop.contoso.com", "http/shop"});
  wanted.accounts[0].spec.path = fakes::dn("OU=New,DC=contoso,DC=com");
  wanted.accounts[0].spec.principals.clear();
  wanted.host_groups[0].spec.members = {{named("HOST02")}};
  wanted.host_groups[0].spec.scope = model::GroupScope::global;
  wanted.host_groups[1].spec.common_name = "Inner renamed";
  bring_about(wanted);
  EXPECT_THAT(left_to_do(wanted), IsEmpty());
}

TEST_F(Writer, a_replaced_account_is_another_object) {
  bring_about(web());
  auto wanted = web();
  wanted.accounts[0].spec.password_interval_days = 7;
  const auto replaced = plan(wanted, {{{}, {}, {"GMSA/Web01"}}});
  const auto applied = apply(replaced);
  EXPECT_EQ(applied.of("GMSA/Web01").outcome, Outcome::applied);
  EXPECT_THAT(
      applied.of("GMSA/Web01").written,
      ElementsAre("marked as being deleted", "deleted " + replaced.changes[0].guid.text(), "created"));
  EXPECT_THAT(left_to_do(wanted), IsEmpty());
}

TEST_F(Writer, a_change_without_a_move_is_one_request) {
  bring_about(web());
  const auto applied = apply(plan(described("new")));
  EXPECT_EQ(applied.writes.size(), 1U);
  EXPECT_THAT(applied.of("GMSA/Web01").written, ElementsAre("modified description"));
}

TEST_F(Writer, a_value_changed_since_the_plan_is_a_conflict_and_stands) {
  bring_about(described("old"));
  const auto applied = apply(plan(described("new")), [](FaultyTransport& t) {
    t.faults[1] = somebody(web_dn, {{replace, "description", {"theirs"}}});
  });
  const auto& result = applied.of("GMSA/Web01");
  EXPECT_EQ(result.outcome, Outcome::conflict);
  EXPECT_EQ(message(result),
            web_dn +
                ": somebody else changed it after it was planned; description was \"old\" when "
                "planned, is \"theirs\" now");
  EXPECT_EQ(result.error->hint, "Plan again and review the difference.");
  EXPECT_THAT(result.written, IsEmpty());
  EXPECT_THAT(left_to_do(described("theirs")), IsEmpty());
}

TEST_F(Writer, what_another_hand_has_made_so_already_is_done) {
  bring_about(described("old"));
  const auto applied = apply(plan(described("new")), [](FaultyTransport& t) {
    t.faults[1] = somebody(web_dn, {{replace, "description", {"new"}}});
  });
  EXPECT_EQ(applied.of("GMSA/Web01").outcome, Outcome::applied);
  EXPECT_THAT(applied.of("GMSA/Web01").written, ElementsAre("modified adminDescription"));
}

TEST_F(Writer, an_account_created_or_deleted_meanwhile_is_recognised) {
  const auto creating = plan(web());
  const auto theirs = [&](const char* description) {
    return [this, &creating, description](FaultyTransport& t) {
      t.faults[1] = FaultyTransport::preceded_by([this, &creating, description](Transport& inner) {
        const auto root = ldap::read(inner, "", {}).value();
        EXPECT_EQ(directory::Writer(inner, root, "adminDescription").apply(creating.changes[0]).outcome,
                  Outcome::applied);
        if (description != nullptr) {
          EXPECT_TRUE(inner.modify(web_dn, {{replace, "userAccountControl", {"4098"}}}).has_value());
        }
      });
    };
  };
  const auto other = apply(creating, theirs("other"));
  EXPECT_EQ(other.of("GMSA/Web01").outcome, Outcome::conflict);
  EXPECT_EQ(
      message(other.of("GMSA/Web01")),
      web_dn +
          ": an account of this name appeared after the plan was made, and differs from what is declared");

  const auto deleted = apply(plan(described("new")), [](FaultyTransport& t) {
    t.faults[1] =
        FaultyTransport::preceded_by([](Transport& inner) { EXPECT_TRUE(inner.remove(web_dn).has_value()); });
  });
  EXPECT_EQ(deleted.of("GMSA/Web01").outcome, Outcome::conflict);
  EXPECT_EQ(message(deleted.of("GMSA/Web01")), web_dn + ": it was deleted after it was planned");

  const auto same = apply(creating, theirs(nullptr));
  EXPECT_EQ(same.of("GMSA/Web01").outcome, Outcome::already_done);
}

TEST_F(Writer, a_lost_answer_is_cleared_up_by_reading) {
  for (const bool carried_out : {true, false}) {
    SCOPED_TRACE(carried_out);
    const auto fault = carried_out ? FaultyTransport::lost_answer() : FaultyTransport::lost_request();
    const auto first = [&](FaultyTransport& t) { t.faults[1] = fault; };
    if (carried_out) {
      EXPECT_EQ(apply(plan(web()), first).of("GMSA/Web01").outcome, Outcome::applied);
    } else {
      const auto applied = apply(plan(described("a")), first);
      EXPECT_EQ(applied.of("GMSA/Web01").outcome, Outcome::applied);
      EXPECT_EQ(applied.writes.size(), 2U) << "looked, and then wrote again";
    }
    const std::string text = carried_out ? "b" : "c";
    const auto modified = apply(plan(described(text)), first);
    EXPECT_EQ(modified.of("GMSA/Web01").outcome, Outcome::applied);
    EXPECT_THAT(modified.of("GMSA/Web01").written, ElementsAre("modified description"));
    EXPECT_EQ(modified.writes.size(), carried_out ? 1U : 2U);
    EXPECT_THAT(left_to_do(described(text)), IsEmpty());
  }
}

TEST_F(Writer, an_outcome_that_can_not_be_cleared_up_is_unknown) {
  const auto dead = [](FaultyTransport& t) {
    t.faults[1] = FaultyTransport::lost_answer();
    t.search_error = Error{ErrorKind::unavailable, "can't connect", {}, std::nullopt};
  };
  const auto created = apply(plan(web()), dead);
  EXPECT_EQ(created.of("GMSA/Web01").outcome, Outcome::unknown);
  EXPECT_EQ(message(created.of("GMSA/Web01")),
            web_dn + ": whether it was created is not known: the connection was lost");
  const auto modified = apply(plan(described("new")), dead);
  EXPECT_EQ(modified.of("GMSA/Web01").outcome, Outcome::unknown);
  EXPECT_EQ(message(modified.of("GMSA/Web01")),
            web_dn + ": whether it was modified is not known: the connection was lost");
  EXPECT_THAT(left_to_do(described("new")), IsEmpty());
}

TEST_F(Writer, a_refusal_is_a_failure_and_after_a_first_write_partial) {
  const auto refused = apply(plan(web()), [](FaultyTransport& t) {
    t.faults[1] = FaultyTransport::refused(ErrorKind::denied, "no rights");
  });
  EXPECT_EQ(refused.of("GMSA/Web01").outcome, Outcome::failed);
  EXPECT_EQ(message(refused.of("GMSA/Web01")), web_dn + ": no rights");

  bring_about(web());
  auto moved = described("new");
  moved.accounts[0].spec.path = fakes::dn("OU=Hosts,DC=contoso,DC=com");
  const auto partial = apply(plan(moved), [](FaultyTransport& t) {
    t.faults[2] = FaultyTransport::refused(ErrorKind::denied, "no rights");
  });
  EXPECT_EQ(partial.of("GMSA/Web01").outcome, Outcome::partial);
  EXPECT_EQ(message(partial.of("GMSA/Web01")), web_dn + ": no rights");
  EXPECT_THAT(partial.of("GMSA/Web01").written, ElementsAre("modified description"));
}

TEST_F(Writer, an_account_moved_by_somebody_else_is_not_moved_back) {
  bring_about(web());
  auto moved = web();
  moved.accounts[0].spec.path = fakes::dn("OU=Hosts,DC=contoso,DC=com");
  const auto planned = plan(moved);
  const auto renamed =
      apply(planned, [](FaultyTransport& t) { t.faults[1] = FaultyTransport::lost_answer(); });
  EXPECT_EQ(renamed.of("GMSA/Web01").outcome, Outcome::applied);
  EXPECT_THAT(left_to_do(moved), IsEmpty());
  bring_about(web());
  const auto back = plan(moved);
  {
    auto file = ldap::open_ldif(path_).value();
    ASSERT_TRUE(file->rename(web_dn, "CN=Web01", "CN=Users,DC=contoso,DC=com").has_value());
    ASSERT_TRUE(file->flush().has_value());
  }
  const auto conflict = apply(back);
  EXPECT_EQ(conflict.of("GMSA/Web01").outcome, Outcome::conflict);
  EXPECT_THAT(message(conflict.of("GMSA/Web01")),
              HasSubstr("now stands at CN=Web01,CN=Users,DC=contoso,DC=com"));
}

TEST_F(Writer, an_spn_added_by_somebody_else_survives_a_name_change) {
  bring_about(web());
  auto wanted = web();
  wanted.accounts[0].spec.dns_host_name = "shop.contoso.com";
  wanted.accounts[0].spec.service_principal_names = fakes::located({"host/shop.contoso.com"});
  const auto applied = apply(plan(wanted), [](FaultyTransport& t) {
    t.faults[1] = somebody(web_dn, {{add, "servicePrincipalName", {"MSSQLSvc/theirs"}}});
  });
  const auto& result = applied.of("GMSA/Web01");
  EXPECT_EQ(result.outcome, Outcome::conflict);
  EXPECT_THAT(message(result), HasSubstr("somebody else added MSSQLSvc/theirs after it was planned"));
  EXPECT_THAT(result.written, ElementsAre("modified dNSHostName"));
}

TEST_F(Writer, a_group_changed_by_somebody_else) {
  bring_about(hosts({named("HOST01")}));
  auto wanted = hosts({named("HOST01"), named("HOST02")});
  const std::string host02 = "CN=HOST02,OU=Hosts,DC=contoso,DC=com";
  const auto planned = plan(wanted);
  const auto same = apply(planned, [&](FaultyTransport& t) {
    t.faults[1] = somebody(hosts_dn, {{add, "member", {host02}}});
  });
  EXPECT_EQ(same.of("HostGroup/Hosts").outcome, Outcome::applied);
  EXPECT_THAT(same.of("HostGroup/Hosts").written, ElementsAre("modified adminDescription"));

  wanted.host_groups[0].spec.description = "old";
  bring_about(wanted);
  wanted.host_groups[0].spec.description = "new";
  const auto other = apply(plan(wanted), [&](FaultyTransport& t) {
    t.faults[1] = somebody(hosts_dn, {{replace, "description", {"theirs"}}});
  });
  EXPECT_EQ(other.of("HostGroup/Hosts").outcome, Outcome::conflict);
  EXPECT_EQ(message(other.of("HostGroup/Hosts")),
            hosts_dn + ": somebody else changed the group after it was planned");
}

TEST_F(Writer, a_lost_answer_about_a_group_is_cleared_up_by_reading) {
  for (const auto& fault : {FaultyTransport::lost_answer(), FaultyTransport::lost_request()}) {
    const auto first = [&](FaultyTransport& t) { t.faults[1] = fault; };
    auto wanted = hosts({named("HOST01")});
    if (fault.carried_out) {
      EXPECT_EQ(apply(plan(wanted), first).of("HostGroup/Hosts").outcome, Outcome::applied);
    } else {
      bring_about(wanted);
    }
    wanted = hosts({named("HOST02")});
    const auto members = apply(plan(wanted), first);
    EXPECT_EQ(members.of("HostGroup/Hosts").outcome, Outcome::applied);
    EXPECT_THAT(members.of("HostGroup/Hosts").written, ElementsAre("modified member"));
    wanted.host_groups[0].spec.scope = model::GroupScope::global;
    const auto scope = apply(plan(wanted), first);
    EXPECT_EQ(scope.of("HostGroup/Hosts").outcome, Outcome::applied) << message(scope.of("HostGroup/Hosts"));
    EXPECT_THAT(left_to_do(wanted), IsEmpty());
  }
}

TEST_F(Writer, a_group_that_appeared_with_other_members_is_a_conflict) {
  const auto planned = plan(hosts({named("HOST01")}));
  bring_about(hosts({named("HOST01"), named("HOST02")}));
  const auto result = apply(planned).of("HostGroup/Hosts");
  EXPECT_EQ(result.outcome, Outcome::conflict);
  EXPECT_THAT(message(result), HasSubstr("a group of this name appeared after the plan was made"));
}

TEST_F(Writer, a_group_with_more_members_than_a_request_holds_is_written_in_parts) {
  constexpr size_t count = 1'501;
  std::vector<model::PrincipalRef> hosts;
  {
    std::ofstream file(path_, std::ios::app);
    for (size_t i = 0; i < count; ++i) {
      const std::string name = "FARM" + std::to_string(i);
      file << "\ndn: CN=" << name << ",OU=Hosts,DC=contoso,DC=com\nobjectClass: computer\n";
      hosts.push_back(named(name));
    }
  }
  const auto wanted = desired({group("Farm", std::move(hosts))}, {});
  const auto all = plan(wanted);
  // Killed after the first part: the next run adds what is missing, and nothing twice.
  const auto cut = apply(all, [](FaultyTransport& faulty) {
    for (size_t write = 2; write < 12; ++write) faulty.faults[write] = FaultyTransport::lost_request();
  });
  EXPECT_NE(cut.of("HostGroup/Farm").outcome, Outcome::applied);
  const auto rest = plan(wanted);
  ASSERT_EQ(rest.changes.size(), 1U);
  EXPECT_EQ(rest.changes[0].fields.at(0).added.size(), count - 1'000);
  const auto done = apply(rest);
  EXPECT_EQ(done.of("HostGroup/Farm").outcome, Outcome::applied);
  EXPECT_EQ(done.writes.size(), 1U);
  EXPECT_TRUE(left_to_do(wanted).empty());
}

TEST_F(Writer, a_root_key_can_be_made_in_a_file) {
  std::ofstream(path_) << "dn: DC=contoso,DC=com\nobjectClass: domainDNS\n";
  auto wanted = desired({}, {account("Web01")});
  wanted.environment.create_kds_root_key = wanted.environment.kds_root_key_effective_immediately = true;
  bring_about(wanted);
  EXPECT_THAT(left_to_do(wanted), IsEmpty());
}

}  // namespace
}  // namespace gmsactl
