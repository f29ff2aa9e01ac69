#include <gmock/gmock.h>

#include "engine/model/dn.h"
#include "engine/model/guid.h"
#include "engine/model/sid.h"
#include "tests/unit/providers/transport/ldap/ldif_fixture.h"

namespace gmsactl::ldap {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string host1 = "CN=HOST01,OU=Servers,DC=contoso,DC=com";
const std::string host2 = "CN=HOST02,OU=Servers,DC=contoso,DC=com";
const std::string group = "CN=Web Hosts,CN=Users,DC=contoso,DC=com";

class LdifSearch : public LdifDirectory {
 protected:
  LdifSearch() { load(small_directory); }
};

TEST_F(LdifSearch, a_short_file_answers_as_a_domain_controller) {
  EXPECT_THAT(values("", "defaultNamingContext"), ElementsAre("DC=contoso,DC=com"));
  EXPECT_THAT(values("", "rootDomainNamingContext"), ElementsAre("DC=contoso,DC=com"));
  EXPECT_THAT(values("", "isSynchronized"), ElementsAre("TRUE"));
  EXPECT_THAT(values("CN=CONTOSO,CN=Partitions,CN=Configuration,DC=contoso,DC=com", "nETBIOSName"),
              ElementsAre("CONTOSO"));
  EXPECT_THAT(values("CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,DC=contoso,DC=com",
                     "sPNMappings"),
              ElementsAre(HasSubstr("host=alerter,")));
  EXPECT_THAT(values(host1, "sAMAccountName"), ElementsAre("HOST01$"));
  EXPECT_THAT(values(host1, "objectClass"),
              ElementsAre("top", "person", "organizationalPerson", "user", "computer"));
  EXPECT_THAT(values(host1, "userAccountControl"), ElementsAre("4096"));
  EXPECT_THAT(values("OU=Servers,DC=contoso,DC=com", "objectClass"),
              ElementsAre("top", "organizationalUnit"));
}

TEST_F(LdifSearch, well_known_containers_are_found_by_guid) {
  EXPECT_THAT(values("<WKGUID=1EB93889E40C45DF9F0C64D23BBB6237,DC=contoso,DC=com>", "distinguishedName"),
              ElementsAre("CN=Managed Service Accounts,DC=contoso,DC=com"));
  EXPECT_THAT(values("<WKGUID=a9d1ca15768811d1aded00c04fd8d5cd,DC=contoso,DC=com>", "cn"),
              ElementsAre("Users"));
}

TEST_F(LdifSearch, made_up_identities_are_stable_and_address_the_object) {
  const auto sid = model::Sid::decode(values(host1, "objectSid").at(0));
  const auto guid = model::Guid::decode(values(host1, "objectGUID").at(0));
  ASSERT_TRUE(sid && guid);
  EXPECT_EQ(sid->sub_authorities.back(), 1103U);
  EXPECT_EQ(model::Sid::decode(values(host2, "objectSid").at(0))->sub_authorities.back(), 1104U);
  EXPECT_EQ(sid->domain().encode(), values("DC=contoso,DC=com", "objectSid").at(0));
  EXPECT_THAT(find("(cn=*)", "<SID=" + sid->text() + ">", Scope::base), ElementsAre(host1));
  EXPECT_THAT(find("(cn=*)", "<GUID=" + guid->text() + ">", Scope::base), ElementsAre(host1));
  EXPECT_THAT(find("(objectGUID=" + model::escape_filter_value(guid->encode()) + ")"), ElementsAre(host1));
  EXPECT_THAT(find("(objectSid=" + sid->text() + ")"), ElementsAre(host1));
  reload();
  EXPECT_THAT(values(host1, "objectGUID"), ElementsAre(guid->encode()));
}

TEST_F(LdifSearch, filters_combine) {
  EXPECT_THAT(find("(&(objectClass=computer)(!(cn=host01)))"), ElementsAre(host2));
  EXPECT_THAT(find("(|(sAMAccountName=HOST02$)(sAMAccountName=host01$))"), ElementsAre(host1, host2));
  EXPECT_THAT(find("(&(objectClass=group)(|(cn=HOST01)(cn=web hosts)))"), ElementsAre(group));
  EXPECT_THAT(find("(&(objectClass=computer)(cn=h*t*1))"), ElementsAre(host1));
  EXPECT_THAT(find("(cn=\\48OST01)"), ElementsAre(host1));
  EXPECT_THAT(find("(|)"), IsEmpty());
}

TEST_F(LdifSearch, bits_and_numbers_compare_as_numbers) {
  EXPECT_THAT(find("(&(objectClass=computer)(userAccountControl:1.2.840.113556.1.4.803:=4096))").size(), 2U);
  EXPECT_THAT(find("(userAccountControl:1.2.840.113556.1.4.804:=4098)").size(), 2U);
  EXPECT_THAT(find("(userAccountControl:1.2.840.113556.1.4.803:=4098)"), IsEmpty());
  EXPECT_THAT(find("(groupType:1.2.840.113556.1.4.803:=2147483648)"), ElementsAre(group));
  EXPECT_THAT(find("(userAccountControl>=999)").size(), 2U);
  EXPECT_THAT(find("(userAccountControl<=999)"), IsEmpty());
}

TEST_F(LdifSearch, dn_values_compare_as_names) {
  EXPECT_THAT(find("(member=cn=host01, ou=SERVERS,dc=contoso,dc=com)"), ElementsAre(group));
  EXPECT_THAT(find("(objectCategory=computer)"), ElementsAre(host1, host2));
}

TEST_F(LdifSearch, member_of_is_computed_and_can_be_searched) {
  EXPECT_THAT(values(host1, "memberOf"), ElementsAre(group));
  EXPECT_THAT(values(host2, "memberOf"), IsEmpty());
  EXPECT_THAT(find("(memberOf=" + group + ")"), ElementsAre(host1));
  EXPECT_THAT(find("(memberOf=*)"), ElementsAre(host1));
}

TEST_F(LdifSearch, nested_groups_are_found_by_the_chain_rule) {
  ASSERT_EQ(
      code(directory().add("CN=Outer,CN=Users,DC=contoso,DC=com",
                           {{"objectClass", {"group"}}, {"sAMAccountName", {"Outer"}}, {"member", {group}}})),
      0);
  EXPECT_THAT(find("(member:1.2.840.113556.1.4.1941:=" + host1 + ")"),
              ElementsAre(group, "CN=Outer,CN=Users,DC=contoso,DC=com"));
  EXPECT_THAT(find("(memberOf:1.2.840.113556.1.4.1941:=CN=Outer,CN=Users,DC=contoso,DC=com)"),
              ElementsAre(host1, group));
}

TEST_F(LdifSearch, scopes_stop_where_they_should) {
  EXPECT_THAT(find("(objectClass=*)", "OU=Servers,DC=contoso,DC=com", Scope::one_level),
              ElementsAre(host1, host2));
  EXPECT_THAT(find("(objectClass=*)", host1, Scope::one_level), IsEmpty());
  EXPECT_THAT(find("(objectClass=*)", host1), ElementsAre(host1));
  EXPECT_THAT(find("(objectClass=msKds-ProvRootKey)"), IsEmpty());  // Configuration is another naming context
  EXPECT_EQ(find("(objectClass=msKds-ProvRootKey)", "CN=Configuration,DC=contoso,DC=com").size(), 1U);
}

TEST_F(LdifSearch, a_missing_base_is_an_error_and_not_an_empty_answer) {
  SearchRequest request;
  request.base = "OU=Nowhere,DC=contoso,DC=com";
  const auto result = search_all(directory(), request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::not_found);
}

TEST_F(LdifSearch, attributes_are_those_asked_for) {
  const auto entry = read(directory(), host1, {"CN", "member;range=0-*", "noSuch"});
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->attributes, (std::vector<Attribute>{{"cn", {"HOST01"}}}));
  EXPECT_THAT(read(directory(), host1, {"1.1"})->attributes, IsEmpty());
  EXPECT_NE(read(directory(), host1, {"*"})->find("objectGUID"), nullptr);
}

TEST_F(LdifSearch, a_sink_can_stop_and_can_write) {
  SearchRequest request;
  request.base = "DC=contoso,DC=com";
  request.filter = "(objectClass=computer)";
  int seen = 0;
  const auto stopped = directory().search(request, [&](Entry&&) { return ++seen < 1; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::cancelled);
  EXPECT_TRUE(
      directory().search(request, [&](Entry&& entry) { return code(directory().remove(entry.dn)) == 0; }));
  EXPECT_THAT(find("(objectClass=computer)"), IsEmpty());
}

TEST_F(LdifSearch, an_unknown_critical_control_is_refused_and_another_ignored) {
  SearchRequest request;
  request.base = "DC=contoso,DC=com";
  request.controls = {{"1.2.3", true, ""}};
  EXPECT_EQ(search_all(directory(), request).error().native->code, 12);
  request.controls = {{"1.2.3", false, ""}, {"1.2.840.113556.1.4.801", true, ""}};
  EXPECT_TRUE(search_all(directory(), request));
}

TEST_F(LdifSearch, malformed_filters_are_invalid) {
  for (const auto filter :
       {"", "(", "cn=a", "(cn=a", "(cn=a))", "(!(a=1)(b=2))", "(cn=\\4)", "(cn:1.2:=3)", "(=a)", "(cn)"})
    EXPECT_THAT(find(filter), ElementsAre(HasSubstr("the filter makes no sense"))) << filter;
}

TEST_F(LdifSearch, partial_exports_keep_what_they_say_of_groups_elsewhere) {
  load("dn: CN=a,DC=contoso,DC=com\nobjectClass: computer\nmemberOf: CN=Elsewhere,DC=contoso,DC=com\n");
  EXPECT_THAT(values("CN=a,DC=contoso,DC=com", "memberOf"), ElementsAre("CN=Elsewhere,DC=contoso,DC=com"));
}

TEST_F(LdifSearch, extended_dns_and_textual_sids_and_guids_are_understood) {
  load(
      "dn: DC=contoso,DC=com\nobjectClass: domainDNS\nobjectSid: S-1-5-21-1-2-3\n\n"
      "dn: <GUID=56d9b66c-d746-4f87-bd26-26760cfdca2e>;<SID=S-1-5-21-1-2-3-1500>;CN=a,DC=contoso,DC=com\n"
      "objectClass: group\nmember: <GUID=56d9b66c-d746-4f87-bd26-26760cfdca2f>;CN=b,DC=contoso,DC=com\n\n"
      "dn: CN=b,DC=contoso,DC=com\nobjectClass: computer\nobjectGUID: "
      "56d9b66c-d746-4f87-bd26-26760cfdca2f\n");
  EXPECT_THAT(find("(objectSid=S-1-5-21-1-2-3-1500)"), ElementsAre("CN=a,DC=contoso,DC=com"));
  EXPECT_THAT(values("<GUID=56d9b66c-d746-4f87-bd26-26760cfdca2f>", "memberOf"),
              ElementsAre("CN=a,DC=contoso,DC=com"));
}

TEST_F(LdifSearch, mistakes_in_the_file_name_their_line) {
  const std::string twice = "dn: DC=a\nobjectClass: domainDNS\n\ndn: dc=A\nobjectClass: domainDNS\n";
  EXPECT_THAT(load_error(twice).message, HasSubstr("line 4: dc=A is in the file twice, first at line 1"));
  EXPECT_THAT(load_error("dn: nonsense\nobjectClass: top\n").message,
              HasSubstr("line 1: 'nonsense' is not a"));
  EXPECT_THAT(load_error("dn: DC=a\ncn: a\n").message, HasSubstr("line 1: DC=a has no objectClass"));
  EXPECT_THAT(load_error("").message, HasSubstr("no entry is in a domain"));
  EXPECT_EQ(open_ldif(folder() + "/none").error().kind, ErrorKind::not_found);
  EXPECT_EQ(open_ldif(folder()).error().kind, ErrorKind::invalid);
}

TEST_F(LdifSearch, a_file_does_not_tell_of_changes) {
  const auto watched = load("dn: DC=a\nobjectClass: domainDNS\n")
                           .watch(
                               {}, [](Entry&&) { return true; }, std::stop_token());
  ASSERT_FALSE(watched);
  EXPECT_EQ(watched.error().kind, ErrorKind::unsupported);
}

}  // namespace
}  // namespace gmsactl::ldap
