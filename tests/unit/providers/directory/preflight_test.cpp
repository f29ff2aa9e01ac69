// What stands against a plan besides missing rights, on a controller that answers as it is told to.
#include "providers/directory/preflight.h"

#include "tests/unit/providers/directory/ldif_world.h"

namespace gmsactl {
namespace {

using directory::DsHeuristics;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Grants everything that permissions.h asks about.
class Controller : public ldap::Reader {
 public:
  Result<void> search(const ldap::SearchRequest& request, const ldap::EntrySink& sink) override {
    if (request.base.empty()) {
      ldap::Entry root{"", {{"tokenGroups", {}}}};
      for (const auto& sid : token) root.attributes[0].values.push_back(model::Sid::parse(sid)->encode());
      if (!vendor.empty()) root.attributes.push_back({"vendorName", {vendor}});
      sink(std::move(root));
    } else if (request.base.starts_with("CN=Directory Service,")) {
      EXPECT_THAT(request.filter, HasSubstr("(!(dSHeuristics=*))")) << "hidden must not look like absent";
      if (hidden) return {};
      ldap::Entry settings{request.base, {}};
      if (!heuristics.empty()) settings.attributes.push_back({"dSHeuristics", {heuristics}});
      sink(std::move(settings));
    } else if (request.scope == ldap::Scope::one_level) {
      ++examples_asked_for;
      if (example) sink(ldap::Entry(*example));
    } else if (request.scope == ldap::Scope::base) {
      sink({request.base, {{"allowedChildClassesEffective", {"msDS-GroupManagedServiceAccount", "group"}}}});
    } else {
      for (const auto& guid : objects)
        sink({"CN=x",
              {{"objectGUID", {guid}},
               {"allowedAttributesEffective",
                {"adminDescription", "description", "userAccountControl", "msDS-AllowedToDelegateTo"}}}});
    }
    return {};
  }
  Result<void> watch(const ldap::SearchRequest&, const ldap::EntrySink&, std::stop_token) override {
    return {};
  }
  std::string peer() const override { return name; }
  const ldap::Counters& counters() const override { return none; }

  std::vector<std::string> token = {"S-1-5-11"};
  std::string vendor, heuristics;
  bool hidden = false;
  std::optional<ldap::Entry> example;
  size_t examples_asked_for = 0;
  std::vector<std::string> objects;
  std::string name = "ldap://dc01.contoso.com";
  ldap::Counters none;
};

class Preflight : public LdifWorld {
 protected:
  Diagnostics check(const model::Plan& plan) {
    for (const auto& change : plan.changes)
      if (!change.guid.empty()) controller_.objects.push_back(change.guid.encode());
    auto file = ldap::open_ldif(path_).value();
    return directory::preflight(controller_, ldap::read(*file, "", {}).value(), plan, "adminDescription",
                                Severity::warning)
        .value();
  }
  static std::vector<std::string> codes(const Diagnostics& all) {
    std::vector<std::string> found;
    for (const auto& each : all)
      found.push_back(std::string(name(each.severity)) + " " + std::string(each.code));
    return found;
  }
  model::Plan one_creation() { return plan(fakes::desired({}, {fakes::account("New01")})); }
  /// Of an account that is there, once `edit` has changed its declaration.
  model::Plan change_of(const std::function<void(model::Gmsa&)>& before,
                        const std::function<void(model::Gmsa&)>& edit) {
    auto web = fakes::account("Web01");
    before(web.spec);
    bring_about(fakes::desired({}, {web}));
    edit(web.spec);
    return plan(fakes::desired({}, {web}));
  }

  Controller controller_;
};

// --- dSHeuristics, [MS-ADTS] 6.1.1.2.4.1.2
// --------------------------------------------------------------------

TEST(Heuristics, characters_count_from_one_and_those_that_are_not_there_are_zero) {
  EXPECT_FALSE(DsHeuristics("").permissive_modify());
  EXPECT_FALSE(DsHeuristics("00100000010000000002").permissive_modify());
  EXPECT_TRUE(DsHeuristics("00100000010000000002").list_object_mode());
  EXPECT_TRUE(DsHeuristics("00001").permissive_modify());
  EXPECT_TRUE(DsHeuristics("000000000100000000021").uniqueness_unchecked());
  EXPECT_EQ(DsHeuristics("0000000001000000000200000001").rights_at_add(), '1');
  EXPECT_EQ(DsHeuristics("00000000010000000002000000012").owner_rights_blocked(), '2');
}

TEST_F(Preflight, a_forest_where_modifications_are_permissive_is_refused_plan_or_not) {
  controller_.heuristics = "00001";
  controller_.token = {"S-1-5-32-544"};
  const auto found = check(one_creation());
  ASSERT_THAT(codes(found), ElementsAre("error GMSA0280"));
  EXPECT_THAT(found[0].detail, HasSubstr("dSHeuristics is \"00001\": its 5th character (fLDAPUsePermMod)"));
}

TEST_F(Preflight, checks_that_are_off_are_a_warning_and_list_object_mode_a_note) {
  controller_.heuristics = "001000000100000000021";
  controller_.token = {"S-1-5-32-544"};
  EXPECT_THAT(codes(check(one_creation())), ElementsAre("warning GMSA0281", "note GMSA0282"));
  controller_.heuristics = "0000002";
  EXPECT_THAT(check(one_creation()), IsEmpty()) << "anonymous access is nothing to us";
}

TEST_F(Preflight, what_is_hidden_is_not_taken_for_absent) {
  controller_.hidden = true;
  controller_.token = {"S-1-5-32-544"};
  EXPECT_THAT(codes(check(one_creation())), ElementsAre("warning GMSA0283"));
}

TEST_F(Preflight, a_snapshot_tells_as_well) {
  std::ofstream(path_, std::ios::app)
      << "\ndn: CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,DC=contoso,DC=com\n"
         "objectClass: nTDSService\ndSHeuristics: 00001\n";
  auto file = ldap::open_ldif(path_).value();
  const auto found = directory::preflight(*file, ldap::read(*file, "", {}).value(), one_creation(),
                                          "adminDescription", Severity::error);
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_THAT(codes(*found), ElementsAre("error GMSA0280"));
}

// --- delegation, [MS-ADTS] 3.1.1.5.3.1 and [MS-SAMR] 3.1.1.8.10
// -----------------------------------------------

class Delegation : public Preflight {
 protected:
  static void nothing(model::Gmsa&) {}
};

TEST_F(Delegation, a_bit_that_is_set_takes_a_privilege_unless_an_administrator_asks) {
  const auto plan = change_of(nothing, [](auto& spec) { spec.trusted_for_delegation = true; });
  const auto found = check(plan);
  ASSERT_THAT(codes(found), ElementsAre("warning GMSA0251"));
  EXPECT_EQ(found[0].address, "GMSA/Web01");
  EXPECT_THAT(found[0].detail, HasSubstr("SeEnableDelegationPrivilege"));
  controller_.token.push_back("S-1-5-32-544");
  EXPECT_THAT(check(plan), IsEmpty());
}

TEST_F(Delegation, so_does_a_swap_that_merely_keeps_the_bit) {
  EXPECT_THAT(codes(check(change_of([](auto& spec) { spec.trusted_to_auth_for_delegation = true; },
                                    [](auto& spec) { spec.enabled = false; }))),
              ElementsAre("warning GMSA0251"));
}

TEST_F(Delegation, but_not_one_without_the_bit_or_of_other_attributes) {
  EXPECT_THAT(check(change_of(nothing, [](auto& spec) { spec.enabled = false; })), IsEmpty());
  EXPECT_THAT(check(change_of([](auto& spec) { spec.trusted_for_delegation = true; },
                              [](auto& spec) { spec.description = "text"; })),
              IsEmpty())
      << "userAccountControl is not written";
  EXPECT_THAT(check(change_of([](auto&) {}, [](auto& spec) { spec.trusted_for_delegation = false; })),
              IsEmpty());
}

TEST_F(Delegation, the_attribute_takes_it_whatever_its_values) {
  const auto targets = [](auto& spec) { spec.allowed_to_delegate_to = {{"http/web.contoso.com"}}; };
  EXPECT_THAT(codes(check(change_of(nothing, targets))), ElementsAre("warning GMSA0251"));
  EXPECT_THAT(codes(check(change_of(
                  targets, [](auto& spec) { spec.allowed_to_delegate_to = std::vector<std::string>{}; }))),
              ElementsAre("warning GMSA0251"));
}

TEST_F(Delegation, a_new_account_with_it_needs_the_privilege_as_well) {
  controller_.heuristics = "0000000001000000000200000002";
  auto account = fakes::account("New01");
  account.spec.trusted_for_delegation = true;
  EXPECT_THAT(codes(check(plan(fakes::desired({}, {account})))), ElementsAre("warning GMSA0251"));
}

// --- rights at creation, [MS-ADTS] 3.1.1.5.2.1.1, KB5008383
// ------------------------------------------------------

TEST_F(Preflight, without_an_object_to_go_by_rights_at_creation_are_not_certain) {
  const auto found = check(one_creation());
  ASSERT_THAT(codes(found), ElementsAre("note GMSA0252"));
  EXPECT_THAT(found[0].hint, HasSubstr(":GA;;msDS-GroupManagedServiceAccount\""));
}

TEST_F(Preflight, an_object_of_the_container_shows_what_may_be_written) {
  controller_.example = {
      {"CN=Old01,DC=x",
       {{"allowedAttributesEffective",
         {"adminDescription", "dNSHostName", "servicePrincipalName", "msDS-GroupMSAMembership"}}}}};
  EXPECT_THAT(check(one_creation()), IsEmpty());
  controller_.example = {{"CN=Old01,DC=x", {{"allowedAttributesEffective", {"description"}}}}};
  const auto found = check(one_creation());
  ASSERT_THAT(codes(found), ElementsAre("warning GMSA0252"));
  EXPECT_THAT(found[0].detail, HasSubstr("may not write adminDescription, dNSHostName"));
}

TEST_F(Preflight, where_the_check_is_off_or_does_not_concern_the_user_nothing_is_asked) {
  controller_.heuristics = "0000000001000000000200000002";
  EXPECT_THAT(check(one_creation()), IsEmpty());
  controller_.heuristics.clear();
  controller_.vendor = "Samba Team (https://www.samba.org)";
  EXPECT_THAT(check(one_creation()), IsEmpty());
  EXPECT_EQ(controller_.examples_asked_for, 0U);
  controller_.heuristics = "0000000001000000000200000001";
  EXPECT_THAT(codes(check(one_creation())), ElementsAre("note GMSA0252")) << "Samba can be told to check";
  controller_.token.push_back("S-1-5-32-544");
  EXPECT_THAT(check(one_creation()), IsEmpty());
}

// --- the root key
// ------------------------------------------------------------------------------------------------

TEST_F(Preflight, a_root_key_that_the_forest_wants_otherwise_is_refused_at_plan) {
  std::ofstream(path_)
      << "dn: DC=contoso,DC=com\nobjectClass: domainDNS\n\n"
         "dn: CN=Group Key Distribution Service Server Configuration,CN=Server Configuration,"
         "CN=Group Key Distribution Service,CN=Services,CN=Configuration,DC=contoso,DC=com\n"
         "objectClass: msKds-ProvServerConfiguration\nmsKds-Version: 1\n"
         "msKds-SecretAgreementAlgorithmID: ECDH_P256\n";
  auto wanted = fakes::desired({}, {fakes::account("Web01")});
  wanted.environment.create_kds_root_key = wanted.environment.kds_root_key_effective_immediately = true;
  auto file = ldap::open_ldif(path_).value();
  const auto found = directory::preflight(*file, ldap::read(*file, "", {}).value(), plan(wanted),
                                          "adminDescription", Severity::warning);
  ASSERT_TRUE(found.has_value()) << found.error().message;
  ASSERT_THAT(codes(*found), ElementsAre("error GMSA0284"));
  EXPECT_EQ(found->front().address, "KdsRootKey/contoso.com");
  EXPECT_THAT(found->front().detail, HasSubstr("ECDH_P256"));
  EXPECT_THAT(found->front().hint, HasSubstr("Add-KdsRootKey"));
}

}  // namespace
}  // namespace gmsactl
