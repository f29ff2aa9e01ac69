// From plan to directory and back, and every way in which a write can end.
#include <set>

#include "providers/directory/modifications.h"
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
  wanted.host_groups[1].spec.common_name = "Inner renamed";
  bring_about(wanted);
  EXPECT_THAT(left_to_do(wanted), IsEmpty());

  // Only now that the DomainLocal group is out of it.
  wanted.host_groups[0].spec.scope = model::GroupScope::global;
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

  bring_about(web());
  Desired elsewhere = web();
  elsewhere.accounts[0].spec.path = fakes::dn("CN=Users,DC=contoso,DC=com");
  const auto moved = apply(plan(elsewhere), [](FaultyTransport& t) {
    t.faults[1] =
        FaultyTransport::preceded_by([](Transport& inner) { EXPECT_TRUE(inner.remove(web_dn).has_value()); });
  });
  EXPECT_EQ(moved.of("GMSA/Web01").outcome, Outcome::conflict);
  EXPECT_EQ(message(moved.of("GMSA/Web01")), web_dn + ": it was deleted after it was planned");

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
}

TEST_F(Writer, a_refused_move_leaves_nothing_behind) {
  bring_about(web());
  auto moved = described("new");
  moved.accounts[0].spec.path = fakes::dn("OU=Hosts,DC=contoso,DC=com");
  const auto refused = apply(plan(moved), [](FaultyTransport& t) {
    t.faults[1] = FaultyTransport::refused(ErrorKind::denied, "no rights");
  });
  EXPECT_EQ(refused.of("GMSA/Web01").outcome, Outcome::failed);
  EXPECT_THAT(refused.of("GMSA/Web01").written, IsEmpty());
  EXPECT_THAT(refused.writes, ElementsAre(HasSubstr("rename")));
  EXPECT_EQ(plan(moved).changes.at(0).cause, model::cause::pending);
}

TEST_F(Writer, a_refusal_after_a_move_is_partial_and_never_looks_like_drift) {
  for (const bool is_group : {false, true}) {
    SCOPED_TRACE(is_group);
    const auto wanted_at = [&](const char* path, const char* text) {
      Desired wanted = is_group ? hosts({named("HOST01")}) : web();
      if (is_group) {
        wanted.host_groups[0].spec.path = fakes::dn(path);
        wanted.host_groups[0].spec.description = text;
      } else {
        wanted.accounts[0].spec.path = fakes::dn(path);
        wanted.accounts[0].spec.description = text;
      }
      return wanted;
    };
    const std::string address = is_group ? "HostGroup/Hosts" : "GMSA/Web01";
    const char* const here = "CN=Users,DC=contoso,DC=com";
    const char* const there = "OU=Hosts,DC=contoso,DC=com";
    bring_about(wanted_at(here, "old"));
    const auto partial = apply(plan(wanted_at(there, "new")), [](FaultyTransport& t) {
      t.faults[2] = FaultyTransport::refused(ErrorKind::denied, "no rights");
    });
    EXPECT_EQ(partial.of(address).outcome, Outcome::partial);
    EXPECT_THAT(message(partial.of(address)), HasSubstr("no rights"));
    EXPECT_THAT(partial.of(address).written,
                ElementsAre(HasSubstr("moved to "), "noted the move in the marker"));
    EXPECT_THAT(left_to_do(wanted_at(there, "new")), ElementsAre(address + " description"));
    // Whoever now wants it back as it was has changed the manifest, and nobody has changed the directory.
    for (const auto& field : plan(wanted_at(here, "new")).changes.at(0).fields)
      EXPECT_EQ(field.cause, model::cause::pending) << field.path;
  }
}

TEST_F(Writer, a_refused_deletion_takes_its_mark_back) {
  bring_about(desired({group("Other", {})}, {account("Web01", {named("HOST01")})}));
  const auto marker = [&] {
    auto file = ldap::open_ldif(path_).value();
    return std::string(
        ldap::read(*file, web_dn, {"adminDescription"}).value().first("adminDescription").value());
  };
  const std::string before = marker();
  plan::Options prune;
  prune.prune = true;
  const auto removing = plan(desired({group("Other", {})}, {}), prune);
  ASSERT_EQ(removing.changes.size(), 1U);
  const auto refused = apply(removing, [](FaultyTransport& t) {
    t.faults[2] = FaultyTransport::refused(ErrorKind::denied, "no rights");
  });
  EXPECT_EQ(refused.of("GMSA/Web01").outcome, Outcome::partial) << "it was written to, and that is said";
  EXPECT_THAT(refused.of("GMSA/Web01").written,
              ElementsAre("marked as being deleted", "the mark taken back"));
  EXPECT_EQ(marker(), before);

  const auto left = apply(removing, [](FaultyTransport& t) {
    t.faults[2] = t.faults[3] = FaultyTransport::refused(ErrorKind::denied, "no rights");
  });
  EXPECT_THAT(message(left.of("GMSA/Web01")), HasSubstr("it is still marked as being deleted"));
  // Declared or not, the next run settles it.
  EXPECT_THAT(left_to_do(web()), ElementsAre("GMSA/Web01 deletion"));
  EXPECT_EQ(apply(plan(desired({group("Other", {})}, {}), prune)).of("GMSA/Web01").outcome, Outcome::applied);
}

TEST_F(Writer, a_deletion_whose_answer_was_lost_is_cleared_up) {
  for (const auto& fault : {FaultyTransport::lost_answer(), FaultyTransport::lost_request(),
                            FaultyTransport::lost_and_late(1), FaultyTransport::never_sent()}) {
    bring_about(desired({group("Other", {})}, {account("Web01", {named("HOST01")})}));
    plan::Options prune;
    prune.prune = true;
    const auto removed = apply(plan(desired({group("Other", {})}, {}), prune),
                               [&](FaultyTransport& t) { t.faults[2] = fault; });
    EXPECT_EQ(removed.of("GMSA/Web01").outcome, Outcome::applied) << message(removed.of("GMSA/Web01"));
  }
}

TEST_F(Writer, a_write_that_the_controller_carries_out_late_is_never_called_failed) {
  for (size_t searches = 1; searches <= 3; ++searches) {
    SCOPED_TRACE(searches);
    const std::string text = std::to_string(searches);
    // Refused when it is sent again, for a reason that the first one did not meet.
    const auto late = [&](FaultyTransport& t) {
      t.faults[1] = FaultyTransport::lost_and_late(searches);
      t.faults[2] = FaultyTransport::refused(ErrorKind::denied, "no rights");
    };
    auto wanted = described("late" + text);
    wanted.accounts[0].name = wanted.accounts[0].spec.sam_account_name = "Late" + text;
    wanted.accounts[0].spec.dns_host_name = "late" + text + ".contoso.com";
    wanted.accounts[0].spec.service_principal_names = fakes::located({"host/late" + text});
    const auto created = apply(plan(wanted), late);
    EXPECT_EQ(created.of("GMSA/Late" + text).outcome, Outcome::applied)
        << message(created.of("GMSA/Late" + text));
    wanted.accounts[0].spec.description = "later";
    const auto modified = apply(plan(wanted), late);
    EXPECT_EQ(modified.of("GMSA/Late" + text).outcome, Outcome::applied);
    EXPECT_THAT(left_to_do(wanted), IsEmpty());
  }
}

TEST_F(Writer, a_write_that_never_left_is_sent_when_the_connection_is_open_again) {
  const auto applied =
      apply(plan(web()), [](FaultyTransport& t) { t.faults[1] = FaultyTransport::never_sent(); });
  EXPECT_EQ(applied.of("GMSA/Web01").outcome, Outcome::applied) << message(applied.of("GMSA/Web01"));
  EXPECT_EQ(applied.writes.size(), 2U);
}

/// A controller whose account database takes the new value without comparing the old one. What it counts of
/// writes is one for each request that writes an attribute.
class BlindController : public ldap::Transport {
 public:
  explicit BlindController(Transport& inner) : inner_(inner) {}

  Result<void> modify(const std::string& dn, const std::vector<Modification>& changes) override {
    std::vector<Modification> blind;
    for (auto change : changes) {
      if (directory::is_sam_owned(change.attribute)) {
        if (change.operation == ldap::ModifyOperation::remove) continue;
        change.operation = replace;
      }
      blind.push_back(std::move(change));
    }
    auto done = inner_.modify(dn, blind);
    if (done)
      for (const auto& attribute : attributes_of(blind)) ++versions_[attribute];
    return done;
  }
  Result<void> search(const ldap::SearchRequest& request, const ldap::EntrySink& sink) override {
    return inner_.search(request, [&](ldap::Entry&& entry) {
      ldap::Attribute metadata{"msDS-ReplAttributeMetaData", {}};
      for (const auto& [name, version] : versions_)
        metadata.values.push_back("<DS_REPL_ATTR_META_DATA>\n\t<pszAttributeName>" + name +
                                  "</pszAttributeName>\n\t<dwVersion>" + std::to_string(version) +
                                  "</dwVersion>\n\t<ftimeLastOriginatingChange>2026-01-31T12:00:00Z"
                                  "</ftimeLastOriginatingChange>\n\t<uuidLastOriginatingDsaInvocationID>"
                                  "5e3c4f0a-8a55-4f0e-9d3b-0f6f3a1c2b7d</uuidLastOriginatingDsaInvocationID>"
                                  "\n\t<usnOriginatingChange>1</usnOriginatingChange>\n\t<usnLocalChange>1"
                                  "</usnLocalChange>\n\t<pszLastOriginatingDsaDN></pszLastOriginatingDsaDN>\n"
                                  "</DS_REPL_ATTR_META_DATA>\n");
      if (entry.find("objectClass") == nullptr) entry.attributes.push_back(std::move(metadata));
      return sink(std::move(entry));
    });
  }
  Result<void> watch(const ldap::SearchRequest& request, const ldap::EntrySink& sink,
                     std::stop_token stop) override {
    return inner_.watch(request, sink, std::move(stop));
  }
  Result<void> add(const std::string& dn, const std::vector<ldap::Attribute>& attributes) override {
    return inner_.add(dn, attributes);
  }
  Result<void> rename(const std::string& dn, const std::string& rdn, const std::string& parent) override {
    return inner_.rename(dn, rdn, parent);
  }
  Result<void> remove(const std::string& dn) override { return inner_.remove(dn); }
  Result<void> flush() override { return inner_.flush(); }
  std::string peer() const override { return inner_.peer(); }
  const ldap::Counters& counters() const override { return inner_.counters(); }

 private:
  static std::set<std::string> attributes_of(const std::vector<Modification>& changes) {
    std::set<std::string> names;
    for (const auto& change : changes) names.insert(change.attribute);
    return names;
  }
  Transport& inner_;
  std::map<std::string, int> versions_;
};

class BlindWriter : public Writer {
 protected:
  Applied apply_blindly(const model::Plan& plan, const std::function<void(FaultyTransport&)>& arrange = {}) {
    return apply(plan, arrange, [](Transport& file) { return std::make_unique<BlindController>(file); });
  }
  static Desired enabled(bool value) {
    Desired wanted = web();
    wanted.accounts[0].spec.enabled = value;
    return wanted;
  }
};

TEST_F(BlindWriter, nobody_in_the_way_is_no_conflict) {
  bring_about(enabled(true));
  const auto applied = apply_blindly(plan(enabled(false)));
  EXPECT_EQ(applied.of("GMSA/Web01").outcome, Outcome::applied) << message(applied.of("GMSA/Web01"));
  EXPECT_THAT(left_to_do(enabled(false)), IsEmpty());
}

TEST_F(BlindWriter, another_run_of_gmsactl_is_never_overwritten) {
  bring_about(enabled(true));
  auto theirs = enabled(true);
  theirs.accounts[0].spec.account_not_delegated = true;
  const auto their_plan = plan(theirs);
  const auto ours = plan(enabled(false));
  // Just before our write, so that no look could have seen it.
  const auto applied = apply_blindly(ours, [&](FaultyTransport& t) {
    t.faults[1] = FaultyTransport::preceded_by([&](Transport& inner) {
      const auto root = ldap::read(inner, "", {}).value();
      directory::Writer other(inner, root, "adminDescription", no_patience());
      EXPECT_EQ(other.apply(their_plan.changes.at(0)).outcome, Outcome::applied);
    });
  });
  EXPECT_EQ(applied.of("GMSA/Web01").outcome, Outcome::conflict);
  EXPECT_THAT(applied.of("GMSA/Web01").written, IsEmpty());
  EXPECT_THAT(left_to_do(theirs), IsEmpty()) << "what they wrote stands";
}

TEST_F(BlindWriter, a_foreign_change_is_seen_before_the_write_and_after_it) {
  bring_about(enabled(true));
  const auto planned = plan(enabled(false));
  const auto theirs = [](const char* value) {
    return [value](Transport& inner) {
      EXPECT_TRUE(inner.modify(web_dn, {{replace, "userAccountControl", {value}}}).has_value());
    };
  };
  const auto between = apply_blindly(planned, [&](FaultyTransport& t) {
    t.faults[1] = FaultyTransport::preceded_by(theirs("1052672"));  // after our look
  });
  EXPECT_EQ(between.of("GMSA/Web01").outcome, Outcome::conflict);
  EXPECT_THAT(message(between.of("GMSA/Web01")),
              HasSubstr("userAccountControl was written by somebody else at the same moment"));
  EXPECT_THAT(between.of("GMSA/Web01").written, ElementsAre("modified userAccountControl"));

  bring_about(enabled(true));
  const auto again = plan(enabled(false));
  {
    auto file = ldap::open_ldif(path_).value();
    theirs("1052672")(*file);
    ASSERT_TRUE(file->flush().has_value());
  }
  const auto before = apply_blindly(again);
  EXPECT_EQ(before.of("GMSA/Web01").outcome, Outcome::conflict);
  EXPECT_THAT(before.of("GMSA/Web01").written, IsEmpty());
  EXPECT_THAT(before.writes, IsEmpty()) << "nothing was sent";
}

TEST_F(Writer, a_freed_spn_is_asked_for_again_until_it_is_free) {
  auto both = desired({}, {account("Web01", {named("HOST01")}), account("Web02", {named("HOST01")})});
  both.accounts[0].spec.service_principal_names = fakes::located({"http/shop", "host/web01"});
  both.accounts[1].spec.service_principal_names = fakes::located({"host/web02"});
  bring_about(both);
  both.accounts[0].spec.service_principal_names = fakes::located({"host/web01"});
  both.accounts[1].spec.service_principal_names = fakes::located({"http/shop", "host/web02"});
  Error refused{ErrorKind::constraint, "not unique", {}, NativeCode{19, "constraintViolation", 0x21C7}};
  size_t told = 0;
  patience_.waiting = [&](auto, auto) { ++told; };
  patience_.spn_pause = std::chrono::milliseconds(1);
  const auto applied = apply(plan(both), [&](FaultyTransport& t) {
    for (const size_t write : {2, 3, 4}) t.faults[write] = {{}, false, refused};
  });
  EXPECT_EQ(applied.of("GMSA/Web02").outcome, Outcome::applied) << message(applied.of("GMSA/Web02"));
  EXPECT_EQ(told, 3U);

  // One that this run has not freed is not waited for.
  both.accounts[1].spec.service_principal_names = fakes::located({"http/other", "host/web02"});
  const auto other = apply(plan(both), [&](FaultyTransport& t) { t.faults[1] = {{}, false, refused}; });
  EXPECT_EQ(other.of("GMSA/Web02").outcome, Outcome::failed);
  EXPECT_EQ(told, 3U);
}

TEST_F(Writer, who_holds_what_is_taken_is_named) {
  bring_about(web());
  auto wanted = web();
  wanted.accounts[0].spec.service_principal_names = fakes::located({"http/shop", "host/web01"});
  const auto applied = apply(plan(wanted), [](FaultyTransport& t) {
    t.faults[1] =
        somebody("CN=HOST01,OU=Hosts,DC=contoso,DC=com", {{add, "servicePrincipalName", {"HTTP/shop"}}});
    t.faults[1].carried_out = false;
    t.faults[1].answer = Error{ErrorKind::constraint,
                               "LDAP 19 constraintViolation",
                               {},
                               NativeCode{19, "constraintViolation", 0x21C7}};
  });
  EXPECT_THAT(message(applied.of("GMSA/Web01")),
              HasSubstr("the SPN HTTP/shop is registered on CN=HOST01,OU=Hosts,DC=contoso,DC=com (computer "
                        "HOST01$) since the plan was made"));
  EXPECT_THAT(applied.of("GMSA/Web01").error->hint, HasSubstr("setspn -D HTTP/shop"));
}

TEST_F(Writer, spns_that_the_server_rewrote_further_than_foreseen_are_no_strangers) {
  auto wanted = web();
  wanted.accounts[0].spec.service_principal_names =
      fakes::located({"http/web01.contoso.com:8443", "ldap/web01.contoso.com/contoso.com"});
  bring_about(wanted);
  wanted.accounts[0].spec.dns_host_name = "shop.contoso.com";
  wanted.accounts[0].spec.service_principal_names = fakes::located({"http/shop.contoso.com:8443"});
  const auto applied = apply(plan(wanted), [](FaultyTransport& t) {
    t.faults[1] = somebody(web_dn, {{replace,
                                     "servicePrincipalName",
                                     {"http/shop.contoso.com:8443", "ldap/shop.contoso.com/contoso.com"}}});
  });
  EXPECT_EQ(applied.of("GMSA/Web01").outcome, Outcome::applied) << message(applied.of("GMSA/Web01"));
  EXPECT_THAT(left_to_do(wanted), IsEmpty());
}

TEST_F(Writer, several_descriptions_become_the_one_that_is_declared) {
  auto wanted = hosts({named("HOST01")});
  wanted.host_groups[0].spec.description = "one";
  bring_about(wanted);
  const auto second = [&] {
    std::ifstream in(path_);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    in.close();
    text.replace(text.find("description: one\n"), 17, "description: one\ndescription: two\n");
    std::ofstream(path_) << text;
  };
  second();
  const auto planned = plan(wanted);
  ASSERT_EQ(planned.changes.size(), 1U);
  EXPECT_EQ(planned.changes[0].fields.at(0).before,
            model::FieldValue(std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(planned.changes[0].fields[0].cause, model::cause::drift);
  const auto conflict = apply(planned, [](FaultyTransport& t) {
    t.faults[1] = FaultyTransport::preceded_by([](Transport& inner) {
      EXPECT_TRUE(inner.modify(hosts_dn, {{replace, "description", {"one"}}}).has_value());
    });
  });
  EXPECT_EQ(conflict.of("HostGroup/Hosts").outcome, Outcome::applied)
      << message(conflict.of("HostGroup/Hosts"));
  second();
  EXPECT_EQ(apply(plan(wanted)).of("HostGroup/Hosts").outcome, Outcome::applied);
  EXPECT_THAT(left_to_do(wanted), IsEmpty());
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
