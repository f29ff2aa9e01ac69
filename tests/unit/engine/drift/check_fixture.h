// Looks at a small world by what its feed says has changed, and everything that such a look tells.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/drift/check.h"
#include "tests/fakes/fake_feed.h"
#include "tests/fakes/fake_world.h"
#include "tests/fakes/samples.h"

namespace gmsactl::drift {

using fakes::account;
using fakes::FakeFeed;
using fakes::FakeWorld;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using model::Desired;
using model::Observations;

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
inline std::vector<std::string> findings(const model::Plan& plan) {
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
    auto planning = options_.planning;
    planning.compared_only = true;
    return findings(plan::make_plan(desired_, *world_.observe(desired_, events_), planning));
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

}  // namespace gmsactl::drift
