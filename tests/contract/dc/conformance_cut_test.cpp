// A conformance run whose connection ends, and one that finds another at work: what stays behind is said, and
// nobody is disturbed.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "tests/contract/dc/lab.h"
#include "tests/contract/dc/tcp_proxy.h"
#include "tests/contract/ldap/conformance.h"

namespace gmsactl::contract {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

class CutConformance : public ConformanceContract {
 protected:
  void SetUp() override {
    Contract::SetUp();
    if (IsSkipped()) return;
    proxy_ = std::make_unique<TcpProxy>(lab::variable("GMSACTL_LAB_DC1_IP"), uint16_t{389});
    auto options = lab::options_through_proxy();
    options.connections = 1;
    auto opened = ldap::connect(lab::url_through(*proxy_), options);
    ASSERT_TRUE(opened) << opened.error().message;
    transport_ = std::move(*opened);
    unit_ = add_unit(unique("conf"));
  }
  void TearDown() override {
    transport_.reset();
    proxy_.reset();
  }
  /// The connection ends after that check.
  Report cut_after(const std::string& id, bool for_good) {
    auto cut = setting(unit_);
    cut.told = [&, for_good](const conformance::Finding& finding) {
      if (finding.id != id) return;
      proxy_->refuse(for_good);
      proxy_->cut();
    };
    return run_in(cut, *transport_);
  }

  std::unique_ptr<TcpProxy> proxy_;
  std::unique_ptr<Transport> transport_;
  std::string unit_;
};

TEST_F(CutConformance, a_controller_that_stays_away_leaves_a_container_that_is_named) {
  const auto before = state_of_everything();
  const Report report = cut_after("modify.order", true);
  EXPECT_EQ(of(report, "modify.order").verdict, Verdict::as_assumed);
  EXPECT_EQ(of(report, "change.metadata").verdict, Verdict::not_tried);
  ASSERT_THAT(dns(report.left_behind), ElementsAre(StartsWith("OU=gmsactl-conformance-")));
  const std::string container = report.left_behind.front().dn;
  EXPECT_THAT(below(unit_), AllOf(Contains(container), Contains(testing::EndsWith("," + container))));

  const Report next = clean(unit_);
  EXPECT_THAT(next.removed_earlier, ElementsAre(container));
  EXPECT_THAT(dns(next.left_behind), IsEmpty());
  EXPECT_THAT(touched_since(before), IsEmpty());
}

TEST_F(CutConformance, a_connection_that_can_be_opened_again_leaves_nothing) {
  const auto before = state_of_everything();
  const Report report = cut_after("modify.order", false);
  EXPECT_EQ(of(report, "change.metadata").verdict, Verdict::not_tried);
  EXPECT_THAT(dns(report.left_behind), IsEmpty());
  EXPECT_THAT(below(unit_), ElementsAre(unit_));
  EXPECT_THAT(touched_since(before), IsEmpty());
}

TEST_F(CutConformance, the_container_of_a_run_that_is_at_work_is_left_alone) {
  const std::string container = "OU=gmsactl-conformance-0a1b2c," + unit_;
  EXPECT_DONE(
      directory().add(container, {{"objectClass", {"organizationalUnit"}},
                                  {"description", {"Made by gmsactl conformance, which removes it"}}}));
  const std::string inside = "CN=g0a1b2c1," + container;
  EXPECT_DONE(directory().add(inside, {{"objectClass", {"container"}}}));
  std::atomic<bool> over{false};
  std::jthread other([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i)
      (void)transport_->modify(inside, {{ModifyOperation::replace, "displayName", {std::to_string(i)}}});
    over = true;
  });
  std::stop_source stop;
  auto patient = setting(unit_);
  patient.quiet = std::chrono::seconds(2);
  patient.told = [&](const conformance::Finding&) { stop.request_stop(); };
  const Report report = run_in(patient, directory(), stop.get_token());
  EXPECT_FALSE(over) << "the other one ended too early for this to show anything";
  other.request_stop();
  other.join();
  EXPECT_THAT(report.other_runs, ElementsAre(container));
  EXPECT_THAT(report.removed_earlier, IsEmpty());
  EXPECT_THAT(below(unit_), testing::UnorderedElementsAre(inside, container, unit_));

  EXPECT_THAT(clean(unit_).removed_earlier, ElementsAre(container));
}

}  // namespace
}  // namespace gmsactl::contract
