// For random directories and faults: a plan never takes for absent what it could not read.
#include <cstdlib>
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

  /// Some hosts stand in a folder of their own, and some are gone again when it is planned.
  void furnish() {
    std::ofstream file(path_, std::ios::app);
    file << "\ndn: OU=Hosts,DC=contoso,DC=com\nobjectClass: organizationalUnit\n\n"
            "dn: OU=Inner,OU=Hosts,DC=contoso,DC=com\nobjectClass: organizationalUnit\n";
    for (const auto* host : {"HOST03", "HOST04"})
      file << "\ndn: CN=" << host << ",OU=Inner,OU=Hosts,DC=contoso,DC=com\nobjectClass: computer\n";
  }

  /// Deletes objects as nobody does who leaves nothing behind: SIDs and members stay.
  void forget_some_hosts(VeiledDirectory& veiled, const std::set<std::string>& gone) {
    std::erase_if(veiled.objects, [&](const auto& one) { return gone.contains(one.dn); });
  }

  Desired some_estate(const std::vector<std::string>& hosts) {
    auto wanted = desired({}, {});
    for (int i = 0; i < 4; ++i) {
      if (chance(4)) continue;
      std::vector<model::PrincipalRef> members;
      for (const auto& host : hosts)
        if (!chance(3)) members.push_back(named(host));
      wanted.host_groups.push_back(group("G" + std::to_string(i), members));
      if (chance(2)) wanted.host_groups.back().spec.description = chance(2) ? "one" : "two";
      if (chance(4)) wanted.host_groups.back().spec.membership = model::Membership::additive;
      wanted.host_groups.back().spec.keep_orphaned_members = chance(2);
    }
    for (int i = 0; i < 4; ++i) {
      if (chance(4)) continue;
      std::vector<model::PrincipalRef> readers;
      for (const auto& host : hosts)
        if (!chance(3)) readers.push_back(named(host));
      if (!wanted.host_groups.empty() && chance(2))
        readers.push_back(group_ref(wanted.host_groups[below(wanted.host_groups.size())].name));
      wanted.accounts.push_back(account("A" + std::to_string(i), readers));
      auto& spec = wanted.accounts.back().spec;
      if (chance(2)) spec.description = chance(2) ? "one" : "two";
      if (chance(3)) spec.dns_host_name = "other" + std::to_string(i) + ".contoso.com";
      if (chance(3)) spec.allowed_to_delegate_to.emplace();
      spec.keep_orphaned_principals = chance(2);
    }
    return wanted;
  }

  void veil_some(VeiledDirectory& veiled) {
    const auto names = all_attributes();
    for (const auto& object : veiled.objects) {
      const bool host = object.dn.ends_with(hosts_unit);
      if (!host && !object.dn.ends_with(accounts_dn) && !object.dn.ends_with(groups_dn)) continue;
      if (host && chance(12)) veiled.hidden.insert({key(object.dn), "name"});
      for (const auto& name : names)
        if (chance(12)) veiled.hidden.insert({key(object.dn), fold(name)});
      if (chance(8)) veiled.blind.insert(key(object.dn));
      if (chance(8)) veiled.secret.insert(key(object.dn));
      if (chance(6)) veiled.in_part.insert({key(object.dn), "member"});
      if (chance(8)) veiled.in_part.insert({key(object.dn), "serviceprincipalname"});
    }
    if (chance(10)) veiled.unlisted.insert(key(chance(2) ? accounts_dn : groups_dn));
    if (chance(3)) veiled.unlisted.insert(key((chance(2) ? "OU=Inner," : "") + hosts_unit));
    if (chance(6)) veiled.failing = 1 + below(12);
  }

  /// Whether something of what says that an object is one of ours is kept from the user.
  static bool is_concealed(const VeiledDirectory& veiled, const model::Dn& dn) {
    const auto hides = [&](const char* name) { return veiled.hidden.contains({dn.key(), fold(name)}); };
    return veiled.blind.contains(dn.key()) || veiled.unlisted.contains(dn.parent().key()) ||
           hides("objectClass") || hides("adminDescription") || hides("objectGUID") || hides("objectSid") ||
           hides("sAMAccountName") || hides("groupType") || hides("userAccountControl");
  }

  const std::string hosts_unit = "OU=Hosts,DC=contoso,DC=com";
  std::mt19937 random_{seed()};

 private:
  static uint32_t seed() {
    const char* given = std::getenv("GMSACTL_TEST_SEED");
    return given == nullptr ? 20261128U : static_cast<uint32_t>(std::stoul(given));
  }
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

/// What is written, whatever people are shown of it: of who is hidden in part not even the name is known.
std::vector<std::string> written(const model::Change& change) {
  std::vector<std::string> all;
  if (const auto* group = std::get_if<model::GroupChange>(&change.detail)) {
    for (const auto& one : group->add) all.push_back("add " + one.dn.key() + one.host_group);
    for (const auto& one : group->remove) all.push_back("remove " + model::dn_key(one));
    all.push_back(group->dn.text() + " " + std::to_string(group->group_type));
  } else if (const auto* account = std::get_if<model::GmsaChange>(&change.detail)) {
    for (const auto& one : account->readers) all.push_back("reader " + one.sid.text() + one.host_group);
    for (const auto& one : account->kept_orphans) all.push_back("kept " + one.text());
    for (const auto& one : account->service_principal_names) all.push_back("SPN " + one);
    all.push_back(account->dn.text() + " " + std::to_string(account->user_account_control));
  }
  std::sort(all.begin(), all.end());
  return all;
}

bool equal(const model::Change& a, const model::Change& b) {
  return a.action == b.action && a.guid == b.guid && a.dn == b.dn && written(a) == written(b) &&
         std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(),
                    [](const auto& one, const auto& other) { return one.path == other.path; });
}

const model::Change* find(const model::Plan& plan, const model::ResourceId& id) {
  const auto found = std::find_if(plan.changes.begin(), plan.changes.end(),
                                  [&](const auto& change) { return change.id == id; });
  return found == plan.changes.end() ? nullptr : &*found;
}

TEST_F(UnreadAtRandom, a_plan_with_less_to_see_differs_by_what_is_unreadable_only) {
  // Of the processor's time, so that a busy machine tries as much; and so many as make sure of each fault.
  const char* given = std::getenv("GMSACTL_TEST_SECONDS");
  const auto end =
      std::clock() + (given == nullptr ? 3 * CLOCKS_PER_SEC / 2 : std::stol(given) * CLOCKS_PER_SEC);
  constexpr size_t least = 48;
  size_t plans = 0;
  size_t differed = 0;
  size_t unseen = 0;
  furnish();
  const std::string empty = [&] {
    std::ifstream file(path_);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  while (std::clock() < end || plans < least) {
    std::ofstream(path_) << empty;
    bring_about(some_estate({"HOST01", "HOST02", "HOST03", "HOST04"}));
    std::set<std::string> gone;
    if (chance(2)) gone.insert("CN=HOST02,OU=Hosts,DC=contoso,DC=com");
    if (chance(2)) gone.insert("CN=HOST04,OU=Inner,OU=Hosts,DC=contoso,DC=com");
    for (int again = 0; again < 6; ++again) {
      const auto wanted = some_estate(gone.empty() ? std::vector<std::string>{"HOST01", "HOST02"}
                                                   : std::vector<std::string>{"HOST01"});
      plan::Options options;
      options.prune = chance(2);
      options.adopt = chance(2);
      const auto open = veil();
      forget_some_hosts(*open, gone);
      const auto all = plan_of(open, wanted, options).value();
      auto veiled = veil();
      forget_some_hosts(*veiled, gone);
      veil_some(*veiled);
      const auto part = plan_of(veiled, wanted, options);
      ++plans;
      if (!part) continue;  // nothing is planned at all
      differed += part->unreadable.empty() ? 0 : 1;
      unseen += std::any_of(part->diagnostics.begin(), part->diagnostics.end(),
                            [](const auto& one) { return one.code == "GMSA0285"; });
      EXPECT_TRUE(part->unreadable.empty() || has_errors(part->diagnostics)) << "unreadable, and exit 0";
      for (const auto& change : part->changes) {
        const auto* same = find(all, change.id);
        EXPECT_TRUE(same != nullptr && equal(*same, change))
            << "not so with all to see: " << shown(change) << told(all);
      }
      for (const auto& change : all.changes) {
        // What is left over is not known as ours to who may not read that, and stays.
        const bool stays = change.action == Action::remove && is_concealed(*veiled, change.dn);
        EXPECT_TRUE(find(*part, change.id) != nullptr || names(*part, change.id) || stays)
            << "lost without a word: " << shown(change);
      }
      for (const auto& id : part->unchanged)
        EXPECT_TRUE(std::find(all.unchanged.begin(), all.unchanged.end(), id) != all.unchanged.end())
            << "in sync only with less to see: " << model::address(id);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(differed, plans / 4) << "the faults must have been felt";
  EXPECT_GT(unseen, 0u) << "and so must what is out of sight";
}

}  // namespace
}  // namespace gmsactl
