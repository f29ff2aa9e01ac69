// Ranged retrieval ([MS-ADTS] 3.1.1.3.1.3.3), against a server that sends ranges in every form that Windows
// has and in some that nobody should: all values come back, or an error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <regex>

#include "providers/transport/ldap/libldap_ranges.h"
#include "tests/fakes/ldap_server.h"

namespace gmsactl::ldap {
namespace {

using fakes::ldap_entry;
using fakes::ldap_result;
using fakes::LdapRequest;
using fakes::LdapServer;
using fakes::LdapValues;
using testing::HasSubstr;

const std::string group = "CN=Hosts,DC=fabrikam,DC=test";

std::vector<std::string> members(size_t count) {
  std::vector<std::string> all;
  for (size_t i = 0; i < count; ++i) all.push_back("CN=m" + std::to_string(i));
  return all;
}

/// What a test makes of the attributes that an orderly server would send; `from` is where the range that was
/// asked for begins, absent in the search itself.
using Mischief = std::function<void(LdapValues& attributes, std::optional<size_t> from)>;

std::optional<size_t> asked_from(const LdapRequest& request) {
  std::smatch match;
  for (const auto& name : request.attributes)
    if (std::regex_match(name, match, std::regex("member;range=([0-9]+)-\\*", std::regex::icase)))
      return std::stoul(match[1]);
  return std::nullopt;
}

std::pair<std::string, std::vector<std::string>> part(const std::vector<std::string>& all, size_t from,
                                                      size_t most) {
  const size_t end = std::min(all.size(), from + most);
  const std::string last = end == all.size() ? "*" : std::to_string(end - 1);
  return {"member;range=" + std::to_string(from) + "-" + last,
          {all.begin() + static_cast<std::ptrdiff_t>(std::min(from, end)),
           all.begin() + static_cast<std::ptrdiff_t>(end)}};
}

class Ranges : public testing::Test {
 protected:
  /// Reads the group from a server that sends at most three values at a time.
  Result<Entry> read(size_t count, const Mischief& mischief = {}) {
    return read_from([=, this](const LdapRequest& request) -> LdapServer::Reply {
      ++requests_;
      const auto from = asked_from(request);
      const auto all = members(count);
      LdapValues attributes{{"cn", {"Hosts"}}};
      if (!from && all.size() <= 3)
        attributes.push_back({"member", all});
      else
        attributes.push_back(part(all, from.value_or(0), 3));
      if (mischief) mischief(attributes, from);
      return {ldap_entry(request.id, group, attributes) + ldap_result(request)};
    });
  }
  Result<Entry> read_from(LdapServer::Answer answer) {
    LdapServer server(std::move(answer));
    auto transport = connect(server.url(), server.options());
    if (!transport) return fail(std::move(transport).error());
    auto entry = ldap::read(**transport, group, {"cn", "member"});
    connections_ = server.connections();
    return entry;
  }

  static void expect_whole(const Result<Entry>& entry, size_t count) {
    ASSERT_TRUE(entry) << entry.error().message;
    const Attribute* found = entry->find("member");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->values, members(count));
    EXPECT_EQ(std::ranges::count_if(entry->attributes,
                                    [](const Attribute& each) { return each.name.starts_with("member"); }),
              1);
    EXPECT_EQ(entry->first("cn"), "Hosts");
  }
  static void expect_incomplete(const Result<Entry>& entry, std::string_view words) {
    ASSERT_FALSE(entry) << entry->find("member")->values.size() << " values taken for all";
    EXPECT_TRUE(entry.error().kind == ErrorKind::corrupt || entry.error().kind == ErrorKind::unavailable)
        << name(entry.error().kind);
    EXPECT_THAT(entry.error().message, HasSubstr("reading all of member of CN=Hosts"));
    EXPECT_THAT(entry.error().message, HasSubstr(std::string(words)));
    EXPECT_EQ(entry.error().recovery, Recovery::anew);
  }

  int requests_ = 0;
  int connections_ = 0;
};

TEST_F(Ranges, are_fetched_to_their_end) {
  for (const size_t count : {4U, 5U, 6U, 7U, 25U}) expect_whole(read(count), count);
}

TEST_F(Ranges, an_empty_attribute_before_the_range_is_not_the_attribute) {
  expect_whole(read(8,
                    [](LdapValues& attributes, auto from) {
                      if (!from) attributes.insert(attributes.begin(), {"member", {}});
                    }),
               8);
}

TEST_F(Ranges, an_empty_attribute_behind_the_range_is_not_the_attribute) {
  expect_whole(read(8, [](LdapValues& attributes, auto) { attributes.push_back({"Member", {}}); }), 8);
}

TEST_F(Ranges, an_empty_attribute_without_a_range_is_asked_for) {
  expect_whole(read(8,
                    [](LdapValues& attributes, auto from) {
                      if (!from) attributes.back() = {"member", {}};
                    }),
               8);
  const auto none = read(0, [](LdapValues& attributes, auto) { attributes.back() = {"member", {}}; });
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_FALSE(none->find("member"));
}

TEST_F(Ranges, any_letter_case_will_do) {
  expect_whole(read(8,
                    [](LdapValues& attributes, auto) {
                      for (char& letter : attributes.back().first)
                        letter = static_cast<char>(std::toupper(letter));
                    })
                   .map([](Entry&& entry) {
                     for (auto& attribute : entry.attributes)
                       if (attribute.name == "MEMBER") attribute.name = "member";
                     return std::move(entry);
                   }),
               8);
}

TEST_F(Ranges, several_in_one_answer_are_put_in_order) {
  expect_whole(read(8,
                    [](LdapValues& attributes, auto from) {
                      if (from) return;
                      attributes.pop_back();
                      attributes.insert(attributes.begin(), part(members(8), 3, 3));
                      attributes.push_back(part(members(8), 0, 3));
                    }),
               8);
}

TEST_F(Ranges, one_that_begins_elsewhere_is_completed_from_the_beginning) {
  expect_whole(read(8,
                    [](LdapValues& attributes, auto from) {
                      if (!from) attributes.back() = part(members(8), 4, 3);
                    }),
               8);
}

TEST_F(Ranges, a_follow_up_without_the_attribute_is_an_error) {
  expect_incomplete(read(8,
                         [](LdapValues& attributes, auto from) {
                           if (from) attributes.pop_back();
                         }),
                    "does not send them");
}

TEST_F(Ranges, an_empty_follow_up_is_an_error) {
  expect_incomplete(read(8,
                         [](LdapValues& attributes, auto from) {
                           if (from) attributes.back().second.clear();
                         }),
                    "");
  expect_incomplete(read(8,
                         [](LdapValues& attributes, auto from) {
                           if (from) attributes.back() = {"member;range=" + std::to_string(*from) + "-*", {}};
                         }),
                    "without values");
}

TEST_F(Ranges, a_chain_that_never_ends_with_a_star_is_an_error) {
  expect_incomplete(read(6,
                         [](LdapValues& attributes, auto from) {
                           auto& name = attributes.back().first;
                           if (from && name.ends_with('*'))
                             name.replace(name.size() - 1, 1,
                                          std::to_string(*from + attributes.back().second.size() - 1));
                         }),
                    "");
  EXPECT_LT(requests_, 40);
}

TEST_F(Ranges, the_same_range_again_and_again_is_an_error) {
  expect_incomplete(read(8, [](LdapValues& attributes, auto) { attributes.back() = part(members(8), 0, 3); }),
                    "again and again");
  EXPECT_LT(requests_, 20);
}

TEST_F(Ranges, an_overlap_is_taken_once) {
  expect_whole(read(8,
                    [](LdapValues& attributes, auto from) {
                      if (from && *from > 0) attributes.back() = part(members(8), *from - 1, 3);
                    }),
               8);
}

TEST_F(Ranges, an_overlap_with_other_values_is_an_error) {
  expect_incomplete(read(8,
                         [](LdapValues& attributes, auto from) {
                           if (from) attributes.back().second.front() = "CN=other";
                         }),
                    "changed while");
}

TEST_F(Ranges, a_range_that_says_more_than_it_holds_is_an_error) {
  expect_incomplete(read(8,
                         [](LdapValues& attributes, auto from) {
                           if (from) attributes.back().second.pop_back();
                           if (from && attributes.back().first.ends_with('*'))
                             attributes.back().first = "member;range=5-99";
                         }),
                    "values");
}

TEST_F(Ranges, a_gap_is_an_error) {
  expect_incomplete(read(12,
                         [](LdapValues& attributes, auto from) {
                           if (from) attributes.back() = part(members(12), *from + 2, 3);
                         }),
                    "are missing");
}

TEST_F(Ranges, an_end_before_what_is_here_is_an_error) {
  expect_incomplete(read(8,
                         [](LdapValues& attributes, auto from) {
                           if (from && *from > 3) attributes.back() = {"member;range=3-*", {"CN=m3"}};
                         }),
                    "changed while");
}

TEST_F(Ranges, a_range_that_is_none_is_an_error) {
  for (const char* name : {"member;range=0", "member;range=a-b", "member;range=-", "member;range=3-1",
                           "member;range=0-99999999999999999999", "member;range=0-2;x"}) {
    const auto entry = read(8, [&](LdapValues& attributes, auto) { attributes.back().first = name; });
    EXPECT_FALSE(entry) << name;
  }
}

TEST_F(Ranges, an_object_that_goes_in_between_is_read_again) {
  int round = 0;
  const auto answer = [&](const LdapRequest& request) -> LdapServer::Reply {
    const auto from = asked_from(request);
    if (from && ++round == 1)
      return {ldap_result(request, 32, "0000208D: NameErr: DSID-0310020A, problem 2001")};
    return {ldap_entry(request.id, group, {{"cn", {"Hosts"}}, part(members(5), from.value_or(0), 3)}) +
            ldap_result(request)};
  };
  expect_whole(read_from(answer), 5);
  round = 1;
  const auto gone = read_from([&](const LdapRequest& request) -> LdapServer::Reply {
    if (asked_from(request)) round = 2;
    if (round == 2) return {ldap_result(request, 32)};
    return {ldap_entry(request.id, group, {{"cn", {"Hosts"}}, part(members(5), 0, 3)}) +
            ldap_result(request)};
  });
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorKind::not_found);
}

TEST_F(Ranges, a_change_in_between_is_read_again_as_a_whole) {
  int searches = 0;
  const auto entry = read_from([&](const LdapRequest& request) -> LdapServer::Reply {
    const auto from = asked_from(request);
    if (!from) ++searches;
    auto all = members(8);
    // The first member goes when the first range is out: what follows moves up by one.
    if (searches == 1 && from) all.erase(all.begin());
    return {ldap_entry(request.id, group, {{"cn", {"Hosts"}}, part(all, from.value_or(0), 3)}) +
            ldap_result(request)};
  });
  expect_whole(entry, 8);
  EXPECT_EQ(searches, 2);
  EXPECT_EQ(connections_, 2) << "the order of values holds on one connection only";
}

TEST_F(Ranges, entries_of_a_page_are_completed_with_the_searchs_own_controls) {
  std::vector<std::string> bases;
  LdapServer server([&](const LdapRequest& request) -> LdapServer::Reply {
    std::string bytes;
    if (const auto from = asked_from(request)) {
      bases.push_back(request.base);
      return {ldap_entry(request.id, request.base, {part(members(5), *from, 3)}) + ldap_result(request)};
    }
    for (const char* dn : {"<GUID=1>;<SID=2>;CN=a", "CN=b", "CN=c"})
      bytes += ldap_entry(request.id, dn, {{"member", {}}, part(members(5), 0, 3)});
    return {bytes + ldap_result(request, 0, {}, "")};
  });
  auto transport = connect(server.url(), server.options());
  ASSERT_TRUE(transport) << transport.error().message;
  SearchRequest search;
  search.base = "DC=fabrikam,DC=test";
  const auto entries = search_all(**transport, search);
  ASSERT_TRUE(entries) << entries.error().message;
  ASSERT_EQ(entries->size(), 3U);
  for (const auto& entry : *entries) EXPECT_EQ(entry.find("member")->values, members(5)) << entry.dn;
  EXPECT_THAT(bases, testing::UnorderedElementsAre("CN=a", "CN=b", "CN=c"));
}

}  // namespace
}  // namespace gmsactl::ldap
