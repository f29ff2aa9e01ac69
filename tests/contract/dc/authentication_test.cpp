// Being let in by a real domain controller, and what is said when it does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/contract/dc/fake_server.h"
#include "tests/contract/dc/lab.h"
#include "tests/contract/ldap/contract.h"

namespace gmsactl::contract {
namespace {

using ldap::Bind;
using ldap::connect;
using ldap::Tls;
using testing::HasSubstr;

class Authentication : public testing::Test {
 protected:
  void SetUp() override {
    if (lab::absent()) GTEST_SKIP() << lab::why_absent;
  }
  void TearDown() override {
    if (!cache_before_.empty()) setenv("KRB5CCNAME", cache_before_.c_str(), 1);
    unsetenv("KRB5_CLIENT_KTNAME");
  }

  static std::string plain() { return "ldap://" + lab::host(); }
  static std::string secure() { return "ldaps://" + lab::host(); }
  static std::string administrators_keytab() {
    return lab::variable("GMSACTL_LAB_KEYTABS") + "/administrator.keytab";
  }

  void use_cache(const std::string& name) {
    cache_before_ = lab::variable("KRB5CCNAME");
    setenv("KRB5CCNAME", name.c_str(), 1);
  }

  static void expect_open(const Result<std::unique_ptr<Transport>>& transport) {
    ASSERT_TRUE(transport) << transport.error().message;
    const auto root = ldap::read(**transport, "", {"defaultNamingContext"});
    ASSERT_TRUE(root) << root.error().message;
    EXPECT_EQ(root->first("defaultNamingContext"), domain);
  }

  std::string cache_before_;
};

TEST_F(Authentication, kerberos_seals_a_plain_connection) { expect_open(connect(plain(), lab::options())); }

TEST_F(Authentication, kerberos_is_bound_to_the_certificate_inside_tls) {
  auto options = lab::options();
  options.ca_file = lab::certificate_authority();
  expect_open(connect(secure(), options));
  options.tls = Tls::start_tls;
  expect_open(connect(plain(), options));
}

TEST_F(Authentication, a_simple_bind_goes_through_tls) {
  expect_open(connect(secure(), lab::simple_options()));
  expect_open(connect(plain(), lab::simple_options()));
}

TEST_F(Authentication, a_keytab_does_without_a_ticket_cache) {
  use_cache("FILE:/nonexistent/cache");
  auto options = lab::options();
  options.keytab = administrators_keytab();
  expect_open(connect(plain(), options));
  EXPECT_EQ(lab::variable("KRB5CCNAME"), "FILE:/nonexistent/cache")
      << "the process's environment is left alone";
}

TEST_F(Authentication, a_client_keytab_of_the_environment_is_used) {
  use_cache("MEMORY:client-keytab-test");
  setenv("KRB5_CLIENT_KTNAME", administrators_keytab().c_str(), 1);
  expect_open(connect(plain(), lab::options()));
}

TEST_F(Authentication, a_keytab_without_keys_is_unauthenticated) {
  auto options = lab::options();
  options.keytab = "/nonexistent/keytab";
  const auto transport = connect(plain(), options);
  EXPECT_REFUSED(unauthenticated, transport);
  EXPECT_THAT(transport.error().message, HasSubstr("/nonexistent/keytab"));
}

TEST_F(Authentication, a_wrong_password_is_named_as_such) {
  auto options = lab::simple_options();
  options.username = "svc-gmsactl@contoso.com";
  options.password = Secret("not the password");
  const auto transport = connect(secure(), options);
  EXPECT_REFUSED(unauthenticated, transport);
  EXPECT_THAT(transport.error().message, HasSubstr("the user name or the password is wrong"));
  EXPECT_THAT(transport.error().message, testing::Not(HasSubstr("not the password")));
}

TEST_F(Authentication, without_a_ticket_the_way_to_one_is_told) {
  use_cache("FILE:/nonexistent/cache");
  const auto transport = connect(plain(), lab::options());
  EXPECT_REFUSED(unauthenticated, transport);
  EXPECT_THAT(transport.error().message, HasSubstr("there is no Kerberos ticket in FILE:/nonexistent/cache"));
  EXPECT_THAT(transport.error().hint, HasSubstr("kinit"));
}

TEST_F(Authentication, an_expired_ticket_is_named_with_its_time) {
  const std::string cache = "FILE:" + testing::TempDir() + "expired-" + std::to_string(getpid());
  const std::string command =
      "kinit -k -t " + administrators_keytab() + " -l 1s -c " + cache + " Administrator@CONTOSO.COM";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  use_cache(cache);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  auto transport = connect(plain(), lab::options());
  while (transport && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    transport = connect(plain(), lab::options());
  }
  std::filesystem::remove(cache.substr(5));
  EXPECT_REFUSED(unauthenticated, transport);
  EXPECT_THAT(transport.error().message,
              HasSubstr("the Kerberos ticket of Administrator@CONTOSO.COM expired at 20"));
  EXPECT_THAT(transport.error().hint, HasSubstr("kinit"));
}

TEST_F(Authentication, a_server_that_the_domain_does_not_know_is_named) {
  const auto transport = connect("ldap://unknown.contoso.com", lab::options());
  EXPECT_REFUSED(unauthenticated, transport);
  EXPECT_THAT(transport.error().message, HasSubstr("ldap/unknown.contoso.com@CONTOSO.COM"));
}

TEST_F(Authentication, an_untrusted_certificate_is_refused_and_its_issuer_named) {
  for (const std::string& url : {secure(), plain()}) {
    auto options = lab::simple_options();
    options.ca_file.clear();
    const auto transport = connect(url, options);
    EXPECT_REFUSED(unauthenticated, transport);
    EXPECT_THAT(transport.error().message, HasSubstr("the certificate is issued by"));
    EXPECT_THAT(transport.error().hint, HasSubstr("caFile"));
  }
}

TEST_F(Authentication, a_certificate_for_another_name_is_refused_and_its_names_told) {
  const auto transport = connect("ldaps://other.contoso.com", lab::simple_options());
  EXPECT_REFUSED(unauthenticated, transport);
  EXPECT_THAT(transport.error().message, HasSubstr("not for other.contoso.com"));
  EXPECT_THAT(transport.error().message, HasSubstr(lab::host()));
}

TEST_F(Authentication, a_file_without_certificates_is_named) {
  auto options = lab::simple_options();
  options.ca_file = lab::variable("GMSACTL_LAB_ADMIN_PASSWORD_FILE");
  const auto transport = connect(secure(), options);
  EXPECT_REFUSED(unauthenticated, transport);
  EXPECT_THAT(transport.error().message, HasSubstr(options.ca_file));
}

TEST(AuthenticationWithoutServer, no_password_reaches_a_server_that_refuses_tls) {
  FakeServer server(FakeServer::Mood::refuses_tls);
  ldap::ConnectOptions options;
  options.bind = Bind::simple;
  options.username = "svc@contoso.com";
  options.password = Secret("canary-7c1f");
  options.address = "127.0.0.1";
  const auto transport = connect("ldap://dc.fabrikam.test:" + std::to_string(server.port()), options);
  EXPECT_FALSE(transport);
  const std::string received = server.received();
  EXPECT_THAT(received, HasSubstr("1.3.6.1.4.1.1466.20037")) << "StartTLS was asked for";
  EXPECT_THAT(received, testing::Not(HasSubstr("canary")));
  EXPECT_THAT(received, testing::Not(HasSubstr("svc@")));
}

TEST(AuthenticationWithoutServer, a_silent_server_is_a_timeout) {
  FakeServer server(FakeServer::Mood::silent);
  for (const std::string scheme : {"ldap", "ldaps"}) {
    ldap::ConnectOptions options;
    options.bind = Bind::simple;
    options.username = "svc@contoso.com";
    options.password = Secret("canary-7c1f");
    options.address = "127.0.0.1";
    options.connect_timeout = std::chrono::milliseconds(300);
    EXPECT_REFUSED(timeout,
                   connect(scheme + "://dc.fabrikam.test:" + std::to_string(server.port()), options));
  }
}

TEST(AuthenticationWithoutServer, a_closed_port_is_unavailable) {
  uint16_t port = 0;
  {
    const FakeServer gone(FakeServer::Mood::silent);
    port = gone.port();
  }
  ldap::ConnectOptions options;
  options.address = "127.0.0.1";
  const auto transport = connect("ldap://dc.fabrikam.test:" + std::to_string(port), options);
  EXPECT_REFUSED(unavailable, transport);
  EXPECT_THAT(transport.error().message, HasSubstr("refused"));
}

}  // namespace
}  // namespace gmsactl::contract
