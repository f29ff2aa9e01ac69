// What a user may not read, and what moves while it is read: never taken for absent, and nothing is planned
// on it.
#include <sstream>

#include "tests/unit/providers/directory/veiled_world.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using model::Desired;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Unread : public VeiledWorld {};

Desired estate() {
  return desired({group("Hosts", {named("HOST01"), named("HOST02")})},
                 {account("Web", {group_ref("Hosts")})});
}

TEST_F(Unread, who_may_read_everything_sees_no_finding) {
  auto wanted = estate();
  bring_about(wanted);
  auto same = plan_of(veil(), wanted).value();
  EXPECT_THAT(same.changes, IsEmpty());
  EXPECT_THAT(same.diagnostics, IsEmpty());
  wanted.accounts[0].spec.description = "new";  // it is absent so far
  const auto more = plan_of(veil(), wanted).value();
  ASSERT_THAT(more.changes, SizeIs(1));
  EXPECT_THAT(more.unreadable, IsEmpty());
}

TEST_F(Unread, each_attribute_that_is_managed_and_hidden_is_named_and_nothing_is_planned) {
  auto wanted = estate();
  wanted.accounts[0].spec.description = "Web";
  wanted.accounts[0].spec.display_name = "Web";
  wanted.host_groups[0].spec.description = "Hosts";
  bring_about(wanted);
  wanted.accounts[0].spec.dns_host_name = "web2.contoso.com";  // so that there would be changes
  wanted.host_groups[0].spec.members->pop_back();
  ASSERT_THAT(plan_of(veil(), wanted).value().changes, SizeIs(2));
  const auto check = [&](const std::string& dn, const std::string& address, const std::string& attribute) {
    auto veiled = veil();
    veiled->hidden = {{key(dn), fold(attribute)}};
    const auto plan = plan_of(veiled, wanted).value();
    EXPECT_THAT(addresses(plan.unreadable), testing::Contains(address)) << attribute;
    for (const auto& change : plan.changes) EXPECT_NE(model::address(change.id), address) << attribute;
    ASSERT_FALSE(plan.diagnostics.empty()) << attribute;
    EXPECT_THAT(plan.diagnostics.front().detail, HasSubstr(attribute));
    EXPECT_THAT(plan.diagnostics.front().hint, HasSubstr("RP;" + attribute));
    EXPECT_EQ(plan.diagnostics.front().code, "GMSA0209");
  };
  for (const auto* attribute :
       {"sAMAccountName", "dNSHostName", "servicePrincipalName", "msDS-GroupMSAMembership",
        "msDS-ManagedPasswordInterval", "msDS-SupportedEncryptionTypes", "userAccountControl", "description",
        "displayName", "adminDescription", "objectSid"})
    check(web_dn, "GMSA/Web", attribute);
  for (const auto* attribute : {"member", "description", "adminDescription", "groupType"})
    check(hosts_dn, "HostGroup/Hosts", attribute);
}

TEST_F(Unread, an_attribute_that_nobody_manages_does_not_block) {
  const auto wanted = estate();
  bring_about(wanted);
  auto veiled = veil();
  veiled->hidden = {{key(web_dn), "description"}, {key(hosts_dn), "description"}};
  const auto plan = plan_of(veiled, wanted).value();
  EXPECT_THAT(plan.unreadable, IsEmpty());
  EXPECT_THAT(plan.changes, IsEmpty());
}

TEST_F(Unread, whether_an_object_matters_to_the_system_must_be_seen_before_it_is_taken_over) {
  const auto wanted = estate();
  bring_about(wanted);
  for (const auto* attribute : {"isCriticalSystemObject", "adminCount"}) {
    auto veiled = veil();
    veiled->hidden = {{key(web_dn), fold(attribute)}, {key(hosts_dn), fold(attribute)}};
    const auto ours = plan_of(veiled, wanted).value();
    EXPECT_THAT(ours.unreadable, IsEmpty()) << "the marker says that both are ours";
    EXPECT_THAT(ours.changes, IsEmpty());
  }
  plan::Options adopting;
  adopting.adopt = true;
  {
    auto file = ldap::open_ldif(path_).value();
    for (const auto& dn : {web_dn, hosts_dn})
      ASSERT_TRUE(file->modify(dn, {{ldap::ModifyOperation::replace, "adminDescription", {}}}));
    ASSERT_TRUE(file->flush());
  }
  const auto seen = plan_of(veil(), wanted, adopting).value();
  EXPECT_THAT(seen.changes, SizeIs(2)) << "absent is no, where it is seen to be absent";
  EXPECT_THAT(seen.unreadable, IsEmpty());
  for (const auto* attribute : {"isCriticalSystemObject", "adminCount"}) {
    auto veiled = veil();
    veiled->hidden = {{key(web_dn), fold(attribute)}, {key(hosts_dn), fold(attribute)}};
    const auto plan = plan_of(veiled, wanted, adopting).value();
    EXPECT_THAT(plan.changes, IsEmpty()) << attribute;
    EXPECT_THAT(addresses(plan.unreadable), testing::UnorderedElementsAre("HostGroup/Hosts", "GMSA/Web"));
    EXPECT_THAT(plan.diagnostics.front().hint, HasSubstr("RP;" + std::string(attribute)));
  }
}

TEST_F(Unread, what_the_directory_says_of_its_own_objects_counts) {
  const auto wanted = estate();
  bring_about(wanted);
  // A server keeps these itself, so they are put into the file.
  std::stringstream read;
  read << std::ifstream(path_).rdbuf();
  const std::string original = read.str();
  const auto with = [&](const std::map<std::string, std::string>& lines, bool marked) {
    std::string text = original;
    for (const auto& [dn, line] : lines) {
      const auto record = text.find("dn: " + dn + "\n");
      ASSERT_NE(record, std::string::npos);
      const auto marker = text.find("adminDescription:", record);
      if (!marked) text.erase(marker, text.find("\nobject", marker) + 1 - marker);
      text.insert(text.find('\n', record) + 1, line + "\n");
    }
    std::ofstream(path_) << text;
  };
  const auto codes = [](const model::Plan& plan) {
    std::vector<std::string> all;
    for (const auto& one : plan.diagnostics) all.push_back(std::string(one.code) + " " + one.address);
    return all;
  };
  with({{web_dn, "isCriticalSystemObject: FALSE"}, {hosts_dn, "adminCount: 1"}}, true);
  EXPECT_THAT(codes(plan(wanted)), IsEmpty()) << "ours stays ours";
  with({{web_dn, "isCriticalSystemObject: TRUE"}, {hosts_dn, "isCriticalSystemObject: TRUE"}}, true);
  EXPECT_THAT(codes(plan(wanted)),
              testing::UnorderedElementsAre("GMSA0313 HostGroup/Hosts", "GMSA0313 GMSA/Web"));
  plan::Options adopting;
  adopting.adopt = true;
  with({{hosts_dn, "adminCount: 1"}}, false);
  EXPECT_THAT(codes(plan(wanted, adopting)), testing::Contains("GMSA0331 HostGroup/Hosts"));
  with({{hosts_dn, "adminCount: 0"}}, false);
  EXPECT_THAT(codes(plan(wanted, adopting)), IsEmpty());
}

TEST_F(Unread, a_range_of_the_members_is_no_list_of_members) {
  auto wanted = estate();
  bring_about(wanted);
  auto veiled = veil();
  veiled->in_part = {{key(hosts_dn), "member"}};
  const auto plan = plan_of(veiled, wanted).value();
  EXPECT_THAT(addresses(plan.unreadable), ElementsAre("HostGroup/Hosts"));
  EXPECT_THAT(plan.changes, IsEmpty());
}

TEST_F(Unread, what_no_filter_finds_is_found_in_its_place) {
  const auto wanted = estate();
  bring_about(wanted);
  auto veiled = veil();
  veiled->blind = {key(web_dn)};
  const auto plan = plan_of(veiled, wanted).value();
  EXPECT_THAT(addresses(plan.unreadable), ElementsAre("GMSA/Web"));
  EXPECT_THAT(plan.changes, IsEmpty());
  EXPECT_THAT(plan.diagnostics.front().detail, HasSubstr(web_dn + " exists"));
}

TEST_F(Unread, many_places_are_looked_at_by_the_page) {
  auto wanted = desired({}, {account("Web")});
  bring_about(wanted);
  for (int i = 0; i < 40; ++i) wanted.accounts.push_back(account("A" + std::to_string(i)));
  auto veiled = veil();
  veiled->blind = {key(web_dn)};
  const auto plan = plan_of(veiled, wanted).value();
  EXPECT_THAT(addresses(plan.unreadable), ElementsAre("GMSA/Web"));
  EXPECT_THAT(plan.changes, SizeIs(40));
  EXPECT_LT(veiled->searches(), 40u);  // one for each account would be 40 more than the rest takes
}

TEST_F(Unread, nothing_is_missing_from_a_container_that_must_not_be_listed) {
  const auto wanted = estate();
  bring_about(wanted);
  auto veiled = veil();
  veiled->unlisted = {key(accounts_dn)};
  const auto plan = plan_of(veiled, wanted).value();
  EXPECT_THAT(addresses(plan.unreadable), ElementsAre("GMSA/Web"));
  EXPECT_THAT(plan.changes, IsEmpty());
}

TEST_F(Unread, a_place_that_an_unseen_object_takes_is_no_place_to_move_to) {
  auto wanted = estate();
  bring_about(wanted);
  auto veiled = veil();
  veiled->objects.push_back({"CN=Renamed," + groups_dn, {{"objectClass", {"top", "person", "user"}}}});
  veiled->blind = {key("CN=Renamed," + groups_dn)};
  wanted.host_groups[0].spec.common_name = "Renamed";
  const auto plan = plan_of(veiled, wanted).value();
  ASSERT_FALSE(plan.diagnostics.empty());
  EXPECT_EQ(plan.diagnostics.front().code, "GMSA0207");
}

TEST_F(Unread, without_the_permissions_nothing_counts_as_absent) {
  auto wanted = estate();
  bring_about(wanted);
  wanted.accounts[0].spec.description = "new";
  auto veiled = veil();
  veiled->secret = {key(web_dn)};
  const auto plan = plan_of(veiled, wanted).value();
  EXPECT_THAT(addresses(plan.unreadable), ElementsAre("GMSA/Web"));
  EXPECT_THAT(plan.diagnostics.front().detail, HasSubstr("permissions are not readable"));
}

TEST_F(Unread, what_is_declared_no_longer_goes_only_when_all_of_it_was_read) {
  auto wanted = estate();
  bring_about(wanted);
  wanted.accounts.clear();
  plan::Options options;
  options.prune = true;
  ASSERT_THAT(plan_of(veil(), wanted, options).value().changes, SizeIs(1));
  auto veiled = veil();
  veiled->hidden = {{key(web_dn), "displayname"}};
  const auto plan = plan_of(veiled, wanted, options).value();
  EXPECT_THAT(addresses(plan.unreadable), ElementsAre("GMSA/Web"));
  EXPECT_THAT(plan.changes, IsEmpty());
}

TEST_F(Unread, a_server_that_knows_a_part_of_each_object_only_is_refused) {
  const auto wanted = estate();
  bring_about(wanted);
  auto veiled = veil();
  veiled->hidden = {{key("DC=contoso,DC=com"), "pwdproperties"}};
  const auto plan = plan_of(veiled, wanted);
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message, HasSubstr("global catalog"));
}

TEST_F(Unread, keys_that_must_not_be_listed_are_not_missing) {
  auto wanted = estate();
  wanted.environment.create_kds_root_key = true;
  auto veiled = veil();
  const std::string keys =
      "CN=Master Root Keys,CN=Group Key Distribution Service,CN=Services,CN=Configuration,"
      "DC=contoso,DC=com";
  veiled->objects.push_back({keys, {{"objectClass", {"top", "container"}}}});
  veiled->unlisted = {key(keys)};
  const auto plan = plan_of(veiled, wanted).value();
  for (const auto& change : plan.changes) EXPECT_NE(change.id.kind, model::Kind::kds_root_key);
  EXPECT_TRUE(std::any_of(plan.diagnostics.begin(), plan.diagnostics.end(),
                          [](const auto& one) { return one.code == "GMSA0209"; }));
}

TEST_F(Unread, questions_cost_requests_by_batches_and_not_by_objects) {
  auto wanted = desired({}, {});
  for (int i = 0; i < 60; ++i) wanted.accounts.push_back(account("A" + std::to_string(i)));
  bring_about(wanted);
  const auto searches = [&](const Desired& what) {
    auto veiled = veil();
    EXPECT_TRUE(plan_of(veiled, what));
    return veiled->searches();
  };
  const size_t converged = searches(wanted);
  for (auto& one : wanted.accounts) one.spec.description = "new";
  EXPECT_LE(searches(wanted), converged + 4)
      << "who asks, the schema, the permissions, and one for each attribute";
}

TEST_F(Unread, a_reader_whose_sid_is_hidden_is_no_orphan) {
  auto wanted = desired({}, {account("Web", {named("HOST01"), named("HOST02")})});
  bring_about(wanted);
  wanted.accounts[0].spec.keep_orphaned_principals = false;
  wanted.accounts[0].spec.principals.pop_back();
  auto veiled = veil();
  const std::string host = "CN=HOST02,OU=Hosts,DC=contoso,DC=com";
  veiled->hidden = {{key(host), "objectsid"}};
  const auto plan = plan_of(veiled, wanted).value();
  ASSERT_THAT(plan.changes, SizeIs(1));
  EXPECT_THAT(plan.changes[0].fields[0].removed, ElementsAre("HOST02"))
      << "by its name, not as a SID of nobody";
}

// --- one world ---------------------------------------------------------------------------------------------

TEST_F(Unread, what_is_created_while_it_is_read_is_there) {
  const auto wanted = estate();
  bring_about(wanted);
  size_t searches = 0;
  {
    auto veiled = veil();
    ASSERT_TRUE(plan_of(veiled, wanted));
    searches = veiled->searches();
  }
  const auto numbered = [](ldap::Entry& object, int usn) {
    std::erase_if(object.attributes, [](const auto& one) { return one.name.starts_with("uSN"); });
    object.attributes.push_back({"uSNChanged", {std::to_string(usn)}});
    object.attributes.push_back({"uSNCreated", {std::to_string(usn)}});
  };
  for (size_t moment = 1; moment <= searches; ++moment) {
    auto veiled = veil();
    const ldap::Entry web = *veiled->find(web_dn);
    const ldap::Entry hosts = *veiled->find(hosts_dn);
    std::erase_if(veiled->objects, [&](const auto& one) { return one.dn == web.dn || one.dn == hosts.dn; });
    const auto count = [&](int usn) {
      std::erase_if(veiled->root_dse.attributes,
                    [](const auto& one) { return one.name == "highestCommittedUSN"; });
      veiled->root_dse.attributes.push_back({"highestCommittedUSN", {std::to_string(usn)}});
    };
    count(100);
    veiled->before_search = [&](size_t number) {
      if (number != moment) return;
      for (ldap::Entry object : {hosts, web}) {
        numbered(object, object.dn == web.dn ? 102 : 101);
        veiled->objects.push_back(std::move(object));
      }
      count(102);
    };
    const auto plan = plan_of(veiled, wanted);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_THAT(plan->changes, IsEmpty()) << "changed before search " << moment << " of " << searches;
    for (const auto& one : plan->diagnostics) ADD_FAILURE() << moment << ": " << one.detail;
  }
}

TEST_F(Unread, what_does_not_come_to_rest_is_no_plan) {
  const auto wanted = estate();
  bring_about(wanted);
  auto veiled = veil();
  int64_t usn = 100;
  std::erase_if(veiled->root_dse.attributes,
                [](const auto& one) { return one.name == "highestCommittedUSN"; });
  veiled->root_dse.attributes.push_back({"highestCommittedUSN", {"100"}});
  veiled->find(web_dn)->attributes.push_back({"uSNChanged", {"100"}});
  veiled->before_search = [&](size_t number) {
    if (number % 5 != 0) return;
    ++usn;
    for (auto& one : veiled->find(web_dn)->attributes)
      if (one.name == "uSNChanged") one.values = {std::to_string(usn)};
    std::erase_if(veiled->root_dse.attributes,
                  [](const auto& one) { return one.name == "highestCommittedUSN"; });
    veiled->root_dse.attributes.push_back({"highestCommittedUSN", {std::to_string(usn)}});
  };
  const auto plan = plan_of(veiled, wanted);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind, ErrorKind::conflict);
  EXPECT_THAT(plan.error().message, HasSubstr("GMSA/Web"));
}

}  // namespace
}  // namespace gmsactl
