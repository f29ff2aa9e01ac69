// What does not fit into one reply: pages of entries and ranges of values. And many requests at once.
#include <algorithm>
#include <atomic>
#include <set>
#include <thread>
#include <utility>

#include "tests/contract/ldap/contract.h"

namespace gmsactl::contract {
namespace {

constexpr size_t many = 1700;

/// DNs of more objects than fit into a page or a range.
class Large : public Contract {
 protected:
  static const std::string& base() {
    static const std::string dn = [] {
      if (!container_of_many().empty()) return container_of_many();
      std::string made = add_container(unique("many"));
      for (size_t i = 0; i < many; ++i)
        EXPECT_DONE(
            directory().add("CN=n" + std::to_string(i) + "," + made, {{"objectClass", {"container"}}}));
      return made;
    }();
    return dn;
  }

  static SearchRequest everything() {
    SearchRequest request;
    request.base = base();
    request.scope = Scope::one_level;
    request.attributes = {"objectGUID"};
    return request;
  }

  static std::pair<std::string, std::vector<std::string>> group_of(size_t count);
};

TEST_F(Large, pages_add_up_to_every_entry_once) {
  for (const uint32_t page_size : {100u, 1000u}) {
    SearchRequest request = everything();
    request.page_size = page_size;
    const auto entries = ldap::search_all(directory(), request);
    ASSERT_TRUE(entries) << entries.error().message;
    EXPECT_GT(entries->size(), 1500u);
    std::set<std::string> seen;
    for (const auto& entry : *entries) seen.insert(entry.dn);
    EXPECT_EQ(seen.size(), entries->size()) << "with pages of " << page_size;
  }
}

TEST_F(Large, many_paged_searches_at_once_do_not_disturb_each_other) {
  SearchRequest request = everything();
  request.filter = "(cn=*ms*)";
  if (writes_are_cheap()) request.filter = "(cn=n1*)";
  request.page_size = 50;
  const auto expected = ldap::search_all(directory(), request);
  ASSERT_TRUE(expected);
  EXPECT_GT(expected->size(), 100u);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i)
    threads.emplace_back([&] {
      const auto entries = ldap::search_all(directory(), request);
      if (!entries || entries->size() != expected->size()) ++wrong;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Large, a_search_that_is_stopped_leaves_the_next_one_alone) {
  SearchRequest request = everything();
  request.page_size = 100;
  for (int round = 0; round < 12; ++round) {  // more than a server keeps result sets
    int seen = 0;
    EXPECT_REFUSED(cancelled, directory().search(request, [&](Entry&&) { return ++seen < 150; }));
    EXPECT_EQ(seen, 150);
  }
  EXPECT_TRUE(ldap::search_all(directory(), request));
}

/// A group with that many members, and their DNs, sorted.
std::pair<std::string, std::vector<std::string>> Large::group_of(size_t count) {
  std::vector<std::string> members;
  const std::string folder = add_container(unique("members"));
  for (size_t i = 0; i < count; ++i) {
    members.push_back("CN=m" + std::to_string(i) + "," + folder);
    EXPECT_DONE(directory().add(members.back(), {{"objectClass", {"container"}}}));
  }
  std::ranges::sort(members);
  std::string group = add_group(unique("g"));
  EXPECT_DONE(directory().modify(group, {{ModifyOperation::add, "member", members}}));
  return {std::move(group), std::move(members)};
}

TEST_F(Large, an_attribute_comes_whole_whatever_its_size) {
  const auto [group, members] = group_of(writes_are_cheap() ? 1600 : 40);
  EXPECT_EQ(values(group, "member"), members);
}

TEST_F(Large, a_range_is_fetched_to_its_end) {
  const auto [group, members] = group_of(25);
  // A server gives at most what it is asked for, so this reply is cut short as a large attribute's would be.
  const Entry entry = read(group, {"member;range=0-9", "cn"});
  const Attribute* found = entry.find("member");
  ASSERT_TRUE(found);
  auto all = found->values;
  std::ranges::sort(all);
  EXPECT_EQ(all, members);
  EXPECT_TRUE(entry.find("cn"));
}

TEST_F(Large, requests_of_many_threads_get_their_own_answers) {
  const auto entries = ldap::search_all(directory(), everything());
  ASSERT_TRUE(entries);
  std::atomic<size_t> next{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i)
    threads.emplace_back([&] {
      for (size_t at; (at = next++) < 400;) {
        const auto entry = ldap::read(directory(), (*entries)[at].dn, {"objectGUID"});
        if (!entry || entry->first("objectGUID") != (*entries)[at].first("objectGUID")) ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Contract, of_many_writers_of_one_value_one_wins_each_round) {
  const std::string dn = add_container(unique("w"));
  EXPECT_DONE(directory().modify(dn, {{ModifyOperation::add, "adminDescription", {"0"}}}));
  constexpr int writers = 4, increments = 10;
  std::atomic<int> conflicts{0}, others{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < writers; ++i)
    threads.emplace_back([&] {
      for (int done = 0; done < increments;) {
        const auto entry = ldap::read(directory(), dn, {"adminDescription"});
        if (!entry) {
          ++others;
          return;
        }
        const std::string seen(entry->first("adminDescription").value_or(""));
        const auto written = directory().modify(
            dn, {{ModifyOperation::remove, "adminDescription", {seen}},
                 {ModifyOperation::add, "adminDescription", {std::to_string(std::stoi(seen) + 1)}}});
        if (written)
          ++done;
        else
          ++(written.error().kind == ErrorKind::conflict ? conflicts : others);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(others, 0);
  EXPECT_EQ(value(dn, "adminDescription"), std::to_string(writers * increments)) << conflicts << " conflicts";
}

TEST_F(Contract, round_trips_are_counted) {
  const auto searches = directory().counters().searches.load();
  const auto writes = directory().counters().writes.load();
  read(unit(), {"cn"});
  EXPECT_DONE(directory().modify(unit(), {{ModifyOperation::replace, "description", {"counted"}}}));
  EXPECT_EQ(directory().counters().searches.load() - searches, 1u);
  EXPECT_EQ(directory().counters().writes.load() - writes, 1u);
}

}  // namespace
}  // namespace gmsactl::contract
