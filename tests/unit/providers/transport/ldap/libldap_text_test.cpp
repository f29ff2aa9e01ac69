// The parts of the libldap transport that read text: server URLs and range options.
#include <gtest/gtest.h>

#include "providers/transport/ldap/connect.h"
#include "providers/transport/ldap/libldap_endpoint.h"
#include "providers/transport/ldap/libldap_ranges.h"

namespace gmsactl::ldap {
namespace {

TEST(Endpoint, a_url_has_scheme_host_and_port) {
  const auto plain = Endpoint::parse("ldap://DC01.contoso.com");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->ldaps);
  EXPECT_EQ(plain->host, "dc01.contoso.com");
  EXPECT_EQ(plain->port, 389);
  const auto secure = Endpoint::parse("LDAPS://[2001:DB8::1]:6360/");
  ASSERT_TRUE(secure);
  EXPECT_TRUE(secure->ldaps);
  EXPECT_EQ(secure->host, "2001:db8::1");
  EXPECT_EQ(secure->port, 6360);
}

TEST(Endpoint, its_url_leaves_out_the_schemes_own_port) {
  EXPECT_EQ(Endpoint::parse("ldap://dc01:389")->url(), "ldap://dc01");
  EXPECT_EQ(Endpoint::parse("ldaps://dc01:636")->url(), "ldaps://dc01");
  EXPECT_EQ(Endpoint::parse("ldaps://dc01:389")->url(), "ldaps://dc01:389");
  EXPECT_EQ(Endpoint::parse("ldap://[::1]")->url(), "ldap://[::1]");
}

TEST(Endpoint, what_is_no_server_is_invalid) {
  for (const char* url :
       {"", "dc01", "http://dc01", "ldap://", "ldap://:389", "ldap://dc01:", "ldap://dc01:0",
        "ldap://dc01:65536", "ldap://dc01:389x", "ldap://[::1", "ldap://[::1]x",
        "ldap://dc01/DC=contoso,DC=com", "ldap://user@dc01", "ldap://dc 01"}) {
    const auto endpoint = Endpoint::parse(url);
    ASSERT_FALSE(endpoint) << url;
    EXPECT_EQ(endpoint.error().kind, ErrorKind::invalid) << url;
  }
}

TEST(Connect, contradictions_and_empty_secrets_are_found_without_a_network) {
  ConnectOptions options;
  options.tls = Tls::ldaps;
  EXPECT_EQ(connect("ldap://dc01.contoso.com", options).error().kind, ErrorKind::invalid);
  options.tls = Tls::start_tls;
  EXPECT_EQ(connect("ldaps://dc01.contoso.com", options).error().kind, ErrorKind::invalid);
  options.tls = Tls::automatic;
  options.bind = Bind::simple;
  EXPECT_EQ(connect("ldaps://dc01.contoso.com", options).error().kind, ErrorKind::invalid);
  options.username = "svc@contoso.com";
  EXPECT_EQ(connect("ldaps://dc01.contoso.com", options).error().kind, ErrorKind::unauthenticated)
      << "an empty password would be an anonymous bind";
}

TEST(Range, is_read_from_the_attributes_name) {
  const auto middle = parse_range("member;range=1500-2999");
  ASSERT_TRUE(middle);
  EXPECT_EQ(middle->attribute, "member");
  EXPECT_EQ(middle->first, 1500u);
  EXPECT_EQ(middle->last, 2999u);
  const auto last = parse_range("member;Range=3000-*");
  ASSERT_TRUE(last);
  EXPECT_FALSE(last->last);
}

TEST(Range, other_names_have_none) {
  for (const char* name : {"member", "member;range=", "member;range=5", "member;range=-5", "member;range=a-b",
                           "member;binary", "member;range=1-2x"})
    EXPECT_FALSE(parse_range(name)) << name;
}

}  // namespace
}  // namespace gmsactl::ldap
