// Create, update, move and replace of accounts: which field differs, and that nothing else does.
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using model::Action;
using model::FieldValue;
using model::Gmsa;
using model::GmsaChange;
using model::LiveGmsa;

TEST(Plan, an_absent_account_is_created_with_all_its_fields) {
  FakeWorld world;
  world.add_computer("HOST01");
  auto declared = account("Web01", {fakes::named("HOST01")});
  declared.spec.description = "the web";
  const auto plan = plan_for(world, desired({}, {declared}));
  EXPECT_THAT(actions(plan), ElementsAre("create GMSA/Web01"));
  EXPECT_THAT(findings(plan), IsEmpty());
  const auto& change = plan.changes.front();
  EXPECT_THAT(paths(change),
              ElementsAre("samAccountName", "path", "dnsHostName", "servicePrincipalNames",
                          "principalsAllowedToRetrieveManagedPassword", "managedPasswordIntervalInDays",
                          "kerberosEncryptionTypes", "enabled", "description"));
  for (const auto& field : change.fields) EXPECT_EQ(field.before, FieldValue{}) << field.path;
  EXPECT_EQ(field_of(change, "principalsAllowedToRetrieveManagedPassword").after,
            FieldValue(Texts{"HOST01$"}));
  EXPECT_EQ(change.cause, "new");
  EXPECT_TRUE(change.guid.empty());
  EXPECT_EQ(change.dn.text(), "CN=Web01,CN=Managed Service Accounts,DC=contoso,DC=com");
  const auto& detail = std::get<GmsaChange>(change.detail);
  EXPECT_EQ(detail.user_account_control, 0x1000U);
  EXPECT_EQ(detail.encryption_types, 24U);
  EXPECT_FALSE(detail.live.has_value());
}

TEST(Plan, an_account_that_matches_is_unchanged) {
  FakeWorld world;
  world.add_account("Web01");
  const auto plan = plan_for(world, desired({}, {account("Web01")}));
  EXPECT_TRUE(plan.empty());
  EXPECT_THAT(addresses(plan.unchanged), ElementsAre("GMSA/Web01"));
  EXPECT_THAT(findings(plan), IsEmpty());
}

struct FieldCase {
  std::string_view path;
  void (*declare)(Gmsa&);
  void (*live)(LiveGmsa&);
  FieldValue before;
  FieldValue after;
};

const FieldCase field_cases[] = {
    {"dnsHostName", [](Gmsa& w) { w.dns_host_name = "new.contoso.com"; },
     [](LiveGmsa& l) {
       l.service_principal_names = {"host/Web01", "host/web01.contoso.com"};
     },
     std::string("web01.contoso.com"), std::string("new.contoso.com")},
    {"dnsHostName",
     [](Gmsa&) {},
     [](LiveGmsa& l) { l.dns_host_name.reset(); },
     {},
     std::string("web01.contoso.com")},
    {"servicePrincipalNames",
     [](Gmsa& w) {
       w.service_principal_names.push_back({"MSSQLSvc/db", {}});
     },
     [](LiveGmsa&) {}, Texts{"host/Web01", "host/web01.contoso.com"},
     Texts{"host/Web01", "host/web01.contoso.com", "MSSQLSvc/db"}},
    {"servicePrincipalNames", [](Gmsa& w) { w.service_principal_names.clear(); }, [](LiveGmsa&) {},
     Texts{"host/Web01", "host/web01.contoso.com"}, Texts{}},
    {"kerberosEncryptionTypes", [](Gmsa& w) { w.encryption_types = model::encryption::aes256; },
     [](LiveGmsa&) {}, Texts{"AES128", "AES256"}, Texts{"AES256"}},
    {"kerberosEncryptionTypes", [](Gmsa&) {}, [](LiveGmsa& l) { l.encryption_types = 0x4; }, Texts{"RC4"},
     Texts{"AES128", "AES256"}},
    {"kerberosEncryptionTypes", [](Gmsa&) {}, [](LiveGmsa& l) { l.encryption_types.reset(); }, Texts{},
     Texts{"AES128", "AES256"}},
    {"enabled", [](Gmsa& w) { w.enabled = false; }, [](LiveGmsa&) {}, true, false},
    {"enabled", [](Gmsa&) {}, [](LiveGmsa& l) { l.user_account_control |= 2U; }, false, true},
    {"trustedForDelegation", [](Gmsa& w) { w.trusted_for_delegation = true; }, [](LiveGmsa&) {}, false, true},
    {"trustedToAuthForDelegation", [](Gmsa& w) { w.trusted_to_auth_for_delegation = false; },
     [](LiveGmsa& l) { l.user_account_control |= 0x1000000U; }, true, false},
    {"accountNotDelegated", [](Gmsa& w) { w.account_not_delegated = true; }, [](LiveGmsa&) {}, false, true},
    {"allowedToDelegateTo", [](Gmsa& w) { w.allowed_to_delegate_to = Texts{"cifs/nas"}; }, [](LiveGmsa&) {},
     Texts{}, Texts{"cifs/nas"}},
    {"allowedToDelegateTo", [](Gmsa& w) { w.allowed_to_delegate_to = Texts{}; },
     [](LiveGmsa& l) { l.allowed_to_delegate_to = {"cifs/nas"}; }, Texts{"cifs/nas"}, Texts{}},
    {"description", [](Gmsa& w) { w.description = "new"; }, [](LiveGmsa& l) { l.description = "old"; },
     std::string("old"), std::string("new")},
    {"description",
     [](Gmsa& w) { w.description = ""; },
     [](LiveGmsa& l) { l.description = "old"; },
     std::string("old"),
     {}},
    {"displayName", [](Gmsa& w) { w.display_name = "Web"; }, [](LiveGmsa&) {}, {}, std::string("Web")},
    {"principalsAllowedToRetrieveManagedPassword", [](Gmsa&) {},
     [](LiveGmsa& l) {
       l.group_msa_membership = descriptor({model::Sid{5, {11}}});
     },
     Texts{"S-1-5-11"}, Texts{}},
};

TEST(Plan, every_managed_field_differs_alone) {
  for (const auto& one : field_cases) {
    SCOPED_TRACE(one.path);
    FakeWorld world;
    auto declared = account("Web01");
    one.live(world.add_account("Web01"));
    one.declare(declared.spec);
    const auto plan = plan_for(world, desired({}, {declared}));
    ASSERT_THAT(actions(plan), ElementsAre("update GMSA/Web01"));
    const auto& change = plan.changes.front();
    ASSERT_THAT(paths(change), ElementsAre(one.path));
    EXPECT_EQ(change.fields.front().before, one.before);
    EXPECT_EQ(change.fields.front().after, one.after);
    EXPECT_THAT(change.reasons, testing::Not(IsEmpty()));
    EXPECT_FALSE(change.guid.empty());
  }
}

TEST(Plan, differences_that_mean_nothing_are_no_changes) {
  using Case = std::pair<std::string_view, void (*)(LiveGmsa&)>;
  const Case cases[] = {
      {"SPN order",
       [](LiveGmsa& l) { std::reverse(l.service_principal_names.begin(), l.service_principal_names.end()); }},
      {"SPN case",
       [](LiveGmsa& l) {
         l.service_principal_names = {"HOST/WEB01", "Host/Web01.Contoso.com"};
       }},
      {"sAMAccountName case", [](LiveGmsa& l) { l.sam_account_name = "WEB01$"; }},
      {"dNSHostName case", [](LiveGmsa& l) { l.dns_host_name = "WEB01.CONTOSO.COM"; }},
      {"DN case",
       [](LiveGmsa& l) { l.id.dn = fakes::dn("cn=WEB01, CN=managed service accounts,DC=CONTOSO,DC=com"); }},
      {"unmanaged description", [](LiveGmsa& l) { l.description = "somebody's"; }},
      {"unmanaged displayName", [](LiveGmsa& l) { l.display_name = "somebody's"; }},
      {"unmanaged delegation", [](LiveGmsa& l) { l.user_account_control |= 0x80000U; }},
      {"unmanaged targets", [](LiveGmsa& l) { l.allowed_to_delegate_to = {"cifs/nas"}; }},
      {"higher encryption bits", [](LiveGmsa& l) { l.encryption_types = 24U | 0x40000U; }},
      {"other account control bits", [](LiveGmsa& l) { l.user_account_control |= 0x10000U; }},
      {"a descriptor for nobody", [](LiveGmsa& l) { l.group_msa_membership = descriptor({}); }},
      {"an interval that can't be read", [](LiveGmsa& l) { l.password_interval_days.reset(); }}};
  for (const auto& [what, live] : cases) {
    SCOPED_TRACE(what);
    FakeWorld world;
    live(world.add_account("Web01"));
    EXPECT_THAT(actions(plan_for(world, desired({}, {account("Web01")}))), IsEmpty());
  }
}

TEST(Plan, bits_that_are_not_managed_are_written_back_as_they_are) {
  FakeWorld world;
  auto& live = world.add_account("Web01");
  live.user_account_control |= 0x90000U;
  live.encryption_types = 0x40004;
  auto declared = account("Web01");
  declared.spec.enabled = false;
  const auto plan = plan_for(world, desired({}, {declared}));
  const auto& detail = std::get<GmsaChange>(plan.changes.at(0).detail);
  EXPECT_EQ(detail.user_account_control, 0x91002U);
  EXPECT_EQ(detail.encryption_types, 0x40018U);
}

TEST(Plan, another_container_is_a_move) {
  FakeWorld world;
  world.add_account("Web01");
  world.add_container("OU=Svc,DC=contoso,DC=com");
  auto declared = account("Web01");
  declared.spec.path = fakes::dn("OU=Svc,DC=contoso,DC=com");
  const auto plan = plan_for(world, desired({}, {declared}));
  ASSERT_THAT(actions(plan), ElementsAre("move GMSA/Web01"));
  EXPECT_THAT(paths(plan.changes[0]), ElementsAre("path"));
  EXPECT_EQ(plan.changes[0].dn.text(), "CN=Web01,CN=Managed Service Accounts,DC=contoso,DC=com");
  EXPECT_EQ(std::get<GmsaChange>(plan.changes[0].detail).dn.text(), "CN=Web01,OU=Svc,DC=contoso,DC=com");
}

TEST(Plan, another_common_name_is_a_rename_and_with_a_field_an_update) {
  FakeWorld world;
  auto& live = world.add_account("Web01");
  world.rename(live.id.guid, fakes::dn("CN=Old,CN=Managed Service Accounts,DC=contoso,DC=com"));
  auto declared = account("Web01");
  EXPECT_THAT(actions(plan_for(world, desired({}, {declared}))), ElementsAre("move GMSA/Web01"));
  declared.spec.enabled = false;
  EXPECT_THAT(actions(plan_for(world, desired({}, {declared}))), ElementsAre("update GMSA/Web01"));
}

TEST(Plan, an_account_found_by_its_place_gets_its_new_sam_account_name) {
  FakeWorld world;
  world.add_account("Web01");
  auto declared = account("Web01");
  declared.spec.sam_account_name = "WebNew";
  const auto plan = plan_for(world, desired({}, {declared}));
  ASSERT_THAT(actions(plan), ElementsAre("update GMSA/Web01"));
  EXPECT_THAT(paths(plan.changes[0]), ElementsAre("samAccountName"));
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0210 GMSA/Web01"));
}

TEST(Plan, no_rewriting_is_predicted_for_a_name_whose_drift_is_accepted) {
  FakeWorld world;
  auto wanted = desired({}, {account("Web01")});
  for (const auto& change : plan_for(world, wanted).changes)
    ASSERT_EQ(world.apply(change).outcome, model::Outcome::applied);
  auto& live = *world.find_account("Web01");
  live.dns_host_name = "hand.contoso.com";
  live.service_principal_names = {"host/Web01", "host/hand.contoso.com", "host/web01.contoso.com"};
  wanted.accounts[0].spec.service_principal_names_mode = model::SpnMode::additive;
  plan::Options options;
  options.today = "2026-01-01";
  EXPECT_THAT(findings(plan_for(world, wanted, options)), testing::Contains("GMSA0210 GMSA/Web01"));
  wanted.environment.accepted_drift = {{"GMSA/*", "dnsHostName", "because", "2026-06-30", {}}};
  const auto left = plan_for(world, wanted, options);
  EXPECT_THAT(findings(left), testing::Not(testing::Contains("GMSA0210 GMSA/Web01")));
}

TEST(Plan, the_servers_rewriting_of_spns_is_predicted) {
  FakeWorld world;
  world.add_account("Web01").service_principal_names = {"host/Web01", "host/web01.contoso.com", "http/x:80"};
  auto declared = account("Web01");
  declared.spec.dns_host_name = "shop.contoso.com";
  declared.spec.service_principal_names =
      fakes::located({"host/Web01", "host/shop.contoso.com", "http/x:80"});
  const auto plan = plan_for(world, desired({}, {declared}));
  const std::string rewriting = "host/web01.contoso.com -> host/shop.contoso.com";
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0210 GMSA/Web01"));
  EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr(rewriting));
  EXPECT_THAT(plan.changes[0].reasons, testing::Contains(HasSubstr(rewriting)));
  EXPECT_THAT(field_of(plan.changes[0], "servicePrincipalNames").removed,
              ElementsAre("host/web01.contoso.com"));
}

TEST(Plan, an_interval_that_changed_is_refused_unless_replacing_is_allowed) {
  FakeWorld world;
  auto& live = world.add_account("Web01");
  live.password_interval_days = 10;
  live.user_account_control |= 0x10000U;
  const auto wanted = desired({}, {account("Web01")});
  const auto refused = plan_for(world, wanted);
  EXPECT_THAT(actions(refused), ElementsAre("replace GMSA/Web01"));
  EXPECT_THAT(paths(refused.changes[0]), ElementsAre("managedPasswordIntervalInDays"));
  EXPECT_THAT(findings(refused), ElementsAre("GMSA0301 GMSA/Web01"));
  EXPECT_EQ(refused.diagnostics[0].severity, Severity::error);
  EXPECT_THAT(refused.diagnostics[0].hint, HasSubstr("--allow-replace GMSA/Web01"));

  const auto allowed = plan_for(world, wanted, {{{}, {}, {"GMSA/Web01"}}});
  EXPECT_THAT(actions(allowed), ElementsAre("replace GMSA/Web01"));
  EXPECT_THAT(findings(allowed), IsEmpty());
  const auto& interval = field_of(allowed.changes[0], "managedPasswordIntervalInDays");
  EXPECT_EQ(interval.before, FieldValue(int64_t{10}));
  EXPECT_EQ(interval.after, FieldValue(int64_t{30}));
  EXPECT_EQ(allowed.changes[0].cause, "pending");
  EXPECT_THAT(paths(allowed.changes[0]), ElementsAre("managedPasswordIntervalInDays"))
      << "the rest is as it was";
  EXPECT_EQ(std::get<GmsaChange>(allowed.changes[0].detail).user_account_control, 0x1000U)
      << "a new account's bits";
  EXPECT_FALSE(allowed.changes[0].guid.empty());
}

TEST(Plan, a_replacement_shows_what_the_old_account_had) {
  FakeWorld world;
  auto& live = world.add_account("Web01");
  live.password_interval_days = 10;
  live.description = "old";
  live.service_principal_names.emplace_back("http/old");
  auto declared = account("Web01");
  declared.spec.description = "new";
  const auto plan = plan_for(world, desired({}, {declared}), {{{}, {}, {"GMSA/Web01"}}});
  const auto& change = plan.changes.at(0);
  EXPECT_EQ(field_of(change, "description").before, FieldValue(std::string("old")));
  EXPECT_THAT(field_of(change, "servicePrincipalNames").removed, ElementsAre("http/old"));
  for (const auto& field : change.fields) EXPECT_EQ(field.cause, "pending") << field.path;
}

TEST(Plan, a_replaced_account_keeps_what_the_manifest_leaves_alone) {
  constexpr uint32_t not_delegated = 0x100000;
  for (const auto mode : {model::SpnMode::additive, model::SpnMode::unmanaged}) {
    FakeWorld world;
    auto& live = world.add_account("Web01");
    live.password_interval_days = 10;
    live.service_principal_names = {"http/declared", "MSSQLSvc/a:1433"};
    live.description = "set by hand";
    live.display_name = "by hand";
    live.allowed_to_delegate_to = {"cifs/files"};
    live.user_account_control |= not_delegated;
    auto declared = account("Web01");
    declared.spec.service_principal_names_mode = mode;
    declared.spec.service_principal_names = fakes::located({"http/declared"});
    if (mode == model::SpnMode::unmanaged) declared.spec.service_principal_names.clear();
    const auto wanted = desired({}, {declared});
    const auto plan = plan_for(world, wanted, {{{}, {}, {"GMSA/Web01"}}});
    EXPECT_THAT(findings(plan), IsEmpty());
    ASSERT_THAT(actions(plan), ElementsAre("replace GMSA/Web01"));
    EXPECT_THAT(plan.changes[0].reasons, testing::Contains(HasSubstr("MSSQLSvc/a:1433")));
    ASSERT_EQ(world.apply(plan.changes[0]).outcome, model::Outcome::applied);
    const auto& now = *world.find_account("Web01");
    EXPECT_EQ(now.password_interval_days, 30U);
    EXPECT_THAT(now.service_principal_names, UnorderedElementsAre("http/declared", "MSSQLSvc/a:1433"));
    EXPECT_EQ(now.description, "set by hand");
    EXPECT_EQ(now.display_name, "by hand");
    EXPECT_THAT(now.allowed_to_delegate_to, ElementsAre("cifs/files"));
    EXPECT_EQ(now.user_account_control & not_delegated, not_delegated);
    EXPECT_THAT(actions(plan_for(world, wanted)), IsEmpty());
  }
}

TEST(Plan, an_account_is_not_replaced_while_something_of_it_is_hidden) {
  FakeWorld world;
  auto& live = world.add_account("Web01");
  live.password_interval_days = 10;
  live.unread = {{"description", model::Completeness::hidden, "no right to read it"}};
  const auto plan = plan_for(world, desired({}, {account("Web01")}), {{{}, {}, {"GMSA/Web01"}}});
  EXPECT_THAT(actions(plan), IsEmpty());
  EXPECT_THAT(unreadable(plan), ElementsAre("GMSA/Web01"));
}

TEST(Plan, what_is_protected_is_not_replaced_whoever_says_so) {
  for (const bool in_manifest : {true, false}) {
    FakeWorld world;
    auto& live = world.add_account("Web01");
    live.password_interval_days = 10;
    auto marker = fakes::marker(model::Kind::gmsa, "Web01");
    marker.protect = !in_manifest;
    live.marker = marker.text();
    auto declared = account("Web01");
    declared.protect = in_manifest;
    const auto plan = plan_for(world, desired({}, {declared}), {{{}, {}, {"GMSA/Web01"}}});
    EXPECT_THAT(findings(plan), ElementsAre("GMSA0307 GMSA/Web01"));
  }
}

TEST(Plan, a_replacement_counts_as_a_deletion) {
  FakeWorld world;
  std::vector<model::Declaration<Gmsa>> declared;
  plan::Options options;
  for (const auto* name : {"A", "B", "C", "D"}) {
    world.add_account(name).password_interval_days = 10;
    declared.push_back(account(name));
    options.allow_replace.insert(std::string("GMSA/") + name);
  }
  auto wanted = desired({}, declared);
  EXPECT_THAT(findings(plan_for(world, wanted, options)), ElementsAre("GMSA0308 ")) << "four of four";
  options.allow_deletes = 4;
  EXPECT_THAT(findings(plan_for(world, wanted, options)), IsEmpty());
  options.allow_deletes.reset();
  for (auto& [guid, live] : world.accounts)
    if (live.sam_account_name != "A$") live.password_interval_days = 30;
  EXPECT_THAT(findings(plan_for(world, wanted, options)), IsEmpty()) << "one is named by its address";
  wanted.environment.policy.max_deletes = 0;
  EXPECT_THAT(findings(plan_for(world, wanted, options)), ElementsAre("GMSA0308 "));
}

TEST(Plan, a_live_spn_with_look_alike_characters_is_flagged) {
  FakeWorld world;
  world.add_account("Web01").service_principal_names.emplace_back(
      "host/w\xD0\xB5"
      "b01");
  const auto plan = plan_for(world, desired({}, {account("Web01")}));
  EXPECT_THAT(findings(plan), ElementsAre("GMSA0219 GMSA/Web01"));
}

}  // namespace
}  // namespace gmsactl
