#include <algorithm>

#include "engine/model/dn.h"
#include "engine/model/guid.h"
#include "engine/model/sid.h"
#include "tests/contract/ldap/contract.h"

namespace gmsactl::contract {
namespace {

using Values = std::vector<std::string>;

TEST_F(Contract, adding_a_name_twice_is_already_exists) {
  const std::string name = unique("t");
  add_container(name);
  EXPECT_REFUSED(already_exists, directory().add(below_unit(name), {{"objectClass", {"container"}}}));
  std::string upper = name;
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  EXPECT_REFUSED(already_exists, directory().add(below_unit(upper), {{"objectClass", {"container"}}}))
      << "names are the same whatever their case";
}

TEST_F(Contract, adding_below_nothing_is_not_found) {
  EXPECT_REFUSED(not_found,
                 directory().add("CN=x," + below_unit("nobody"), {{"objectClass", {"container"}}}));
}

TEST_F(Contract, the_server_allocates_guid_and_sid) {
  const std::string group = add_group(unique("g"));
  EXPECT_EQ(value(group, "objectGUID").size(), 16u);
  const auto sid = model::Sid::decode(value(group, "objectSid"));
  const auto domain_sid = model::Sid::decode(value(domain, "objectSid"));
  ASSERT_TRUE(sid && domain_sid);
  EXPECT_EQ(sid->domain(), *domain_sid);
  EXPECT_NE(value(add_group(unique("g")), "objectSid"), value(group, "objectSid"));
  EXPECT_FALSE(
      directory().modify(group, {{ModifyOperation::replace, "objectSid", {sid->with_rid(7777).encode()}}}));
  EXPECT_FALSE(directory().modify(group, {{ModifyOperation::replace, "objectGUID", {std::string(16, 'x')}}}));
}

TEST_F(Contract, a_modify_happens_as_a_whole_or_not_at_all) {
  const std::string dn = add_container(unique("m"));
  EXPECT_DONE(directory().modify(dn, {{ModifyOperation::add, "description", {"before"}}}));
  EXPECT_REFUSED(conflict, directory().modify(dn, {{ModifyOperation::replace, "displayName", {"new"}},
                                                   {ModifyOperation::remove, "description", {"stale"}}}));
  EXPECT_EQ(value(dn, "displayName"), "") << "the first part must not stand when the second is refused";
  EXPECT_EQ(value(dn, "description"), "before");
}

TEST_F(Contract, compare_and_swap_notices_another_writer) {
  const std::string dn = add_container(unique("m"));
  EXPECT_DONE(directory().modify(dn, {{ModifyOperation::add, "adminDescription", {"one"}}}));
  const std::vector<Modification> swap{{ModifyOperation::remove, "adminDescription", {"one"}},
                                       {ModifyOperation::add, "adminDescription", {"two"}}};
  EXPECT_DONE(directory().modify(dn, swap));
  EXPECT_EQ(value(dn, "adminDescription"), "two");
  EXPECT_RESULT(16, directory().modify(dn, swap));
  EXPECT_REFUSED(conflict, directory().modify(dn, swap));
  EXPECT_EQ(value(dn, "adminDescription"), "two");
}

TEST_F(Contract, adding_what_is_there_is_a_conflict) {
  const std::string dn = add_container(unique("m"));
  EXPECT_DONE(directory().modify(dn, {{ModifyOperation::add, "adminDescription", {"one"}}}));
  EXPECT_RESULT(20, directory().modify(dn, {{ModifyOperation::add, "adminDescription", {"one"}}}));
  EXPECT_REFUSED(conflict, directory().modify(dn, {{ModifyOperation::add, "adminDescription", {"other"}}}))
      << "a second value of an attribute that holds one: create-if-absent rests on it";
}

TEST_F(Contract, values_to_remove_are_found_whatever_their_case) {
  const std::string dn = add_container(unique("m"));
  EXPECT_DONE(directory().modify(dn, {{ModifyOperation::add, "description", {"Mixed Case"}}}));
  EXPECT_DONE(directory().modify(dn, {{ModifyOperation::remove, "description", {"mixed case"}}}));
  EXPECT_EQ(values(dn, "description"), Values{});
}

TEST_F(Contract, removing_an_absent_attribute_is_a_conflict_replacing_it_with_nothing_is_fine) {
  const std::string dn = add_container(unique("m"));
  EXPECT_REFUSED(conflict, directory().modify(dn, {{ModifyOperation::remove, "description", {}}}));
  EXPECT_DONE(directory().modify(dn, {{ModifyOperation::replace, "description", {}}}));
}

TEST_F(Contract, writing_to_an_absent_object_is_not_found) {
  const std::string dn = below_unit("nobody");
  EXPECT_REFUSED(not_found, directory().modify(dn, {{ModifyOperation::add, "description", {"x"}}}));
  EXPECT_REFUSED(not_found, directory().rename(dn, "CN=other", ""));
  EXPECT_REFUSED(not_found, directory().remove(dn));
}

TEST_F(Contract, rename_and_move_keep_guid_and_sid) {
  const std::string name = unique("r"), other = unique("r");
  const std::string group = add_group(name), target = add_container(unique("r"));
  const std::string guid = value(group, "objectGUID"), sid = value(group, "objectSid");
  EXPECT_DONE(directory().rename(group, "CN=" + other, ""));
  EXPECT_REFUSED(not_found, ldap::read(directory(), group, {}));
  EXPECT_EQ(value(below_unit(other), "cn"), other) << "the name attribute follows";
  EXPECT_EQ(value(below_unit(other), "name"), other);
  EXPECT_EQ(value(below_unit(other), "sAMAccountName"), name) << "the account's name does not";
  EXPECT_DONE(directory().rename(below_unit(other), "CN=" + other, target));
  const std::string moved = "CN=" + other + "," + target;
  EXPECT_EQ(value(moved, "objectGUID"), guid);
  EXPECT_EQ(value(moved, "objectSid"), sid);
  EXPECT_EQ(value(moved, "distinguishedName"), moved);
}

TEST_F(Contract, moving_a_container_takes_its_children_along) {
  const std::string name = unique("r");
  const std::string from = add_container(name), target = add_container(unique("r"));
  EXPECT_DONE(directory().add("CN=child," + from, {{"objectClass", {"container"}}}));
  EXPECT_DONE(directory().rename(from, "CN=" + name, target));
  EXPECT_EQ(value("CN=child,CN=" + name + "," + target, "cn"), "child");
}

TEST_F(Contract, a_rename_onto_another_object_is_already_exists) {
  const std::string name = unique("r");
  add_container(name);
  EXPECT_REFUSED(already_exists, directory().rename(add_container(unique("r")), "CN=" + name, ""));
}

TEST_F(Contract, a_move_below_nothing_is_refused) {
  const std::string name = unique("r");
  EXPECT_REFUSED(not_found, directory().rename(add_container(name), "CN=" + name, below_unit("nobody")));
}

TEST_F(Contract, an_object_with_children_is_not_removed) {
  const std::string dn = add_container(unique("d"));
  EXPECT_DONE(directory().add("CN=child," + dn, {{"objectClass", {"container"}}}));
  EXPECT_RESULT(66, directory().remove(dn));
  EXPECT_DONE(directory().remove("CN=child," + dn));
  EXPECT_DONE(directory().remove(dn));
  EXPECT_REFUSED(not_found, ldap::read(directory(), dn, {}));
}

TEST_F(Contract, names_with_special_characters_survive) {
  const std::string parent = add_container(unique("n"));
  for (const std::string name :
       {"comma, here", "plus+sign", "quo\"te", "back\\slash", "less<more>", "semi;colon", " leading space",
        "#hash", "equals=sign", "M\xC3\xBCnchen", "\xE6\x9D\xB1\xE4\xBA\xAC", "a/b", "o'clock"}) {
    const std::string dn = "CN=" + model::escape_rdn_value(name) + "," + parent;
    EXPECT_DONE(directory().add(dn, {{"objectClass", {"container"}}}));
    EXPECT_EQ(value(dn, "name"), name);
    const Entry entry = read(dn, {"distinguishedName"});
    EXPECT_EQ(model::dn_key(entry.dn), model::dn_key(dn)) << entry.dn;
    EXPECT_EQ(model::dn_key(std::string(entry.first("distinguishedName").value_or(""))), model::dn_key(dn));
    const auto guid = model::Guid::decode(value(dn, "objectGUID"));
    ASSERT_TRUE(guid);
    EXPECT_DONE(directory().remove("<GUID=" + guid->text() + ">"));
  }
}

TEST_F(Contract, long_and_multiline_texts_come_back_as_written) {
  const std::string dn = add_container(unique("v"));
  for (const std::string& text :
       {std::string(1000, 'x'), std::string("two\nlines"), std::string(" blank around "),
        std::string(":colon first"), std::string("<angle first")}) {
    EXPECT_DONE(directory().modify(dn, {{ModifyOperation::replace, "description", {text}}}));
    EXPECT_EQ(value(dn, "description"), text);
  }
}

}  // namespace
}  // namespace gmsactl::contract
