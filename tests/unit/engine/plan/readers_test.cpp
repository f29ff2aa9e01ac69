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

/// [MS-DTYP] 2.4.4.3: 4 bytes of flags and perhaps a GUID before the SID of an object entry; a condition
/// after that of a callback one.
Ace entry(uint8_t type, uint8_t flags, uint32_t mask, const model::Sid& sid,
          const std::string& object_type = {}) {
  std::string body;
  for (int i = 0; i < 4; ++i) body += static_cast<char>(mask >> (8 * i) & 0xFFU);
  if (type == 0x05 || type == 0x06 || type == 0x0B)
    body += std::string{object_type.empty() ? '\0' : '\1', '\0', '\0', '\0'} +
            (object_type.empty() ? "" : model::Guid::parse(object_type).value().encode());
  body += sid.encode();
  if (type == 0x09 || type == 0x0B) body += std::string("artx\0\0\0\0", 8);
  return {type, flags, mask, sid,
          std::string{static_cast<char>(type), static_cast<char>(flags), static_cast<char>(4 + body.size()),
                      '\0'} +
              body};
}

constexpr char password_type[] = "e362ed86-b728-0842-b27d-2dea7a9df218";
constexpr char other_type[] = "bf9679c0-0de6-11d0-a285-00aa003049e2";

TEST(PlanReaders, whatever_may_let_a_stranger_read_is_drift_by_name_and_goes) {
  const struct {
    uint8_t type;
    uint8_t flags;
    uint32_t mask;
    const char* object_type;
    std::string shown;  ///< as removed; empty: it is kept
  } cases[] = {{0x05, 0, 0xF01FF, "", "STRANGER$"},
               {0x05, 0x10, 0x10, "", "STRANGER$"},
               {0x05, 0, 0xF01FF, password_type, "STRANGER$ (object ACE)"},
               {0x09, 0, 0xF01FF, "", "STRANGER$ (conditional ACE)"},
               {0x0B, 0, 0xF01FF, "", "STRANGER$ (conditional ACE)"},
               {0x05, 0x08, 0xF01FF, "", ""},
               {0x05, 0, 0x20, "", ""},
               {0x05, 0, 0xF01FF, other_type, ""},
               {0x06, 0, 0xF01FF, "", ""}};
  for (const auto& one : cases) {
    SCOPED_TRACE("type " + std::to_string(one.type) + " flags " + std::to_string(one.flags) + " mask " +
                 std::to_string(one.mask) + " " + one.object_type);
    FakeWorld world;
    const auto host = world.add_computer("HOST01").principal.id.sid;
    const auto stranger = world.add_computer("STRANGER").principal.id.sid;
    const auto ace = entry(one.type, one.flags, one.mask, stranger, one.object_type);
    auto& live = world.add_account("Web01");
    live.group_msa_membership = descriptor({host}, {ace});
    const auto wanted = desired({}, {account("Web01", {named("HOST01")})});
    const auto plan = plan_for(world, wanted);
    if (one.shown.empty()) {
      EXPECT_TRUE(plan.empty());
      ASSERT_THAT(findings(plan), ElementsAre("GMSA0213 GMSA/Web01"));
      EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr("for STRANGER$"));
      continue;
    }
    ASSERT_THAT(actions(plan), ElementsAre("update GMSA/Web01"));
    EXPECT_THAT(field_of(plan.changes[0], principals).removed, ElementsAre(one.shown));
    EXPECT_THAT(field_of(plan.changes[0], principals).added, IsEmpty());
    EXPECT_THAT(findings(plan), IsEmpty());
    ASSERT_EQ(world.apply(plan.changes[0]).outcome, model::Outcome::applied);
    const auto after =
        model::SecurityDescriptor::decode(world.find_account("Web01")->group_msa_membership.value()).value();
    EXPECT_THAT(after.possible_readers(), ElementsAre(host));
    EXPECT_TRUE(plan_for(world, wanted).empty());
  }
}

TEST(PlanReaders, an_entry_that_may_grant_is_no_grant_for_whom_the_manifest_names) {
  for (const uint8_t type : {uint8_t{0x05}, uint8_t{0x09}}) {
    FakeWorld world;
    const auto host = world.add_computer("HOST01").principal.id.sid;
    const auto ace = entry(type, 0, 0xF01FF, host, type == 0x05 ? password_type : "");
    world.add_account("Web01").group_msa_membership = descriptor({}, {ace});
    const auto wanted = desired({}, {account("Web01", {named("HOST01")})});
    const auto plan = plan_for(world, wanted);
    ASSERT_EQ(plan.changes.size(), 1U);
    EXPECT_THAT(field_of(plan.changes[0], principals).added, ElementsAre("HOST01$"));
    EXPECT_THAT(field_of(plan.changes[0], principals).removed, IsEmpty());
    ASSERT_EQ(world.apply(plan.changes[0]).outcome, model::Outcome::applied);
    const auto again = plan_for(world, wanted);
    EXPECT_TRUE(again.empty());
    EXPECT_THAT(findings(again), ElementsAre("GMSA0213 GMSA/Web01")) << "it stays, and is shown";
  }
}

TEST(PlanReaders, an_object_entry_without_a_type_grants_like_a_plain_one) {
  FakeWorld world;
  const auto host = world.add_computer("HOST01").principal.id.sid;
  world.add_account("Web01").group_msa_membership = descriptor({}, {entry(0x05, 0, 0x10, host)});
  const auto plan = plan_for(world, desired({}, {account("Web01", {named("HOST01")})}));
  EXPECT_TRUE(plan.empty());
  EXPECT_THAT(findings(plan), IsEmpty());
}

TEST(PlanReaders, a_conditional_entry_of_nobody_any_more_is_kept_unless_the_manifest_says_otherwise) {
  FakeWorld world;
  const auto orphan = fakes::sid(9999);
  world.add_account("Web01").group_msa_membership = descriptor({}, {entry(0x09, 0, 0x10, orphan)});
  auto declared = account("Web01");
  EXPECT_THAT(findings(plan_for(world, desired({}, {declared}))),
              testing::UnorderedElementsAre("GMSA0213 GMSA/Web01", "GMSA0214 GMSA/Web01"));
  declared.spec.keep_orphaned_principals = false;
  const auto plan = plan_for(world, desired({}, {declared}));
  ASSERT_EQ(plan.changes.size(), 1U);
  EXPECT_THAT(field_of(plan.changes[0], principals).removed,
              ElementsAre(orphan.text() + " (conditional ACE)"));
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
