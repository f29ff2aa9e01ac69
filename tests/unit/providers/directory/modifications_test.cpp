// The exact requests: each field deletes the value that was seen and adds the wanted one.
#include "providers/directory/modifications.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "providers/directory/batch.h"
#include "providers/directory/decode.h"
#include "tests/fakes/fake_world.h"
#include "tests/fakes/samples.h"

namespace gmsactl::directory {
namespace {

using ldap::Modification;
using model::GmsaChange;
using model::GroupChange;
using model::LiveGmsa;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::Pair;
using enum ldap::ModifyOperation;

const std::string marker = "adminDescription";

struct Both {
  GmsaChange change;
  LiveGmsa live;
};

Both unchanged() {
  fakes::FakeWorld world;
  Both both{{}, world.add_account("Web01")};
  both.live.group_msa_membership = model::SecurityDescriptor::encode_readers(std::vector{fakes::sid(1)});
  both.change.desired = fakes::account("Web01").spec;
  both.change.user_account_control = both.live.user_account_control;
  both.change.encryption_types = *both.live.encryption_types;
  both.change.service_principal_names = both.live.service_principal_names;
  both.change.marker = *both.live.marker;
  both.change.live = both.live;
  return both;
}

TEST(Modifications, each_field_of_an_account_is_swapped_alone) {
  const auto descriptor = [](uint32_t rid) {
    return model::SecurityDescriptor::encode_readers(std::vector{fakes::sid(rid)});
  };
  struct Case {
    void (*edit)(Both&);
    std::vector<Modification> expected;
    std::vector<model::Sid> readers{fakes::sid(1)};
  };
  const Case cases[] = {
      {[](Both&) {}, {}},
      {[](Both& b) { b.change.desired.sam_account_name = "Shop"; },
       {{remove, "sAMAccountName", {"Web01$"}}, {add, "sAMAccountName", {"Shop$"}}}},
      {[](Both& b) { b.change.desired.sam_account_name = "WEB01"; }, {}},
      {[](Both& b) { b.change.desired.dns_host_name = "x.contoso.com"; },
       {{remove, "dNSHostName", {"web01.contoso.com"}}, {add, "dNSHostName", {"x.contoso.com"}}}},
      {[](Both& b) { b.live.dns_host_name.reset(); }, {{add, "dNSHostName", {"web01.contoso.com"}}}},
      {[](Both& b) {
         b.change.service_principal_names = {"HOST/WEB01", "http/x"};
       },
       {{remove, "servicePrincipalName", {"host/web01.contoso.com"}},
        {add, "servicePrincipalName", {"http/x"}}}},
      {[](Both&) {},
       {{remove, "msDS-GroupMSAMembership", {descriptor(1)}},
        {add, "msDS-GroupMSAMembership", {descriptor(2)}}},
       {fakes::sid(2)}},
      {[](Both&) {}, {{remove, "msDS-GroupMSAMembership", {descriptor(1)}}}, {}},
      {[](Both& b) { b.live.group_msa_membership.reset(); },
       {{add, "msDS-GroupMSAMembership", {descriptor(1)}}}},
      {[](Both& b) { b.change.encryption_types = 16; },
       {{remove, "msDS-SupportedEncryptionTypes", {"24"}}, {add, "msDS-SupportedEncryptionTypes", {"16"}}}},
      {[](Both& b) { b.live.encryption_types.reset(); }, {{add, "msDS-SupportedEncryptionTypes", {"24"}}}},
      {[](Both& b) { b.change.encryption_types = 0x80000018; },
       {{remove, "msDS-SupportedEncryptionTypes", {"24"}},
        {add, "msDS-SupportedEncryptionTypes", {"-2147483624"}}}},
      {[](Both& b) { b.change.user_account_control = 0x1002; },
       {{remove, "userAccountControl", {"4096"}}, {add, "userAccountControl", {"4098"}}}},
      {[](Both& b) {
         b.live.description = "old";
         b.change.desired.description = "new";
       },
       {{remove, "description", {"old"}}, {add, "description", {"new"}}}},
      {[](Both& b) {
         b.live.description = "old";
         b.change.desired.description = "";
       },
       {{remove, "description", {"old"}}}},
      {[](Both& b) { b.live.description = "unmanaged"; }, {}},
      {[](Both& b) { b.live.marker.reset(); },
       {{add, "adminDescription", {fakes::marker(model::Kind::gmsa, "Web01").text()}}}},
      {[](Both& b) {
         b.change.keeps_readers = true;
         b.live.group_msa_membership.reset();
       },
       {}},
      {[](Both& b) { b.change.desired.display_name = "Web"; }, {{add, "displayName", {"Web"}}}},
      {[](Both& b) {
         b.live.allowed_to_delegate_to = {"cifs/a", "cifs/b"};
         b.change.desired.allowed_to_delegate_to = {"CIFS/B", "cifs/c"};
       },
       {{remove, "msDS-AllowedToDelegateTo", {"cifs/a"}}, {add, "msDS-AllowedToDelegateTo", {"cifs/c"}}}}};
  for (size_t i = 0; i < std::size(cases); ++i) {
    Both both = unchanged();
    cases[i].edit(both);
    EXPECT_EQ(account_modifications(both.change, both.live, cases[i].readers, marker).first,
              cases[i].expected)
        << "case " << i;
  }
}

TEST(Modifications, spns_wait_until_the_server_has_rewritten_them) {
  Both both = unchanged();
  both.change.desired.dns_host_name = "x.contoso.com";
  both.change.service_principal_names = {"host/x.contoso.com"};
  const auto modifications = account_modifications(both.change, both.live, {fakes::sid(1)}, marker);
  EXPECT_TRUE(modifications.spns_after_reading_again);
  EXPECT_EQ(attribute_names(modifications.first, marker), "dNSHostName");
}

TEST(Modifications, a_grant_written_in_another_way_is_left_alone) {
  Both both = unchanged();
  // Twice the same entry, as other tools leave behind.
  both.live.group_msa_membership =
      model::SecurityDescriptor::encode_readers(std::vector{fakes::sid(1), fakes::sid(1)});
  EXPECT_THAT(account_modifications(both.change, both.live, {fakes::sid(1)}, marker).first, IsEmpty());
}

TEST(Modifications, orphans_and_deny_entries_stay_in_the_descriptor) {
  Both both = unchanged();
  both.change.kept_orphans = {fakes::sid(9)};
  both.change.kept_aces = {{model::Ace::denied, 0, 0x10, fakes::sid(8), {}}};
  const auto modifications = account_modifications(both.change, both.live, {fakes::sid(2)}, marker).first;
  ASSERT_EQ(modifications.size(), 2U);
  const auto written = model::SecurityDescriptor::decode(modifications[1].values.at(0)).value();
  EXPECT_THAT(written.readers(), ElementsAre(fakes::sid(2), fakes::sid(9)));
  ASSERT_EQ(written.unusual().size(), 1U);
  EXPECT_EQ(written.unusual()[0].sid, fakes::sid(8));
}

TEST(Modifications, a_new_account_has_exactly_what_is_declared) {
  Both both = unchanged();
  both.change.desired.description = "";
  const auto attributes = new_account(both.change, {}, marker);
  std::map<std::string, std::vector<std::string>> by_name;
  for (const auto& one : attributes) by_name.emplace(one.name, one.values);
  EXPECT_EQ(by_name.size(), attributes.size()) << "an attribute stands twice";
  EXPECT_THAT(by_name,
              ElementsAre(Pair("adminDescription", ElementsAre(both.change.marker)),
                          Pair("dNSHostName", ElementsAre(both.change.desired.dns_host_name)),
                          Pair("msDS-ManagedPasswordInterval", ElementsAre("30")),
                          Pair("msDS-SupportedEncryptionTypes", ElementsAre("24")),
                          Pair("objectClass", ElementsAre("msDS-GroupManagedServiceAccount")),
                          Pair("sAMAccountName", ElementsAre(both.change.desired.sam_account_name + "$")),
                          Pair("servicePrincipalName", ElementsAreArray(both.change.service_principal_names)),
                          Pair("userAccountControl", ElementsAre("4096"))));
}

TEST(Modifications, each_field_of_a_group_is_swapped_alone) {
  fakes::FakeWorld world;
  const model::LiveGroup live = world.add_group("Hosts");
  GroupChange change{
      fakes::group("Hosts").spec, live.id.dn, live.group_type, {}, {}, false, *live.marker, live};
  EXPECT_THAT(group_modifications(change, live), IsEmpty());
  change.group_type = 0x80000008;
  EXPECT_THAT(group_modifications(change, live),
              ElementsAre(Modification{remove, "groupType", {"-2147483644"}},
                          Modification{add, "groupType", {"-2147483640"}}));
  change.group_type = live.group_type;
  change.desired.description = "new";
  EXPECT_THAT(group_modifications(change, live), ElementsAre(Modification{add, "description", {"new"}}));
}

TEST(Modifications, several_descriptions_are_replaced_as_a_whole) {
  fakes::FakeWorld world;
  model::LiveGroup live = world.add_group("Hosts");
  GroupChange change{
      fakes::group("Hosts").spec, live.id.dn, live.group_type, {}, {}, false, *live.marker, live};
  live.description = "one";
  live.more_descriptions = {"two"};
  EXPECT_THAT(group_modifications(change, live), IsEmpty()) << "not managed";
  change.desired.description = "one";
  EXPECT_THAT(group_modifications(change, live),
              ElementsAre(Modification{remove, "description", {"one", "two"}},
                          Modification{add, "description", {"one"}}));
  change.desired.description = "";
  EXPECT_THAT(group_modifications(change, live),
              ElementsAre(Modification{remove, "description", {"one", "two"}}));
}

TEST(Modifications, a_marker_says_that_names_are_still_to_come) {
  Both both = unchanged();
  auto wanted = fakes::marker(model::Kind::gmsa, "Web01");
  wanted.generation = 2;
  wanted.applied = {{"dnsHostName", "00000001"}, {"servicePrincipalNames", "00000002"}};
  both.change.marker = wanted.text();
  both.change.desired.dns_host_name = "x.contoso.com";
  const auto first = account_modifications(both.change, both.live, {fakes::sid(1)}, marker);
  wanted.applied = {{"dnsHostName", "00000001"}, {"servicePrincipalNames.part", "00000002"}};
  EXPECT_EQ(first.first_marker, wanted.text());
  EXPECT_EQ(first.first.back(), (Modification{add, "adminDescription", {wanted.text()}}));
  // The names are there by now, and only the marker's last part is missing.
  both.live.dns_host_name = "x.contoso.com";
  both.live.marker = wanted.text();
  EXPECT_THAT(account_modifications(both.change, both.live, {fakes::sid(1)}, marker, true).first, IsEmpty());
}

TEST(Modifications, a_list_is_marked_in_part_however_it_was_compared) {
  auto whole = fakes::marker(model::Kind::host_group, "Hosts");
  whole.applied = {{"members.additive", "00000001"}, {"membersOfOthers", "00000002"}};
  const auto part = model::Marker::parse(marker_in_part(whole.text(), "members")).value();
  EXPECT_EQ(part.applied,
            (decltype(part.applied){{"members.part", "00000001"}, {"membersOfOthers", "00000002"}}));
  whole.applied.erase("members.additive");
  EXPECT_EQ(marker_in_part(whole.text(), "members"), whole.text()) << "it is not managed";
  EXPECT_EQ(marker_in_part("somebody else's", "members"), "somebody else's");
}

ldap::Entry account_entry() {
  return {"CN=Web01,CN=Managed Service Accounts,DC=contoso,DC=com",
          {{"objectClass", {"top", "person", "msDS-GroupManagedServiceAccount"}},
           {"objectGUID", {std::string(16, 'g')}},
           {"objectSid", {fakes::sid(1101).encode()}},
           {"sAMAccountName", {"Web01$"}},
           {"userAccountControl", {"4096"}}}};
}

TEST(Decode, what_an_account_lacks_is_not_set) {
  const auto live = decode_account(account_entry(), marker);
  ASSERT_TRUE(live.has_value());
  EXPECT_EQ(live->id.sid, fakes::sid(1101));
  EXPECT_EQ(live->user_account_control, 4096U);
  EXPECT_FALSE(live->dns_host_name || live->group_msa_membership || live->encryption_types ||
               live->description);
}

TEST(Decode, a_required_attribute_that_is_missing_means_no_right_to_read_it) {
  for (const auto name : {"objectGUID", "objectSid", "sAMAccountName", "userAccountControl"}) {
    auto entry = account_entry();
    std::erase_if(entry.attributes, [&](const auto& one) { return one.name == name; });
    const auto live = decode_account(entry, marker);
    ASSERT_FALSE(live.has_value()) << name;
    EXPECT_EQ(live.error().kind, ErrorKind::denied);
    EXPECT_EQ(live.error().message, std::string(name) + " of " + entry.dn + " is not readable");
    EXPECT_THAT(live.error().hint, testing::HasSubstr("right to read"));
  }
}

TEST(Decode, generalized_time_becomes_filetime) {
  EXPECT_EQ(filetime("16010101000000.0Z"), 0);
  EXPECT_EQ(filetime("19700101000000.0Z"), 116'444'736'000'000'000);
  EXPECT_EQ(filetime("20260131120000.0Z"), 134'143'344'000'000'000);
  EXPECT_EQ(filetime("yesterday"), 0);
  EXPECT_EQ(filetime(""), 0);
}

/// Remembers filters, and gives one entry for each.
class Searches : public ldap::Reader {
 public:
  Result<void> search(const ldap::SearchRequest& request, const ldap::EntrySink& sink) override {
    {
      const std::lock_guard lock(mutex);
      filters.push_back(request.filter);
    }
    if (error) return fail(*error);
    sink({"CN=x", {}});
    return {};
  }
  Result<void> watch(const ldap::SearchRequest&, const ldap::EntrySink&, std::stop_token) override {
    return {};
  }
  std::string peer() const override { return "test"; }
  const ldap::Counters& counters() const override { return none; }

  std::mutex mutex;
  std::vector<std::string> filters;
  std::optional<Error> error;
  ldap::Counters none;
};

TEST(Batch, many_values_take_few_searches_and_no_value_is_lost) {
  for (const size_t count : {size_t{0}, size_t{1}, size_t{200}, size_t{201}, size_t{1999}}) {
    Searches searches;
    std::vector<std::string> clauses;
    for (size_t i = 0; i < count; ++i) clauses.push_back(clause("cn", "v" + std::to_string(i)));
    size_t entries = 0;
    ASSERT_TRUE(
        search_any(searches, "DC=x", clauses, "(a=b)", {}, [&](ldap::Entry&&) { ++entries; }).has_value());
    EXPECT_EQ(searches.filters.size(), (count + 199) / 200);
    EXPECT_EQ(entries, searches.filters.size());
    std::string all;
    for (const auto& filter : searches.filters) {
      EXPECT_TRUE(filter.starts_with("(&(a=b)(|(cn=v")) << filter;
      all += filter;
    }
    for (const auto& one : clauses) EXPECT_NE(all.find(one), std::string::npos) << one;
  }
}

TEST(Batch, values_are_escaped) { EXPECT_EQ(clause("cn", "a*(b)\\"), "(cn=a\\2a\\28b\\29\\5c)"); }

TEST(Batch, the_failure_of_one_is_the_failure_of_all) {
  Searches searches;
  searches.error = Error{ErrorKind::timeout, "too slow", {}, std::nullopt};
  const std::vector<std::string> clauses(900, "(cn=x)");
  const auto result = search_any(searches, "DC=x", clauses, "", {}, [](ldap::Entry&&) {});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, ErrorKind::timeout);
}

}  // namespace
}  // namespace gmsactl::directory
