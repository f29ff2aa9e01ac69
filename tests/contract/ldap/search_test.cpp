#include <algorithm>

#include "engine/base/text.h"
#include "engine/model/dn.h"
#include "engine/model/guid.h"
#include "engine/model/sid.h"
#include "tests/contract/ldap/contract.h"

namespace gmsactl::contract {
namespace {

using Names = std::vector<std::string>;

TEST_F(Contract, scopes_are_base_children_and_everything) {
  const std::string parent = unique("p"), child = unique("c"), grandchild = unique("g");
  const std::string top = add_container(parent);
  EXPECT_DONE(directory().add("CN=" + child + "," + top, {{"objectClass", {"container"}}}));
  EXPECT_DONE(
      directory().add("CN=" + grandchild + ",CN=" + child + "," + top, {{"objectClass", {"container"}}}));
  EXPECT_EQ(names(top, Scope::base, "(objectClass=*)"), Names{parent});
  EXPECT_EQ(names(top, Scope::one_level, "(objectClass=*)"), Names{child});
  Names all{parent, child, grandchild};
  std::ranges::sort(all);
  EXPECT_EQ(names(top, Scope::subtree, "(objectClass=*)"), all);
}

TEST_F(Contract, a_missing_base_is_not_found) {
  for (const Scope scope : {Scope::base, Scope::one_level, Scope::subtree}) {
    SearchRequest request;
    request.base = below_unit("nobody");
    request.scope = scope;
    EXPECT_REFUSED(not_found, ldap::search_all(directory(), request));
  }
  EXPECT_REFUSED(not_found, ldap::read(directory(), below_unit("nobody"), {}));
}

TEST_F(Contract, a_base_search_that_the_filter_excludes_is_empty_not_an_error) {
  EXPECT_EQ(names(unit(), Scope::base, "(objectClass=group)"), Names{});
}

TEST_F(Contract, a_malformed_filter_is_invalid) {
  for (const char* filter : {"(cn=a", "cn=a)", "(&(cn=a)", "(cn=\\zz)", "()"}) {
    SearchRequest request;
    request.base = unit();
    request.filter = filter;
    EXPECT_REFUSED(invalid, ldap::search_all(directory(), request)) << filter;
  }
}

TEST_F(Contract, a_malformed_base_is_invalid) {
  SearchRequest request;
  request.base = "this is no DN";
  EXPECT_REFUSED(invalid, ldap::search_all(directory(), request));
}

TEST_F(Contract, filters_combine_and_compare_as_the_syntax_says) {
  const std::string first = unique("f"), second = unique("f");
  const std::string one = add_container(first), two = add_container(second);
  EXPECT_DONE(directory().modify(one, {{ModifyOperation::replace, "description", {"Alpha beta"}}}));
  EXPECT_DONE(directory().modify(two, {{ModifyOperation::replace, "description", {"alpha gamma"}}}));
  const auto found = [&](const std::string& filter) { return names(unit(), Scope::one_level, filter); };
  Names both{first, second};
  std::ranges::sort(both);
  EXPECT_EQ(found("(description=ALPHA BETA)"), Names{first}) << "texts compare without regard to case";
  EXPECT_EQ(found("(description=alpha*)"), both);
  EXPECT_EQ(found("(description=*gam*)"), Names{second});
  EXPECT_EQ(found("(description=a*a*ma)"), Names{second});
  EXPECT_EQ(found("(&(cn=" + first + ")(objectClass=container))"), Names{first});
  EXPECT_EQ(found("(|(cn=" + first + ")(CN=" + second + "))"), both);
  EXPECT_EQ(found("(&(description=alpha*)(!(cn=" + first + ")))"), Names{second});
  EXPECT_EQ(found("(&(description=*)(|(cn=" + first + ")(cn=nobody)))"), Names{first});
  EXPECT_EQ(found("(noSuchAttributeAtAll=x)"), Names{}) << "undefined, which is not true";
}

TEST_F(Contract, bits_compare_with_the_matching_rules_of_active_directory) {
  const std::string name = unique("b");
  add_computer(name);
  const auto found = [&](const std::string& rule) {
    return names(unit(), Scope::one_level, "(&(cn=" + name + ")(userAccountControl:" + rule + "))");
  };
  EXPECT_EQ(found("1.2.840.113556.1.4.803:=4096"), Names{name});
  EXPECT_EQ(found("1.2.840.113556.1.4.803:=4098"), Names{}) << "every bit must be set";
  EXPECT_EQ(found("1.2.840.113556.1.4.804:=4098"), Names{name}) << "one of them suffices";
}

TEST_F(Contract, special_characters_are_found_when_escaped) {
  for (const std::string text :
       {"star*", "paren(thesis)", "back\\slash", "M\xC3\xBCnchen", "\xE6\x9D\xB1\xE4\xBA\xAC"}) {
    const std::string name = unique("s");
    const std::string dn = add_container(name);
    EXPECT_DONE(directory().modify(dn, {{ModifyOperation::replace, "description", {text}}}));
    EXPECT_EQ(names(unit(), Scope::one_level, "(description=" + model::escape_filter_value(text) + ")"),
              Names{name})
        << text;
    EXPECT_EQ(value(dn, "description"), text);
  }
}

TEST_F(Contract, binary_values_are_found_when_escaped) {
  const std::string name = unique("g");
  const std::string dn = add_group(name);
  const std::string guid = value(dn, "objectGUID"), sid = value(dn, "objectSid");
  ASSERT_EQ(guid.size(), 16u);
  EXPECT_EQ(names(domain, Scope::subtree, "(objectGUID=" + model::escape_filter_value(guid) + ")"),
            Names{name});
  EXPECT_EQ(names(domain, Scope::subtree, "(objectSid=" + model::escape_filter_value(sid) + ")"),
            Names{name});
  const auto decoded = model::Sid::decode(sid);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(names(domain, Scope::subtree, "(objectSid=" + decoded->text() + ")"), Names{name})
      << "a SID may be written as text too";
}

TEST_F(Contract, only_the_attributes_asked_for_come) {
  const std::string name = unique("a");
  const std::string dn = add_group(name);
  const Entry entry = read(dn, {"samaccountname", "description"});
  ASSERT_EQ(entry.attributes.size(), 1u);
  EXPECT_TRUE(equal_folded(entry.attributes[0].name, "sAMAccountName")) << "in whatever spelling";
  EXPECT_EQ(entry.first("SAMACCOUNTNAME"), name);
  EXPECT_TRUE(read(dn, {"1.1"}).attributes.empty());
  EXPECT_TRUE(read(dn).find("objectClass")) << "none asked for: all";
}

TEST_F(Contract, the_rootdse_names_the_contexts) {
  const Entry root =
      read("", {"defaultNamingContext", "configurationNamingContext", "rootDomainNamingContext"});
  EXPECT_EQ(root.first("defaultNamingContext"), domain);
  EXPECT_EQ(root.first("configurationNamingContext"), "CN=Configuration," + domain);
  EXPECT_EQ(root.first("rootDomainNamingContext"), domain);
}

TEST_F(Contract, objects_are_addressed_by_guid_and_sid) {
  const std::string name = unique("i");
  const std::string dn = add_group(name);
  const auto guid = model::Guid::decode(value(dn, "objectGUID"));
  const auto sid = model::Sid::decode(value(dn, "objectSid"));
  ASSERT_TRUE(guid && sid);
  const std::string by_guid = "<GUID=" + guid->text() + ">", by_sid = "<SID=" + sid->text() + ">";
  EXPECT_EQ(read(by_guid, {"cn"}).dn, dn);
  EXPECT_EQ(read(by_sid, {"cn"}).dn, dn);
  EXPECT_DONE(directory().modify(by_guid, {{ModifyOperation::add, "description", {"by guid"}}}));
  EXPECT_EQ(value(dn, "description"), "by guid");
  const std::string renamed = unique("i");
  EXPECT_DONE(directory().rename(by_guid, "CN=" + renamed, ""));
  EXPECT_EQ(read(by_guid, {"cn"}).first("cn"), renamed);
  EXPECT_DONE(directory().remove(by_guid));
  EXPECT_REFUSED(not_found, ldap::read(directory(), by_guid, {}));
}

TEST_F(Contract, a_sink_can_stop_a_search) {
  for (int i = 0; i < 3; ++i) add_container(unique("stop"));
  SearchRequest request;
  request.base = unit();
  int seen = 0;
  EXPECT_REFUSED(cancelled, directory().search(request, [&](Entry&&) { return ++seen < 2; }));
  EXPECT_EQ(seen, 2);
  EXPECT_FALSE(names(unit(), Scope::base, "(objectClass=*)").empty()) << "and the next one is as ever";
}

}  // namespace
}  // namespace gmsactl::contract
