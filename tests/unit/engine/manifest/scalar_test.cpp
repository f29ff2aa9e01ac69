#include "engine/manifest/scalar.h"

#include <gtest/gtest.h>

#include "engine/manifest/names.h"
#include "engine/manifest/server_url.h"
#include "engine/manifest/variables.h"

namespace gmsactl::manifest {
namespace {

TEST(Scalar, is_what_any_yaml_reader_may_take_it_for) {
  struct Case {
    const char* text;
    Plain kind;
  };
  const Case cases[] = {
      {"HOST01", Plain::text},
      {"", Plain::text},
      {"nobody", Plain::text},
      {"true", Plain::boolean},
      {"false", Plain::boolean},
      {"True", Plain::other_boolean},
      {"YES", Plain::other_boolean},
      {"no", Plain::other_boolean},
      {"on", Plain::other_boolean},
      {"Off", Plain::other_boolean},
      {"y", Plain::other_boolean},
      {"N", Plain::other_boolean},
      {"0", Plain::integer},
      {"30", Plain::integer},
      {"-1", Plain::integer},
      {"+1", Plain::other_integer},
      {"010", Plain::other_integer},
      {"0o10", Plain::other_integer},
      {"0x1F", Plain::other_integer},
      {"0b101", Plain::other_integer},
      {"1_000", Plain::other_integer},
      {"12:30:00", Plain::other_integer},
      {"1:59", Plain::other_integer},
      {"1:99", Plain::text},
      {"1.5", Plain::real},
      {".5", Plain::real},
      {"1.", Plain::real},
      {"1e3", Plain::real},
      {"-1.5E-3", Plain::real},
      {".inf", Plain::real},
      {"-.INF", Plain::real},
      {".NaN", Plain::real},
      {"1.2.3", Plain::text},
      {"10.0.0.1", Plain::text},
      {"-", Plain::text},
      {".", Plain::text},
      {"+", Plain::text},
      {"0x", Plain::text},
      {"1e", Plain::text},
      {"2026-01-31", Plain::timestamp},
      {"2026-1-3", Plain::timestamp},
      {"2026-01-31 10:00:00", Plain::timestamp},
      {"2026-01-31T10:00:00Z", Plain::timestamp},
      {"2026-01-31-a", Plain::text},
      {"2026-web-01", Plain::text},
      {"1st", Plain::text},
      {"0123-host", Plain::text},
      {"fe80::1", Plain::text},
      {"S-1-5-21-1-2-3", Plain::text},
      {"_1", Plain::text},
  };
  for (const auto& each : cases) EXPECT_EQ(classify(each.text), each.kind) << each.text;
}

TEST(Variables, are_filled_in_once) {
  Variables variables;
  variables.known = true;
  variables.values = {{"a", "1"}, {"b", "${a}"}};
  EXPECT_EQ(*expand("x${a}y${a}", variables).text, "x1y1");
  EXPECT_EQ(*expand("${b}", variables).text, "${a}");
  EXPECT_EQ(*expand("$${a} $a $", variables).text, "${a} $a $");
  EXPECT_EQ(*expand("", variables).text, "");
}

TEST(Variables, mistakes_are_told_apart) {
  Variables variables;
  variables.known = true;
  EXPECT_TRUE(expand("${a}", variables).mistake->undefined);
  EXPECT_FALSE(expand("${a", variables).mistake->undefined);
  EXPECT_FALSE(expand("${a b}", variables).mistake->undefined);
  EXPECT_FALSE(expand("${1}", variables).mistake->undefined);
}

TEST(Variables, that_are_not_known_yet_give_no_text_and_no_mistake) {
  const Variables unknown;
  EXPECT_FALSE(expand("${a}", unknown).text);
  EXPECT_FALSE(expand("${a}", unknown).mistake);
  EXPECT_EQ(*expand("$${a}", unknown).text, "${a}");
}

TEST(Names, that_active_directory_refuses_are_refused) {
  for (const char c : std::string("\"/\\[]:;|=,+*?<>@")) {
    EXPECT_TRUE(account_name_problem(std::string("a") + c + "b", 15)) << c;
  }
  for (const auto* name : {"a.", " a", "a ", "a\tb", "1234567890123456"})
    EXPECT_TRUE(account_name_problem(name, 15)) << name;
  for (const auto* name : {"a", "web 01", "svc.web", "web_01", "müller", "123456789012345"})
    EXPECT_FALSE(account_name_problem(name, 15)) << name;
}

TEST(Names, of_hosts_follow_dns) {
  for (const auto* name : {"a", "web01.contoso.com", "1.2", "a_b.c", "xn--mller-kva.de"})
    EXPECT_FALSE(dns_name_problem(name)) << name;
  for (const auto* name : {"", ".", "a..b", "a.", ".a", "-a", "a-", "a b", "ä", "a/b", "*.a"})
    EXPECT_TRUE(dns_name_problem(name)) << name;
  EXPECT_FALSE(dns_name_problem(std::string(63, 'a')));
  EXPECT_TRUE(dns_name_problem(std::string(64, 'a')));
}

TEST(Servers, are_ldap_urls_or_files) {
  for (const auto* url : {"ldap://dc01", "ldaps://dc01.contoso.com:636", "ldap://[fe80::1]",
                          "ldap://[::1]:389", "ldap://127.0.0.1:1389", "ldif:a.ldif", "ldif:/x y/a.ldif"})
    EXPECT_FALSE(server_problem(url)) << url;
  for (const auto* url : {"", "dc01", "ldap:dc01", "ldap://", "ldap://:389", "ldap://a:", "ldap://a:0",
                          "ldap://a:65536", "ldap://a:3 89", "ldap://a/", "ldap://a?b", "ldap://u@a",
                          "ldap://[::1", "ldap://[x]", "ldap://[::1]389", "ldif:", "http://a", "ldap://a b"})
    EXPECT_TRUE(server_problem(url)) << url;
}

}  // namespace
}  // namespace gmsactl::manifest
