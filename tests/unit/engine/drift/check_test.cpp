// A look at a part finds what a look at everything finds, whatever has happened in between.
#include "engine/drift/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "engine/base/text.h"
#include "tests/fakes/fake_feed.h"
#include "tests/fakes/fake_world.h"
#include "tests/fakes/samples.h"

namespace gmsactl::drift {
namespace {

using fakes::account;
using fakes::FakeFeed;
using fakes::FakeWorld;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using model::Desired;
using model::Observations;
using testing::HasSubstr;

/// Shows no more of the world than a provider reads of it where declarations are settled.
class Narrow : public ports::Observer {
 public:
  explicit Narrow(FakeWorld& world) : world_(world) {}

  Result<Observations> observe(const Desired& desired, ports::EventSink& events) override {
    auto seen = GMSACTL_TRY(world_.observe(desired, events));
    if (!desired.suspects) return seen;
    std::set<std::string> groups;
    std::set<std::string> principals;
    const auto name = [&](const std::vector<model::PrincipalRef>& refs) {
      for (const auto& ref : refs) {
        if (ref.form == model::PrincipalRef::Form::host_group) groups.insert(ref.text);
        principals.insert(model::principal_key(ref));
      }
    };
    std::set<std::string> accounts;
    for (const auto& one : desired.accounts)
      if (!one.settled) {
        accounts.insert(one.name);
        name(one.spec.principals);
      }
    for (const auto& one : desired.host_groups)
      if (!one.settled) {
        groups.insert(one.name);
        if (one.spec.members) name(*one.spec.members);
      }
    std::erase_if(seen.accounts, [&](const auto& each) { return !accounts.contains(each.first); });
    std::erase_if(seen.host_groups, [&](const auto& each) { return !groups.contains(each.first); });
    std::erase_if(seen.principals, [&](const auto& each) { return !principals.contains(each.first); });
    std::erase_if(*seen.leftovers, [&](const model::Leftover& leftover) {
      const auto& ids = *desired.suspects;
      return std::find(ids.begin(), ids.end(), leftover.id().guid) == ids.end();
    });
    return seen;
  }
  Result<model::LastWrites> last_writes(std::span<const model::Guid> objects) override {
    asked_to_date += objects.size();
    model::LastWrites writes;
    for (const auto& guid : objects) writes[guid]["description"] = {1, "dc01", 7};
    return writes;
  }

  size_t asked_to_date = 0;

 private:
  FakeWorld& world_;
};

/// Everything that a person or a program is told.
std::vector<std::string> findings(const model::Plan& plan) {
  std::vector<std::string> lines;
  for (const auto& change : plan.changes) {
    std::string line = std::string(model::name(change.action)) + " " + model::address(change.id) + " " +
                       std::string(change.cause) + " " + change.guid.text() + " " + change.dn.text();
    for (const auto& field : change.fields)
      line += " | " + std::string(field.path) + " " + std::string(field.cause) + " +" +
              join(field.added, ",") + " -" + join(field.removed, ",");
    for (const auto& id : change.requires_) line += " < " + model::address(id);
    lines.push_back(line);
  }
  for (const auto& one : plan.unreadable) lines.push_back("? " + model::address(one.id) + one.why.message);
  for (const auto& one : plan.diagnostics)
    lines.push_back(std::string(one.code) + " " + one.address + ": " + one.detail);
  lines.push_back(std::to_string(plan.unchanged.size()) + " unchanged");
  return lines;
}

class CheckTest : public testing::Test {
 protected:
  CheckTest() : feed_(world_), observer_(world_) { options_.planning.adopt = true; }

  /// Makes the world as declared, with markers that remember it.
  void bring_about() {
    const auto seen = world_.observe(desired_, events_);
    for (const auto& change : plan::make_plan(desired_, *seen, options_.planning).changes)
      EXPECT_EQ(world_.apply(change).outcome, model::Outcome::applied) << model::address(change.id);
  }
  /// The same after whatever happened: what is refused stays as it is.
  void put_right() {
    const auto seen = world_.observe(desired_, events_);
    for (const auto& change : plan::make_plan(desired_, *seen, options_.planning).changes)
      (void)world_.apply(change);
  }
  std::vector<std::string> everything() {
    return findings(plan::make_plan(desired_, *world_.observe(desired_, events_), options_.planning));
  }
  void start() { check_.emplace(observer_, feed_, desired_, options_, std::nullopt); }
  Look look() {
    auto look = check_->look(events_);
    EXPECT_TRUE(look) << look.error().message;
    return std::move(*look);
  }

  FakeWorld world_;
  FakeFeed feed_;
  Narrow observer_;
  fakes::NoEvents events_;
  Desired desired_ =
      fakes::desired({group("Hosts", {named("HOST01")})}, {account("Web", {group_ref("Hosts")})});
  CheckOptions options_;
  std::optional<Check> check_;
};

TEST_F(CheckTest, the_first_look_is_at_everything_and_the_next_at_what_changed) {
  world_.add_computer("HOST01");
  bring_about();
  start();
  const auto first = look();
  EXPECT_EQ(first.read_all, "there was no look before");
  EXPECT_EQ(first.compared, 2u);
  EXPECT_EQ(first.plan.unchanged.size(), 2u);

  const auto second = look();
  EXPECT_EQ(second.read_all, std::nullopt);
  EXPECT_EQ(second.changed, 0u);
  EXPECT_EQ(second.compared, 0u);
  EXPECT_EQ(second.plan.unchanged.size(), 2u);

  world_.find_account("Web")->dns_host_name = "other.contoso.com";
  const auto third = look();
  EXPECT_EQ(third.changed, 1u);
  EXPECT_EQ(third.compared, 1u);
  EXPECT_EQ(findings(third.plan), everything());
  EXPECT_FALSE(desired_.accounts[0].settled || desired_.suspects) << "marks are for one look";
}

TEST_F(CheckTest, drift_is_dated_and_pending_is_not) {
  world_.add_computer("HOST01");
  desired_.accounts[0].spec.description = "as declared";
  bring_about();
  start();
  EXPECT_EQ(observer_.asked_to_date, (look(), 0u));
  world_.find_account("Web")->description = "somebody's";
  auto plan = look().plan;
  ASSERT_EQ(plan.changes.size(), 1u);
  EXPECT_EQ(plan.changes[0].fields[0].last_write, (model::LastWrite{1, "dc01", 7}));
  world_.find_account("Web")->description = "as declared";
  desired_.accounts[0].spec.description = "changed in the manifest";
  plan = look().plan;
  ASSERT_EQ(plan.changes.size(), 1u);
  EXPECT_EQ(plan.changes[0].fields[0].last_write, std::nullopt);
  EXPECT_EQ(observer_.asked_to_date, 1u);
}

TEST_F(CheckTest, a_controller_that_took_the_place_of_the_one_asked_is_read_in_full) {
  world_.add_computer("HOST01");
  bring_about();
  start();
  look();
  feed_.at.server = "dc02.contoso.com";  // and observe() still says dc01
  const auto lost = look();
  EXPECT_TRUE(lost.read_all);
  EXPECT_EQ(check_->memory(), std::nullopt);
  feed_.at.server = world_.facts.server;
  EXPECT_TRUE(look().read_all);
  EXPECT_FALSE(look().read_all);
}

TEST_F(CheckTest, who_sees_no_deleted_objects_is_told_so_and_reads_everything) {
  world_.add_computer("HOST01");
  bring_about();
  feed_.deleted_are_seen = false;
  start();
  for (int i = 0; i < 2; ++i) {
    const auto seen = look();
    EXPECT_TRUE(seen.read_all);
    ASSERT_TRUE(seen.forgotten);
    EXPECT_THAT(seen.forgotten->message, HasSubstr("may not see deleted objects"));
  }
  EXPECT_EQ(feed_.asked, 0u);
  feed_.deleted_are_seen = true;
  EXPECT_FALSE(look().forgotten);
  EXPECT_FALSE(look().read_all);
}

TEST_F(CheckTest, a_directory_without_a_count_of_changes_is_read_in_full) {
  feed_.no_position = Error{ErrorKind::unsupported, "no count", {}, {}};
  start();
  EXPECT_EQ(look().forgotten->message, "no count");
  EXPECT_TRUE(look().read_all);
  feed_.no_position->kind = ErrorKind::unavailable;
  EXPECT_FALSE(check_->look(events_)) << "a failure is none of that";
}

TEST_F(CheckTest, a_domain_whose_containers_are_others_is_read_in_full) {
  world_.add_computer("HOST01");
  bring_about();
  start();
  look();
  world_.facts.accounts_container = world_.facts.users_container;
  const auto moved = look();
  EXPECT_EQ(moved.read_all, "the domain's names or well-known containers changed");
  EXPECT_EQ(findings(moved.plan), everything());
}

TEST_F(CheckTest, half_of_a_large_estate_is_read_as_a_whole) {
  for (int i = 0; i < 150; ++i) desired_.accounts.push_back(account("A" + std::to_string(i)));
  world_.add_computer("HOST01");
  bring_about();
  start();
  look();
  for (int i = 0; i < 120; ++i) world_.find_account("A" + std::to_string(i))->dns_host_name = "x.contoso.com";
  const auto most = look();
  EXPECT_EQ(most.read_all, "more than half of the declarations are to be compared");
  EXPECT_EQ(findings(most.plan), everything());
}

// --- whatever happens
// ----------------------------------------------------------------------------------------------------

/// Does to a world and to manifests what administrators, other tools and commits do.
class Mischief {
 public:
  Mischief(FakeWorld& world, Desired& desired, uint32_t seed)
      : world_(world), desired_(desired), random_(seed) {}

  std::string next() {
    switch (below(20)) {
      case 0:
        return edit("dNSHostName", [&](auto& live) { live.dns_host_name = word() + ".contoso.com"; });
      case 1:
        return edit("SPN", [&](auto& live) { live.service_principal_names.push_back("http/" + word()); });
      case 2:
        return edit("SPN away", [](auto& live) { live.service_principal_names.clear(); });
      case 3:
        return edit("readers", [](auto& live) { live.group_msa_membership.reset(); });
      case 4:
        return edit("marker away", [](auto& live) { live.marker.reset(); });
      case 5:
        return edit("marker of another", [&](auto& live) { live.marker = any_marker(); });
      case 6:
        return edit("foreign text", [](auto& live) { live.marker = "somebody's text"; });
      case 7:
        return edit("sAMAccountName", [&](auto& live) { live.sam_account_name = word() + "$"; });
      case 8:
        return rename();
      case 9:
        return remove();
      case 10:
        return members();
      case 11:
        return new_group();
      case 12:
        return new_computer();
      case 13:
        return rename_computer();
      case 14:
        return declare();
      case 15:
        return declare_no_longer();
      case 16:
        return change_declaration();
      case 17:
        return foreign_spn();
      case 18:
        return regroup();
      default:
        return "nothing";
    }
  }

 private:
  size_t below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  std::string word() { return "w" + std::to_string(below(12)); }
  template <class Map>
  auto* any(Map& map) {
    return map.empty() ? nullptr : &std::next(map.begin(), static_cast<long>(below(map.size())))->second;
  }
  template <class Change>
  std::string edit(const std::string& what, Change change) {
    if (auto* live = any(world_.accounts)) change(*live);
    return what;
  }
  std::string any_marker() {
    const auto& all = desired_.accounts;
    return fakes::marker(model::Kind::gmsa, all.empty() ? "Gone" : all[below(all.size())].name).text();
  }
  std::string rename() {
    auto* live = any(world_.accounts);
    auto* container = any(world_.containers);
    if (live != nullptr) {
      const auto dn = container->id.dn.child("CN", below(2) == 0 ? live->id.dn.leaf().value : word());
      if (std::none_of(world_.accounts.begin(), world_.accounts.end(),
                       [&](const auto& each) { return each.second.id.dn == dn; }))
        world_.rename(live->id.guid, dn);
    }
    return "renamed or moved";
  }
  std::string remove() {
    switch (below(3)) {
      case 0:
        if (auto* live = any(world_.accounts)) world_.remove(live->id.guid);
        break;
      case 1:
        if (auto* live = any(world_.groups)) world_.remove(live->id.guid);
        break;
      default:
        if (auto* object = any(world_.objects)) world_.remove(object->principal.id.guid);
    }
    return "removed";
  }
  std::string members() {
    auto* live = any(world_.groups);
    auto* object = any(world_.objects);
    if (live != nullptr && object != nullptr && below(2) == 0)
      live->members = {object->principal.id.dn.text()};
    else if (live != nullptr)
      live->members.clear();
    return "members";
  }
  std::string new_group() {
    world_.add_group("G" + std::to_string(below(6)) + (below(2) == 0 ? "" : "x"));
    return "group with a marker, from nowhere";
  }
  std::string new_computer() {
    const std::string name = "HOST0" + std::to_string(1 + below(6));
    if (std::none_of(world_.objects.begin(), world_.objects.end(), [&](const auto& each) {
          return equal_folded(each.second.principal.sam_account_name, name + "$");
        }))
      world_.add_computer(name);
    return "computer";
  }
  std::string rename_computer() {
    if (auto* object = any(world_.objects))
      object->principal.sam_account_name = "HOST0" + std::to_string(1 + below(9)) + "$";
    return "computer renamed";
  }
  std::string foreign_spn() {
    if (auto* object = any(world_.objects))
      object->service_principal_names = {"http/" + word(), "host/a" + std::to_string(below(6))};
    return "foreign SPN";
  }
  std::string regroup() {
    for (auto& [guid, live] : world_.groups) live.sam_account_name += below(8) == 0 ? "r" : "";
    return "groups renamed";
  }
  std::vector<model::PrincipalRef> refs() {
    std::vector<model::PrincipalRef> refs;
    if (below(2) == 0) refs.push_back(named("HOST0" + std::to_string(1 + below(6))));
    if (!desired_.host_groups.empty() && below(2) == 0)
      refs.push_back(group_ref(desired_.host_groups[below(desired_.host_groups.size())].name));
    if (below(3) == 0) refs.push_back(named("CONTOSO\\HOST0" + std::to_string(1 + below(6))));
    return refs;
  }
  std::string declare() {
    const std::string name = "A" + std::to_string(below(8));
    if (std::none_of(desired_.accounts.begin(), desired_.accounts.end(),
                     [&](const auto& each) { return each.name == name; }))
      desired_.accounts.push_back(account(name, refs()));
    return "declared";
  }
  std::string declare_no_longer() {
    if (!desired_.accounts.empty() && below(2) == 0) {
      desired_.accounts.erase(desired_.accounts.begin());
    } else if (desired_.host_groups.size() > 3) {
      // A reference to a group that is not declared is an error in the manifests.
      const auto gone = group_ref(desired_.host_groups.front().name);
      desired_.host_groups.erase(desired_.host_groups.begin());
      for (auto& one : desired_.accounts) std::erase(one.spec.principals, gone);
      for (auto& one : desired_.host_groups) std::erase(*one.spec.members, gone);
    }
    return "declared no longer";
  }
  std::string change_declaration() {
    if (!desired_.accounts.empty()) {
      auto& spec = desired_.accounts[below(desired_.accounts.size())].spec;
      switch (below(3)) {
        case 0:
          spec.service_principal_names.push_back({"http/" + word(), {}});
          break;
        case 1:
          spec.principals = refs();
          break;
        default:
          spec.description = word();
      }
    }
    return "declaration changed";
  }

  FakeWorld& world_;
  Desired& desired_;
  std::mt19937 random_;
};

class Whatever : public CheckTest, public testing::WithParamInterface<uint32_t> {};

TEST_P(Whatever, happens_a_part_tells_what_everything_tells) {
  for (int i = 1; i <= 6; ++i) world_.add_computer("HOST0" + std::to_string(i));
  desired_ = fakes::desired({}, {});
  for (int i = 0; i < 6; ++i)
    desired_.host_groups.push_back(group("G" + std::to_string(i), {named("HOST0" + std::to_string(i + 1))}));
  desired_.host_groups[5].spec.members->push_back(group_ref("G4"));
  for (int i = 0; i < 6; ++i)
    desired_.accounts.push_back(account("A" + std::to_string(i), {group_ref("G" + std::to_string(i))}));
  bring_about();
  start();
  look();
  Mischief mischief(world_, desired_, GetParam());
  std::vector<std::string> history;
  size_t parts = 0;
  for (int round = 0; round < 40; ++round) {
    history.push_back(mischief.next());
    if (round % 3 == 1) history.push_back(mischief.next());
    if (round % 10 == 9) put_right();
    const auto part = look();
    if (!part.read_all) ++parts;
    ASSERT_EQ(findings(part.plan), everything()) << testing::PrintToString(history);
    // As through a file.
    auto memory = Memory::parse(check_->memory()->text());
    ASSERT_TRUE(memory);
    check_.emplace(observer_, feed_, desired_, options_, std::move(*memory));
  }
  EXPECT_EQ(parts, 40u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Whatever, testing::Range(1u, 61u));

}  // namespace
}  // namespace gmsactl::drift
