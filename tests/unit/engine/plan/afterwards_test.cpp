// Names in manifests mean who has them after the plan: what is renamed, moved or replaced is followed.
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::group;
using fakes::named;
using model::GmsaChange;
using model::GroupChange;

constexpr std::string_view principals = "principalsAllowedToRetrieveManagedPassword";

/// P is called web$ and Q app$; the account Reader and the group Members name web$.
struct Names {
  FakeWorld world;
  model::Identity p, q;
  model::Desired wanted = desired({group("Members", {named("web$")})},
                                  {account("P"), account("Q"), account("Reader", {named("web$")})});

  Names() {
    p = add("P", "web");
    q = add("Q", "app");
    world.add_account("Reader").group_msa_membership = descriptor({p.sid});
    world.add_group("Members").members = {p.dn.text()};
    declare("web", "app");
  }
  model::Identity add(std::string_view name, const std::string& sam) {
    auto& live = world.add_account(name);
    live.sam_account_name = sam + "$";
    live.service_principal_names.clear();
    return live.id;
  }
  void declare(const std::string& of_p, const std::string& of_q) {
    wanted.accounts[0].spec.sam_account_name = of_p;
    wanted.accounts[1].spec.sam_account_name = of_q;
    for (size_t i = 0; i < 2; ++i) wanted.accounts[i].spec.service_principal_names.clear();
  }
};

TEST(PlanAfterwards, a_name_that_changes_hands_takes_its_grants_along) {
  Names names;
  ASSERT_TRUE(plan_for(names.world, names.wanted).empty());
  names.declare("app", "web");
  const auto plan = plan_for(names.world, names.wanted);
  const auto& reader = std::get<GmsaChange>(change_of(plan, "GMSA/Reader").detail);
  ASSERT_EQ(reader.readers.size(), 1U);
  EXPECT_EQ(reader.readers[0].sid, names.q.sid);
  EXPECT_THAT(field_of(change_of(plan, "GMSA/Reader"), principals).removed, ElementsAre("web$"));
  const auto& members = std::get<GroupChange>(change_of(plan, "HostGroup/Members").detail);
  ASSERT_EQ(members.add.size(), 1U);
  EXPECT_EQ(members.add[0].dn, names.q.dn);
  EXPECT_THAT(members.remove, ElementsAre(names.p.dn.text()));
  EXPECT_THAT(findings(plan), testing::Not(testing::Contains(HasSubstr("GMSA0218"))));
}

TEST(PlanAfterwards, the_grant_is_left_out_with_the_name) {
  Names names;
  names.declare("app", "web");
  names.wanted.accounts[1].spec.principals = {named("GONE")};
  EXPECT_THAT(unreadable(plan_for(names.world, names.wanted)),
              UnorderedElementsAre("GMSA/P", "GMSA/Q", "GMSA/Reader", "HostGroup/Members"));
}

TEST(PlanAfterwards, a_name_that_nobody_will_have_is_unknown) {
  Names names;
  names.declare("shop", "app");
  const auto plan = plan_for(names.world, names.wanted);
  EXPECT_THAT(actions(plan), ElementsAre("update GMSA/P"));
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0201 HostGroup/Members", "GMSA0201 GMSA/Reader"));
  EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("GMSA/P, which this plan renames to shop$"));
}

TEST(PlanAfterwards, a_name_that_somebody_will_have_is_known) {
  Names names;
  names.declare("shop", "app");
  names.wanted.accounts[2].spec.principals = {named("shop$")};
  names.wanted.host_groups[0].spec.members = {named("CONTOSO\\shop$")};
  const auto plan = plan_for(names.world, names.wanted);
  EXPECT_THAT(actions(plan), ElementsAre("update GMSA/P"));
  EXPECT_THAT(addresses(plan.unchanged), UnorderedElementsAre("GMSA/Q", "GMSA/Reader", "HostGroup/Members"));
}

TEST(PlanAfterwards, a_dn_means_what_will_stand_there) {
  Names names;
  names.world.add_container("OU=New,DC=contoso,DC=com");
  names.wanted.accounts[0].spec.path = fakes::dn("OU=New,DC=contoso,DC=com");
  names.wanted.accounts[2].spec.principals = {named(names.p.dn.text())};
  names.wanted.host_groups[0].spec.members = {named("CN=P,OU=New,DC=contoso,DC=com")};
  const auto plan = plan_for(names.world, names.wanted);
  EXPECT_THAT(actions(plan), ElementsAre("move GMSA/P"));
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0201 GMSA/Reader"));
  EXPECT_THAT(addresses(plan.unchanged), testing::Contains("HostGroup/Members"));
}

TEST(PlanAfterwards, groups_that_swap_names_are_followed_as_accounts_are) {
  FakeWorld world;
  const auto one = world.add_group("One").id;
  const auto two = world.add_group("Two").id;
  world.add_account("Reader").group_msa_membership = descriptor({one.sid});
  auto wanted = desired({group("One"), group("Two")}, {account("Reader", {named("One")})});
  ASSERT_TRUE(plan_for(world, wanted).empty());
  wanted.host_groups[0].spec.sam_account_name = "Two";
  wanted.host_groups[1].spec.sam_account_name = "One";
  const auto plan = plan_for(world, wanted);
  EXPECT_EQ(std::get<GmsaChange>(change_of(plan, "GMSA/Reader").detail).readers.at(0).sid, two.sid);
}

TEST(PlanAfterwards, an_spn_that_the_server_would_make_a_strangers_is_given_up_first) {
  FakeWorld world;
  world.add_account("Web01").service_principal_names = {"foo/web01.contoso.com"};
  world.add_object("STRANGER$", "CN=STRANGER,OU=Hosts,DC=contoso,DC=com", "computer")
      .service_principal_names = {"foo/shop.contoso.com"};
  auto wanted = desired({}, {account("Web01")});
  auto& spec = wanted.accounts[0].spec;
  spec.dns_host_name = "shop.contoso.com";
  spec.service_principal_names.clear();
  auto plan = plan_for(world, wanted);
  ASSERT_EQ(change_of(plan, "GMSA/Web01").set_aside.size(), 1U);
  EXPECT_THAT(change_of(plan, "GMSA/Web01").set_aside[0].service_principal_names,
              ElementsAre("foo/web01.contoso.com"));

  spec.service_principal_names_mode = model::SpnMode::unmanaged;
  plan = plan_for(world, wanted);
  EXPECT_THAT(findings(plan), testing::Contains("GMSA0205 GMSA/Web01"));
}

struct Replacing : Names {
  plan::Options options;

  Replacing() {
    world.find_account("web")->password_interval_days = 60;
    options.allow_replace = {"GMSA/P"};
    wanted.environment.policy.max_delete_percent = 100;
  }
};

TEST(PlanAfterwards, who_names_a_replaced_account_is_written_after_it) {
  Replacing names;
  const auto plan = plan_for(names.world, names.wanted, names.options);
  EXPECT_THAT(actions(plan), ElementsAre("replace GMSA/P", "update HostGroup/Members", "update GMSA/Reader"));
  EXPECT_THAT(findings(plan), IsEmpty());
  const auto& reader = change_of(plan, "GMSA/Reader");
  EXPECT_THAT(addresses(reader.requires_), ElementsAre("GMSA/P"));
  EXPECT_TRUE(std::get<GmsaChange>(reader.detail).readers.at(0).sid.empty());
  EXPECT_THAT(field_of(reader, principals).added, ElementsAre("web$ (replaced)"));
  const auto& members = change_of(plan, "HostGroup/Members");
  EXPECT_THAT(addresses(members.requires_), ElementsAre("GMSA/P"));
  EXPECT_EQ(std::get<GroupChange>(members.detail).add.at(0).dn, names.p.dn);
  EXPECT_THAT(std::get<GroupChange>(members.detail).remove, IsEmpty());
  EXPECT_THAT(field_of(members, "members").removed, ElementsAre("web$"));
}

TEST(PlanAfterwards, the_sid_of_a_replaced_account_will_be_nobodys) {
  Replacing names;
  names.wanted.accounts[2].spec.principals = {named(names.p.sid.text())};
  names.wanted.host_groups.clear();
  const auto plan = plan_for(names.world, names.wanted, names.options);
  EXPECT_THAT(findings(plan), testing::Contains("GMSA0201 GMSA/Reader"));
  EXPECT_THAT(unreadable(plan), testing::Contains("GMSA/Reader"));
}

TEST(PlanAfterwards, an_account_that_reads_its_own_password_is_not_replaced) {
  Replacing names;
  names.wanted.accounts[0].spec.principals = {named("web$")};
  EXPECT_THAT(findings(plan_for(names.world, names.wanted, names.options)),
              testing::Contains("GMSA0218 GMSA/P"));
}

}  // namespace
}  // namespace gmsactl
