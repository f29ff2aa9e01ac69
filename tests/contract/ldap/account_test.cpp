// Group Managed Service Accounts: what the server demands, completes, refuses and changes behind one's back.
#include <algorithm>

#include "engine/model/security_descriptor.h"
#include "engine/model/sid.h"
#include "tests/contract/ldap/contract.h"

namespace gmsactl::contract {
namespace {

using Values = std::vector<std::string>;

TEST_F(Contract, an_account_is_completed_by_the_server) {
  const std::string name = unique("a");
  const std::string dn = add_account(name);
  const Values classes = values(dn, "objectClass");
  for (const char* each :
       {"top", "person", "organizationalPerson", "user", "computer", "msDS-GroupManagedServiceAccount"})
    EXPECT_TRUE(std::ranges::find(classes, each) != classes.end()) << each;
  EXPECT_EQ(value(dn, "sAMAccountName"), name + "$");
  EXPECT_EQ(value(dn, "userAccountControl"), "4096");
  EXPECT_EQ(value(dn, "sAMAccountType"), "805306369");
  EXPECT_EQ(value(dn, "primaryGroupID"), "515");
  EXPECT_EQ(value(dn, "msDS-ManagedPasswordInterval"), "30");
  EXPECT_TRUE(model::Sid::decode(value(dn, "objectSid")));
  EXPECT_EQ(names(unit(), Scope::one_level, "(&(objectClass=computer)(cn=" + name + "))"), Values{name})
      << "an account is a computer too";
}

TEST_F(Contract, an_account_without_an_interval_is_refused) {
  const std::string name = unique("a");
  EXPECT_RESULT(65, directory().add(below_unit(name), account(name, {{"msDS-ManagedPasswordInterval", {}}})));
}

TEST_F(Contract, without_user_account_control_an_account_is_disabled) {
  const std::string name = unique("a");
  EXPECT_EQ(value(add_account(name, {{"userAccountControl", {}}}), "userAccountControl"), "4130");
}

TEST_F(Contract, the_interval_is_set_once) {
  const std::string dn = add_account(unique("a"), {{"msDS-ManagedPasswordInterval", {"15"}}});
  EXPECT_RESULT(19,
                directory().modify(dn, {{ModifyOperation::replace, "msDS-ManagedPasswordInterval", {"30"}}}));
  EXPECT_EQ(value(dn, "msDS-ManagedPasswordInterval"), "15");
}

TEST_F(Contract, an_account_name_is_unique_in_the_domain) {
  const std::string name = unique("a");
  add_account(name);
  EXPECT_REFUSED(already_exists, directory().add(below_unit(unique("a")),
                                                 account(name, {{"dNSHostName", {"other.contoso.com"}}})));
}

TEST_F(Contract, a_dns_host_name_is_not_unique) {
  const std::string shared = unique("h") + ".contoso.com";
  add_account(unique("a"), {{"dNSHostName", {shared}}});
  add_account(unique("a"), {{"dNSHostName", {shared}}});
}

TEST_F(Contract, a_service_principal_name_has_one_holder) {
  const std::string spn = "http/" + unique("w") + ".contoso.com";
  const std::string holder = add_account(unique("a"), {{"servicePrincipalName", {spn}}});
  const std::string name = unique("a");
  EXPECT_RESULT(19, directory().add(below_unit(name), account(name, {{"servicePrincipalName", {spn}}})));
  const std::string other = add_account(unique("a"));
  EXPECT_REFUSED(constraint,
                 directory().modify(other, {{ModifyOperation::add, "servicePrincipalName", {spn}}}));
  std::string upper = spn;
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  EXPECT_REFUSED(constraint,
                 directory().modify(other, {{ModifyOperation::add, "servicePrincipalName", {upper}}}))
      << "in whatever case";
  EXPECT_DONE(directory().modify(holder, {{ModifyOperation::remove, "servicePrincipalName", {upper}}}));
  EXPECT_DONE(directory().modify(other, {{ModifyOperation::add, "servicePrincipalName", {spn}}}));
}

TEST_F(Contract, service_principal_names_compare_and_swap) {
  const std::string one = "http/" + unique("w"), two = "http/" + unique("w");
  const std::string dn = add_account(unique("a"), {{"servicePrincipalName", {one}}});
  EXPECT_RESULT(16, directory().modify(dn, {{ModifyOperation::remove, "servicePrincipalName", {two}}}));
  EXPECT_RESULT(20, directory().modify(dn, {{ModifyOperation::add, "servicePrincipalName", {one}}}));
  EXPECT_DONE(directory().modify(dn, {{ModifyOperation::remove, "servicePrincipalName", {one}},
                                      {ModifyOperation::add, "servicePrincipalName", {two}}}));
  EXPECT_EQ(values(dn, "servicePrincipalName"), Values{two});
}

TEST_F(Contract, a_service_principal_name_has_two_or_three_parts) {
  const std::string dn = add_account(unique("a"));
  for (const char* wrong : {"onlyone", "a/b/c/d"})
    EXPECT_REFUSED(constraint,
                   directory().modify(dn, {{ModifyOperation::add, "servicePrincipalName", {wrong}}}))
        << wrong;
}

TEST_F(Contract, a_changed_dns_host_name_rewrites_service_principal_names) {
  const std::string name = unique("a");
  const std::string old_host = name + ".contoso.com", new_host = name + "n.contoso.com";
  const std::string dn =
      add_account(name, {{"servicePrincipalName", {"host/" + old_host, "http/" + name + "-other"}}});
  EXPECT_DONE(directory().modify(dn, {{ModifyOperation::replace, "dNSHostName", {new_host}}}));
  Values expected{"host/" + new_host, "http/" + name + "-other"};
  std::ranges::sort(expected);
  EXPECT_EQ(values(dn, "servicePrincipalName"), expected);
}

TEST_F(Contract, the_password_readers_are_kept_byte_for_byte) {
  const auto domain_sid = model::Sid::decode(value(domain, "objectSid"));
  ASSERT_TRUE(domain_sid);
  const std::vector<model::Sid> readers{domain_sid->with_rid(515)};
  const std::string descriptor = model::SecurityDescriptor::encode_readers(readers);
  const std::string dn = add_account(unique("a"), {{"msDS-GroupMSAMembership", {descriptor}}});
  EXPECT_EQ(value(dn, "msDS-GroupMSAMembership"), descriptor);
  const std::vector<model::Sid> others{domain_sid->with_rid(516)};
  const std::string wanted = model::SecurityDescriptor::encode_readers(others);
  const std::vector<Modification> swap{{ModifyOperation::remove, "msDS-GroupMSAMembership", {descriptor}},
                                       {ModifyOperation::add, "msDS-GroupMSAMembership", {wanted}}};
  EXPECT_DONE(directory().modify(dn, swap));
  EXPECT_EQ(value(dn, "msDS-GroupMSAMembership"), wanted);
  EXPECT_RESULT(16, directory().modify(dn, swap));
}

TEST_F(Contract, a_group_name_that_an_account_of_the_domain_has_is_refused) {
  const std::string name = unique("g");
  add_group(name);
  EXPECT_REFUSED(already_exists, directory().add(below_unit(unique("g")), {{"objectClass", {"group"}},
                                                                           {"sAMAccountName", {name}},
                                                                           {"groupType", {"-2147483646"}}}));
}

}  // namespace
}  // namespace gmsactl::contract
