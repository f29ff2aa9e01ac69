// What a user may not read, and what moves while it is read: never taken for absent, and nothing is planned
// on it.
#include <ctime>
#include <random>

#include "providers/directory/decode.h"
#include "providers/directory/observe.h"
#include "tests/fakes/veiled_directory.h"
#include "tests/unit/providers/directory/ldif_world.h"

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
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class VeiledSession : public directory::Session {
 public:
  VeiledSession(const model::Environment& environment, std::shared_ptr<VeiledDirectory> veiled)
      : Session(environment, {}) {
    ldap::Entry root = veiled->root_dse;
    use(std::move(veiled), std::move(root));
  }
};

const std::string accounts_dn = "CN=Managed Service Accounts,DC=contoso,DC=com";
const std::string groups_dn = "CN=Users,DC=contoso,DC=com";
const std::string web_dn = "CN=Web," + accounts_dn;
const std::string hosts_dn = "CN=Hosts," + groups_dn;

std::vector<std::string> all_attributes() {
  auto all = directory::account_attributes("adminDescription");
  all.emplace_back("groupType");
  all.emplace_back("member");
  return all;
}

class Unread : public LdifWorld {
 protected:
  std::shared_ptr<VeiledDirectory> veil() {
    auto file = ldap::open_ldif(path_).value();
    return std::make_shared<VeiledDirectory>(*file, "DC=contoso,DC=com", all_attributes());
  }
  Result<model::Plan> plan_of(const std::shared_ptr<VeiledDirectory>& veiled, const Desired& wanted,
                              const plan::Options& options = {}) {
    VeiledSession session(wanted.environment, veiled);
    const auto seen = GMSACTL_TRY(directory::observe(session, wanted, events_));
    return plan::make_plan(wanted, seen, options);
  }
  static std::vector<std::string> addresses(const std::vector<model::UnreadableResource>& all) {
    std::vector<std::string> result;
    for (const auto& one : all) result.push_back(model::address(one.id));
    return result;
  }
  static std::string key(const std::string& dn) { return model::dn_key(dn); }
};

Desired estate() {
  return desired({group("Hosts", {named("HOST01"), named("HOST02")})},
                 {account("Web", {group_ref("Hosts")})});
}

TEST_F(Unread, who_may_read_everything_sees_no_finding) {
  auto wanted = estate();
  bring_about(wanted);
  auto same = plan_of(veil(), wanted).value();
  EXPECT_THAT(same.changes, IsEmpty());
  EXPECT_THAT(same.diagnostics, IsEmpty());
  wanted.accounts[0].spec.description = "new";  // it is absent so far
  const auto more = plan_of(veil(), wanted).value();
  ASSERT_THAT(more.changes, SizeIs(1));
  EXPECT_THAT(more.unreadable, IsEmpty());
}

TEST_F(Unread, each_attribute_that_is_managed_and_hidden_is_named_and_nothing_is_planned) {
  auto wanted = estate();
  wanted.accounts[0].spec.description = "Web";
  wanted.accounts[0].spec.display_name = "Web";
  wanted.host_groups[0].spec.description = "Hosts";
  bring_about(wanted);
  wanted.accounts[0].spec.dns_host_name = "web2.contoso.com";  // so that there would be changes
  wanted.host_groups[0].spec.members->pop_back();
  ASSERT_THAT(plan_of(veil(), wanted).value().changes, SizeIs(2));
  const auto check = [&](const std::string& dn, const std::string& address, const std::string& attribute) {
    auto veiled = veil();
    veiled->hidden = {{key(dn), fold(attribute)}};
    const auto plan = plan_of(veiled, wanted).value();
    EXPECT_THAT(addresses(plan.unreadable), testing::Contains(address)) << attribute;
    for (const auto& change : plan.changes) EXPECT_NE(model::address(change.id), address) << attribute;
    ASSERT_FALSE(plan.diagnostics.empty()) << attribute;
    EXPECT_THAT(plan.diagnostics.front().detail, HasSubstr(attribute));
    EXPECT_THAT(plan.diagnostics.front().hint, HasSubstr("RP;" + attribute));
    EXPECT_EQ(plan.diagnostics.front().code, "GMSA0209");
  };
  for (const auto* attribute :
       {"sAMAccountName", "dNSHostName", "servicePrincipalName", "msDS-GroupMSAMembership",
        "msDS-ManagedPasswordInterval", "msDS-SupportedEncryptionTypes", "userAccountControl", "description",
        "displayName", "adminDescription", "objectSid"})
    check(web_dn, "GMSA/Web", attribute);
  for (const auto* attribute : {"member", "description", "adminDescription", "groupType"})
    check(hosts_dn, "HostGroup/Hosts", attribute);
}

TEST_F(Unread, an_attribute_that_nobody_manages_does_not_block) {
  const auto wanted = estate();
  bring_about(wanted);
  auto veiled = veil();
  veiled->hidden = {{key(web_dn), "description"}, {key(hosts_dn), "description"}};
  const auto plan = plan_of(veiled, wanted).value();
  EXPECT_THAT(plan.unreadable, IsEmpty());
  EXPECT_THAT(plan.changes, IsEmpty());
}

TEST_F(Unread, a_range_of_the_members_is_no_list_of_members) {
  auto wanted = estate();
  bring_about(wanted);
  auto veiled = veil();
  veiled->in_part = {{key(hosts_dn), "member"}};
  const auto plan = plan_of(veiled, wanted).value();
  EXPECT_THAT(addresses(plan.unreadable), ElementsAre("HostGroup/Hosts"));
  EXPECT_THAT(plan.changes, IsEmpty());
}

TEST_F(Unread, what_no_filter_finds_is_found_in_its_place) {
  const auto wanted = estate();
  bring_about(wanted);
  auto veiled = veil();
  veiled->blind = {key(web_dn)};
  const auto plan = plan_of(veiled, wanted).value();
  EXPECT_THAT(addresses(plan.unreadable), ElementsAre("GMSA/Web"));
  EXPECT_THAT(plan.changes, IsEmpty());
  EXPECT_THAT(plan.diagnostics.front().detail, HasSubstr(web_dn + " exists"));
}

TEST_F(Unread, nothing_is_missing_from_a_container_that_must_not_be_listed) {
  const auto wanted = estate();
  bring_about(wanted);
  auto veiled = veil();
  veiled->unlisted = {key(accounts_dn)};
  const auto plan = plan_of(veiled, wanted).value();
  EXPECT_THAT(addresses(plan.unreadable), ElementsAre("GMSA/Web"));
  EXPECT_THAT(plan.changes, IsEmpty());
}

TEST_F(Unread, a_place_that_an_unseen_object_takes_is_no_place_to_move_to) {
  auto wanted = estate();
  bring_about(wanted);
  auto veiled = veil();
  veiled->objects.push_back({"CN=Renamed," + groups_dn, {{"objectClass", {"top", "person", "user"}}}});
  veiled->blind = {key("CN=Renamed," + groups_dn)};
  wanted.host_groups[0].spec.common_name = "Renamed";
  const auto plan = plan_of(veiled, wanted).value();
  ASSERT_FALSE(plan.diagnostics.empty());
  EXPECT_EQ(plan.diagnostics.front().code, "GMSA0207");
}

TEST_F(Unread, without_the_permissions_nothing_counts_as_absent) {
  auto wanted = estate();
  bring_about(wanted);
  wanted.accounts[0].spec.description = "new";
  auto veiled = veil();
  veiled->secret = {key(web_dn)};
  const auto plan = plan_of(veiled, wanted).value();
  EXPECT_THAT(addresses(plan.unreadable), ElementsAre("GMSA/Web"));
  EXPECT_THAT(plan.diagnostics.front().detail, HasSubstr("permissions are not readable"));
}

TEST_F(Unread, what_is_declared_no_longer_goes_only_when_all_of_it_was_read) {
  auto wanted = estate();
  bring_about(wanted);
  wanted.accounts.clear();
  plan::Options options;
  options.prune = true;
  ASSERT_THAT(plan_of(veil(), wanted, options).value().changes, SizeIs(1));
  auto veiled = veil();
  veiled->hidden = {{key(web_dn), "displayname"}};
  const auto plan = plan_of(veiled, wanted, options).value();
  EXPECT_THAT(addresses(plan.unreadable), ElementsAre("GMSA/Web"));
  EXPECT_THAT(plan.changes, IsEmpty());
}

TEST_F(Unread, a_server_that_knows_a_part_of_each_object_only_is_refused) {
  const auto wanted = estate();
  bring_about(wanted);
  auto veiled = veil();
  veiled->hidden = {{key("DC=contoso,DC=com"), "pwdproperties"}};
  const auto plan = plan_of(veiled, wanted);
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message, HasSubstr("global catalog"));
}

TEST_F(Unread, keys_that_must_not_be_listed_are_not_missing) {
  auto wanted = estate();
  wanted.environment.create_kds_root_key = true;
  auto veiled = veil();
  const std::string keys =
      "CN=Master Root Keys,CN=Group Key Distribution Service,CN=Services,CN=Configuration,"
      "DC=contoso,DC=com";
  veiled->objects.push_back({keys, {{"objectClass", {"top", "container"}}}});
  veiled->unlisted = {key(keys)};
  const auto plan = plan_of(veiled, wanted).value();
  for (const auto& change : plan.changes) EXPECT_NE(change.id.kind, model::Kind::kds_root_key);
  EXPECT_TRUE(std::any_of(plan.diagnostics.begin(), plan.diagnostics.end(),
                          [](const auto& one) { return one.code == "GMSA0209"; }));
}

TEST_F(Unread, questions_cost_requests_by_batches_and_not_by_objects) {
  auto wanted = desired({}, {});
  for (int i = 0; i < 60; ++i) wanted.accounts.push_back(account("A" + std::to_string(i)));
  bring_about(wanted);
  const auto searches = [&](const Desired& what) {
    auto veiled = veil();
    EXPECT_TRUE(plan_of(veiled, what));
    return veiled->searches();
  };
  const size_t converged = searches(wanted);
  for (auto& one : wanted.accounts) one.spec.description = "new";
  EXPECT_LE(searches(wanted), converged + 4)
      << "who asks, the schema, the permissions, and one for each attribute";
}

TEST_F(Unread, a_reader_whose_sid_is_hidden_is_no_orphan) {
  auto wanted = desired({}, {account("Web", {named("HOST01"), named("HOST02")})});
  bring_about(wanted);
  wanted.accounts[0].spec.keep_orphaned_principals = false;
  wanted.accounts[0].spec.principals.pop_back();
  auto veiled = veil();
  const std::string host = "CN=HOST02,OU=Hosts,DC=contoso,DC=com";
  veiled->hidden = {{key(host), "objectsid"}};
  const auto plan = plan_of(veiled, wanted).value();
  ASSERT_THAT(plan.changes, SizeIs(1));
  EXPECT_THAT(plan.changes[0].fields[0].removed, ElementsAre("HOST02"))
      << "by its name, not as a SID of nobody";
}

// --- one world ---------------------------------------------------------------------------------------------

TEST_F(Unread, what_is_created_while_it_is_read_is_there) {
  const auto wanted = estate();
  bring_about(wanted);
  size_t searches = 0;
  {
    auto veiled = veil();
    ASSERT_TRUE(plan_of(veiled, wanted));
    searches = veiled->searches();
  }
  const auto numbered = [](ldap::Entry& object, int usn) {
    std::erase_if(object.attributes, [](const auto& one) { return one.name.starts_with("uSN"); });
    object.attributes.push_back({"uSNChanged", {std::to_string(usn)}});
    object.attributes.push_back({"uSNCreated", {std::to_string(usn)}});
  };
  for (size_t moment = 1; moment <= searches; ++moment) {
    auto veiled = veil();
    const ldap::Entry web = *veiled->find(web_dn);
    const ldap::Entry hosts = *veiled->find(hosts_dn);
    std::erase_if(veiled->objects, [&](const auto& one) { return one.dn == web.dn || one.dn == hosts.dn; });
    const auto count = [&](int usn) {
      std::erase_if(veiled->root_dse.attributes,
                    [](const auto& one) { return one.name == "highestCommittedUSN"; });
      veiled->root_dse.attributes.push_back({"highestCommittedUSN", {std::to_string(usn)}});
    };
    count(100);
    veiled->before_search = [&](size_t number) {
      if (number != moment) return;
      for (ldap::Entry object : {hosts, web}) {
        numbered(object, object.dn == web.dn ? 102 : 101);
        veiled->objects.push_back(std::move(object));
      }
      count(102);
    };
    const auto plan = plan_of(veiled, wanted);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_THAT(plan->changes, IsEmpty()) << "changed before search " << moment << " of " << searches;
    for (const auto& one : plan->diagnostics) ADD_FAILURE() << moment << ": " << one.detail;
  }
}

TEST_F(Unread, what_does_not_come_to_rest_is_no_plan) {
  const auto wanted = estate();
  bring_about(wanted);
  auto veiled = veil();
  int64_t usn = 100;
  std::erase_if(veiled->root_dse.attributes,
                [](const auto& one) { return one.name == "highestCommittedUSN"; });
  veiled->root_dse.attributes.push_back({"highestCommittedUSN", {"100"}});
  veiled->find(web_dn)->attributes.push_back({"uSNChanged", {"100"}});
  veiled->before_search = [&](size_t number) {
    if (number % 5 != 0) return;
    ++usn;
    for (auto& one : veiled->find(web_dn)->attributes)
      if (one.name == "uSNChanged") one.values = {std::to_string(usn)};
    std::erase_if(veiled->root_dse.attributes,
                  [](const auto& one) { return one.name == "highestCommittedUSN"; });
    veiled->root_dse.attributes.push_back({"highestCommittedUSN", {std::to_string(usn)}});
  };
  const auto plan = plan_of(veiled, wanted);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind, ErrorKind::conflict);
}

// --- at random ---------------------------------------------------------------------------------------------

class AtRandom : public Unread {
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

TEST_F(AtRandom, a_plan_with_less_to_see_differs_by_what_is_unreadable_only) {
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
      std::set<std::string> expected;
      for (const auto& change : all.changes) expected.insert(shown(change));
      for (const auto& change : part->changes)
        EXPECT_TRUE(expected.contains(shown(change))) << "only with less to see: " << shown(change);
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
