#include "engine/model/access_check.h"

#include <gtest/gtest.h>

namespace gmsactl::model {
namespace {

const Sid user = *Sid::parse("S-1-5-21-1-2-3-1104");
const Sid team = *Sid::parse("S-1-5-21-1-2-3-1200");
const Sid stranger = *Sid::parse("S-1-5-21-1-2-3-1300");
const Sid authenticated = *Sid::parse("S-1-5-11");
const Sid self = *Sid::parse("S-1-5-10");

const Guid attribute = *Guid::parse("f3a64788-5306-11d1-a9c5-0000f80367c1");
const Guid other_attribute = *Guid::parse("bf967950-0de6-11d0-a285-00aa003049e2");
const Guid property_set = *Guid::parse("e48d0154-bcf8-11d1-8702-00c04fb96050");
const AttributeSchema schema{attribute, property_set, false};

constexpr uint32_t read_property = 0x10;
constexpr uint32_t list_contents = 0x4;
constexpr uint32_t control_access = 0x100;

Ace ace(uint8_t type, uint32_t mask, const Sid& sid, uint8_t flags = 0) {
  return {type, flags, mask, sid, {}};
}
/// [MS-DTYP] 2.4.4.3, 2.4.4.4: with an ObjectType and no InheritedObjectType.
Ace object_ace(uint8_t type, uint32_t mask, const Guid& about, const Sid& sid) {
  return {type, 0, mask, sid,
          std::string(8, 0) + std::string("\x01\0\0\0", 4) + about.encode() + sid.encode()};
}
SecurityDescriptor descriptor(std::vector<Ace> aces) {
  SecurityDescriptor made;
  made.control = 0x8004;
  made.dacl_present = true;
  made.acl_revision = 4;
  made.dacl = std::move(aces);
  return made;
}
bool reads(std::vector<Ace> aces, const AttributeSchema& what = schema, const Sid& object = stranger) {
  return Asker({user, team}).may_read(descriptor(std::move(aces)), what, object);
}

TEST(AccessCheck, nobody_may_what_nothing_grants) {
  EXPECT_FALSE(reads({}));
  EXPECT_FALSE(reads({ace(Ace::allowed, read_property, stranger)}));
  EXPECT_FALSE(reads({ace(Ace::allowed, list_contents | 0x20, user)}))
      << "listing and writing are no reading";
}

TEST(AccessCheck, a_grant_to_the_user_to_a_group_or_to_everybody_counts) {
  for (const auto& sid : {user, team, authenticated, *Sid::parse("S-1-1-0")})
    EXPECT_TRUE(reads({ace(Ace::allowed, read_property, sid)})) << sid.text();
  EXPECT_TRUE(reads({ace(Ace::allowed, 0x80000000, user)})) << "generic read";
  EXPECT_TRUE(reads({ace(Ace::allowed, 0x10000000, user)})) << "generic all";
}

TEST(AccessCheck, the_first_entry_that_concerns_it_decides) {
  EXPECT_FALSE(reads({ace(Ace::denied, read_property, user), ace(Ace::allowed, read_property, user)}));
  EXPECT_TRUE(reads({ace(Ace::allowed, read_property, user), ace(Ace::denied, read_property, team)}))
      << "an inherited refusal stands after a grant on the object itself";
}

TEST(AccessCheck, entries_on_an_attribute_or_its_property_set_concern_it_and_no_other) {
  constexpr uint8_t allow = 5;
  constexpr uint8_t deny = 6;
  const Ace all = ace(Ace::allowed, read_property, authenticated);
  for (const auto& about : {attribute, property_set}) {
    EXPECT_TRUE(reads({object_ace(allow, read_property, about, user)}));
    EXPECT_FALSE(reads({object_ace(deny, read_property, about, user), all}));
  }
  EXPECT_FALSE(reads({object_ace(allow, read_property, other_attribute, user)}));
  EXPECT_TRUE(reads({object_ace(deny, read_property, other_attribute, user), all}));
  EXPECT_TRUE(reads({object_ace(deny, read_property, Guid{}, user), all}, {attribute, {}, false}))
      << "no property set is not the one without a GUID";
}

TEST(AccessCheck, what_is_only_inherited_by_others_does_not_count) {
  EXPECT_FALSE(reads({ace(Ace::allowed, read_property, user, 0x08)}));
}

TEST(AccessCheck, a_confidential_attribute_needs_control_access_too) {
  const AttributeSchema confidential{attribute, {}, true};
  EXPECT_FALSE(reads({ace(Ace::allowed, read_property, user)}, confidential));
  EXPECT_TRUE(reads({ace(Ace::allowed, read_property | control_access, user)}, confidential));
}

TEST(AccessCheck, self_is_who_the_object_stands_for) {
  EXPECT_TRUE(reads({ace(Ace::allowed, read_property, self)}, schema, user));
  EXPECT_FALSE(reads({ace(Ace::allowed, read_property, self)}, schema, stranger));
}

TEST(AccessCheck, no_list_grants_everything) {
  SecurityDescriptor open;
  open.control = 0x8000;
  EXPECT_TRUE(Asker({user}).may_read(open, schema, stranger));
}

TEST(AccessCheck, listing_is_a_right_of_its_own) {
  const Asker asker({user});
  EXPECT_TRUE(asker.may_list(descriptor({ace(Ace::allowed, list_contents, authenticated)})));
  EXPECT_FALSE(asker.may_list(
      descriptor({ace(Ace::denied, list_contents, user), ace(Ace::allowed, list_contents, authenticated)})));
  EXPECT_FALSE(asker.may_list(descriptor({ace(Ace::allowed, read_property, authenticated)})));
}

}  // namespace
}  // namespace gmsactl::model
