// Which domain controllers are refused, whatever they hold.
#include "tests/unit/providers/directory/ldif_world.h"

namespace gmsactl {
namespace {

using testing::HasSubstr;

class Session : public LdifWorld {
 protected:
  Result<std::unique_ptr<directory::DirectoryProvider>> opened(const model::Environment& environment) {
    return directory::DirectoryProvider::create(environment, {{"ldif:" + path_}, {}});
  }
  /// What the server says of itself.
  void root_dse(const std::string& lines) { std::ofstream(path_, std::ios::app) << "\ndn:\n" << lines; }
};

TEST_F(Session, a_read_only_controller_is_refused_with_what_to_name_in_its_place) {
  root_dse("supportedCapabilities: 1.2.840.113556.1.4.800\nsupportedCapabilities: 1.2.840.113556.1.4.1920\n");
  const auto session = opened(fakes::desired({}, {}).environment);
  ASSERT_FALSE(session.has_value());
  EXPECT_EQ(session.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(session.error().message, HasSubstr("the server is a read-only domain controller"));
  EXPECT_THAT(session.error().hint, HasSubstr("Name a writable one"));
}

TEST_F(Session, one_that_says_only_what_every_controller_says_is_not) {
  root_dse("supportedCapabilities: 1.2.840.113556.1.4.800\n");
  EXPECT_TRUE(opened(fakes::desired({}, {}).environment).has_value());
}

TEST_F(Session, one_of_another_domain_is_refused) {
  auto environment = fakes::desired({}, {}).environment;
  environment.domain = "fabrikam.com";
  const auto session = opened(environment);
  ASSERT_FALSE(session.has_value());
  EXPECT_THAT(session.error().message,
              HasSubstr("the server is of another domain: it holds DC=contoso,DC=com"));
}

}  // namespace
}  // namespace gmsactl
