// On random worlds: whatever is planned without an error can be carried out in any order that the
// requirements allow, and leaves nothing to plan.
#include <random>

#include "engine/model/fields.h"
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::FakeWorld;
using fakes::named;
using model::Desired;
using model::Outcome;
using model::PrincipalRef;

constexpr size_t hosts = 6;

class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  size_t below(size_t count) { return std::uniform_int_distribution<size_t>(0, count - 1)(random_); }
  bool chance(size_t percent) { return below(100) < percent; }
  static std::string numbered(std::string_view text, size_t i) {
    return std::string(text) + std::to_string(i);
  }

  Desired desired() {
    std::vector<model::Declaration<model::HostGroup>> groups;
    const size_t group_count = below(5);
    for (size_t i = 0; i < group_count; ++i) groups.push_back(group(i));
    std::vector<size_t> services(8);
    for (size_t i = 0; i < services.size(); ++i) services[i] = i;
    std::shuffle(services.begin(), services.end(), random_);
    std::vector<model::Declaration<model::Gmsa>> accounts;
    const size_t account_count = below(6);
    for (size_t i = 0; i < account_count; ++i) {
      accounts.push_back(account(i, group_count));
      for (size_t n = below(3); n > 0 && !services.empty(); --n) {
        accounts.back().spec.service_principal_names.push_back(
            {numbered("MSSQLSvc/db", services.back()), {}});
        services.pop_back();
      }
    }
    std::shuffle(groups.begin(), groups.end(), random_);
    std::shuffle(accounts.begin(), accounts.end(), random_);
    Desired wanted = fakes::desired(std::move(groups), std::move(accounts));
    wanted.environment.create_paths = true;
    return wanted;
  }

  /// Somebody's hand in the live world.
  void meddle(FakeWorld& world) {
    for (auto& [guid, live] : world.accounts) {
      if (chance(20)) live.description = "meddled";
      if (chance(20)) live.user_account_control ^= 2U;
      if (chance(20))
        live.service_principal_names.push_back(numbered("http/extra", live.id.sid.sub_authorities.back()));
      if (chance(20) && !live.service_principal_names.empty()) live.service_principal_names.pop_back();
      if (chance(20))
        std::shuffle(live.service_principal_names.begin(), live.service_principal_names.end(), random_);
      if (chance(20)) live.group_msa_membership = descriptor({fakes::sid(5000), model::Sid{5, {11}}});
      if (chance(10)) live.group_msa_membership.reset();
      if (chance(20)) live.encryption_types = 4U | 0x40000U;
      if (chance(10)) live.password_interval_days = 7;
    }
    for (auto& [guid, live] : world.groups) {
      if (chance(20)) live.group_type ^= 0x80000000U;
      if (chance(30)) live.members.clear();
      if (chance(30)) add_stranger(world, live);
    }
    std::vector<model::Guid> gone;
    for (const auto& [guid, live] : world.accounts)
      if (chance(10)) gone.push_back(guid);
    for (const auto& [guid, live] : world.groups)
      if (chance(10)) gone.push_back(guid);
    for (const auto& guid : gone) world.remove(guid);
  }

  /// Carries the plan out, taking whatever is ready at random.
  void apply(FakeWorld& world, const model::Plan& plan) {
    std::vector<bool> done(plan.changes.size());
    for (size_t left = plan.changes.size(); left > 0; --left) {
      std::vector<size_t> ready;
      for (size_t i = 0; i < plan.changes.size(); ++i)
        if (!done[i] && is_ready(plan, done, i)) ready.push_back(i);
      ASSERT_THAT(ready, testing::Not(IsEmpty()));
      const size_t next = ready[below(ready.size())];
      const auto result = world.apply(plan.changes[next]);
      ASSERT_EQ(result.outcome, Outcome::applied)
          << model::address(result.id) << ": " << result.error->message;
      done[next] = true;
    }
  }

 private:
  model::Declaration<model::HostGroup> group(size_t i) {
    auto declared = fakes::group(numbered("Group", i));
    auto& spec = declared.spec;
    for (size_t n = below(4); n > 0; --n) spec.members->push_back(named(numbered("HOST", below(hosts))));
    // Towards smaller numbers only, so that no group is in itself.
    const bool nested = i > 0 && chance(40);
    if (nested) spec.members->push_back(fakes::group_ref(numbered("Group", below(i))));
    if (chance(20)) spec.membership = model::Membership::additive;
    if (chance(10)) spec.members.reset();
    if (chance(30)) spec.description = chance(30) ? "" : numbered("text", below(3));
    // DomainLocal contains every group of the domain; whether others may is not the question here.
    if (!nested && chance(30))
      spec.scope = chance(50) ? model::GroupScope::global : model::GroupScope::universal;
    if (chance(30)) spec.path = path();
    if (chance(20)) spec.common_name = numbered("Renamed Group", i);
    return declared;
  }

  model::Declaration<model::Gmsa> account(size_t i, size_t group_count) {
    auto declared = fakes::account(numbered("Web", i));
    auto& spec = declared.spec;
    for (size_t n = below(3); n > 0; --n) spec.principals.push_back(named(numbered("HOST", below(hosts))));
    if (group_count > 0 && chance(70))
      spec.principals.push_back(fakes::group_ref(numbered("Group", below(group_count))));
    if (chance(50)) spec.keep_orphaned_principals = false;
    if (chance(20)) spec.dns_host_name = numbered("other", i) + ".contoso.com";
    if (chance(20)) spec.enabled = false;
    if (chance(20)) spec.encryption_types = model::encryption::aes256;
    if (chance(20)) spec.trusted_for_delegation = chance(50);
    if (chance(20)) spec.allowed_to_delegate_to = {numbered("cifs/nas", below(2))};
    if (chance(30)) spec.description = chance(30) ? "" : numbered("text", below(3));
    if (chance(30)) spec.path = path();
    if (chance(15)) spec.sam_account_name = numbered("Shop", i);
    if (chance(10)) spec.password_interval_days = 7;
    return declared;
  }

  model::Dn path() {
    static constexpr std::string_view paths[] = {"OU=A,DC=contoso,DC=com", "OU=B,OU=A,DC=contoso,DC=com",
                                                 "ou=b,OU=a,DC=contoso,DC=com", "OU=C,DC=contoso,DC=com"};
    return fakes::dn(paths[below(std::size(paths))]);
  }

  static void add_stranger(FakeWorld& world, model::LiveGroup& live) {
    const auto& stranger = world.objects.begin()->second.principal.id.dn;
    for (const auto& member : live.members)
      if (model::dn_key(member) == stranger.key()) return;
    live.members.push_back(stranger.text());
  }

  static bool is_ready(const model::Plan& plan, const std::vector<bool>& done, size_t i) {
    const auto& required = plan.changes[i].requires_;
    for (size_t j = 0; j < plan.changes.size(); ++j)
      if (!done[j] && std::find(required.begin(), required.end(), plan.changes[j].id) != required.end())
        return false;
    return true;
  }

  std::mt19937 random_;
};

void expect_order(const model::Plan& plan) {
  std::set<model::ResourceId> before;
  for (const auto& change : plan.changes) {
    EXPECT_THAT(change.fields, testing::Not(IsEmpty())) << model::address(change.id);
    EXPECT_THAT(change.reasons, testing::Not(IsEmpty())) << model::address(change.id);
    for (const auto& id : change.requires_)
      EXPECT_TRUE(before.contains(id)) << model::address(change.id) << " before " << model::address(id);
    EXPECT_TRUE(before.insert(change.id).second) << model::address(change.id) << " twice";
  }
}

/// Plans and applies `desired`; false where the plan has errors, as a refused plan is not applied.
bool converges(FakeWorld& world, Generator& generator, const Desired& desired) {
  plan::Options options;
  for (const auto& account : desired.accounts) options.allow_replace.insert("GMSA/" + account.name);
  const auto plan = plan_for(world, desired, options);
  if (has_errors(plan.diagnostics)) return false;
  expect_order(plan);
  for (const auto& change : plan.changes) {
    const auto known = model::field_names(change.id.kind);
    if (known.empty()) continue;
    for (const auto& field : change.fields)
      if (field.path == "membership" || field.path == "servicePrincipalNamesMode")
        EXPECT_NE(field.cause, model::cause::drift) << "only a manifest says how a list is managed";
      else
        EXPECT_THAT(known, testing::Contains(field.path)) << "drift.ignore could not name it";
  }
  generator.apply(world, plan);
  if (testing::Test::HasFatalFailure()) return true;
  const auto again = plan_for(world, desired, options);
  EXPECT_THAT(actions(again), IsEmpty());
  for (const auto& change : again.changes)
    ADD_FAILURE() << model::address(change.id) << ": " << join(change.reasons, "; ");
  return true;
}

TEST(PlanProperty, a_second_plan_is_empty_whatever_the_world) {
  size_t applied = 0;
  for (uint32_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    FakeWorld world;
    for (size_t i = 0; i < hosts; ++i) world.add_computer(Generator::numbered("HOST", i));
    Generator generator(seed);
    applied += converges(world, generator, generator.desired()) ? 1U : 0U;
    generator.meddle(world);
    applied += converges(world, generator, generator.desired()) ? 1U : 0U;
    if (HasFailure()) return;
  }
  EXPECT_GT(applied, 750U) << "most worlds have a plan without errors";
}

}  // namespace
}  // namespace gmsactl
