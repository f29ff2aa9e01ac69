// A search that stays open: what it is told, and every way in which it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "tests/contract/dc/lab.h"
#include "tests/contract/dc/tcp_proxy.h"
#include "tests/contract/ldap/contract.h"

namespace gmsactl::contract {
namespace {

class Watch : public Contract {
 protected:
  void SetUp() override {
    Contract::SetUp();
    if (IsSkipped()) return;
    proxy_ = std::make_unique<TcpProxy>(lab::variable("GMSACTL_LAB_DC1_IP"), uint16_t{389});
    auto options = lab::options_through_proxy();
    options.request_timeout = std::chrono::milliseconds(1000);
    auto transport = ldap::connect(lab::url_through(*proxy_), options);
    ASSERT_TRUE(transport) << transport.error().message;
    transport_ = std::move(*transport);
  }

  static SearchRequest everything() {
    SearchRequest request;
    request.base = domain;
    request.attributes = {"description"};
    request.controls = {{"1.2.840.113556.1.4.528", true, {}}};
    return request;
  }

  void start() {
    watching_ = std::async(std::launch::async, [this] {
      return transport_->watch(
          everything(),
          [this](Entry&& entry) {
            const std::lock_guard lock(mutex_);
            told_.insert(std::string(entry.first("description").value_or("")));
            changed_.notify_all();
            return keep_on_;
          },
          stop_.get_token());
    });
  }

  /// Whether the watch reports one of these changes. The server does not say when a watch begins to listen,
  /// so the object is changed again and again. The server may need longer than the pause between two of them,
  /// so any of them counts.
  bool hears(const std::string& dn, const std::string& description) {
    for (int attempt = 0; attempt < 60; ++attempt) {
      const std::string text = description + std::to_string(attempt);
      EXPECT_DONE(directory().modify(dn, {{ModifyOperation::replace, "description", {text}}}));
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, std::chrono::milliseconds(500), [&] { return has_heard(description); }))
        return true;
      if (watching_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) return false;
    }
    return false;
  }

  bool has_heard(const std::string& description) const {
    const auto first = told_.lower_bound(description);
    return first != told_.end() && first->starts_with(description);
  }

  std::unique_ptr<TcpProxy> proxy_;
  std::unique_ptr<Transport> transport_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> told_;
  bool keep_on_ = true;
  std::future<Result<void>> watching_;
};

TEST_F(Watch, a_change_is_told_and_stopping_ends_it) {
  const std::string dn = add_container(unique("watched"));
  start();
  EXPECT_TRUE(hears(dn, "first"));
  EXPECT_TRUE(hears(dn, "second")) << "it goes on after the first";
  stop_.request_stop();
  EXPECT_REFUSED(cancelled, watching_.get());
  EXPECT_DONE(ldap::read(*transport_, "", {"dnsHostName"})) << "the other connections are as before";
}

TEST_F(Watch, silence_longer_than_any_request_may_last_is_no_timeout) {
  start();
  EXPECT_EQ(watching_.wait_for(std::chrono::milliseconds(2500)), std::future_status::timeout);
  stop_.request_stop();
  EXPECT_REFUSED(cancelled, watching_.get());
}

TEST_F(Watch, the_sink_can_end_it) {
  const std::string dn = add_container(unique("watched"));
  keep_on_ = false;
  start();
  hears(dn, "only");
  EXPECT_REFUSED(cancelled, watching_.get());
}

TEST_F(Watch, a_lost_connection_is_unavailable_and_another_watch_connects_anew) {
  const std::string dn = add_container(unique("watched"));
  start();
  EXPECT_TRUE(hears(dn, "before"));
  proxy_->cut();
  EXPECT_REFUSED(unavailable, watching_.get());
  start();
  EXPECT_TRUE(hears(dn, "after"));
  stop_.request_stop();
  EXPECT_REFUSED(cancelled, watching_.get());
}

TEST_F(Watch, closing_the_transport_ends_it) {
  start();
  while (transport_->counters().searches.load() == 0) std::this_thread::yield();
  transport_.reset();
  EXPECT_REFUSED(cancelled, watching_.get());
}

TEST_F(Watch, one_that_was_stopped_before_it_began_is_cancelled) {
  stop_.request_stop();
  start();
  EXPECT_REFUSED(cancelled, watching_.get());
}

TEST_F(Watch, a_filter_that_the_server_does_not_take_is_its_refusal) {
  auto request = everything();
  request.filter = "(cn=x)";
  const auto outcome = transport_->watch(
      request, [](Entry&&) { return true; }, stop_.get_token());
  EXPECT_RESULT(53, outcome);
}

}  // namespace
}  // namespace gmsactl::contract
