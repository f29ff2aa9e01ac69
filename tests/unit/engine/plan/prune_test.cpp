// What is deleted, and all that stands against it.
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::group;
using fakes::group_ref;
using fakes::named;

plan::Options pruning(std::optional<size_t> allowed = std::nullopt) {
  plan::Options options;
  options.prune = true;
  options.allow_deletes = allowed;
  return options;
}

/// `kept` accounts that stay declared, and `dropped` ones that do not.
struct Estate {
  FakeWorld world;
  model::Desired wanted;

  Estate(size_t kept, size_t dropped) {
    std::vector<model::Declaration<model::Gmsa>> accounts;
    for (size_t i = 0; i < kept; ++i) {
      accounts.push_back(account("Kept" + std::to_string(i)));
      world.add_account("Kept" + std::to_string(i));
    }
    for (size_t i = 0; i < dropped; ++i) world.add_account("Dropped" + std::to_string(i));
    wanted = desired({}, std::move(accounts));
  }
};

TEST(Prune, what_is_declared_no_longer_is_reported_and_stays) {
  Estate estate(10, 2);
  const auto plan = plan_for(estate.world, estate.wanted);
  EXPECT_THAT(actions(plan), IsEmpty());
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0305 "));
  EXPECT_EQ(plan.diagnostics[0].severity, Severity::warning);
  EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("GMSA/Dropped0, GMSA/Dropped1"));
}

TEST(Prune, deletes_what_is_ours_when_asked_for) {
  Estate estate(10, 2);
  const auto plan = plan_for(estate.world, estate.wanted, pruning());
  EXPECT_THAT(findings(plan), IsEmpty());
  EXPECT_THAT(actions(plan), ElementsAre("delete GMSA/Dropped0", "delete GMSA/Dropped1"));
  const auto& change = plan.changes[0];
  EXPECT_EQ(change.guid, estate.world.find_account("Dropped0")->id.guid);
  EXPECT_EQ(field_of(change, "samAccountName").before, model::FieldValue(std::string("Dropped0$")));
  EXPECT_EQ(field_of(change, "samAccountName").after, model::FieldValue());
  const auto marker = model::Marker::parse(std::get<model::RemovalChange>(change.detail).marker);
  EXPECT_TRUE(marker->deleting);
  EXPECT_EQ(estate.world.apply(change).outcome, model::Outcome::applied);
  EXPECT_EQ(estate.world.find_account("Dropped0"), nullptr);
}

TEST(Prune, never_touches_what_is_not_ours) {
  Estate estate(10, 0);
  estate.world.add_account("Unmarked").marker.reset();
  estate.world.add_account("Foreign").marker = "somebody's notes";
  auto theirs = fakes::marker(model::Kind::gmsa, "Theirs");
  theirs.owner = "another team";
  estate.world.add_account("Theirs").marker = theirs.text();
  auto dev = fakes::marker(model::Kind::gmsa, "Dev");
  dev.environment = "dev";
  estate.world.add_account("Dev").marker = dev.text();
  const auto plan = plan_for(estate.world, estate.wanted, pruning());
  EXPECT_THAT(actions(plan), IsEmpty());
  EXPECT_THAT(findings(plan), IsEmpty());
}

TEST(Prune, what_is_excluded_stays_and_a_pattern_that_means_nothing_is_refused) {
  Estate estate(20, 2);
  auto options = pruning();
  options.excludes = options.undeclared_excludes = {"GMSA/*0"};
  auto plan = plan_for(estate.world, estate.wanted, options);
  EXPECT_THAT(findings(plan), IsEmpty());
  EXPECT_THAT(actions(plan), ElementsAre("delete GMSA/Dropped1"));
  options.excludes = options.undeclared_excludes = {"GMSA/Dropped0", "GMSA/Droped1"};
  plan = plan_for(estate.world, estate.wanted, options);
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0306 "));
  EXPECT_THAT(plan.diagnostics[0].detail,
              HasSubstr("--exclude \"GMSA/Droped1\" matches no address of environment test"));
}

TEST(Prune, refuses_an_empty_set_of_manifests) {
  Estate estate(0, 2);
  const auto plan = plan_for(estate.world, estate.wanted, pruning(100));
  EXPECT_THAT(actions(plan), IsEmpty());
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0306 "));
}

TEST(Prune, refuses_a_targeted_run) {
  Estate estate(10, 1);
  auto options = pruning();
  options.targets = {"GMSA/*"};
  const auto plan = plan_for(estate.world, estate.wanted, options);
  EXPECT_THAT(actions(plan), IsEmpty());
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0306 "));
}

TEST(Prune, leaves_out_what_is_excluded) {
  Estate estate(10, 2);
  auto options = pruning();
  options.excludes = {"GMSA/Dropped1"};
  EXPECT_THAT(actions(plan_for(estate.world, estate.wanted, options)), ElementsAre("delete GMSA/Dropped0"));
}

TEST(Prune, refuses_what_was_protected_when_it_was_declared) {
  Estate estate(10, 1);
  auto marker = fakes::marker(model::Kind::gmsa, "Dropped0");
  marker.protect = true;
  estate.world.find_account("Dropped0")->marker = marker.text();
  const auto plan = plan_for(estate.world, estate.wanted, pruning(100));
  EXPECT_THAT(actions(plan), IsEmpty());
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0307 GMSA/Dropped0"));
}

TEST(Prune, more_than_the_number_or_the_share_that_the_policy_allows_is_refused) {
  struct Case {
    size_t kept, dropped;
    std::optional<size_t> allowed;
    bool refused;
  };
  const Case cases[] = {
      {12, 3, {}, false},  // three of fifteen: just the count, just the share
      {100, 4, {}, true},  // too many
      {10, 3, {}, true},   // too large a share
      {100, 4, 4, false},  // allowed
      {1, 3, 3, false},    // both are lifted
      {100, 4, 3, true},   // not so many
      {100, 2, 1, true},   // a limit of one's own counts, too
  };
  for (const auto& each : cases) {
    Estate estate(each.kept, each.dropped);
    const auto plan = plan_for(estate.world, estate.wanted, pruning(each.allowed));
    SCOPED_TRACE(std::to_string(each.dropped) + " of " + std::to_string(each.kept + each.dropped));
    if (each.refused)
      EXPECT_THAT(findings(plan), ElementsAre("GMSA0308 "));
    else
      EXPECT_THAT(findings(plan), IsEmpty());
    EXPECT_EQ(plan.changes.size(), each.dropped);
  }
}

TEST(Prune, the_refusal_names_the_numbers_the_flag_and_the_key) {
  Estate estate(10, 3);
  const auto plan = plan_for(estate.world, estate.wanted, pruning());
  ASSERT_EQ(plan.diagnostics.size(), 1U);
  EXPECT_EQ(plan.diagnostics[0].detail,
            "This plan deletes 3 of 13 managed objects (23 %); policy.maxDeletes is 3 and "
            "policy.maxDeletePercent 20.");
  EXPECT_THAT(plan.diagnostics[0].hint, HasSubstr("--allow-deletes 3"));
  EXPECT_THAT(plan.diagnostics[0].hint, HasSubstr("policy.maxDeletePercent"));
}

TEST(Prune, what_names_an_object_lets_go_of_it_first) {
  FakeWorld world;
  const auto& old = world.add_account("Old");
  world.add_group("Outer").members = {old.id.dn.text()};
  const auto inner = world.add_group("Inner").id;
  world.add_account("Web01").group_msa_membership = descriptor({inner.sid});
  auto wanted = desired({group("Outer")}, {account("Web01")});
  const auto plan = plan_for(world, wanted, pruning(10));
  EXPECT_THAT(findings(plan), IsEmpty());
  EXPECT_THAT(actions(plan), ElementsAre("update HostGroup/Outer", "update GMSA/Web01",
                                         "delete HostGroup/Inner", "delete GMSA/Old"));
  EXPECT_THAT(addresses(change_of(plan, "GMSA/Old").requires_), ElementsAre("HostGroup/Outer"));
  EXPECT_THAT(addresses(change_of(plan, "HostGroup/Inner").requires_), ElementsAre("GMSA/Web01"));
}

TEST(Prune, an_account_goes_before_the_group_that_it_reads_through) {
  FakeWorld world;
  const auto hosts = world.add_group("Hosts").id;
  world.add_account("Old").group_msa_membership = descriptor({hosts.sid});
  const auto plan = plan_for(world, desired({}, {account("Web01")}), pruning(10));
  EXPECT_THAT(addresses(change_of(plan, "HostGroup/Hosts").requires_), ElementsAre("GMSA/Old"));
  EXPECT_THAT(field_of(change_of(plan, "GMSA/Old"), "principalsAllowedToRetrieveManagedPassword").removed,
              ElementsAre("Hosts"));
}

TEST(Prune, an_spn_is_taken_over_from_what_is_deleted) {
  Estate estate(10, 1);
  estate.wanted.accounts[0].spec.service_principal_names.push_back({"host/dropped0.contoso.com", {}});
  const auto plan = plan_for(estate.world, estate.wanted, pruning());
  EXPECT_THAT(findings(plan), IsEmpty());
  EXPECT_THAT(addresses(change_of(plan, "GMSA/Kept0").requires_), ElementsAre("GMSA/Dropped0"));
}

TEST(Prune, a_group_that_is_named_by_its_name_still_is_not_deleted) {
  FakeWorld world;
  world.add_group("Old");
  const auto plan = plan_for(world, desired({}, {account("Web01", {named("Old")})}), pruning(10));
  EXPECT_THAT(findings(plan), testing::Contains("GMSA0310 HostGroup/Old"));
}

TEST(Prune, a_copied_marker_is_no_licence) {
  Estate estate(10, 0);
  auto& copy = estate.world.add_account("Copy");
  copy.marker = fakes::marker(model::Kind::gmsa, "Kept0").text();
  const auto plan = plan_for(estate.world, estate.wanted, pruning());
  EXPECT_THAT(actions(plan), IsEmpty());
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0223 GMSA/Kept0"));
}

TEST(Prune, a_copied_marker_is_none_either_where_the_declared_name_differs_in_case_or_accents) {
  for (const char* copied : {"kEPT0", "K\u00E9pt0"}) {
    Estate estate(10, 0);
    estate.world.add_account("Copy").marker = fakes::marker(model::Kind::gmsa, copied).text();
    const auto plan = plan_for(estate.world, estate.wanted, pruning());
    EXPECT_THAT(actions(plan), IsEmpty());
    EXPECT_THAT(findings(plan), ElementsAre("GMSA0223 GMSA/" + std::string(copied)));
  }
}

TEST(Prune, a_deletion_that_was_begun_is_withdrawn_where_the_object_is_declared_again) {
  FakeWorld world;
  auto marker = fakes::marker(model::Kind::gmsa, "Web01");
  marker.deleting = true;
  world.add_account("Web01").marker = marker.text();
  const auto plan = plan_for(world, desired({}, {account("Web01")}));
  EXPECT_THAT(paths(change_of(plan, "GMSA/Web01")), ElementsAre("deletion"));
}

model::Desired group_of(size_t first, size_t last) {
  std::vector<model::PrincipalRef> members;
  for (size_t i = first; i < last; ++i) members.push_back(named("HOST" + std::to_string(i)));
  return desired({group("Hosts", std::move(members))}, {});
}

struct MembersWorld {
  FakeWorld world;
  MembersWorld() {
    for (size_t i = 0; i < 20; ++i) world.add_computer("HOST" + std::to_string(i));
    for (const auto& change : plan_for(world, group_of(0, 10)).changes)
      EXPECT_EQ(world.apply(change).outcome, model::Outcome::applied);
  }
};

TEST(MembersRemoved, more_than_the_policy_allows_is_refused) {
  MembersWorld few;
  EXPECT_THAT(findings(plan_for(few.world, group_of(0, 7))), IsEmpty()) << "3 of 10";
  const auto refused = plan_for(few.world, group_of(0, 6));
  ASSERT_THAT(findings(refused), ElementsAre("GMSA0309 HostGroup/Hosts"));
  EXPECT_THAT(refused.diagnostics[0].detail, HasSubstr("would lose 4 of 10 members (40 %)"));
  EXPECT_THAT(refused.diagnostics[0].hint, HasSubstr("--allow-deletes 4"));
  plan::Options options;
  options.allow_deletes = 4;
  EXPECT_THAT(findings(plan_for(few.world, group_of(0, 6), options)), IsEmpty());
}

TEST(MembersRemoved, what_somebody_else_added_is_no_loss) {
  MembersWorld crowded;
  for (size_t i = 10; i < 20; ++i)
    crowded.world.find_group("Hosts")->members.push_back("CN=HOST" + std::to_string(i) +
                                                         ",OU=Hosts,DC=contoso,DC=com");
  const auto plan = plan_for(crowded.world, group_of(0, 10));
  EXPECT_THAT(actions(plan), ElementsAre("update HostGroup/Hosts"));
  EXPECT_THAT(findings(plan), IsEmpty());
}

/// Applies what is planned, whatever it says; gives what it planned.
model::Plan apply_as_planned(FakeWorld& world, const model::Desired& wanted,
                             const plan::Options& options = {}) {
  auto plan = plan_for(world, wanted, options);
  for (const auto& change : plan.changes) EXPECT_EQ(world.apply(change).outcome, model::Outcome::applied);
  return plan;
}

model::Desired additive(model::Desired wanted) {
  wanted.host_groups[0].spec.membership = model::Membership::additive;
  return wanted;
}

/// Ten members of which the group's declaration names only the first, since it was taken over as additive.
struct AdditiveWorld : MembersWorld {
  AdditiveWorld() {
    world.find_group("Hosts")->marker.reset();
    plan::Options options;
    options.adopt = true;
    apply_as_planned(world, additive(group_of(0, 1)), options);
  }
};

TEST(MembersRemoved, those_that_an_additive_declaration_kept_are_a_loss_when_it_becomes_exact) {
  for (const size_t declared : {1U, 2U}) {  // the same members, and one that was there already
    AdditiveWorld estate;
    const auto plan = plan_for(estate.world, group_of(0, declared));
    const auto& change = change_of(plan, "HostGroup/Hosts");
    EXPECT_THAT(paths(change), ElementsAre("members", "membership")) << declared;
    EXPECT_EQ(change.cause, model::cause::pending) << "nobody touched the directory: " << declared;
    EXPECT_THAT(findings(plan), ElementsAre("GMSA0276 HostGroup/Hosts", "GMSA0309 HostGroup/Hosts"));
  }
}

TEST(MembersRemoved, a_declared_one_that_somebody_took_away_is_drift_also_where_the_mode_changes) {
  AdditiveWorld estate;
  auto& members = estate.world.find_group("Hosts")->members;
  members.erase(members.begin());
  const auto plan = plan_for(estate.world, group_of(0, 1));
  EXPECT_EQ(field_of(change_of(plan, "HostGroup/Hosts"), "members").cause, model::cause::both);
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0276 HostGroup/Hosts", "GMSA0309 HostGroup/Hosts"));
}

TEST(MembersRemoved, what_others_add_while_they_may_is_a_loss_later) {
  // Exact, additive or not managed for a while, and exact again: by the hash alone it would look like drift.
  auto unmanaged = group_of(0, 1);
  unmanaged.host_groups[0].spec.members.reset();
  for (const auto& meanwhile : {additive(group_of(0, 1)), unmanaged}) {
    FakeWorld world;
    for (size_t i = 0; i < 20; ++i) world.add_computer("HOST" + std::to_string(i));
    apply_as_planned(world, group_of(0, 1));
    const auto noted = apply_as_planned(world, meanwhile);
    ASSERT_THAT(actions(noted), ElementsAre("update HostGroup/Hosts"));
    EXPECT_THAT(paths(noted.changes[0]), ElementsAre("membership"));
    EXPECT_EQ(noted.changes[0].cause, model::cause::pending);
    EXPECT_THAT(actions(plan_for(world, meanwhile)), IsEmpty());
    for (size_t i = 1; i < 20; ++i)
      world.find_group("Hosts")->members.push_back("CN=HOST" + std::to_string(i) +
                                                   ",OU=Hosts,DC=contoso,DC=com");
    const auto plan = plan_for(world, group_of(0, 1));
    EXPECT_EQ(change_of(plan, "HostGroup/Hosts").cause, model::cause::pending);
    EXPECT_THAT(findings(plan), ElementsAre("GMSA0276 HostGroup/Hosts", "GMSA0309 HostGroup/Hosts"));
  }
}

TEST(MembersRemoved, becoming_additive_is_pending) {
  MembersWorld exact;
  const auto plan = plan_for(exact.world, additive(group_of(9, 11)));
  EXPECT_EQ(change_of(plan, "HostGroup/Hosts").cause, model::cause::pending);
  EXPECT_THAT(findings(plan), IsEmpty());
  exact.world.find_group("Hosts")->members.pop_back();
  EXPECT_EQ(
      field_of(change_of(plan_for(exact.world, additive(group_of(0, 10))), "HostGroup/Hosts"), "members")
          .cause,
      model::cause::drift)
      << "somebody removed what was applied";
}

TEST(MembersRemoved, adopting_first_and_applying_then_loses_no_less) {
  MembersWorld estate;
  estate.world.find_group("Hosts")->marker.reset();
  plan::Options adopting;
  adopting.aim = plan::Aim::adopt;
  apply_as_planned(estate.world, group_of(0, 5), adopting);
  const auto plan = plan_for(estate.world, group_of(0, 5));
  EXPECT_EQ(change_of(plan, "HostGroup/Hosts").cause, model::cause::pending);
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0276 HostGroup/Hosts", "GMSA0309 HostGroup/Hosts"));
  // What came after the adoption is known to have come later.
  for (size_t i = 10; i < 20; ++i)
    estate.world.find_group("Hosts")->members.push_back("CN=HOST" + std::to_string(i) +
                                                        ",OU=Hosts,DC=contoso,DC=com");
  const auto later = plan_for(estate.world, group_of(0, 10));
  EXPECT_EQ(change_of(later, "HostGroup/Hosts").cause, model::cause::drift);
  EXPECT_THAT(findings(later), IsEmpty());
}

TEST(MembersRemoved, deleted_hosts_are_no_loss) {
  MembersWorld estate;
  auto readers = group_of(0, 10);
  readers.accounts.push_back(account("Web01", *readers.host_groups[0].spec.members));
  apply_as_planned(estate.world, readers);
  std::erase_if(estate.world.objects, [](const auto& entry) {
    const auto& name = entry.second.principal.sam_account_name;
    return name >= "HOST4$" && name <= "HOST9$";
  });
  auto wanted = group_of(0, 4);
  wanted.host_groups[0].spec.keep_orphaned_members = false;
  wanted.accounts.push_back(account("Web01", *wanted.host_groups[0].spec.members));
  wanted.accounts[0].spec.keep_orphaned_principals = false;
  const auto plan = plan_for(estate.world, wanted);
  EXPECT_THAT(findings(plan), IsEmpty());
  for (const auto* address : {"HostGroup/Hosts", "GMSA/Web01"}) {
    EXPECT_EQ(change_of(plan, address).cause, model::cause::pending) << "nobody changed it";
    EXPECT_EQ(change_of(plan, address).fields[0].removed.size(), 6U);
  }
  // Those that are there still count.
  wanted.host_groups[0].spec.members = {named("HOST0")};
  wanted.accounts[0].spec.principals = {named("HOST0")};
  wanted.environment.policy.max_members_removed_percent = 10;
  wanted.environment.policy.max_readers_removed_percent = 10;
  EXPECT_THAT(findings(plan_for(estate.world, wanted)),
              ElementsAre("GMSA0309 HostGroup/Hosts", "GMSA0327 GMSA/Web01"));
}

TEST(MembersRemoved, a_single_one_may_always_go) {
  FakeWorld world;
  world.add_computer("HOST0");
  for (const auto& change : plan_for(world, group_of(0, 1)).changes)
    ASSERT_EQ(world.apply(change).outcome, model::Outcome::applied);
  EXPECT_THAT(findings(plan_for(world, group_of(0, 0))), IsEmpty());
}

TEST(Rules, each_finds_what_it_is_about_with_the_severity_that_the_environment_gives_it) {
  struct Case {
    model::Rule rule;
    std::string_view code;
    void (*edit)(FakeWorld&, model::Desired&, plan::Options&);
  };
  const Case cases[] = {
      {model::Rule::weak_encryption, "GMSA0321",
       [](FakeWorld&, model::Desired& d, plan::Options&) {
         d.accounts[0].spec.encryption_types |= model::encryption::rc4_hmac;
       }},
      {model::Rule::unconstrained_delegation, "GMSA0322",
       [](FakeWorld&, model::Desired& d, plan::Options&) {
         d.accounts[0].spec.trusted_for_delegation = true;
       }},
      {model::Rule::broad_principal, "GMSA0323",
       [](FakeWorld& world, model::Desired& d, plan::Options&) {
         world.add_object("Domain Computers", "CN=Domain Computers,CN=Users,DC=contoso,DC=com", "group")
             .principal.id.sid = fakes::sid(515);
         d.accounts[0].spec.principals = {named("Domain Computers")};
       }},
      {model::Rule::broad_principal, "GMSA0323",
       [](FakeWorld&, model::Desired& d, plan::Options&) {
         d.accounts[0].spec.principals = {named("S-1-5-11")};
       }},
      {model::Rule::privileged_principal, "GMSA0324",
       [](FakeWorld& world, model::Desired& d, plan::Options&) {
         world.add_object("Domain Admins", "CN=Domain Admins,CN=Users,DC=contoso,DC=com", "group")
             .principal.id.sid = fakes::sid(512);
         d.accounts[0].spec.principals = {named("Domain Admins")};
       }},
      {model::Rule::shared_account, "GMSA0325",
       [](FakeWorld&, model::Desired&, plan::Options& options) { options.shared_accounts["web01"] = "dev"; }},
  };
  for (const auto& each : cases) {
    FakeWorld world;
    auto wanted = desired({}, {account("Web01")});
    plan::Options options;
    each.edit(world, wanted, options);
    auto& severity = wanted.environment.policy.rules[static_cast<size_t>(each.rule)];
    const auto warned = plan_for(world, wanted, options);
    ASSERT_THAT(findings(warned), ElementsAre(std::string(each.code) + " GMSA/Web01"));
    EXPECT_FALSE(has_errors(warned.diagnostics));
    EXPECT_THAT(warned.diagnostics[0].detail,
                HasSubstr("policy.rules." + std::string(model::name(each.rule))));
    severity = model::RuleSeverity::error;
    EXPECT_TRUE(has_errors(plan_for(world, wanted, options).diagnostics));
    severity = model::RuleSeverity::off;
    EXPECT_THAT(findings(plan_for(world, wanted, options)), IsEmpty());
  }
}

}  // namespace
}  // namespace gmsactl
