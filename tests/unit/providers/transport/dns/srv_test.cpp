#include "providers/transport/dns/srv.h"

#include <gtest/gtest.h>

#include <map>

#include "providers/transport/dns/srv_order.h"
#include "tests/unit/providers/transport/dns/dns_server.h"

namespace gmsactl::dns {
namespace {

constexpr const char* ldap_service = "_ldap._tcp.dc._msdcs.contoso.com";

Resolver resolver_of(const DnsServer& server) {
  return {server.address(), std::chrono::milliseconds(200), 1};
}

std::vector<std::string> hosts(const std::vector<SrvRecord>& records) {
  std::vector<std::string> list;
  for (const auto& record : records) list.push_back(record.host);
  return list;
}

TEST(SrvOrder, lower_priority_comes_first_whatever_its_weight) {
  const auto ordered =
      order({{"far", 389, 10, 100}, {"near", 389, 0, 1}}, [](uint32_t most) { return most; });
  EXPECT_EQ(hosts(ordered), (std::vector<std::string>{"near", "far"}));
}

TEST(SrvOrder, the_random_number_falls_into_a_weight) {
  const std::vector<SrvRecord> records{{"a", 389, 0, 10}, {"b", 389, 0, 20}, {"c", 389, 0, 0}};
  const auto first = [&](uint32_t number) {
    return order(records, [=](uint32_t) { return number; })[0].host;
  };
  EXPECT_EQ(first(0), "c") << "weight 0 has its small chance";
  EXPECT_EQ(first(1), "a");
  EXPECT_EQ(first(10), "a");
  EXPECT_EQ(first(11), "b");
  EXPECT_EQ(first(30), "b");
}

TEST(SrvOrder, keeps_every_record) {
  std::vector<SrvRecord> records;
  for (uint16_t i = 0; i < 50; ++i)
    records.push_back({"dc" + std::to_string(i), 389, static_cast<uint16_t>(i % 3), i});
  uint32_t state = 1;
  const auto ordered =
      order(records, [&](uint32_t most) { return (state = state * 48271 % 2147483647) % (most + 1); });
  EXPECT_EQ(ordered.size(), records.size());
  std::map<std::string, int> seen;
  for (const auto& record : ordered) ++seen[record.host];
  EXPECT_EQ(seen.size(), records.size());
}

TEST(Resolver, finds_domain_controllers_without_the_trailing_dot) {
  const DnsServer server(
      {{{ldap_service, {{"dc02.contoso.com", 389, 10, 100}, {"dc01.contoso.com", 3268, 0, 100}}}}, {}});
  const auto found = resolver_of(server).lookup_srv(ldap_service);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found,
            (std::vector<SrvRecord>{{"dc01.contoso.com", 3268, 0, 100}, {"dc02.contoso.com", 389, 10, 100}}));
}

TEST(Resolver, an_unknown_domain_is_not_found) {
  const DnsServer server({});
  const auto found = resolver_of(server).lookup_srv("_ldap._tcp.dc._msdcs.fabrikam.com");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::not_found);
  EXPECT_NE(found.error().message.find("_ldap._tcp.dc._msdcs.fabrikam.com"), std::string::npos);
}

TEST(Resolver, a_name_without_srv_records_is_not_found) {
  const DnsServer server({{}, {{"contoso.com", {"192.0.2.1"}}}});
  const auto found = resolver_of(server).lookup_srv("contoso.com");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::not_found);
}

TEST(Resolver, a_silent_server_is_a_timeout) {
  const DnsServer server({}, DnsServer::Mood::stays_silent);
  const auto found = resolver_of(server).lookup_srv(ldap_service);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::timeout);
}

TEST(Resolver, a_refusing_server_is_unavailable) {
  const DnsServer server({}, DnsServer::Mood::refuses);
  const auto found = resolver_of(server).lookup_srv(ldap_service);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::unavailable);
}

TEST(Resolver, addresses_are_version_4_then_6) {
  const DnsServer server({{}, {{"dc01.fabrikam.test", {"2001:db8::1", "192.0.2.1", "192.0.2.2"}}}});
  const auto found = resolver_of(server).lookup_addresses("dc01.fabrikam.test");
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 3u);
  EXPECT_EQ(found->back(), "2001:db8::1");
  EXPECT_EQ(std::vector<std::string>(found->begin(), found->end() - 1).size(), 2u);
}

TEST(Resolver, the_hosts_file_counts_where_no_server_is_named) {
  const auto found = Resolver{}.lookup_addresses("localhost");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->front(), "127.0.0.1");
}

TEST(Resolver, an_unknown_host_is_not_found) {
  const DnsServer server({});
  const auto found = resolver_of(server).lookup_addresses("dc99.fabrikam.test");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::not_found);
}

TEST(Resolver, a_wrong_server_list_is_invalid) {
  const auto found = Resolver{"not an address", std::chrono::milliseconds(100), 1}.lookup_srv(ldap_service);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace gmsactl::dns
