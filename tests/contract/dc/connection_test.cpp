// A connection that breaks, hangs or is closed while requests are under way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/contract/dc/lab.h"
#include "tests/contract/dc/tcp_proxy.h"
#include "tests/contract/ldap/contract.h"

namespace gmsactl::contract {
namespace {

using testing::HasSubstr;

class Broken : public Contract {
 protected:
  void SetUp() override {
    Contract::SetUp();
    if (IsSkipped()) return;
    proxy_ = std::make_unique<TcpProxy>(lab::variable("GMSACTL_LAB_DC1_IP"), uint16_t{389});
    options_ = lab::options_through_proxy();
    options_.connections = 1;
  }

  void open() {
    auto transport = ldap::connect(lab::url_through(*proxy_), options_);
    ASSERT_TRUE(transport) << transport.error().message;
    transport_ = std::move(*transport);
  }

  static SearchRequest schema() {
    SearchRequest request;
    request.base = container_of_many();
    return request;
  }

  Result<Entry> read_root() { return ldap::read(*transport_, "", {"dnsHostName"}); }

  std::unique_ptr<TcpProxy> proxy_;
  ldap::ConnectOptions options_;
  std::unique_ptr<Transport> transport_;
};

TEST_F(Broken, a_search_cut_off_in_the_middle_is_begun_anew) {
  open();
  const auto whole = ldap::search_all(*transport_, schema());
  ASSERT_TRUE(whole);
  proxy_->cut_after(100'000);
  const auto again = ldap::search_all(*transport_, schema());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->size(), whole->size());
  EXPECT_EQ(proxy_->connections(), 2);
}

TEST_F(Broken, who_takes_entries_as_they_come_is_told_that_they_come_anew) {
  open();
  SearchRequest request = schema();
  size_t seen = 0;
  size_t forgotten = 0;
  request.restarted = [&] { forgotten = std::exchange(seen, 0); };
  proxy_->cut_after(100'000);
  EXPECT_DONE(transport_->search(request, [&](Entry&&) { return ++seen > 0; }));
  EXPECT_GT(forgotten, 0u);
  EXPECT_GT(seen, forgotten);
}

TEST_F(Broken, a_search_cut_off_for_good_is_unavailable) {
  open();
  proxy_->refuse(true);
  proxy_->cut_after(100'000);
  size_t seen = 0;
  const auto outcome = transport_->search(schema(), [&](Entry&&) { return ++seen > 0; });
  EXPECT_REFUSED(unavailable, outcome);
  EXPECT_EQ(seen, 0u) << "of an answer that never was whole";
}

TEST_F(Broken, the_next_search_connects_again_to_the_same_server) {
  open();
  EXPECT_DONE(read_root());
  proxy_->cut();
  // The first may still go out on the dead connection before the end of it is noticed.
  if (auto first = read_root(); !first) {
    EXPECT_REFUSED(unavailable, first);
  }
  EXPECT_DONE(read_root());
  EXPECT_EQ(proxy_->connections(), 2);
  EXPECT_EQ(transport_->counters().binds.load(), 2u);
}

TEST_F(Broken, a_write_does_not_connect_again) {
  open();
  proxy_->cut();
  const std::string dn = add_container(unique("b"));
  const std::vector<Modification> change{{ModifyOperation::replace, "description", {"x"}}};
  EXPECT_REFUSED(unavailable, transport_->modify(dn, change));
  EXPECT_REFUSED(unavailable, transport_->modify(dn, change));
  EXPECT_EQ(proxy_->connections(), 1);
  EXPECT_EQ(value(dn, "description"), "");
  EXPECT_DONE(read_root());
  EXPECT_DONE(transport_->modify(dn, change)) << "a search has connected again";
}

TEST_F(Broken, a_server_that_stays_away_is_unavailable_each_time) {
  open();
  proxy_->refuse(true);
  proxy_->cut();
  for (int i = 0; i < 3; ++i) EXPECT_REFUSED(unavailable, read_root());
  proxy_->refuse(false);
  EXPECT_DONE(read_root());
}

TEST_F(Broken, a_server_that_falls_silent_is_a_timeout) {
  options_.request_timeout = std::chrono::milliseconds(300);
  open();
  proxy_->swallow(true);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_REFUSED(timeout, read_root());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  const std::string dn = add_container(unique("b"));
  EXPECT_REFUSED(timeout, transport_->modify(dn, {{ModifyOperation::replace, "description", {"x"}}}));
}

TEST_F(Broken, a_slow_answer_is_no_timeout_while_it_flows) {
  options_.request_timeout = std::chrono::milliseconds(5000);
  open();
  EXPECT_DONE(ldap::search_all(*transport_, schema()));
}

TEST_F(Broken, closing_answers_what_is_under_way) {
  for (int round = 0; round < 5; ++round) {
    open();
    std::atomic<int> finished{0};
    std::vector<std::thread> threads;
    Transport& transport = *transport_;
    std::atomic<int> begun{0};
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        ++begun;
        const auto outcome = ldap::search_all(transport, schema());
        if (outcome || outcome.error().kind == ErrorKind::cancelled) ++finished;
      });
    while (transport.counters().entries.load() == 0) std::this_thread::yield();
    while (begun.load() < 8) std::this_thread::yield();
    // Callers that have not yet entered the transport would be using it after its end, which is their
    // mistake.
    while (transport.counters().searches.load() < 8) std::this_thread::yield();
    transport_.reset();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(finished, 8);
  }
}

TEST_F(Broken, a_search_from_inside_a_sink_is_refused_instead_of_hanging) {
  open();
  Result<Entry> inner = fail(ErrorKind::not_found, "not run");
  SearchRequest request;
  request.base = domain;
  request.scope = Scope::base;
  EXPECT_DONE(transport_->search(request, [&](Entry&&) {
    inner = read_root();
    return true;
  }));
  EXPECT_REFUSED(internal, inner);
}

TEST_F(Broken, writes_of_many_threads_all_arrive) {
  open();
  std::vector<std::thread> threads;
  std::vector<std::string> made;
  for (int i = 0; i < 16; ++i) made.push_back(below_unit(unique("w")));
  std::atomic<int> failed{0};
  for (const auto& dn : made)
    threads.emplace_back([&] {
      if (!transport_->add(dn, {{"objectClass", {"container"}}})) ++failed;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  for (const auto& dn : made) EXPECT_FALSE(value(dn, "objectGUID").empty());
}

TEST_F(Broken, a_request_larger_than_the_socket_takes_is_sent_in_full) {
  proxy_ = std::make_unique<TcpProxy>(lab::variable("GMSACTL_LAB_DC1_IP"), uint16_t{389}, true);
  open();
  const std::string dn = add_container(unique("big"));
  std::vector<std::string> values;
  for (int i = 0; i < 20; ++i) values.push_back(std::string(300'000, 'x') + std::to_string(i));
  // 6 MB; whether the server likes it is its affair, that it answers and that the next request works is ours.
  const auto outcome = transport_->modify(dn, {{ModifyOperation::replace, "description", values}});
  EXPECT_TRUE(outcome || outcome.error().kind != ErrorKind::timeout) << outcome.error().message;
  EXPECT_DONE(read_root());
}

}  // namespace
}  // namespace gmsactl::contract
