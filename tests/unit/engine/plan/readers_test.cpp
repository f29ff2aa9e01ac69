// Who may retrieve a managed password: host groups, orphaned SIDs, entries that are not plain grants.
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using model::Ace;
using model::FieldValue;
using model::GmsaChange;

constexpr std::string_view principals = "principalsAllowedToRetrieveManagedPassword";

TEST(PlanReaders, a_group_of_the_same_plan_goes_first) {
  FakeWorld world;
  const auto plan =
      plan_for(world, desired({group("WebHosts")}, {account("Web01", {group_ref("WebHosts")})}));
  ASSERT_THAT(actions(plan), ElementsAre("create HostGroup/WebHosts", "create GMSA/Web01"));
  EXPECT_THAT(addresses(plan.changes[1].requires_), ElementsAre("HostGroup/WebHosts"));
  EXPECT_EQ(field_of(plan.changes[1], principals).after, FieldValue(Texts{"WebHosts"}));
}

TEST(PlanReaders, an_existing_account_waits_for_a_new_group_too) {
  FakeWorld world;
  world.add_account("Web01");
  const auto plan =
      plan_for(world, desired({group("WebHosts")}, {account("Web01", {group_ref("WebHosts")})}));
  ASSERT_THAT(actions(plan), ElementsAre("create HostGroup/WebHosts", "update GMSA/Web01"));
  EXPECT_THAT(addresses(plan.changes[1].requires_), ElementsAre("HostGroup/WebHosts"));
}

TEST(PlanReaders, the_order_of_entries_is_no_change) {
  FakeWorld world;
  const auto a = world.add_computer("HOST01").principal.id.sid;
  const auto b = world.add_computer("HOST02").principal.id.sid;
  world.add_account("Web01").group_msa_membership =
      model::SecurityDescriptor::encode_readers(std::vector{b, a});
  EXPECT_TRUE(
      plan_for(world, desired({}, {account("Web01", {named("HOST01"), named("HOST02"), named("host01$")})}))
          .empty());
}

TEST(PlanReaders, what_differs_is_added_and_removed_by_name) {
  FakeWorld world;
  world.add_computer("HOST01");
  const auto b = world.add_computer("HOST02").principal.id.sid;
  world.add_account("Web01").group_msa_membership = descriptor({b});
  const auto plan = plan_for(world, desired({}, {account("Web01", {named("HOST01"), named("HOST01$")})}));
  ASSERT_EQ(plan.changes.size(), 1U);
  ASSERT_THAT(paths(plan.changes[0]), ElementsAre(principals));
  EXPECT_THAT(plan.changes[0].fields[0].added, ElementsAre("HOST01$"));
  EXPECT_THAT(plan.changes[0].fields[0].removed, ElementsAre("HOST02$"));
  EXPECT_EQ(plan.changes[0].fields[0].after, FieldValue(Texts{"HOST01$"}));
}

TEST(PlanReaders, a_sid_of_another_domain_is_shown_alike_on_both_sides) {
  FakeWorld world;
  world.add_computer("HOST01");
  const model::Sid foreign = model::Sid::parse("S-1-5-21-7-8-9-1234").value();
  world.add_account("Web01").group_msa_membership = descriptor({foreign});
  const auto plan =
      plan_for(world, desired({}, {account("Web01", {named(foreign.text()), named("HOST01")})}));
  ASSERT_EQ(plan.changes.size(), 1U);
  EXPECT_EQ(plan.changes[0].fields[0].before, FieldValue(Texts{foreign.text()}));
  EXPECT_THAT(plan.changes[0].fields[0].added, ElementsAre("HOST01$"));
  EXPECT_THAT(plan.changes[0].fields[0].removed, IsEmpty());
}

TEST(PlanReaders, a_host_group_that_gets_another_name_stays_the_same_reader) {
  FakeWorld world;
  world.add_computer("HOST01");
  const auto& live = world.add_group("WebHosts");
  world.add_account("Web01").group_msa_membership = descriptor({live.id.sid});
  auto renamed = group("WebHosts");
  renamed.spec.sam_account_name = "ShopHosts";
  const auto plan =
      plan_for(world, desired({renamed}, {account("Web01", {group_ref("WebHosts"), named("HOST01")})}));
  const auto& field = field_of(change_of(plan, "GMSA/Web01"), principals);
  EXPECT_THAT(field.added, ElementsAre("HOST01$"));
  EXPECT_THAT(field.removed, IsEmpty());
}

TEST(PlanReaders, two_principals_of_one_name_are_two) {
  FakeWorld world;
  const auto emea = model::Sid::parse("S-1-5-21-7-8-9-1104").value();
  auto& other = world.add_object("HOST01$", "CN=HOST01,OU=Hosts,DC=emea,DC=contoso,DC=com", "computer");
  other.principal.id.sid = emea;
  const auto own = world.add_computer("HOST01").principal.id.sid;
  world.add_account("Web01").group_msa_membership = descriptor({emea});
  const auto plan = plan_for(world, desired({}, {account("Web01", {named(own.text())})}));
  ASSERT_THAT(actions(plan), ElementsAre("update GMSA/Web01"))
      << "the password goes to another host than declared";
  const auto& field = field_of(plan.changes[0], principals);
  EXPECT_THAT(field.added, ElementsAre(HasSubstr("HOST01$")));
  EXPECT_THAT(field.removed, ElementsAre(HasSubstr("HOST01$")));
  EXPECT_NE(field.added, field.removed) << "a reader of the plan sees which is which";
  world.apply(plan.changes[0]);
  EXPECT_THAT(actions(plan_for(world, desired({}, {account("Web01", {named(own.text())})}))), IsEmpty());
}

TEST(PlanReaders, orphaned_sids_are_shown_and_kept) {
  FakeWorld world;
  const auto orphan = fakes::sid(9999);
  const auto host = world.add_computer("HOST01").principal.id.sid;
  world.add_account("Web01").group_msa_membership = descriptor({orphan, host});
  const auto same = plan_for(world, desired({}, {account("Web01", {named("HOST01")})}));
  EXPECT_TRUE(same.empty());
  EXPECT_THAT(addresses(same.unchanged), ElementsAre("GMSA/Web01"));
  ASSERT_THAT(findings(same), ElementsAre("GMSA0214 GMSA/Web01"));
  EXPECT_EQ(same.diagnostics[0].severity, Severity::warning);
  EXPECT_THAT(same.diagnostics[0].detail, HasSubstr(orphan.text()));

  const auto cleared = plan_for(world, desired({}, {account("Web01")}));
  ASSERT_EQ(cleared.changes.size(), 1U);
  EXPECT_EQ(cleared.changes[0].fields[0].after, FieldValue(Texts{orphan.text()}));
  EXPECT_THAT(std::get<GmsaChange>(cleared.changes[0].detail).kept_orphans, ElementsAre(orphan));
}

TEST(PlanReaders, orphaned_sids_are_removed_where_the_manifest_says_so) {
  FakeWorld world;
  const auto orphan = fakes::sid(9999);
  world.add_account("Web01").group_msa_membership = descriptor({orphan});
  auto declared = account("Web01");
  declared.spec.keep_orphaned_principals = false;
  const auto plan = plan_for(world, desired({}, {declared}));
  ASSERT_EQ(plan.changes.size(), 1U);
  EXPECT_THAT(plan.changes[0].fields[0].removed, ElementsAre(orphan.text()));
  EXPECT_THAT(std::get<GmsaChange>(plan.changes[0].detail).kept_orphans, IsEmpty());
  EXPECT_THAT(findings(plan), IsEmpty());
}

TEST(PlanReaders, well_known_and_foreign_sids_are_never_orphans) {
  FakeWorld world;
  world.add_account("Web01").group_msa_membership =
      descriptor({model::Sid{5, {11}}, model::Sid::parse("S-1-5-21-7-8-9-1234").value()});
  const auto plan = plan_for(world, desired({}, {account("Web01")}));
  ASSERT_EQ(plan.changes.size(), 1U);
  EXPECT_THAT(plan.changes[0].fields[0].removed, ElementsAre("S-1-5-11", "S-1-5-21-7-8-9-1234"));
}

TEST(PlanReaders, an_entry_for_an_object_that_allows_is_said_to_and_its_sid_is_named) {
  FakeWorld world;
  const auto host = world.add_computer("HOST01").principal.id.sid;
  // [MS-DTYP] 2.4.4.3, without an object type: 4 bytes of flags before the SID.
  const auto entry = [](uint8_t type, uint32_t rid) {
    const std::string sid = fakes::sid(rid).encode();
    std::string bytes{static_cast<char>(type), '\0', static_cast<char>(12 + sid.size()), '\0'};
    bytes += std::string("\xFF\x01\x0F\0\0\0\0\0", 8) + sid;
    return Ace{type, 0, 0xF01FF, fakes::sid(rid), bytes};
  };
  world.add_account("Web01").group_msa_membership = descriptor({host}, {entry(5, 5555), entry(6, 6666)});
  const auto same = plan_for(world, desired({}, {account("Web01", {named("HOST01")})}));
  ASSERT_THAT(findings(same), ElementsAre("GMSA0213 GMSA/Web01"));
  const auto& detail = same.diagnostics[0].detail;
  EXPECT_THAT(detail, HasSubstr("1 deny ACE for " + fakes::sid(6666).text() + ", which can take away"));
  EXPECT_THAT(detail, HasSubstr("1 allowing object or callback ACE for " + fakes::sid(5555).text() +
                                ", which can let the password be read without a declaration"));
}

TEST(PlanReaders, deny_entries_are_kept_and_flagged) {
  FakeWorld world;
  const auto host = world.add_computer("HOST01").principal.id.sid;
  const Ace deny{Ace::denied, 0, 0x10, fakes::sid(512), {}};
  world.add_account("Web01").group_msa_membership = descriptor({host}, {deny});
  const auto same = plan_for(world, desired({}, {account("Web01", {named("HOST01")})}));
  EXPECT_TRUE(same.empty());
  ASSERT_THAT(findings(same), ElementsAre("GMSA0213 GMSA/Web01"));
  EXPECT_THAT(same.diagnostics[0].detail, HasSubstr("has 1 deny ACE for"));

  const auto cleared = plan_for(world, desired({}, {account("Web01")}));
  const auto& kept = std::get<GmsaChange>(cleared.changes.at(0).detail).kept_aces;
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].sid, deny.sid);
}

TEST(PlanReaders, a_descriptor_that_does_not_decode_makes_the_account_unreadable) {
  FakeWorld world;
  world.add_account("Web01").group_msa_membership = "not a descriptor";
  const auto plan = plan_for(world, desired({}, {account("Web01")}));
  EXPECT_TRUE(plan.empty());
  EXPECT_THAT(plan.unchanged, IsEmpty());
  EXPECT_THAT(unreadable(plan), ElementsAre("GMSA/Web01"));
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0209 GMSA/Web01"));
}

TEST(PlanReaders, unknown_principals_are_errors_at_their_place) {
  FakeWorld world;
  auto declared = account("Web01", {named("NOBODY")});
  declared.spec.principals[0].where = {"accounts.yaml", 7, 9};
  const auto plan = plan_for(world, desired({}, {declared}));
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0201 GMSA/Web01"));
  EXPECT_EQ(plan.diagnostics[0].where, (SourceRange{"accounts.yaml", 7, 9}));
}

TEST(PlanReaders, twenty_readers_do_not_go_without_a_word) {
  FakeWorld world;
  std::vector<model::Sid> sids;
  std::vector<model::PrincipalRef> refs;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "NODE" + std::to_string(i);
    sids.push_back(world.add_computer(name).principal.id.sid);
    refs.push_back(named(name));
  }
  world.add_account("Web01").group_msa_membership = descriptor(sids);
  auto wanted = desired({}, {account("Web01")});
  const auto none = plan_for(world, wanted);
  EXPECT_THAT(findings(none), ElementsAre("GMSA0327 GMSA/Web01"));
  EXPECT_THAT(none.diagnostics[0].detail, HasSubstr("20 of 20 principals"));
  // As many hosts in a group that may read are as many readers.
  wanted = desired({fakes::group("Nodes", refs)}, {account("Web01", {fakes::group_ref("Nodes")})});
  EXPECT_THAT(findings(plan_for(world, wanted)), IsEmpty());
  refs.resize(15);
  wanted = desired({}, {account("Web01", refs)});
  EXPECT_THAT(findings(plan_for(world, wanted)), IsEmpty()) << "a quarter may go";
  wanted.environment.policy.max_readers_removed_percent = 20;
  EXPECT_THAT(findings(plan_for(world, wanted)), ElementsAre("GMSA0327 GMSA/Web01"));
}

}  // namespace
}  // namespace gmsactl
