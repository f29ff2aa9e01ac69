// For random directories and faults: a plan never takes for absent what it could not read.
#include <ctime>
#include <random>
#include <set>

#include "tests/unit/providers/directory/veiled_world.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::group;
using fakes::group_ref;
using fakes::named;
using fakes::VeiledDirectory;
using model::Action;
using model::Desired;

class UnreadAtRandom : public VeiledWorld {
 protected:
  size_t below(size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(random_); }
  bool chance(size_t of) { return below(of) == 0; }

  Desired some_estate() {
    auto wanted = desired({}, {});
    for (int i = 0; i < 4; ++i) {
      if (chance(4)) continue;
      std::vector<model::PrincipalRef> members;
      for (const auto* host : {"HOST01", "HOST02"})
        if (!chance(3)) members.push_back(named(host));
      wanted.host_groups.push_back(group("G" + std::to_string(i), members));
      if (chance(2)) wanted.host_groups.back().spec.description = chance(2) ? "one" : "two";
      if (chance(4)) wanted.host_groups.back().spec.membership = model::Membership::additive;
    }
    for (int i = 0; i < 4; ++i) {
      if (chance(4)) continue;
      std::vector<model::PrincipalRef> readers{named("HOST01")};
      if (!wanted.host_groups.empty() && chance(2))
        readers.push_back(group_ref(wanted.host_groups[below(wanted.host_groups.size())].name));
      wanted.accounts.push_back(account("A" + std::to_string(i), readers));
      auto& spec = wanted.accounts.back().spec;
      if (chance(2)) spec.description = chance(2) ? "one" : "two";
      if (chance(3)) spec.dns_host_name = "other" + std::to_string(i) + ".contoso.com";
      if (chance(3)) spec.allowed_to_delegate_to.emplace();
    }
    return wanted;
  }

  void veil_some(VeiledDirectory& veiled) {
    const auto names = all_attributes();
    for (const auto& object : veiled.objects) {
      if (!object.dn.ends_with(accounts_dn) && !object.dn.ends_with(groups_dn)) continue;
      for (const auto& name : names)
        if (chance(12)) veiled.hidden.insert({key(object.dn), fold(name)});
      if (chance(8)) veiled.blind.insert(key(object.dn));
      if (chance(8)) veiled.secret.insert(key(object.dn));
      if (chance(6)) veiled.in_part.insert({key(object.dn), "member"});
      if (chance(8)) veiled.in_part.insert({key(object.dn), "serviceprincipalname"});
    }
    if (chance(10)) veiled.unlisted.insert(key(chance(2) ? accounts_dn : groups_dn));
    if (chance(6)) veiled.failing = 1 + below(12);
  }

  std::mt19937 random_{20261128};
};

std::string shown(const model::Change& change) {
  std::string text = model::address(change.id) + " " + std::string(model::name(change.action));
  for (const auto& field : change.fields) text += " " + std::string(field.path);
  return text;
}

bool names(const model::Plan& plan, const model::ResourceId& id) {
  return std::any_of(plan.unreadable.begin(), plan.unreadable.end(),
                     [&](const auto& one) { return one.id == id; });
}

/// What a plan says, for a person who has to understand why two of them differ.
std::string told(const model::Plan& plan) {
  std::string text = "\n  with all to see:";
  for (const auto& change : plan.changes) text += "\n    " + shown(change);
  for (const auto& one : plan.unreadable) text += "\n    unreadable " + model::address(one.id);
  for (const auto& each : plan.diagnostics)
    text += "\n    " + std::string(each.code) + " " + each.address + ": " + each.detail;
  return text;
}

/// Whether `plan` has this change too, with all of its fields.
bool within(const model::Change& change, const model::Plan& plan) {
  return std::any_of(plan.changes.begin(), plan.changes.end(), [&](const model::Change& other) {
    return other.id == change.id && other.action == change.action &&
           std::all_of(change.fields.begin(), change.fields.end(), [&](const auto& field) {
             return std::any_of(other.fields.begin(), other.fields.end(),
                                [&](const auto& each) { return each.path == field.path; });
           });
  });
}

TEST_F(UnreadAtRandom, a_plan_with_less_to_see_differs_by_what_is_unreadable_only) {
  // Of the processor's time, so that a busy machine tries as much.
  const auto end = std::clock() + 3 * CLOCKS_PER_SEC / 2;
  size_t plans = 0;
  size_t differed = 0;
  const std::string empty = [&] {
    std::ifstream file(path_);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  while (std::clock() < end) {
    std::ofstream(path_) << empty;
    bring_about(some_estate());
    for (int again = 0; again < 6; ++again) {
      const auto wanted = some_estate();
      plan::Options options;
      options.prune = chance(2);
      options.adopt = chance(2);
      const auto all = plan_of(veil(), wanted, options).value();
      auto veiled = veil();
      veil_some(*veiled);
      const auto part = plan_of(veiled, wanted, options);
      ++plans;
      if (!part) continue;  // nothing is planned at all
      differed += part->unreadable.empty() ? 0 : 1;
      // A field may be missing: a reader of whom nothing at all is visible cannot be told from an orphan, and
      // stays. None may be there that who sees everything would not write.
      for (const auto& change : part->changes)
        EXPECT_TRUE(within(change, all)) << "only with less to see: " << shown(change) << told(all);
      for (const auto& change : all.changes) {
        const bool planned = std::any_of(part->changes.begin(), part->changes.end(),
                                         [&](const auto& other) { return other.id == change.id; });
        // What is left over is not seen by who may not read its marker, and stays.
        EXPECT_TRUE(planned || names(*part, change.id) || change.action == Action::remove)
            << "lost without a word: " << shown(change);
      }
      for (const auto& id : part->unchanged)
        EXPECT_TRUE(std::find(all.unchanged.begin(), all.unchanged.end(), id) != all.unchanged.end())
            << "in sync only with less to see: " << model::address(id);
    }
  }
  EXPECT_GT(plans, 10u);
  EXPECT_GT(differed, plans / 4) << "the faults must have been felt";
}

}  // namespace
}  // namespace gmsactl
