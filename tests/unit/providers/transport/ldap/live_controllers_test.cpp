// One name, two controllers, as an alias or a load balancer has them: what one of them says is never taken
// for what the other one said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <set>

#include "providers/transport/ldap/controller_identity.h"
#include "tests/fakes/ldap_server.h"

namespace gmsactl::ldap {
namespace {

using fakes::ldap_page;
using fakes::LdapRequest;
using fakes::LdapServer;
using testing::HasSubstr;

const std::string domain = "DC=fabrikam,DC=test";

/// One name that leads to another controller from its second connection on.
class TwoControllers : public testing::Test {
 protected:
  static std::string controller(int connection) { return connection == 1 ? "dc01" : "dc02"; }

  void serve(std::function<bool(const LdapRequest&)> loses) {
    server_ = std::make_unique<LdapServer>(
        [loses](const LdapRequest& request) -> LdapServer::Reply {
          return {ldap_page(request, domain), loses(request)};
        },
        [](int connection) { return controller(connection) + ".fabrikam.test"; });
    auto options = server_->options();
    options.connections = 2;
    auto transport = connect(server_->url(), options);
    ASSERT_TRUE(transport) << transport.error().message;
    transport_ = std::move(*transport);
  }

  /// On which connections the pages of one search came.
  std::set<std::string> search() {
    SearchRequest request;
    request.base = domain;
    request.page_size = 2;
    auto entries = search_all(*transport_, request);
    EXPECT_TRUE(entries) << entries.error().message;
    std::set<std::string> seen;
    if (entries)
      for (const auto& entry : *entries) seen.insert(std::string(entry.first("description").value_or("")));
    return seen;
  }

  std::unique_ptr<LdapServer> server_;
  std::unique_ptr<Transport> transport_;
};

TEST_F(TwoControllers, a_further_connection_that_ends_at_another_one_is_done_without) {
  serve([](const LdapRequest&) { return false; });
  transport_->widen();
  const auto seen_by = [&] { return search(); };
  std::vector<std::future<std::set<std::string>>> searches;
  for (int i = 0; i < 20; ++i) searches.push_back(std::async(std::launch::async, seen_by));
  for (auto& each : searches) EXPECT_EQ(each.get(), std::set<std::string>{"on connection 1"});
}

TEST_F(TwoControllers, a_connection_opened_anew_to_another_one_is_refused_with_the_names_of_both) {
  serve([](const LdapRequest& request) { return request.cookie == "2"; });
  EXPECT_EQ(search(), std::set<std::string>{"on connection 1"});
  const auto found = read(*transport_, "", {"currentTime"});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(found.error().not_sent);
  EXPECT_EQ(found.error().recovery, Recovery::anew);
  EXPECT_THAT(found.error().message, HasSubstr("led to dc01.fabrikam.test at first, and now leads to "
                                               "dc02.fabrikam.test"));
  EXPECT_THAT(found.error().hint, HasSubstr("not an alias or a load balancer"));
  const auto written = transport_->remove("CN=o1," + domain);
  ASSERT_FALSE(written);
  EXPECT_TRUE(written.error().not_sent);
}

TEST(Controllers, differ_where_a_name_that_both_show_differs) {
  const ControllerIdentity dc01{"CN=NTDS Settings,CN=DC01,CN=Servers,CN=Sites", "dc01.fabrikam.test"};
  EXPECT_FALSE(dc01.differs_from(dc01));
  EXPECT_FALSE(dc01.differs_from({"cn=ntds settings,cn=dc01,cn=servers,cn=sites", "DC01.fabrikam.test"}));
  EXPECT_FALSE(dc01.differs_from({}));
  EXPECT_FALSE(dc01.differs_from({"", "dc01.fabrikam.test"}));
  EXPECT_TRUE(dc01.differs_from({"CN=NTDS Settings,CN=DC02,CN=Servers,CN=Sites", "dc01.fabrikam.test"}));
  EXPECT_TRUE(dc01.differs_from({"", "dc02.fabrikam.test"}));
}

}  // namespace
}  // namespace gmsactl::ldap
