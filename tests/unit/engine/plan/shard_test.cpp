// --shard: what stays together, that nothing is in two parts or in none, and that N parts are the whole plan.
#include "engine/plan/shard.h"

#include <random>

#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::FakeWorld;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using model::Desired;
using model::Kind;
using plan::Shard;
using plan::ShardMembers;

plan::Options part(const Desired& wanted, uint32_t index, uint32_t count) {
  plan::Options options;
  options.shard.emplace(wanted, Shard{index, count});
  return options;
}

/// Which of `count` parts an address is in; a failure where it is not in exactly one.
uint32_t part_of(const Desired& wanted, const model::ResourceId& id, uint32_t count) {
  std::vector<uint32_t> parts;
  for (uint32_t i = 0; i < count; ++i)
    if (ShardMembers(wanted, {i, count}).has(id)) parts.push_back(i);
  EXPECT_EQ(parts.size(), 1U) << model::address(id);
  return parts.empty() ? count : parts.front();
}

model::Declaration<model::SpecTarget> target(std::string name, model::SpecTarget place) {
  model::Declaration<model::SpecTarget> declared;
  declared.name = std::move(name);
  declared.spec = std::move(place);
  return declared;
}

model::SpecTarget docker(std::vector<model::PrincipalRef> hosts) {
  model::DockerTarget place;
  place.hosts = std::move(hosts);
  return {std::move(place)};
}

void deliver(model::Declaration<model::Gmsa>& to, const std::string& where) {
  if (!to.spec.credential_spec) to.spec.credential_spec.emplace();
  to.spec.credential_spec->targets.push_back({where, {}});
}

TEST(Shard, is_written_I_of_N_from_0_on) {
  EXPECT_EQ(plan::parse_shard("0/1"), (Shard{0, 1}));
  EXPECT_EQ(plan::parse_shard("2/3"), (Shard{2, 3}));
  EXPECT_EQ(plan::parse_shard("2/3")->text(), "2/3");
  for (const char* wrong : {"3/3", "4/3", "0/0", "a/b", "-1/3", "+1/3", "1/-3", "1", "/", "/3", "1/", "1/3/5",
                            "1 /3", " 1/3", "1/3 ", "", "0x1/3", "1.0/3", "99999999999/999999999999"})
    EXPECT_EQ(plan::parse_shard(wrong), std::nullopt) << wrong;
}

// The rule is documented, and pipelines may rely on it: these values may never change.
TEST(Shard, the_hash_is_the_documented_one) {
  EXPECT_EQ(plan::shard_of("GMSA/WebApp01", 1), 0U);
  EXPECT_EQ(plan::shard_of("GMSA/WebApp01", 3), 0x9f75d7cb0822be2U % 3);
  EXPECT_EQ(plan::shard_of("GMSA/WebApp01", 1000003), 0x9f75d7cb0822be2U % 1000003);
  EXPECT_EQ(plan::shard_of("HostGroup/Hosts", 1000003), 0x90c3a735498897aU % 1000003);
}

TEST(Shard, a_unit_is_called_by_the_first_of_its_addresses) {
  const auto wanted =
      desired({group("Hosts", {group_ref("Racks")}), group("Racks"), group("Alone")},
              {account("Web02", {group_ref("Hosts")}), account("Web01", {group_ref("Hosts")})});
  const uint32_t count = 97;
  const uint32_t expected = plan::shard_of("GMSA/Web01", count);
  for (const char* name : {"Hosts", "Racks"})
    EXPECT_EQ(part_of(wanted, {Kind::host_group, name}, count), expected) << name;
  for (const char* name : {"Web01", "Web02"})
    EXPECT_EQ(part_of(wanted, {Kind::gmsa, name}, count), expected) << name;
  EXPECT_EQ(part_of(wanted, {Kind::host_group, "Alone"}, count), plan::shard_of("HostGroup/Alone", count));
}

TEST(Shard, who_is_named_by_its_account_name_belongs_to_it_as_well) {
  auto nested = group("Nested");
  nested.spec.sam_account_name = "sam-nested";
  const auto wanted = desired({nested, group("Z", {named("CONTOSO\\SAM-Nested"), named("HOST01")})},
                              {account("App", {named("sam-nested")}), account("Other", {named("app$")}),
                               account("Third", {named("HOST01")})});
  const uint32_t count = 97;
  const uint32_t expected = plan::shard_of("GMSA/App", count);
  EXPECT_EQ(part_of(wanted, {Kind::host_group, "Nested"}, count), expected);
  EXPECT_EQ(part_of(wanted, {Kind::host_group, "Z"}, count), expected);
  EXPECT_EQ(part_of(wanted, {Kind::gmsa, "Other"}, count), expected);
  // A computer is no declaration, and keeps nothing together.
  EXPECT_EQ(part_of(wanted, {Kind::gmsa, "Third"}, count), plan::shard_of("GMSA/Third", count));
}

TEST(Shard, credential_specs_are_with_their_account_and_accounts_with_whom_their_spec_names) {
  auto web = account("Web");
  auto api = account("Api");
  auto job = account("Job");
  deliver(web, "cluster");
  deliver(api, "cluster");
  deliver(job, "cluster");
  web.spec.credential_spec->additional_accounts.push_back({"Api", {}, {}, {}});
  auto wanted = desired({}, {web, api, job});
  wanted.spec_targets.push_back(target("cluster", {model::KubernetesTarget{}}));
  const uint32_t count = 97;
  const uint32_t expected = plan::shard_of("GMSA/Api", count);
  EXPECT_EQ(part_of(wanted, {Kind::gmsa, "Web"}, count), expected);
  EXPECT_EQ(part_of(wanted, {Kind::credential_spec, "cluster/Web"}, count), expected);
  EXPECT_EQ(part_of(wanted, {Kind::credential_spec, "cluster/Api"}, count), expected);
  EXPECT_EQ(part_of(wanted, {Kind::credential_spec, "cluster/Job"}, count),
            plan::shard_of("GMSA/Job", count));
  // What is there and declared no longer.
  EXPECT_EQ(part_of(wanted, {Kind::credential_spec, "cluster/Gone"}, count),
            plan::shard_of("SpecTarget/cluster", count));
}

TEST(Shard, who_shares_a_folder_stays_together) {
  auto web = account("Web");
  auto api = account("Api");
  auto job = account("Job");
  deliver(web, "farm");
  deliver(api, "farm");
  deliver(job, "same-hosts");
  auto wanted = desired({group("Farm")}, {web, api, job, account("Nowhere")});
  wanted.spec_targets.push_back(target("farm", docker({group_ref("Farm")})));
  wanted.spec_targets.push_back(target("same-hosts", docker({named("HOST09"), group_ref("Farm")})));
  const uint32_t count = 97;
  const uint32_t expected = plan::shard_of("GMSA/Api", count);
  for (const char* name : {"Web", "Api", "Job"})
    EXPECT_EQ(part_of(wanted, {Kind::gmsa, name}, count), expected) << name;
  EXPECT_EQ(part_of(wanted, {Kind::credential_spec, "farm/Web@HOST01"}, count), expected);
  EXPECT_EQ(part_of(wanted, {Kind::credential_spec, "farm/Gone@HOST01"}, count), expected);
  EXPECT_EQ(part_of(wanted, {Kind::gmsa, "Nowhere"}, count), plan::shard_of("GMSA/Nowhere", count));
}

TEST(Shard, the_root_key_is_made_by_the_first_and_missed_by_the_others) {
  FakeWorld world;
  world.facts.kds_root_keys = model::Absent{};
  std::vector<model::Declaration<model::Gmsa>> accounts;
  for (int i = 0; i < 8; ++i) accounts.push_back(account("Web0" + std::to_string(i)));
  auto wanted = desired({}, accounts);
  wanted.environment.create_kds_root_key = true;
  wanted.environment.kds_root_key_effective_immediately = true;
  const auto first = plan_for(world, wanted, part(wanted, 0, 2));
  ASSERT_FALSE(first.changes.empty());
  EXPECT_EQ(model::address(first.changes[0].id), "KdsRootKey/contoso.com");
  EXPECT_THAT(findings(first), IsEmpty());
  const auto second = plan_for(world, wanted, part(wanted, 1, 2));
  for (const auto& change : second.changes) EXPECT_NE(change.id.kind, Kind::kds_root_key);
  ASSERT_THAT(findings(second), ElementsAre("GMSA0203 KdsRootKey/contoso.com"));
  EXPECT_THAT(second.diagnostics[0].hint, HasSubstr("--shard 0/2"));
}

TEST(Shard, an_SPN_that_another_part_gives_up_is_told_of) {
  FakeWorld world;
  auto& old_holder = world.add_account("Old");
  old_holder.service_principal_names.push_back("http/web");
  auto taking = account("New");
  taking.spec.service_principal_names.push_back({"http/web", {}});
  const auto wanted = desired({}, {account("Old"), taking});
  EXPECT_THAT(findings(plan_for(world, wanted)), IsEmpty());
  const uint32_t count = 97;
  const uint32_t index = part_of(wanted, {Kind::gmsa, "New"}, count);
  ASSERT_NE(index, part_of(wanted, {Kind::gmsa, "Old"}, count));
  const auto plan = plan_for(world, wanted, part(wanted, index, count));
  ASSERT_THAT(findings(plan), ElementsAre("GMSA0205 GMSA/New"));
  EXPECT_THAT(plan.diagnostics[0].hint, HasSubstr("GMSA/Old, which is in another shard, gives it up"));
}

TEST(Shard, never_prunes_and_reports_what_is_left_over_once) {
  FakeWorld world;
  std::vector<model::Declaration<model::Gmsa>> accounts;
  for (int i = 0; i < 20; ++i) {
    accounts.push_back(account("Kept" + std::to_string(i)));
    world.add_account("Kept" + std::to_string(i));
  }
  for (int i = 0; i < 6; ++i) world.add_account("Dropped" + std::to_string(i));
  const auto wanted = desired({}, accounts);
  std::string all;
  for (uint32_t i = 0; i < 3; ++i) {
    auto options = part(wanted, i, 3);
    for (const auto& one : plan_for(world, wanted, options).diagnostics) {
      EXPECT_EQ(one.code, "GMSA0305");
      all += one.detail;
    }
    options.prune = true;
    options.allow_deletes = 100;
    const auto plan = plan_for(world, wanted, options);
    EXPECT_THAT(actions(plan), IsEmpty());
    ASSERT_THAT(findings(plan), ElementsAre("GMSA0306 "));
    EXPECT_THAT(plan.diagnostics[0].hint, HasSubstr("without --shard"));
  }
  for (int i = 0; i < 6; ++i) {
    const std::string name = "GMSA/Dropped" + std::to_string(i);
    const auto at = all.find(name);
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_EQ(all.find(name, at + 1), std::string::npos) << name << " is reported twice";
  }
}

TEST(Shard, a_target_is_looked_for_in_its_part_only) {
  FakeWorld world;
  world.add_computer("HOST01");
  const auto wanted =
      desired({group("Hosts", {named("HOST01")})}, {account("Web", {group_ref("Hosts")}), account("Db")});
  std::vector<std::string> all;
  for (uint32_t i = 0; i < 5; ++i) {
    auto options = part(wanted, i, 5);
    options.targets = {"GMSA/Web"};
    const auto plan = plan_for(world, wanted, options);
    EXPECT_THAT(findings(plan), IsEmpty());
    for (auto& action : actions(plan)) all.push_back(std::move(action));
  }
  EXPECT_THAT(all, ElementsAre("create HostGroup/Hosts", "create GMSA/Web"));
}

// --- whatever is declared
// -----------------------------------------------------------------------------------

class Estates {
 public:
  explicit Estates(uint32_t seed) : random_(seed) {}
  size_t below(size_t count) { return std::uniform_int_distribution<size_t>(0, count - 1)(random_); }
  bool chance(size_t percent) { return below(100) < percent; }

  Desired any() {
    std::vector<model::Declaration<model::HostGroup>> groups;
    const size_t group_count = 1 + below(12);
    for (size_t i = 0; i < group_count; ++i) {
      auto one = group(name("Group", i), {named(name("HOST", below(4)))});
      if (i > 0 && chance(30)) one.spec.members->push_back(group_ref(name("Group", below(i))));
      if (i > 0 && chance(10)) one.spec.members->push_back(named(name("Group", below(i))));
      if (chance(30)) one.spec.path = fakes::dn("OU=New,DC=contoso,DC=com");
      groups.push_back(std::move(one));
    }
    std::vector<model::Declaration<model::Gmsa>> accounts;
    const size_t account_count = 1 + below(20);
    for (size_t i = 0; i < account_count; ++i) {
      auto one = account(name("Web", i), {named(name("HOST", below(4)))});
      if (chance(50)) one.spec.principals.push_back(group_ref(name("Group", below(group_count))));
      for (const char* place : {"cluster", "farm", "swarm", "folder"})
        if (chance(8)) deliver(one, place);
      if (one.spec.credential_spec && i > 0 && chance(30))
        one.spec.credential_spec->additional_accounts.push_back({name("Web", below(i)), {}, {}, {}});
      accounts.push_back(std::move(one));
    }
    std::shuffle(groups.begin(), groups.end(), random_);
    std::shuffle(accounts.begin(), accounts.end(), random_);
    Desired wanted = desired(std::move(groups), std::move(accounts));
    wanted.spec_targets = {target("cluster", {model::KubernetesTarget{}}),
                           target("swarm", {model::SwarmTarget{}}),
                           target("folder", {model::DirectoryTarget{"/srv/specs", {}, {}}}),
                           target("farm", docker({named("HOST0"), named("HOST1")}))};
    wanted.environment.create_paths = true;
    return wanted;
  }

  void meddle(FakeWorld& world, const Desired& wanted) {
    for (const auto& one : wanted.accounts)
      if (chance(50)) world.add_account(one.name).description = "not as declared";
    for (const auto& one : wanted.host_groups)
      if (chance(50)) world.add_group(one.name);
  }

 private:
  static std::string name(std::string_view text, size_t i) { return std::string(text) + std::to_string(i); }
  std::mt19937 random_;
};

/// With empty places for credential specs, which a FakeWorld has none of.
model::Plan plan_with_places(FakeWorld& world, const Desired& wanted, const plan::Options& options = {}) {
  fakes::NoEvents events;
  auto seen = world.observe(wanted, events).value();
  for (const auto& one : wanted.spec_targets)
    for (const std::string host : {"", "HOST0", "HOST1"})
      seen.spec_places.emplace(model::place_key(one.name, host), model::LivePlace{});
  return plan::make_plan(wanted, seen, options);
}

/// What a plan does and leaves, one text for each address.
std::map<std::string, std::string> contents(const model::Plan& plan) {
  std::map<std::string, std::string> result;
  for (const auto& change : plan.changes) {
    std::string text(model::name(change.action));
    for (const auto& field : change.fields) text += " " + std::string(field.path);
    for (const auto& id : change.requires_) text += " after " + model::address(id);
    EXPECT_TRUE(result.emplace(model::address(change.id), text).second) << model::address(change.id);
  }
  for (const auto& id : plan.unchanged)
    EXPECT_TRUE(result.emplace(model::address(id), "unchanged").second) << model::address(id);
  for (const auto& one : plan.unreadable)
    EXPECT_TRUE(result.emplace(model::address(one.id), "unreadable").second) << model::address(one.id);
  return result;
}

TEST(ShardProperty, N_parts_are_the_whole_plan_and_nothing_is_in_two) {
  size_t seen = 0;
  size_t several = 0;  // worlds that were really split
  for (uint32_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Estates estates(seed);
    FakeWorld world;
    for (int i = 0; i < 4; ++i) world.add_computer("HOST" + std::to_string(i));
    const Desired wanted = estates.any();
    estates.meddle(world, wanted);
    const auto whole = contents(plan_with_places(world, wanted));
    const uint32_t count = 1 + static_cast<uint32_t>(estates.below(6));
    std::map<std::string, std::string> all;
    size_t parts = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const auto plan = plan_with_places(world, wanted, part(wanted, i, count));
      const auto of_part = contents(plan);
      parts += of_part.empty() ? 0U : 1U;
      for (const auto& [address, text] : of_part) {
        // Made by whoever needs it; all find the same missing.
        if (address.starts_with("Container/"))
          all.emplace(address, text);
        else
          EXPECT_TRUE(all.emplace(address, text).second) << address << " is in two parts";
      }
      // What must go first is in the same part, whatever it is.
      for (const auto& change : plan.changes)
        for (const auto& id : change.requires_)
          EXPECT_EQ(of_part.contains(model::address(id)), whole.contains(model::address(id)))
              << model::address(change.id) << " needs " << model::address(id);
    }
    EXPECT_EQ(all, whole);
    seen += whole.size();
    several += parts > 1 ? 1U : 0U;
    if (HasFailure()) return;
  }
  EXPECT_GT(seen, 1500U);
  EXPECT_GT(several, 60U);
}

TEST(ShardProperty, the_order_of_declarations_and_the_part_that_asks_decide_nothing) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Estates estates(seed);
    Desired wanted = estates.any();
    std::vector<model::ResourceId> ids;
    for (const auto& one : wanted.accounts) ids.push_back({Kind::gmsa, one.name});
    for (const auto& one : wanted.host_groups) ids.push_back({Kind::host_group, one.name});
    std::vector<uint32_t> before;
    for (const auto& id : ids) before.push_back(part_of(wanted, id, 5));
    std::reverse(wanted.accounts.begin(), wanted.accounts.end());
    std::reverse(wanted.host_groups.begin(), wanted.host_groups.end());
    std::reverse(wanted.spec_targets.begin(), wanted.spec_targets.end());
    for (size_t i = 0; i < ids.size(); ++i)
      EXPECT_EQ(part_of(wanted, ids[i], 5), before[i]) << model::address(ids[i]);
  }
}

}  // namespace
}  // namespace gmsactl
