// What one environment of a run gives up and another takes, and what they read from two controllers: refused
// before the first write, with the order in which it can be done.
#include <functional>

#include "tests/unit/engine/plan/together.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::FakeWorld;
using fakes::group;
using fakes::located;
using model::Outcome;

/// Environments "one", "two" … with a group and an account each.
struct Estate {
  FakeWorld world;
  std::vector<Desired> environments;
  Together run{world, environments};

  explicit Estate(size_t count) {
    for (const auto* place :
         {"OU=p0,DC=contoso,DC=com", "OU=p1,DC=contoso,DC=com", "OU=p2,DC=contoso,DC=com"})
      world.add_container(place);
    for (size_t i = 0; i < count; ++i) {
      const std::string number = std::to_string(i);
      environments.push_back(environment("env" + number, {group("G" + number)}, {account("A" + number)}));
      accounts(i).spec.path = fakes::dn("OU=p" + number + ",DC=contoso,DC=com");
      groups(i).spec.path = accounts(i).spec.path;
    }
    run.options.prune = true;
    run.options.allow_deletes = 9;
  }

  model::Declaration<model::Gmsa>& accounts(size_t i) { return environments[i].accounts.at(0); }
  model::Declaration<model::HostGroup>& groups(size_t i) { return environments[i].host_groups.at(0); }
  void give_spn(size_t i, std::string text) {
    accounts(i).spec.service_principal_names.push_back({std::move(text), {}});
  }

  void apply(size_t i) {
    fakes::NoEvents events;
    const auto plan =
        plan::make_plan(environments[i], world.observe(environments[i], events).value(), run.options);
    ASSERT_FALSE(has_errors(plan.diagnostics)) << plan.diagnostics[0].detail;
    for (const auto& change : plan.changes) {
      const auto result = world.apply(change);
      ASSERT_EQ(result.outcome, Outcome::applied) << (result.error ? result.error->message : "");
    }
  }
  void bring_about() {
    run.plan();
    ASSERT_FALSE(run.refused()) << run.errors();
    for (size_t i = 0; i < environments.size(); ++i) apply(i);
  }
  /// Every error says that something is handed over.
  std::vector<std::string> hints() {
    run.plan();
    std::vector<std::string> hints;
    for (const auto& plan : run.plans)
      for (const auto& one : plan.diagnostics) {
        if (one.severity != Severity::error) continue;
        EXPECT_EQ(one.code, "GMSA0279") << one.detail;
        hints.push_back(one.hint);
      }
    return hints;
  }
};

using Edit = std::function<void(Estate&)>;

struct Handed {
  std::string what;
  Edit before;
  Edit after;
};

std::string sam(size_t i) { return "s" + std::to_string(i); }

std::vector<Handed> handed_over() {
  return {
      {"an SPN", [](Estate& e) { e.give_spn(0, "MSSQLSvc/db"); },
       [](Estate& e) {
         e.accounts(0).spec.service_principal_names.pop_back();
         e.give_spn(1, "MSSQLSvc/db");
       }},
      {"a service by another class", [](Estate& e) { e.give_spn(0, "http/web"); },
       [](Estate& e) {
         e.accounts(0).spec.service_principal_names.pop_back();
         e.give_spn(1, "host/web");
       }},
      {"an account's name", [](Estate& e) { e.accounts(0).spec.sam_account_name = "x"; },
       [](Estate& e) {
         e.accounts(0).spec.sam_account_name = "z";
         e.accounts(1).spec.sam_account_name = "x";
       }},
      {"a group's name", [](Estate& e) { e.groups(0).spec.sam_account_name = "x"; },
       [](Estate& e) {
         e.groups(0).spec.sam_account_name = "z";
         e.groups(1).spec.sam_account_name = "X";
       }},
      {"a group's common name",
       [](Estate& e) {
         e.groups(0).spec.common_name = "x";
         e.groups(1).spec.path = e.groups(0).spec.path;
       },
       [](Estate& e) {
         e.groups(0).spec.common_name = "z";
         e.groups(1).spec.common_name = "x";
       }},
      {"a place", [](Estate& e) { e.groups(0).spec.common_name = e.groups(1).spec.common_name = "x"; },
       [](Estate& e) {
         e.groups(1).spec.path = e.groups(0).spec.path;
         e.groups(0).spec.path = fakes::dn("OU=p2,DC=contoso,DC=com");
       }},
      {"an account's place taken by a group", [](Estate&) {},
       [](Estate& e) {
         e.groups(1).spec.path = e.accounts(0).spec.path;
         e.groups(1).spec.common_name = "A0";
         e.accounts(0).spec.path = fakes::dn("OU=p2,DC=contoso,DC=com");
       }},
      {"the name of a group that goes", [](Estate& e) { e.groups(0).spec.sam_account_name = "x"; },
       [](Estate& e) {
         e.environments[0].host_groups.clear();
         e.groups(1).spec.sam_account_name = "x";
       }},
      {"the object itself", [](Estate&) {},
       [](Estate& e) {
         e.environments[1].host_groups.push_back(e.groups(0));
         e.environments[0].host_groups.clear();
       }},
  };
}

TEST(Between, what_is_handed_over_is_refused_with_the_order_in_which_it_works) {
  for (const auto& one : handed_over()) {
    SCOPED_TRACE(one.what);
    Estate estate(2);
    one.before(estate);
    estate.bring_about();
    one.after(estate);
    const auto hints = estate.hints();
    ASSERT_FALSE(hints.empty());
    for (const auto& hint : hints) EXPECT_THAT(hint, HasSubstr("Apply environment env0 first"));
    estate.apply(0);
    estate.run.plan();
    EXPECT_FALSE(estate.run.refused()) << estate.run.errors();
    estate.apply(1);
    estate.run.plan();
    for (const auto& plan : estate.run.plans) EXPECT_THAT(actions(plan), IsEmpty());
  }
}

TEST(Between, who_wait_for_each_other_get_no_order_that_does_not_work) {
  const std::vector<Handed> circles = {
      {"accounts swap names",
       [](Estate& e) {
         for (size_t i = 0; i < e.environments.size(); ++i) e.accounts(i).spec.sam_account_name = sam(i);
       },
       [](Estate& e) {
         for (size_t i = 0; i < e.environments.size(); ++i)
           e.accounts(i).spec.sam_account_name = sam((i + 1) % e.environments.size());
       }},
      {"groups swap names",
       [](Estate& e) {
         for (size_t i = 0; i < e.environments.size(); ++i) e.groups(i).spec.sam_account_name = sam(i);
       },
       [](Estate& e) {
         for (size_t i = 0; i < e.environments.size(); ++i)
           e.groups(i).spec.sam_account_name = sam((i + 1) % e.environments.size());
       }},
      {"groups swap common names",
       [](Estate& e) {
         for (size_t i = 0; i < e.environments.size(); ++i) {
           e.groups(i).spec.path = e.groups(0).spec.path;
           e.groups(i).spec.common_name = sam(i);
         }
       },
       [](Estate& e) {
         for (size_t i = 0; i < e.environments.size(); ++i)
           e.groups(i).spec.common_name = sam((i + 1) % e.environments.size());
       }},
      {"SPNs",
       [](Estate& e) {
         for (size_t i = 0; i < e.environments.size(); ++i) e.give_spn(i, "MSSQLSvc/" + sam(i));
       },
       [](Estate& e) {
         for (size_t i = 0; i < e.environments.size(); ++i)
           e.accounts(i).spec.service_principal_names.back().text =
               "MSSQLSvc/" + sam((i + 1) % e.environments.size());
       }},
      {"an SPN one way and a group's name the other",
       [](Estate& e) {
         for (size_t i = 0; i < e.environments.size(); ++i) e.groups(i).spec.sam_account_name = sam(i);
         e.give_spn(0, "MSSQLSvc/db");
       },
       [](Estate& e) {
         e.accounts(0).spec.service_principal_names.pop_back();
         e.give_spn(e.environments.size() - 1, "MSSQLSvc/db");
         for (size_t i = 0; i + 1 < e.environments.size(); ++i)
           e.groups(i).spec.sam_account_name = sam(i + 1);
         e.groups(e.environments.size() - 1).spec.sam_account_name = "free";
       }},
  };
  for (const size_t count : {2U, 3U})
    for (const auto& one : circles) {
      SCOPED_TRACE(one.what + " of " + std::to_string(count));
      Estate estate(count);
      one.before(estate);
      estate.bring_about();
      one.after(estate);
      const auto hints = estate.hints();
      EXPECT_GE(hints.size(), count);
      for (const auto& hint : hints) EXPECT_THAT(hint, HasSubstr("neither can go first"));
    }
}

TEST(Between, a_name_that_two_environments_are_to_have_is_refused) {
  Estate estate(2);
  estate.groups(0).spec.sam_account_name = "same";
  estate.groups(1).spec.sam_account_name = "SAME";
  estate.run.plan();
  EXPECT_THAT(findings(estate.run.plans[1]), ElementsAre("GMSA0278 HostGroup/G1"));
}

TEST(Between, what_another_environment_renames_must_not_be_named_by_its_old_name) {
  Estate estate(2);
  estate.bring_about();
  const auto* live = estate.world.find_group("G0");
  const std::string dn = live->id.dn.text();
  const std::string sid = live->id.sid.text();
  struct Case {
    std::string text;
    model::PrincipalRef::Form form;
    bool by_name;
    bool by_dn;
  };
  for (const auto& one : {Case{"G0", model::PrincipalRef::Form::name, true, false},
                          Case{"CONTOSO\\G0", model::PrincipalRef::Form::qualified, true, false},
                          Case{dn, model::PrincipalRef::Form::dn, false, true},
                          Case{sid, model::PrincipalRef::Form::sid, false, false}}) {
    SCOPED_TRACE(one.text);
    for (const bool renamed : {true, false}) {
      auto wanted = estate.environments;
      Estate next(0);
      next.environments = wanted;
      Together run{estate.world, next.environments};
      auto ref = fakes::named(one.text);
      ref.form = one.form;
      next.accounts(1).spec.principals = {ref};
      auto& group = next.groups(0).spec;
      (renamed ? group.sam_account_name : group.common_name) = "other";
      run.plan();
      const auto found = findings(run.plans[0]);
      const bool refused = std::find(found.begin(), found.end(), "GMSA0287 HostGroup/G0") != found.end();
      EXPECT_EQ(refused, renamed ? one.by_name : one.by_dn) << (renamed ? "renamed" : "moved");
    }
  }
}

TEST(Between, two_controllers_for_one_domain_are_told_of_and_never_both_written_to) {
  const auto judge = [](Estate& estate, std::string second) {
    fakes::NoEvents events;
    std::vector<model::Observations> seen;
    std::vector<model::Plan> plans;
    for (const auto& desired : estate.environments) {
      seen.push_back(estate.world.observe(desired, events).value());
      plans.push_back(plan::make_plan(desired, seen.back(), {}));
    }
    plans[0].server = "dc01.contoso.com";
    plans[1].server = std::move(second);
    std::vector<plan::Member> members;
    for (size_t i = 0; i < plans.size(); ++i)
      members.push_back({"world", &estate.environments[i], &seen[i], &plans[i]});
    plan::check_world(members);
    EXPECT_THAT(findings(plans[0]), IsEmpty());
    return plans[1].diagnostics;
  };
  Estate estate(2);
  EXPECT_THAT(judge(estate, "DC01.contoso.com"), IsEmpty());
  auto found = judge(estate, "dc02.contoso.com");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "GMSA0286");
  EXPECT_EQ(found[0].severity, Severity::error);
  estate.apply(0);
  found = judge(estate, "dc02.contoso.com");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].severity, Severity::warning) << "only one of them is written to";
}

}  // namespace
}  // namespace gmsactl
