#include <algorithm>

#include "engine/model/dn.h"
#include "tests/contract/ldap/contract.h"

namespace gmsactl::contract {
namespace {

using Values = std::vector<std::string>;

TEST_F(Contract, membership_shows_on_both_sides) {
  const std::string group = add_group(unique("g")), host = add_computer(unique("h"));
  EXPECT_DONE(directory().modify(group, {{ModifyOperation::add, "member", {host}}}));
  EXPECT_EQ(values(group, "member"), Values{host});
  EXPECT_EQ(values(host, "memberOf"), Values{group});
  EXPECT_DONE(directory().modify(group, {{ModifyOperation::remove, "member", {host}}}));
  EXPECT_EQ(values(group, "member"), Values{});
  EXPECT_EQ(values(host, "memberOf"), Values{});
}

TEST_F(Contract, a_member_that_does_not_exist_is_not_found) {
  EXPECT_REFUSED(not_found, directory().modify(add_group(unique("g")),
                                               {{ModifyOperation::add, "member", {below_unit("nobody")}}}));
}

TEST_F(Contract, adding_a_member_twice_and_removing_an_absent_one_are_conflicts) {
  const std::string group = add_group(unique("g")), host = add_computer(unique("h"));
  EXPECT_DONE(directory().modify(group, {{ModifyOperation::add, "member", {host}}}));
  EXPECT_REFUSED(conflict, directory().modify(group, {{ModifyOperation::add, "member", {host}}}));
  EXPECT_DONE(directory().modify(group, {{ModifyOperation::remove, "member", {host}}}));
  EXPECT_REFUSED(conflict, directory().modify(group, {{ModifyOperation::remove, "member", {host}}}));
}

TEST_F(Contract, a_member_is_the_same_however_its_dn_is_spelt) {
  const std::string group = add_group(unique("g")), host = add_computer(unique("h"));
  std::string upper = host;
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  EXPECT_DONE(directory().modify(group, {{ModifyOperation::add, "member", {upper}}}));
  EXPECT_EQ(values(group, "member"), Values{host}) << "the server writes the object's own DN";
  EXPECT_DONE(directory().modify(group, {{ModifyOperation::remove, "member", {upper}}}));
}

TEST_F(Contract, members_follow_a_rename_and_leave_with_a_delete) {
  const std::string group = add_group(unique("g"));
  const std::string host = add_computer(unique("h")), second = add_computer(unique("h"));
  EXPECT_DONE(directory().modify(group, {{ModifyOperation::add, "member", {host, second}}}));
  const std::string renamed = unique("h");
  EXPECT_DONE(directory().rename(host, "CN=" + renamed, ""));
  Values expected{below_unit(renamed), second};
  std::ranges::sort(expected);
  EXPECT_EQ(values(group, "member"), expected);
  EXPECT_DONE(directory().remove(second));
  EXPECT_EQ(values(group, "member"), Values{below_unit(renamed)});
  EXPECT_DONE(directory().remove(group));
  EXPECT_EQ(values(below_unit(renamed), "memberOf"), Values{});
}

TEST_F(Contract, groups_nest) {
  const std::string outer = add_group(unique("g")), inner = add_group(unique("g"));
  EXPECT_DONE(directory().modify(outer, {{ModifyOperation::add, "member", {inner}}}));
  EXPECT_EQ(values(inner, "memberOf"), Values{outer});
}

TEST_F(Contract, a_group_can_be_searched_by_member) {
  const std::string name = unique("g");
  const std::string group = add_group(name), host = add_computer(unique("h"));
  EXPECT_DONE(directory().modify(group, {{ModifyOperation::add, "member", {host}}}));
  EXPECT_EQ(names(unit(), Scope::one_level, "(member=" + model::escape_filter_value(host) + ")"),
            Values{name});
}

}  // namespace
}  // namespace gmsactl::contract
