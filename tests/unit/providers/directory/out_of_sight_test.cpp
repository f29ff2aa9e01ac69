// Readers and members that were not found: gone only where nothing can be out of the user's sight, or where
// they are seen among the deleted objects. Otherwise neither kept as orphans nor removed.
#include "tests/unit/providers/directory/veiled_world.h"

namespace gmsactl {
namespace {

using fakes::account;
using fakes::desired;
using fakes::group;
using fakes::named;
using fakes::VeiledDirectory;
using model::Desired;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

/// Hosts in an organizational unit of their own, one of them a reader and a member that nobody declares.
class OutOfSight : public VeiledWorld {
 protected:
  OutOfSight() {
    std::ofstream(path_, std::ios::app)
        << "\ndn: OU=Hosts,DC=contoso,DC=com\nobjectClass: organizationalUnit\n";
    wanted = desired({group("Hosts", {named("HOST01"), named("HOST02")})},
                     {account("Web", {named("HOST01"), named("HOST02")})});
    bring_about(wanted);
    wanted.host_groups[0].spec.members->pop_back();
    wanted.accounts[0].spec.principals.pop_back();
    options.allow_deletes = 9;
  }

  /// Declared once that they go, and once that they stay: neither changes what is not known.
  void expect_left_alone(const std::function<void(VeiledDirectory&)>& arrange, const std::string& why) {
    for (const bool keep : {true, false}) {
      wanted.accounts[0].spec.keep_orphaned_principals = keep;
      wanted.host_groups[0].spec.keep_orphaned_members = keep;
      auto veiled = veil();
      arrange(*veiled);
      const auto plan = plan_of(veiled, wanted, options).value();
      EXPECT_THAT(addresses(plan.unreadable), UnorderedElementsAre("HostGroup/Hosts", "GMSA/Web"));
      EXPECT_THAT(plan.changes, IsEmpty());
      for (const auto& one : plan.diagnostics) EXPECT_EQ(one.code, "GMSA0285") << one.detail;
      ASSERT_THAT(plan.diagnostics, SizeIs(2));
      EXPECT_THAT(plan.diagnostics[0].detail, HasSubstr(why));
    }
  }

  /// What is declared comes about: the orphan is named and kept, or goes.
  void expect_judged(const std::function<void(VeiledDirectory&)>& arrange) {
    auto veiled = veil();
    arrange(*veiled);
    wanted.accounts[0].spec.keep_orphaned_principals = true;
    wanted.host_groups[0].spec.membership = model::Membership::additive;
    const auto kept = plan_of(veiled, wanted, options).value();
    // The group's only change is that its list is additive now: who is not declared in it does not matter.
    ASSERT_THAT(kept.changes, SizeIs(1));
    EXPECT_EQ(kept.changes[0].id.name, "Hosts");
    ASSERT_THAT(kept.changes[0].fields, SizeIs(1));
    EXPECT_EQ(kept.changes[0].fields[0].path, "membership");
    ASSERT_THAT(kept.diagnostics, SizeIs(1));
    EXPECT_EQ(kept.diagnostics[0].code, "GMSA0214");
    wanted.accounts[0].spec.keep_orphaned_principals = false;
    const auto removed = plan_of(veiled, wanted, options).value();
    ASSERT_THAT(removed.changes, SizeIs(2));
    EXPECT_EQ(removed.changes[1].id.name, "Web");
    EXPECT_THAT(removed.changes[1].fields[0].removed, SizeIs(1));
  }

  static void forget(VeiledDirectory& veiled, const std::string& dn) {
    std::erase_if(veiled.objects, [&](const auto& one) { return one.dn == dn; });
  }

  const std::string unit = "OU=Hosts,DC=contoso,DC=com";
  const std::string host = "CN=HOST02," + unit;
  Desired wanted;
  plan::Options options;
};

TEST_F(OutOfSight, who_stands_in_a_folder_that_must_not_be_listed_is_neither_kept_nor_removed) {
  // The declared host is somewhere else: it is seen.
  const auto hide = [this](VeiledDirectory& veiled) {
    veiled.find("CN=HOST01," + unit)->dn = "CN=HOST01,DC=contoso,DC=com";
    for (auto& one : veiled.find(hosts_dn)->attributes)
      if (one.name == "member") one.values = {"CN=HOST01,DC=contoso,DC=com", host};
    veiled.unlisted = {key(unit)};
  };
  expect_left_alone(hide, "this user may not list " + unit);
}

TEST_F(OutOfSight, who_is_gone_may_be_out_of_sight_as_long_as_any_folder_is) {
  const std::string other = "OU=Other,DC=contoso,DC=com";
  const auto closed = [&](VeiledDirectory& veiled) {
    forget(veiled, host);
    veiled.objects.push_back({other, {{"objectClass", {"top", "organizationalUnit"}}}});
  };
  expect_left_alone(
      [&](VeiledDirectory& veiled) {
        closed(veiled);
        veiled.unlisted = {key(other)};
      },
      "this user may not list " + other);
  expect_left_alone(
      [&](VeiledDirectory& veiled) {
        closed(veiled);
        veiled.secret = {key(other)};
      },
      "the permissions of " + other + " are not readable");
  expect_left_alone(
      [&](VeiledDirectory& veiled) {
        closed(veiled);
        veiled.hidden = {{key(other), "objectclass"}};
        veiled.unlisted = {key(other)};
      },
      "this user may not list " + other);
  expect_left_alone(
      [&](VeiledDirectory& veiled) {
        closed(veiled);
        std::erase_if(veiled.root_dse.attributes, [](const auto& one) { return one.name == "tokenGroups"; });
      },
      "the server does not say in which groups this user is");
}

TEST_F(OutOfSight, who_is_gone_is_known_to_be_where_everything_can_be_seen) {
  expect_judged([this](VeiledDirectory& veiled) { forget(veiled, host); });
}

TEST_F(OutOfSight, what_every_domain_keeps_closed_is_no_blind_spot) {
  expect_judged([this](VeiledDirectory& veiled) {
    forget(veiled, host);
    for (const auto* name :
         {"CN=Keys", "CN=System", "CN=MicrosoftDNS,CN=System", "CN=TPM Devices", "CN=NTDS Quotas"}) {
      const std::string dn = std::string(name) + ",DC=contoso,DC=com";
      veiled.objects.push_back({dn, {{"objectClass", {"top", "container"}}}});
      veiled.unlisted.insert(key(dn));
      veiled.blind.insert(key(dn));
    }
  });
  const auto elsewhere = [this](VeiledDirectory& veiled) {
    forget(veiled, host);
    const std::string dn = "CN=Keys,OU=Hosts,DC=contoso,DC=com";
    veiled.objects.push_back({dn, {{"objectClass", {"top", "container"}}}});
    veiled.unlisted.insert(key(dn));
  };
  wanted.host_groups[0].spec.membership = model::Membership::exact;
  expect_left_alone(elsewhere, "this user may not list CN=Keys,OU=Hosts");
}

TEST_F(OutOfSight, who_is_seen_among_the_deleted_is_gone) {
  expect_judged([this](VeiledDirectory& veiled) {
    ldap::Entry tombstone = *veiled.find(host);
    tombstone.dn = "CN=HOST02\\0ADEL:1,CN=Deleted Objects,DC=contoso,DC=com";
    tombstone.attributes.push_back({"isDeleted", {"TRUE"}});
    forget(veiled, host);
    const std::string other = "OU=Other,DC=contoso,DC=com";
    veiled.objects.push_back({other, {{"objectClass", {"top", "organizationalUnit"}}}});
    veiled.unlisted = {key(other)};
    veiled.objects.push_back(std::move(tombstone));
  });
}

TEST_F(OutOfSight, who_is_there_is_there_whatever_of_him_is_hidden) {
  for (const auto* name : {"sAMAccountName", "objectSid", "objectGUID", "name", "objectClass", "cn"}) {
    SCOPED_TRACE(name);
    for (const bool keep : {true, false}) {
      wanted.accounts[0].spec.keep_orphaned_principals = keep;
      wanted.host_groups[0].spec.keep_orphaned_members = keep;
      auto veiled = veil();
      veiled->hidden = {{key(host), fold(name)}};
      const auto plan = plan_of(veiled, wanted, options).value();
      EXPECT_THAT(plan.unreadable, IsEmpty());
      ASSERT_THAT(plan.changes, SizeIs(2)) << "an undeclared principal goes, and is no orphan";
      for (const auto& change : plan.changes) EXPECT_THAT(change.fields[0].removed, SizeIs(1));
    }
  }
}

TEST_F(OutOfSight, a_member_among_many_is_found_without_its_name) {
  auto many = wanted;
  std::ofstream file(path_, std::ios::app);
  for (int i = 0; i < 40; ++i)
    file << "\ndn: CN=M" << i << ",OU=Hosts,DC=contoso,DC=com\nobjectClass: computer\n";
  file.close();
  for (int i = 0; i < 40; ++i) many.host_groups[0].spec.members->push_back(named("M" + std::to_string(i)));
  bring_about(many);
  auto veiled = veil();
  veiled->hidden = {{key("CN=M7," + unit), "name"}};
  const auto plan = plan_of(veiled, wanted, options).value();
  ASSERT_THAT(plan.changes, SizeIs(1));
  EXPECT_THAT(plan.changes[0].fields[0].removed, SizeIs(40));
}

}  // namespace
}  // namespace gmsactl
