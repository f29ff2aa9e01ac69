#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "engine/model/sid.h"
#include "tests/unit/providers/transport/ldap/ldif_fixture.h"

namespace gmsactl::ldap {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string host1 = "CN=HOST01,OU=Servers,DC=contoso,DC=com";
const std::string host2 = "CN=HOST02,OU=Servers,DC=contoso,DC=com";
const std::string group = "CN=Web Hosts,CN=Users,DC=contoso,DC=com";
const std::string account = "CN=web,CN=Managed Service Accounts,DC=contoso,DC=com";

class LdifWrite : public LdifDirectory {
 protected:
  LdifWrite() { load(small_directory); }

  static std::vector<Attribute> gmsa(const std::string& name) {
    return {{"objectClass", {"msDS-GroupManagedServiceAccount"}},
            {"sAMAccountName", {name + "$"}},
            {"userAccountControl", {"4096"}},
            {"dNSHostName", {name + ".contoso.com"}},
            {"servicePrincipalName", {"host/" + name, "host/" + name + ".contoso.com"}},
            {"msDS-ManagedPasswordInterval", {"30"}}};
  }
  static std::vector<Attribute> without(std::vector<Attribute> all, const std::string& name) {
    std::erase_if(all, [&](const Attribute& attribute) { return attribute.name == name; });
    return all;
  }
  int modify(const std::string& dn, ModifyOperation operation, const std::string& attribute,
             std::vector<std::string> texts) {
    return code(directory().modify(dn, {{operation, attribute, std::move(texts)}}));
  }
};

TEST_F(LdifWrite, a_new_account_gets_what_the_server_sets) {
  ASSERT_EQ(code(directory().add(account, gmsa("web"))), 0);
  EXPECT_EQ(values(account, "objectClass").size(), 6U);
  EXPECT_THAT(values(account, "sAMAccountType"), ElementsAre("805306369"));
  EXPECT_THAT(values(account, "primaryGroupID"), ElementsAre("515"));
  EXPECT_THAT(values(account, "name"), ElementsAre("web"));
  EXPECT_EQ(model::Sid::decode(values(account, "objectSid").at(0))->sub_authorities.back(), 1106U);
  EXPECT_EQ(values(account, "objectGUID").at(0).size(), 16U);
}

TEST_F(LdifWrite, what_a_controller_refuses_of_an_account_is_refused) {
  EXPECT_EQ(code(directory().add(account, without(gmsa("web"), "msDS-ManagedPasswordInterval"))), 65);
  auto no_dollar = gmsa("web");
  no_dollar[1].values = {"web"};
  EXPECT_EQ(code(directory().add(account, no_dollar)), 53);
  auto user = gmsa("web");
  user[2].values = {"512"};
  EXPECT_EQ(code(directory().add(account, user)), 65);
  EXPECT_EQ(code(directory().add("CN=web,OU=Nowhere,DC=contoso,DC=com", gmsa("web"))), 32);
  EXPECT_EQ(code(directory().add(host1, gmsa("web"))), 68);
  EXPECT_EQ(code(directory().add(account, gmsa("host01"))), 68);
  EXPECT_THAT(find("(objectClass=msDS-GroupManagedServiceAccount)"), IsEmpty());
  ASSERT_EQ(code(directory().add(account, without(gmsa("web"), "userAccountControl"))), 0);
  EXPECT_THAT(values(account, "userAccountControl"), ElementsAre("4130"));
}

TEST_F(LdifWrite, no_account_without_a_root_key) {
  load("dn: DC=contoso,DC=com\nobjectClass: domainDNS\n");
  const auto refused = directory().add(account, gmsa("web"));
  ASSERT_EQ(code(refused), 32);
  EXPECT_EQ(refused.error().native->extended, 0x8009000DU);
}

TEST_F(LdifWrite, an_spn_has_one_holder) {
  ASSERT_EQ(code(directory().add(account, gmsa("web"))), 0);
  EXPECT_EQ(modify(host1, ModifyOperation::add, "servicePrincipalName", {"HOST/WEB"}), 19);
  EXPECT_EQ(modify(account, ModifyOperation::add, "servicePrincipalName", {"HOST/WEB"}), 20);
  EXPECT_EQ(modify(account, ModifyOperation::replace, "servicePrincipalName", {"http/a", "HTTP/A"}), 20);
  EXPECT_EQ(modify(account, ModifyOperation::add, "servicePrincipalName", {"nonsense"}), 19);
  EXPECT_EQ(modify(account, ModifyOperation::remove, "servicePrincipalName", {"HOST/WEB"}), 0);
  EXPECT_EQ(modify(host1, ModifyOperation::add, "servicePrincipalName", {"host/web"}), 0);
}

TEST_F(LdifWrite, a_new_host_name_rewrites_spns_even_those_of_the_same_request) {
  ASSERT_EQ(code(directory().add(account, gmsa("web"))), 0);
  ASSERT_EQ(code(directory().modify(
                account, {{ModifyOperation::replace, "dNSHostName", {"www.contoso.com"}},
                          {ModifyOperation::add, "servicePrincipalName", {"http/WEB.contoso.com"}}})),
            0);
  EXPECT_THAT(values(account, "servicePrincipalName"),
              ElementsAre("host/web", "host/www.contoso.com", "http/www.contoso.com"));
  ASSERT_EQ(modify(account, ModifyOperation::replace, "sAMAccountName", {"www$"}), 0);
  EXPECT_THAT(values(account, "servicePrincipalName").at(0), "host/www");
}

TEST_F(LdifWrite, a_request_is_carried_out_whole_or_not_at_all) {
  EXPECT_EQ(code(directory().modify(host1, {{ModifyOperation::replace, "description", {"new"}},
                                            {ModifyOperation::remove, "displayName", {"absent"}}})),
            16);
  EXPECT_THAT(values(host1, "description"), IsEmpty());
}

TEST_F(LdifWrite, deleting_the_seen_value_and_adding_the_wanted_one_is_a_compare_and_swap) {
  ASSERT_EQ(modify(host1, ModifyOperation::add, "displayName", {"one"}), 0);
  const std::vector<Modification> swap{{ModifyOperation::remove, "displayName", {"one"}},
                                       {ModifyOperation::add, "displayName", {"two"}}};
  EXPECT_EQ(code(directory().modify(host1, swap)), 0);
  EXPECT_EQ(code(directory().modify(host1, swap)), 16);
  EXPECT_EQ(modify(host1, ModifyOperation::add, "displayName", {"three"}), 20);
  EXPECT_EQ(modify(host1, ModifyOperation::replace, "displayName", {"a", "b"}), 19);
}

TEST_F(LdifWrite, members_are_objects_that_are_there_once) {
  EXPECT_EQ(modify(group, ModifyOperation::add, "member", {"CN=None,DC=contoso,DC=com"}), 32);
  EXPECT_EQ(modify(group, ModifyOperation::add, "member", {"cn=host01,ou=servers,dc=contoso,dc=com"}), 68);
  EXPECT_EQ(modify(group, ModifyOperation::remove, "member", {host2}), 53);
  EXPECT_EQ(modify(group, ModifyOperation::add, "member", {host2}), 0);
  EXPECT_THAT(values(host2, "memberOf"), ElementsAre(group));
  EXPECT_EQ(modify(group, ModifyOperation::remove, "member", {"CN=host02,OU=servers,DC=contoso,DC=com"}), 0);
  EXPECT_THAT(values(host2, "memberOf"), IsEmpty());
}

TEST_F(LdifWrite, the_servers_own_attributes_are_not_written) {
  EXPECT_EQ(modify(host1, ModifyOperation::replace, "objectSid", {"x"}), 53);
  EXPECT_EQ(modify(host1, ModifyOperation::replace, "memberOf", {group}), 53);
  EXPECT_EQ(modify(host1, ModifyOperation::replace, "objectGUID", {"x"}), 19);
  EXPECT_EQ(modify(host1, ModifyOperation::replace, "whenCreated", {"x"}), 19);
  EXPECT_EQ(modify(host1, ModifyOperation::replace, "cn", {"x"}), 67);
  EXPECT_EQ(modify(host1, ModifyOperation::replace, "noSuchAttribute", {"x"}), 17);
  ASSERT_EQ(code(directory().add(account, gmsa("web"))), 0);
  EXPECT_EQ(modify(account, ModifyOperation::replace, "msDS-ManagedPasswordInterval", {"40"}), 19);
}

TEST_F(LdifWrite, a_group_changes_scope_by_way_of_universal) {
  EXPECT_EQ(modify(group, ModifyOperation::replace, "groupType", {"-2147483644"}), 53);
  EXPECT_EQ(modify(group, ModifyOperation::replace, "groupType", {"-2147483640"}), 0);
  EXPECT_EQ(modify(group, ModifyOperation::replace, "groupType", {"-2147483644"}), 0);
  EXPECT_THAT(values(group, "sAMAccountType"), ElementsAre("536870912"));
}

TEST_F(LdifWrite, references_follow_a_rename_and_go_with_a_deletion) {
  const std::string moved = "CN=HOST09,CN=Computers,DC=contoso,DC=com";
  ASSERT_EQ(code(directory().rename(host1, "CN=HOST09", "CN=Computers,DC=contoso,DC=com")), 0);
  EXPECT_THAT(values(group, "member"), ElementsAre(moved));
  EXPECT_THAT(values(moved, "name"), ElementsAre("HOST09"));
  EXPECT_THAT(find("(cn=HOST01)"), IsEmpty());
  ASSERT_EQ(code(directory().remove(moved)), 0);
  EXPECT_THAT(values(group, "member"), IsEmpty());
}

TEST_F(LdifWrite, a_container_moves_with_what_is_in_it_and_is_not_removed_before_it) {
  EXPECT_EQ(code(directory().remove("OU=Servers,DC=contoso,DC=com")), 66);
  ASSERT_EQ(code(directory().rename("OU=Servers,DC=contoso,DC=com", "OU=Hosts, old", "")), 34);
  ASSERT_EQ(code(directory().rename("OU=Servers,DC=contoso,DC=com", "OU=Hosts", "")), 0);
  EXPECT_THAT(values(group, "member"), ElementsAre("CN=HOST01,OU=Hosts,DC=contoso,DC=com"));
  EXPECT_EQ(code(directory().rename("OU=Hosts,DC=contoso,DC=com", "OU=Hosts", host1)), 32);
  EXPECT_EQ(code(directory().rename("OU=Hosts,DC=contoso,DC=com", "OU=a", "OU=Hosts,DC=contoso,DC=com")), 53);
}

TEST_F(LdifWrite, saving_leaves_unchanged_records_as_they_were) {
  load(small_directory + "\n# the end\n");
  ASSERT_TRUE(directory().flush());
  EXPECT_EQ(file(), small_directory + "\n# the end\n");  // nothing to save
  ASSERT_EQ(modify(host2, ModifyOperation::add, "description", {" leading space"}), 0);
  ASSERT_TRUE(directory().flush());
  EXPECT_THAT(
      file(),
      StartsWith("# The directory of the quickstart\nversion: 1\n\ndn: DC=contoso,DC=com\nobjectClass: "
                 "domainDNS\n"));
  EXPECT_THAT(
      file(),
      HasSubstr("\n# Two hosts\ndn: CN=HOST01,OU=Servers,DC=contoso,DC=com\nobjectClass: computer\n"));
  EXPECT_THAT(file(), HasSubstr("\ndescription:: IGxlYWRpbmcgc3BhY2U=\n"));
  EXPECT_THAT(file(), EndsWith("\n# the end\n"));
  EXPECT_THAT(file(), testing::Not(HasSubstr("CN=Partitions")));
}

TEST_F(LdifWrite, identities_are_written_down_with_the_first_save) {
  const auto sid = values(host2, "objectSid");
  const auto guid = values(host2, "objectGUID");
  ASSERT_EQ(code(directory().remove(host1)), 0);
  ASSERT_TRUE(directory().flush());
  reload();
  EXPECT_EQ(values(host2, "objectSid"), sid);
  EXPECT_EQ(values(host2, "objectGUID"), guid);
  EXPECT_THAT(find("(cn=HOST01)"), IsEmpty());
}

TEST_F(LdifWrite, what_was_saved_loads_again) {
  ASSERT_EQ(code(directory().add(account, gmsa("web"))), 0);
  ASSERT_EQ(code(directory().rename(host1, "CN=HOST09", "")), 0);
  SearchRequest all;
  all.base = "DC=contoso,DC=com";
  const auto before = search_all(directory(), all);
  ASSERT_TRUE(directory().flush());
  ASSERT_TRUE(directory().flush());
  reload();
  auto sorted = [](std::vector<Entry> entries) {
    for (Entry& entry : entries)
      std::sort(entry.attributes.begin(), entry.attributes.end(),
                [](const Attribute& a, const Attribute& b) { return a.name < b.name; });
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.dn < b.dn; });
    return entries;
  };
  EXPECT_EQ(sorted(*search_all(directory(), all)), sorted(*before));
}

TEST_F(LdifWrite, a_file_that_somebody_else_changed_is_not_overwritten) {
  ASSERT_EQ(modify(host1, ModifyOperation::add, "description", {"ours"}), 0);
  const std::string theirs = small_directory + "\n# theirs\n";
  write(theirs);
  const auto saved = directory().flush();
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().kind, ErrorKind::conflict);
  EXPECT_EQ(file(), theirs);
}

TEST_F(LdifWrite, of_two_that_save_at_once_one_wins_and_the_other_knows) {
  auto other = open_ldif(path());
  ASSERT_TRUE(other);
  ASSERT_EQ(modify(host1, ModifyOperation::add, "description", {"ours"}), 0);
  ASSERT_TRUE((*other)->modify(host1, {{ModifyOperation::add, "description", {"theirs"}}}));
  ASSERT_TRUE(directory().flush());
  EXPECT_EQ((*other)->flush().error().kind, ErrorKind::conflict);
  EXPECT_THAT(file(), HasSubstr("description: ours"));
}

TEST_F(LdifWrite, the_files_mode_and_line_ends_stay_and_nothing_is_left_beside_it) {
  load("dn: DC=contoso,DC=com\r\nobjectClass: domainDNS\r\n");
  ASSERT_EQ(::chmod(path().c_str(), 0640), 0);
  ASSERT_EQ(code(directory().add("OU=New,DC=contoso,DC=com", {{"objectClass", {"organizationalUnit"}}})), 0);
  ASSERT_TRUE(directory().flush());
  struct stat info {};
  ASSERT_EQ(::stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0640U);
  EXPECT_THAT(file(), HasSubstr("\r\n\r\ndn: OU=New,DC=contoso,DC=com\r\nobjectClass: top\r\n"));
  EXPECT_EQ(
      std::distance(std::filesystem::directory_iterator(folder()), std::filesystem::directory_iterator{}), 1);
}

}  // namespace
}  // namespace gmsactl::ldap
