// What a user may write, as the server says it of him before anything is written.
#include "providers/directory/permissions.h"

#include "tests/unit/providers/directory/ldif_world.h"

namespace gmsactl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A server on which each object answers for itself what may be done to it.
class Rights : public ldap::Reader {
 public:
  Result<void> search(const ldap::SearchRequest& request, const ldap::EntrySink& sink) override {
    if (error) return fail(*error);
    if (request.scope == ldap::Scope::base) {
      if (containers.contains(request.base))
        sink({request.base, {{"allowedChildClassesEffective", containers.at(request.base)}}});
      else if (silent.contains(request.base))
        sink({request.base, {}});
      else
        return fail(ErrorKind::not_found, "no such object");
      return {};
    }
    for (const auto& [guid, attributes] : objects) {
      ldap::Entry entry{"CN=x", {{"objectGUID", {guid}}}};
      if (attributes) entry.attributes.push_back({"allowedAttributesEffective", *attributes});
      sink(std::move(entry));
    }
    return {};
  }
  Result<void> watch(const ldap::SearchRequest&, const ldap::EntrySink&, std::stop_token) override {
    return {};
  }
  std::string peer() const override { return name; }
  const ldap::Counters& counters() const override { return none; }

  std::map<std::string, std::vector<std::string>> containers;  ///< classes that may be made in them
  std::set<std::string> silent;                                ///< containers in which nothing may be
  std::map<std::string, std::optional<std::vector<std::string>>> objects;  ///< by the bytes of the GUID
  std::optional<Error> error;
  std::string name = "ldap://dc01.contoso.com";
  ldap::Counters none;
};

class Permissions : public LdifWorld {
 protected:
  Permissions() {
    auto web = fakes::account("Web01", {fakes::named("HOST01")});
    bring_about(fakes::desired({}, {web}));
    web.spec.description = "new";
    changed_ = plan(fakes::desired({fakes::group("Hosts")}, {web, fakes::account("New01")}));
    for (const auto& change : changed_.changes)
      if (!change.guid.empty())
        rights_.objects[change.guid.encode()] = std::vector<std::string>{"description", "admindescription"};
    rights_.containers = {{accounts_, {"msDS-GroupManagedServiceAccount"}}, {groups_, {"user", "Group"}}};
  }
  Diagnostics check() {
    return directory::missing_permissions(rights_, changed_, model::Dn::parse("DC=contoso,DC=com").value(),
                                          "adminDescription")
        .value();
  }

  Rights rights_;
  model::Plan changed_;
  const std::string accounts_ = "CN=Managed Service Accounts,DC=contoso,DC=com";
  const std::string groups_ = "CN=Users,DC=contoso,DC=com";
};

TEST_F(Permissions, who_may_do_it_all_hears_nothing) {
  ASSERT_EQ(changed_.changes.size(), 3U);
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(Permissions, an_attribute_that_may_not_be_written_is_named_with_how_to_grant_it) {
  for (auto& [guid, attributes] : rights_.objects) attributes = {"adminDescription"};
  const auto found = check();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "GMSA0250");
  EXPECT_EQ(found[0].detail,
            "This user may not write description in " + accounts_ + ", which GMSA/Web01 needs.");
  EXPECT_THAT(found[0].hint, HasSubstr("dsacls \"" + accounts_ +
                                       "\" /I:S /G \"DOMAIN\\USER:RPWP;;msDS-GroupManagedServiceAccount\""));
  EXPECT_THAT(found[0].hint, Not(HasSubstr("CCDC")));
}

TEST_F(Permissions, a_server_that_lists_none_gives_none) {
  for (auto& [guid, attributes] : rights_.objects) attributes.reset();
  rights_.containers.clear();
  rights_.silent = {accounts_, groups_};
  const auto found = check();
  ASSERT_EQ(found.size(), 2U) << "one for each container and kind";
  EXPECT_EQ(found[0].detail,
            "This user may not create msDS-GroupManagedServiceAccount objects or write adminDescription, "
            "description in " +
                accounts_ + ", which GMSA/New01 and 1 other change need.");
  EXPECT_EQ(found[1].detail,
            "This user may not create group objects in " + groups_ + ", which HostGroup/Hosts needs.");
}

TEST_F(Permissions, a_container_that_is_yet_to_be_made_says_nothing_and_nor_does_a_file) {
  rights_.containers.clear();
  EXPECT_THAT(check(), IsEmpty());
  rights_.silent = {accounts_, groups_};
  for (auto& [guid, attributes] : rights_.objects) attributes.reset();
  rights_.name = "ldif:directory.ldif";
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(Permissions, a_server_that_can_not_be_asked_is_an_error) {
  rights_.error = Error{ErrorKind::unavailable, "gone", {}, {}};
  EXPECT_FALSE(directory::missing_permissions(
      rights_, changed_, model::Dn::parse("DC=contoso,DC=com").value(), "adminDescription"));
}

}  // namespace
}  // namespace gmsactl
