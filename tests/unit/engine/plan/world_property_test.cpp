// Two environments of one domain with ten objects each, renamed, swapped and moved at random, by manifests
// and by hand, and runs that die in between: whatever is not refused before the first write converges, and no
// name and no SPN is ever there twice.
#include <cstdlib>
#include <random>
#include <set>

#include "engine/base/text.h"
#include "engine/plan/saved_plan.h"
#include "tests/unit/engine/plan/together.h"

namespace gmsactl {
namespace {

using fakes::FakeWorld;
using model::Outcome;

constexpr size_t accounts_each = 6;
constexpr size_t groups_each = 4;

/// Who has which name, place and SPNs: every one of a pool given once, and shuffled from run to run.
class Shuffled {
 public:
  explicit Shuffled(uint32_t seed) : random_(seed) {
    for (size_t i = 0; i < 2 * accounts_each + 4; ++i) sams_.push_back("acc" + std::to_string(i));
    for (size_t i = 0; i < 2 * accounts_each + 4; ++i)
      dns_.push_back("dns" + std::to_string(i) + ".contoso.com");
    for (size_t i = 0; i < 2 * groups_each + 3; ++i) group_sams_.push_back("grp" + std::to_string(i));
    for (size_t i = 0; i < 2 * groups_each + 3; ++i) common_names_.push_back("cn" + std::to_string(i));
    for (size_t i = 0; i < 40; ++i) spns_.push_back("MSSQLSvc/db" + std::to_string(i));
    for (size_t i = 0; i < 40; ++i) owners_.push_back(i % (2 * accounts_each));
    paths_.resize(2 * (accounts_each + groups_each));
  }

  /// Back to what is live, where a run was refused.
  void restore(const Shuffled& kept) {
    const auto random = random_;
    *this = kept;
    random_ = random;
  }

  /// Exchanges some: mostly between neighbours in one environment, sometimes between the two.
  void shuffle() {
    exchange(sams_, accounts_each);
    exchange(dns_, accounts_each);
    exchange(group_sams_, groups_each);
    exchange(common_names_, groups_each);
    for (size_t n = below(8); n > 0; --n) {
      size_t& a = owners_[below(owners_.size())];
      size_t& b = owners_[below(owners_.size())];
      if (a / accounts_each == b / accounts_each || below(10) == 0) std::swap(a, b);
    }
    for (size_t n = below(5); n > 0; --n) paths_[below(paths_.size())] = below(3);
  }

  Desired environment(size_t number) const {
    std::vector<model::Declaration<model::HostGroup>> groups;
    std::vector<model::Declaration<model::Gmsa>> accounts;
    for (size_t i = 0; i < groups_each; ++i) {
      const size_t at = number * groups_each + i;
      auto group = fakes::group("G" + std::to_string(at));
      group.spec.sam_account_name = group_sams_[at];
      group.spec.common_name = common_names_[at];
      group.spec.path = path(2 * accounts_each + at);
      groups.push_back(std::move(group));
    }
    for (size_t i = 0; i < accounts_each; ++i) {
      const size_t at = number * accounts_each + i;
      auto account = fakes::account("A" + std::to_string(at));
      account.spec.sam_account_name = sams_[at];
      account.spec.dns_host_name = dns_[at];
      account.spec.service_principal_names = located({"host/" + sams_[at], "host/" + dns_[at]});
      for (size_t spn = 0; spn < spns_.size(); ++spn)
        if (owners_[spn] == at) account.spec.service_principal_names.push_back({spns_[spn], {}});
      account.spec.path = path(at);
      accounts.push_back(std::move(account));
    }
    return gmsactl::environment(number == 0 ? "test" : "two", std::move(groups), std::move(accounts));
  }

  /// A hand that renames two objects into each other's places.
  void meddle(FakeWorld& world) {
    if (below(3) != 0 || world.accounts.size() < 2) return;
    auto first = std::next(world.accounts.begin(), static_cast<std::ptrdiff_t>(below(world.accounts.size())));
    auto second =
        std::next(world.accounts.begin(), static_cast<std::ptrdiff_t>(below(world.accounts.size())));
    if (first != second) std::swap(first->second.id.dn, second->second.id.dn);
  }

  size_t below(size_t count) { return std::uniform_int_distribution<size_t>(0, count - 1)(random_); }

 private:
  static std::vector<model::Located> located(std::vector<std::string> texts) {
    std::vector<model::Located> all;
    for (auto& text : texts) all.push_back({std::move(text), {}});
    return all;
  }

  template <class List>
  void exchange(List& list, size_t each) {
    for (size_t n = below(4); n > 0; --n) {
      const size_t a = below(list.size());
      const size_t b =
          below(15) == 0 ? below(list.size()) : std::min(list.size() - 1, a / each * each + below(each));
      std::swap(list[a], list[b]);
    }
  }
  model::Dn path(size_t at) const {
    return fakes::dn("OU=place" + std::to_string(paths_[at]) + ",DC=contoso,DC=com");
  }

  std::mt19937 random_;
  std::vector<std::string> sams_, dns_, group_sams_, common_names_, spns_;
  std::vector<size_t> owners_;
  std::vector<size_t> paths_;
};

void expect_each_once(const FakeWorld& world) {
  std::set<std::string> names, places, spns;
  for (const auto& [guid, live] : world.accounts) {
    EXPECT_TRUE(names.insert(fold(live.sam_account_name)).second) << live.sam_account_name;
    EXPECT_TRUE(places.insert(live.id.dn.key()).second) << live.id.dn.text();
    for (const auto& spn : live.service_principal_names) EXPECT_TRUE(spns.insert(fold(spn)).second) << spn;
  }
  for (const auto& [guid, live] : world.groups) {
    EXPECT_TRUE(names.insert(fold(live.sam_account_name)).second) << live.sam_account_name;
    EXPECT_TRUE(places.insert(live.id.dn.key()).second) << live.id.dn.text();
  }
}

/// One environment after the other, each looked at again before it is written. False where the run died.
bool carry_out(Together& run, Shuffled& random, bool dies) {
  fakes::NoEvents events;
  for (size_t i = 0; i < run.plans.size(); ++i) {
    if (i > 0) {
      auto fresh =
          plan::make_plan(run.environments[i], run.world.observe(run.environments[i], events).value(), {});
      auto check = plan::compare_with_saved(run.plans[i], std::move(fresh));
      EXPECT_TRUE(check.stale.empty()) << model::address(check.stale[0].id) << " " << check.stale[0].field;
      EXPECT_TRUE(check.errors.empty()) << check.errors[0].detail;
      run.plans[i] = std::move(check.rest);
    }
    for (const auto& change : run.plans[i].changes) {
      run.world.dies_after_stepping_aside = dies && !change.set_aside.empty() && random.below(2) == 0;
      const auto result = run.world.apply(change);
      expect_each_once(run.world);
      if (run.world.dies_after_stepping_aside) {
        run.world.dies_after_stepping_aside = false;
        return false;
      }
      EXPECT_EQ(result.outcome, Outcome::applied)
          << model::address(change.id) << ": " << (result.error ? result.error->message : "");
    }
  }
  return true;
}

TEST(World, random_renames_swaps_and_moves_converge_or_are_refused_before_the_first_write) {
  size_t converged = 0, refused = 0, stepped_aside = 0, died = 0;
  const char* more = std::getenv("GMSACTL_TEST_SEEDS");
  const auto last = more == nullptr ? 8U : static_cast<uint32_t>(std::stoul(more));
  for (uint32_t seed = 1; seed <= last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    FakeWorld world;
    for (const auto* place :
         {"OU=place0,DC=contoso,DC=com", "OU=place1,DC=contoso,DC=com", "OU=place2,DC=contoso,DC=com"})
      world.add_container(place);
    Shuffled random(seed);
    Shuffled live = random;
    for (int round = 0; round < 6; ++round) {
      SCOPED_TRACE("round " + std::to_string(round));
      std::vector<Desired> environments{random.environment(0), random.environment(1)};
      Together run{world, environments};
      run.plan();
      bool done = run.refused();
      refused += done ? 1 : 0;
      if (done)
        random.restore(live);
      else
        live = random;
      for (const auto& plan : run.plans)
        for (const auto& change : plan.changes) stepped_aside += change.set_aside.size();
      // A run that ends in the middle is followed by one that does the rest.
      for (int attempt = 0; !done && attempt < 12; ++attempt) {
        done = carry_out(run, random, attempt < 3);
        died += done ? 0 : 1;
        if (!done) {
          run.plan();
          ASSERT_FALSE(run.refused()) << run.errors();
        } else {
          run.plan();
          EXPECT_THAT(actions(run.plans[0]), IsEmpty());
          EXPECT_THAT(actions(run.plans[1]), IsEmpty());
          ++converged;
        }
        if (testing::Test::HasFailure()) return;
      }
      EXPECT_TRUE(done);
      random.meddle(world);
      random.shuffle();
    }
  }
  // So that this is not about nothing.
  EXPECT_GT(converged, 15U);
  EXPECT_GT(refused, 2U);
  EXPECT_GT(stepped_aside, 10U);
  EXPECT_GT(died, 2U);
}

}  // namespace
}  // namespace gmsactl
