// Whose an object is, why it differs, and what its marker says afterwards.
#include "engine/plan/field.h"
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::group;
using fakes::named;
using model::Action;
using model::Marker;

namespace cause = model::cause;

/// Carries a plan without errors out.
void apply_all(FakeWorld& world, const model::Plan& plan) {
  ASSERT_FALSE(has_errors(plan.diagnostics));
  for (const auto& change : plan.changes) {
    const auto result = world.apply(change);
    ASSERT_EQ(result.outcome, model::Outcome::applied) << result.error->message;
  }
}

Marker marker_of(const std::optional<std::string>& text) { return Marker::parse(text.value_or("")).value(); }

/// All that desired, live and last applied can be to each other: absent, x or y.
TEST(Cause, is_told_for_each_of_the_27_combinations) {
  using Value = std::optional<std::string>;
  const Value absent;
  const Value x = "x";
  const Value y = "y";
  struct Case {
    Value desired, live, applied;
    std::string_view expected;
  };
  const Case cases[] = {// Not managed, whatever was.
                        {absent, absent, absent, ""},
                        {absent, absent, x, ""},
                        {absent, absent, y, ""},
                        {absent, x, absent, ""},
                        {absent, x, x, ""},
                        {absent, x, y, ""},
                        {absent, y, absent, ""},
                        {absent, y, x, ""},
                        {absent, y, y, ""},
                        // As declared, however that came about.
                        {x, x, absent, ""},
                        {x, x, x, ""},
                        {x, x, y, ""},
                        {y, y, absent, ""},
                        {y, y, x, ""},
                        {y, y, y, ""},
                        // Never applied: it waits in the manifest.
                        {x, absent, absent, cause::pending},
                        {x, y, absent, cause::pending},
                        {y, absent, absent, cause::pending},
                        {y, x, absent, cause::pending},
                        // Live is what was applied: the manifest changed.
                        {x, y, y, cause::pending},
                        {y, x, x, cause::pending},
                        // Declared is what was applied: somebody changed it, or took it away.
                        {x, absent, x, cause::drift},
                        {x, y, x, cause::drift},
                        {y, absent, y, cause::drift},
                        {y, x, y, cause::drift},
                        // Neither.
                        {x, absent, y, cause::both},
                        {y, absent, x, cause::both}};
  std::set<std::tuple<Value, Value, Value>> seen;
  for (const auto& each : cases) {
    EXPECT_TRUE(seen.insert({each.desired, each.live, each.applied}).second);
    EXPECT_EQ(plan::cause_of(each.desired, each.live, each.applied), each.expected)
        << each.desired.value_or("-") << each.live.value_or("-") << each.applied.value_or("-");
  }
  EXPECT_EQ(seen.size(), 27U);
}

TEST(ValueHash, is_equal_for_what_compares_equal) {
  using List = std::vector<std::string>;
  EXPECT_EQ(plan::value_hash(List{"host/a", "HTTP/b"}, true),
            plan::value_hash(List{"http/B", "HOST/A"}, true));
  EXPECT_NE(plan::value_hash(List{"a", "b"}, true), plan::value_hash(List{"a\nb"}, true));
  EXPECT_NE(plan::value_hash(std::monostate{}, true), plan::value_hash(std::string(), true));
  EXPECT_NE(plan::value_hash(std::string("Text"), false), plan::value_hash(std::string("text"), false));
  EXPECT_EQ(plan::value_hash(true, false).size(), 8U);
}

TEST(Ownership, what_is_created_carries_a_marker_that_says_whose_it_is_and_what_was_applied) {
  FakeWorld world;
  world.add_computer("HOST01");
  auto wanted = desired({group("Hosts", {named("HOST01")})}, {account("Web01")});
  wanted.accounts[0].protect = true;
  const auto plan = plan_for(world, wanted);
  EXPECT_EQ(change_of(plan, "GMSA/Web01").cause, cause::fresh);
  EXPECT_EQ(field_of(change_of(plan, "GMSA/Web01"), "metadata.protect").after, model::FieldValue(true));
  apply_all(world, plan);
  const auto of_account = marker_of(world.find_account("Web01")->marker);
  EXPECT_EQ(of_account.owner, "tests");
  EXPECT_EQ(of_account.environment, "test");
  EXPECT_EQ(model::address(of_account.id), "GMSA/Web01");
  EXPECT_EQ(of_account.generation, 1U);
  EXPECT_TRUE(of_account.protect);
  std::vector<std::string> fields;
  for (const auto& [field, hash] : of_account.applied) fields.push_back(field);
  EXPECT_THAT(fields, ElementsAre("dnsHostName", "enabled", "kerberosEncryptionTypes",
                                  "managedPasswordIntervalInDays", "name", "path",
                                  "principalsAllowedToRetrieveManagedPassword", "samAccountName",
                                  "servicePrincipalNames"));
  EXPECT_FALSE(marker_of(world.find_group("Hosts")->marker).protect);
  EXPECT_THAT(actions(plan_for(world, wanted)), IsEmpty());
}

TEST(Ownership, a_live_edit_is_drift_and_a_manifest_edit_is_pending) {
  FakeWorld world;
  for (const auto* host : {"HOST01", "HOST02", "HOST03"}) world.add_computer(host);
  auto wanted = desired({group("Hosts", {named("HOST01"), named("HOST02")})}, {account("Web01")});
  wanted.accounts[0].spec.description = "as declared";
  apply_all(world, plan_for(world, wanted));

  wanted.accounts[0].spec.encryption_types = model::encryption::aes256;
  auto change = change_of(plan_for(world, wanted), "GMSA/Web01");
  EXPECT_EQ(change.cause, cause::pending);
  world.find_account("Web01")->description = "by hand";
  change = change_of(plan_for(world, wanted), "GMSA/Web01");
  EXPECT_EQ(field_of(change, "description").cause, cause::drift);
  EXPECT_EQ(field_of(change, "kerberosEncryptionTypes").cause, cause::pending);
  EXPECT_EQ(change.cause, cause::both);

  // A host that nobody declares any more is known by its name all the same.
  wanted.host_groups[0].spec.members = {named("HOST01")};
  EXPECT_EQ(change_of(plan_for(world, wanted), "HostGroup/Hosts").cause, cause::pending);
  wanted.host_groups[0].spec.members = {named("HOST01"), named("HOST02")};
  world.find_group("Hosts")->members.push_back("CN=HOST03,OU=Hosts,DC=contoso,DC=com");
  EXPECT_EQ(change_of(plan_for(world, wanted), "HostGroup/Hosts").cause, cause::drift);

  apply_all(world, plan_for(world, wanted));
  EXPECT_EQ(marker_of(world.find_account("Web01")->marker).generation, 2U);
  EXPECT_THAT(actions(plan_for(world, wanted)), IsEmpty());
}

TEST(Ownership, of_an_additive_group_only_the_declared_members_are_compared) {
  FakeWorld world;
  for (const auto* host : {"HOST01", "HOST02", "HOST03"}) world.add_computer(host);
  auto wanted = desired({group("Hosts", {named("HOST01")})}, {});
  wanted.host_groups[0].spec.membership = model::Membership::additive;
  apply_all(world, plan_for(world, wanted));
  world.find_group("Hosts")->members.push_back("CN=HOST03,OU=Hosts,DC=contoso,DC=com");
  EXPECT_THAT(actions(plan_for(world, wanted)), IsEmpty());
  wanted.host_groups[0].spec.members = {named("HOST01"), named("HOST02")};
  EXPECT_EQ(change_of(plan_for(world, wanted), "HostGroup/Hosts").cause, cause::pending);
  apply_all(world, plan_for(world, wanted));
  world.find_group("Hosts")->members.erase(world.find_group("Hosts")->members.begin());
  EXPECT_EQ(change_of(plan_for(world, wanted), "HostGroup/Hosts").cause, cause::drift);
}

TEST(Ownership, a_field_that_leaves_the_manifest_is_released_and_said_to_be) {
  FakeWorld world;
  auto wanted = desired({}, {account("Web01")});
  wanted.accounts[0].spec.description = "as declared";
  apply_all(world, plan_for(world, wanted));
  wanted.accounts[0].spec.description.reset();
  world.find_account("Web01")->description = "by hand";
  const auto plan = plan_for(world, wanted);
  EXPECT_THAT(actions(plan), IsEmpty());
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0221 GMSA/Web01"));
  EXPECT_EQ(plan.diagnostics[0].severity, Severity::note);
  EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("description of GMSA/Web01 is not in the manifest"));
}

TEST(Ownership, what_nobody_manages_is_adopted_only_when_asked_for) {
  FakeWorld world;
  world.add_account("Web01").marker.reset();
  const auto wanted = desired({}, {account("Web01")});
  const auto refused = plan_for(world, wanted);
  EXPECT_THAT(actions(refused), ElementsAre("adopt GMSA/Web01"));
  EXPECT_THAT(findings(refused), ElementsAre("GMSA0303 GMSA/Web01"));
  EXPECT_TRUE(has_errors(refused.diagnostics));

  plan::Options options;
  options.adopt = true;
  world.find_account("Web01")->description = "not managed";
  const auto plan = plan_for(world, wanted, options);
  EXPECT_THAT(paths(change_of(plan, "GMSA/Web01")), ElementsAre("owner"));
  apply_all(world, plan);
  EXPECT_EQ(world.find_account("Web01")->description, "not managed");
  EXPECT_THAT(actions(plan_for(world, wanted)), IsEmpty());
}

TEST(Ownership, adoption_makes_it_as_declared_in_the_same_change) {
  FakeWorld world;
  world.add_group("Hosts").marker.reset();
  auto wanted = desired({group("Hosts")}, {});
  wanted.host_groups[0].spec.description = "new";
  plan::Options options;
  options.adopt = true;
  const auto plan = plan_for(world, wanted, options);
  EXPECT_THAT(actions(plan), ElementsAre("adopt HostGroup/Hosts"));
  EXPECT_THAT(paths(plan.changes[0]), ElementsAre("owner", "description"));
  apply_all(world, plan);
  EXPECT_EQ(world.find_group("Hosts")->description, "new");
}

TEST(Ownership, what_is_somebody_elses_is_refused_even_with_adopt) {
  Marker theirs = fakes::marker(model::Kind::gmsa, "Web01");
  theirs.owner = "another team";
  Marker of_another_environment = fakes::marker(model::Kind::gmsa, "Web01");
  of_another_environment.environment = "dev";
  const std::string texts[] = {theirs.text(), of_another_environment.text(), "Web server of the shop",
                               "gmsactl/1 o=tests e=test n=GMSA/Web01", "gmsactl/2 whatever"};
  for (const auto& text : texts) {
    FakeWorld world;
    world.add_account("Web01").marker = text;
    plan::Options options;
    options.adopt = true;
    auto wanted = desired({}, {account("Web01")});
    wanted.accounts[0].spec.description = "new";
    const auto plan = plan_for(world, wanted, options);
    EXPECT_THAT(actions(plan), IsEmpty()) << text;
    EXPECT_THAT(findings(plan), ElementsAre("GMSA0304 GMSA/Web01")) << text;
  }
}

TEST(Ownership, what_comes_with_the_domain_is_never_ours) {
  const model::Sid sids[] = {fakes::sid(512), fakes::sid(999), {5, {32, 544}}};
  for (const auto& sid : sids)
    for (const bool marked : {false, true}) {
      FakeWorld world;
      auto& live = world.add_group("Hosts");
      live.id.sid = sid;
      if (!marked) live.marker.reset();
      plan::Options options;
      options.adopt = true;
      auto wanted = desired({group("Hosts")}, {});
      wanted.host_groups[0].spec.description = "new";
      const auto plan = plan_for(world, wanted, options);
      EXPECT_THAT(actions(plan), IsEmpty()) << sid.text();
      EXPECT_THAT(findings(plan), ElementsAre("GMSA0313 HostGroup/Hosts"));
      EXPECT_TRUE(has_errors(plan.diagnostics));
      plan::Options adopting;
      adopting.aim = plan::Aim::adopt;
      EXPECT_THAT(findings(plan_for(world, wanted, adopting)), ElementsAre("GMSA0313 HostGroup/Hosts"));
      if (!marked) continue;
      plan::Options pruning;
      pruning.prune = true;
      pruning.allow_deletes = 9;
      const auto pruned = plan_for(world, desired({}, {account("Other")}), pruning);
      EXPECT_THAT(actions(pruned), ElementsAre("create GMSA/Other"));
      EXPECT_THAT(findings(pruned), testing::Contains("GMSA0313 HostGroup/Hosts"));
    }
  FakeWorld world;
  world.add_group("Hosts").id.sid = fakes::sid(1000);
  EXPECT_THAT(findings(plan_for(world, desired({group("Hosts")}, {}))), IsEmpty());
}

TEST(Ownership, an_object_is_known_by_its_marker_whatever_it_was_renamed_to) {
  FakeWorld world;
  const auto wanted = desired({}, {account("Web01")});
  apply_all(world, plan_for(world, wanted));
  auto& live = *world.find_account("Web01");
  live.sam_account_name = "Stolen$";
  live.id.dn = fakes::dn("CN=Stolen,CN=Users,DC=contoso,DC=com");
  const auto plan = plan_for(world, wanted);
  EXPECT_THAT(actions(plan), ElementsAre("update GMSA/Web01"));
  EXPECT_EQ(plan.changes[0].guid, live.id.guid);
  EXPECT_EQ(plan.changes[0].cause, cause::drift);
}

TEST(Ownership, protection_is_noted_in_the_directory) {
  FakeWorld world;
  auto wanted = desired({}, {account("Web01")});
  apply_all(world, plan_for(world, wanted));
  wanted.accounts[0].protect = true;
  const auto plan = plan_for(world, wanted);
  EXPECT_THAT(paths(change_of(plan, "GMSA/Web01")), ElementsAre("metadata.protect"));
  apply_all(world, plan);
  EXPECT_TRUE(marker_of(world.find_account("Web01")->marker).protect);
}

TEST(Ownership, a_declaration_under_another_name_keeps_its_object) {
  FakeWorld world;
  apply_all(world, plan_for(world, desired({}, {account("Web01")})));
  auto renamed = account("Web01");
  renamed.name = "Shop";
  const auto plan = plan_for(world, desired({}, {renamed}));
  EXPECT_THAT(actions(plan), ElementsAre("update GMSA/Shop"));
  EXPECT_THAT(paths(plan.changes[0]), ElementsAre("name", "metadata.name"));
  EXPECT_THAT(findings(plan), IsEmpty());
}

plan::Options aiming(plan::Aim aim, std::vector<std::string> targets = {}) {
  plan::Options options;
  options.aim = aim;
  options.targets = std::move(targets);
  return options;
}

TEST(Adopt, takes_over_what_nobody_manages_and_changes_nothing_else) {
  FakeWorld world;
  world.add_account("Free").description = "made by hand";
  world.find_account("Free")->marker.reset();
  world.add_account("Ours").description = "drifted";
  auto declared = account("Free");
  declared.spec.description = "as declared";
  auto ours = account("Ours");
  ours.spec.description = "as declared";
  const auto wanted = desired({}, {declared, ours, account("Absent")});
  const auto plan = plan_for(world, wanted, aiming(plan::Aim::adopt));
  EXPECT_THAT(findings(plan), IsEmpty());
  ASSERT_THAT(actions(plan), ElementsAre("adopt GMSA/Free")) << "neither created nor brought in line";
  EXPECT_THAT(paths(plan.changes[0]), ElementsAre("owner"));
  apply_all(world, plan);
  EXPECT_EQ(world.find_account("Free")->description, "made by hand");
  EXPECT_EQ(marker_of(world.find_account("Free")->marker).generation, 1U);
  const auto next = plan_for(world, wanted, aiming(plan::Aim::adopt));
  EXPECT_THAT(actions(next), IsEmpty());
  // What it took over counts as applied, so that the manifest is what differs, and nobody is blamed.
  EXPECT_EQ(change_of(plan_for(world, wanted), "GMSA/Free").cause, cause::pending);
}

TEST(Adopt, refuses_what_is_somebody_elses) {
  FakeWorld world;
  auto theirs = fakes::marker(model::Kind::gmsa, "Web01");
  theirs.owner = "another team";
  world.add_account("Web01").marker = theirs.text();
  world.add_account("Notes").marker = "see ticket 4711";
  const auto plan =
      plan_for(world, desired({}, {account("Web01"), account("Notes")}), aiming(plan::Aim::adopt));
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0304 GMSA/Web01", "GMSA0304 GMSA/Notes"));
  EXPECT_THAT(actions(plan), IsEmpty());
}

TEST(Forget, releases_what_is_ours_whether_it_is_declared_or_not) {
  FakeWorld world;
  world.add_account("Web01").description = "stays";
  world.add_group("Hosts");
  world.add_account("Leftover");
  world.add_account("Free").marker.reset();
  const auto wanted = desired({group("Hosts")}, {account("Web01"), account("Free")});
  const auto plan = plan_for(world, wanted, aiming(plan::Aim::forget, {"GMSA/*"}));
  EXPECT_THAT(findings(plan), IsEmpty());
  EXPECT_THAT(actions(plan), UnorderedElementsAre("update GMSA/Web01", "update GMSA/Leftover"));
  for (const auto& change : plan.changes) EXPECT_THAT(paths(change), ElementsAre("owner"));
  apply_all(world, plan);
  EXPECT_FALSE(world.find_account("Web01")->marker);
  EXPECT_FALSE(world.find_account("Leftover")->marker);
  EXPECT_EQ(world.find_account("Web01")->description, "stays");
  EXPECT_TRUE(world.find_group("Hosts")->marker);
}

TEST(Forget, a_name_that_means_nothing_of_ours_is_an_error) {
  FakeWorld world;
  auto theirs = fakes::marker(model::Kind::gmsa, "Theirs");
  theirs.owner = "another team";
  world.add_account("Theirs").marker = theirs.text();
  world.add_account("Web01");
  const auto plan = plan_for(world, desired({}, {account("Web01")}),
                             aiming(plan::Aim::forget, {"GMSA/Web01", "GMSA/Web02", "GMSA/Theirs"}));
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0225 ", "GMSA0225 "));
  EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("has the address GMSA/Web02"));
  EXPECT_THAT(plan.diagnostics[1].detail, HasSubstr("has the address GMSA/Theirs"));
}

TEST(AcceptedDrift, is_left_alone_and_listed_until_its_last_day) {
  FakeWorld world;
  auto wanted = desired({}, {account("Web01")});
  apply_all(world, plan_for(world, wanted));
  wanted.environment.accepted_drift = {
      {"GMSA/Web*", "servicePrincipalNames", "incident 4711", "2026-06-30", {}}};
  auto& live = *world.find_account("Web01");
  live.service_principal_names.emplace_back("http/emergency");
  live.user_account_control |= 2U;

  plan::Options options;
  options.today = "2026-06-30";
  const auto plan = plan_for(world, wanted, options);
  EXPECT_THAT(paths(change_of(plan, "GMSA/Web01")), ElementsAre("enabled"));
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0224 GMSA/Web01"));
  EXPECT_EQ(plan.diagnostics[0].severity, Severity::note);
  apply_all(world, plan);
  EXPECT_THAT(live.service_principal_names, testing::Contains("http/emergency"));

  options.today = "2026-07-01";
  const auto later = plan_for(world, wanted, options);
  EXPECT_THAT(paths(change_of(later, "GMSA/Web01")), ElementsAre("servicePrincipalNames"));
  EXPECT_EQ(change_of(later, "GMSA/Web01").cause, cause::drift);
}

TEST(AcceptedDrift, is_about_live_edits_and_not_about_manifests) {
  FakeWorld world;
  auto wanted = desired({}, {account("Web01")});
  apply_all(world, plan_for(world, wanted));
  wanted.environment.accepted_drift = {{"GMSA/*", "", "because", "2026-06-30", {}}};
  wanted.accounts[0].spec.enabled = false;
  plan::Options options;
  options.today = "2026-01-01";
  EXPECT_THAT(paths(change_of(plan_for(world, wanted, options), "GMSA/Web01")), ElementsAre("enabled"));
}

}  // namespace
}  // namespace gmsactl
