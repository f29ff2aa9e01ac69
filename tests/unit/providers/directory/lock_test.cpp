// The lock: its text, and who gets it, who waits and who is told, on a directory in a file.
#include "providers/directory/lock.h"

#include <ctime>
#include <set>
#include <thread>

#include "tests/unit/providers/directory/ldif_world.h"

namespace gmsactl {
namespace {

using directory::DirectoryLocks;
using directory::lock_text;
using directory::parse_lock;
using fakes::FaultyTransport;
using ports::LockHolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

LockHolder anna() {
  return {"0badcafe",
          "anna",
          "build7",
          "2026-01-31T12:00:00Z",
          "2026-01-31T12:01:00Z",
          "https://ci.example/7?a=b c",
          "m/1/2"};
}

TEST(LockText, reads_back_as_it_was_whatever_is_in_it) {
  EXPECT_EQ(parse_lock(lock_text(anna())), anna());
  for (const std::string hostile :
       {"", " ", "a=b c=d", "line\nline", "\x01\x7f", "%41%", "gmsactl-lock/1 id=x", "Jörg\u202e"}) {
    auto holder = anna();
    holder.holder = holder.host = holder.url = holder.process = holder.shard = hostile;
    const auto text = lock_text(holder);
    EXPECT_EQ(parse_lock(text), holder) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) << text;
  }
}

TEST(LockText, what_is_none_is_told_apart_and_what_a_later_version_adds_is_passed_over) {
  const std::string text = lock_text(anna());
  EXPECT_EQ(parse_lock(text + " colour=blue"), anna());
  const std::vector<std::string> others{"",
                                        "x",
                                        "gmsactl-lock/2" + text.substr(14),
                                        text.substr(0, 14),
                                        text + " loose",
                                        text + " a=%4",
                                        "gmsactl-lock/1 id= expires=x",
                                        "gmsactl-lock/1 id=x",
                                        " " + text};
  for (const auto& other : others) EXPECT_FALSE(parse_lock(other)) << other;
}

class Lock : public LdifWorld {
 protected:
  Lock() : file_(ldap::open_ldif(path_).value()), faulty_(std::make_shared<FaultyTransport>(*file_)) {}

  DirectoryLocks locks() { return {faulty_, container_, environment_}; }
  Result<std::unique_ptr<ports::Lock>> take(const std::string& process = "m/1/1",
                                            std::chrono::milliseconds patience = 0ms,
                                            const std::string& dead = "nobody") {
    return locks().acquire({{}, "anna", "build7", {}, {}, {}, process},
                           {patience, [dead](const std::string& each) { return each == dead; },
                            [this](const Error& held) { told_.push_back(held.message); }},
                           {});
  }
  static std::string at(int seconds) {
    const std::time_t time = std::time(nullptr) + seconds;
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
  }
  /// By a run elsewhere.
  void held(const std::string& value) {
    ASSERT_TRUE(file_->add(
        dn_, {{"objectClass", {"serviceConnectionPoint"}}, {"serviceBindingInformation", {value}}}));
  }
  static std::string elsewhere(int seconds_left) {
    auto holder = anna();
    holder.since = at(-10);
    holder.expires = at(seconds_left);
    return lock_text(holder);
  }
  /// Nothing where there is no such object.
  std::optional<std::vector<std::string>> values() {
    const auto entry = ldap::read(*file_, dn_, {"serviceBindingInformation"});
    if (!entry) return std::nullopt;
    const auto* attribute = entry->find("serviceBindingInformation");
    return attribute == nullptr ? std::vector<std::string>() : attribute->values;
  }
  LockHolder live() { return parse_lock(values().value().at(0)).value(); }

  std::vector<std::string> told_;  ///< whom a run waits for
  std::shared_ptr<ldap::Transport> file_;
  std::shared_ptr<FaultyTransport> faulty_;
  std::string environment_ = "test";
  const model::Dn container_ = model::Dn::parse("CN=Managed Service Accounts,DC=contoso,DC=com").value();
  const std::string dn_ = "CN=gmsactl-lock-test,CN=Managed Service Accounts,DC=contoso,DC=com";
};

TEST_F(Lock, is_there_while_it_is_held_and_tells_by_whom_and_until_when) {
  {
    const auto lock = take();
    ASSERT_TRUE(lock.has_value()) << lock.error().message;
    EXPECT_FALSE((*lock)->waited());
    const auto holder = locks().status().value().at(0);
    EXPECT_EQ(holder, live());
    EXPECT_EQ(holder.holder, "anna");
    EXPECT_EQ(holder.id.size(), 8U);
    EXPECT_GE(holder.expires, at(55));
    EXPECT_LE(holder.expires, at(60)) << "the time that it outlives a run that was killed";
  }
  EXPECT_FALSE(values());
  EXPECT_THAT(locks().status().value(), IsEmpty());
}

TEST_F(Lock, is_not_to_be_had_twice) {
  const auto first = take();
  const auto second = take("m/2/2");
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::already_exists);
  EXPECT_THAT(second.error().message, HasSubstr("anna on build7 (id " + live().id));
  EXPECT_THAT(second.error().hint, HasSubstr("gmsactl lock release --id " + live().id));
  EXPECT_THAT(told_, IsEmpty()) << "who does not wait gets the error alone";
}

TEST_F(Lock, who_waits_is_told_once_whom_for) {
  held(elsewhere(50));
  const auto second = take("m/2/2", 50ms);
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(told_, ElementsAre(second.error().message));
}

TEST_F(Lock, whose_time_is_over_is_taken_over_and_said_to_have_been_held) {
  held(elsewhere(-1));
  EXPECT_THAT(locks().status().value(), IsEmpty());
  const auto lock = take();
  ASSERT_TRUE(lock.has_value()) << lock.error().message;
  EXPECT_TRUE((*lock)->waited());
  EXPECT_EQ(values()->size(), 1U);
}

TEST_F(Lock, of_a_dead_process_of_this_machine_or_of_this_very_one_is_taken_over) {
  held(elsewhere(50));
  EXPECT_EQ(take("m/9/9", 0ms, "m/other").error().kind, ErrorKind::already_exists);
  EXPECT_TRUE(take("m/9/9", 0ms, "m/1/2").has_value());
  held(elsewhere(50));
  EXPECT_TRUE(take("m/1/2").has_value()) << "the answer to its own request was lost";
}

TEST_F(Lock, that_another_version_holds_is_left_alone_and_named) {
  held("gmsactl-lock/9 who=knows");
  const auto lock = take();
  ASSERT_FALSE(lock.has_value());
  EXPECT_THAT(lock.error().message, HasSubstr("\"gmsactl-lock/9 who=knows\""));
  EXPECT_FALSE(locks().status().has_value());
  EXPECT_EQ(locks().release("x").error().kind, ErrorKind::not_found);
}

TEST_F(Lock, is_released_by_its_id_and_no_other) {
  held(elsewhere(50));
  EXPECT_EQ(locks().release("12345678").error().kind, ErrorKind::not_found);
  EXPECT_TRUE(values());
  EXPECT_TRUE(locks().release("0badcafe").has_value());
  EXPECT_FALSE(values());
}

TEST_F(Lock, that_was_taken_over_meanwhile_is_not_released_by_who_had_it) {
  auto lock = take().value();
  const std::string theirs = elsewhere(50);
  ASSERT_TRUE(file_->modify(dn_, {{ldap::ModifyOperation::replace, "serviceBindingInformation", {theirs}}}));
  lock.reset();
  EXPECT_EQ(values().value(), std::vector{theirs});
}

TEST_F(Lock, whose_holder_is_killed_while_it_lets_go_holds_nobody_up) {
  auto lock = take().value();
  faulty_->faults[3] = FaultyTransport::lost_request();  // taken, given up, not deleted any more
  lock.reset();
  ASSERT_TRUE(values()) << "the deletion was to fail";
  EXPECT_LE(live().expires, at(2));
  EXPECT_FALSE(take("m/2/2").has_value()) << "the deletion may still be under way";
  EXPECT_TRUE(take("m/2/2", 0ms, "m/1/1").has_value()) << "unless that process is known to have ended";
}

TEST_F(Lock, two_who_find_it_free_do_not_both_get_it) {
  held(elsewhere(-1));
  const std::string theirs = elsewhere(50);
  faulty_->faults[2] = FaultyTransport::preceded_by([&](ldap::Transport& inner) {
    ASSERT_TRUE(inner.modify(dn_, {{ldap::ModifyOperation::replace, "serviceBindingInformation", {theirs}}}));
  });
  const auto lock = take();
  ASSERT_FALSE(lock.has_value());
  EXPECT_EQ(lock.error().kind, ErrorKind::already_exists);
  EXPECT_EQ(values().value(), std::vector{theirs});
}

TEST_F(Lock, what_keeps_it_from_being_made_is_said) {
  faulty_->faults[1] = FaultyTransport::refused(ErrorKind::denied, "no right");
  EXPECT_EQ(take().error().kind, ErrorKind::denied);
  std::stop_source stop;
  stop.request_stop();
  held(elsewhere(50));
  const auto stopped = locks().acquire({{}, "anna", {}, {}, {}, {}, {}},
                                       {60s, [](const std::string&) { return false; }}, stop.get_token());
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().kind, ErrorKind::cancelled);
}

// --- shards -----------------------------------------------------------------------------------------------

class ShardLock : public Lock {
 protected:
  Result<std::unique_ptr<ports::Lock>> take_shard(const std::string& shard, const std::string& process,
                                                  std::chrono::milliseconds patience = 0ms) {
    return locks().acquire({{}, "anna", "build7", {}, {}, {}, process, shard},
                           {patience, [](const std::string&) { return false; },
                            [this](const Error& held) { told_.push_back(held.message); }},
                           {});
  }
  std::vector<std::string> held_shards() {
    std::vector<std::string> shards;
    const auto holders = locks().status().value();
    for (const auto& holder : holders) shards.push_back(holder.shard);
    return shards;
  }
  std::string shard_dn(const std::string& part) const {
    return container_.child("CN", "gmsactl-lock-test-shard-" + part).text();
  }
  void held_at(const std::string& dn, const std::string& shard, int seconds_left = 50) {
    auto holder = anna();
    holder.shard = shard;
    holder.expires = at(seconds_left);
    ASSERT_TRUE(file_->add(dn, {{"objectClass", {"serviceConnectionPoint"}},
                                {"serviceBindingInformation", {lock_text(holder)}}}));
  }
};

TEST_F(ShardLock, parts_of_one_split_are_held_side_by_side) {
  const auto first = take_shard("0/3", "m/1/1");
  const auto second = take_shard("2/3", "m/2/2");
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_FALSE((*second)->waited());
  EXPECT_THAT(held_shards(), ElementsAre("0/3", "2/3"));
  EXPECT_TRUE(ldap::read(*file_, shard_dn("2-of-3"), {}).has_value());
  const auto again = take_shard("2/3", "m/3/3");
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().kind, ErrorKind::already_exists);
  EXPECT_THAT(again.error().message, HasSubstr("another run holds the lock of shard 2/3 since"));
}

TEST_F(ShardLock, the_whole_and_another_split_are_kept_out_and_leave_nothing_behind) {
  auto part = take_shard("1/3", "m/1/1").value();
  EXPECT_EQ(take("m/2/2").error().kind, ErrorKind::already_exists);
  EXPECT_EQ(take_shard("0/2", "m/2/2").error().kind, ErrorKind::already_exists);
  EXPECT_EQ(take_shard("1/4", "m/2/2").error().kind, ErrorKind::already_exists);
  EXPECT_THAT(held_shards(), ElementsAre("1/3"));
  part.reset();
  auto whole = take("m/2/2").value();
  EXPECT_EQ(take_shard("1/3", "m/1/1").error().kind, ErrorKind::already_exists);
  EXPECT_THAT(held_shards(), ElementsAre(""));
  whole.reset();
  EXPECT_THAT(held_shards(), IsEmpty());
}

// Each looks for rivals after it has taken its own, so of two that start at once one at least sees the other.
TEST_F(ShardLock, a_rival_that_comes_while_it_is_taken_is_seen) {
  faulty_->faults[1] =
      FaultyTransport::preceded_by([&](ldap::Transport&) { held_at(shard_dn("2-of-3"), "2/3"); });
  const auto whole = take();
  ASSERT_FALSE(whole.has_value());
  EXPECT_THAT(whole.error().message, HasSubstr("shard 2/3"));
  EXPECT_THAT(held_shards(), ElementsAre("2/3")) << "what it had taken is given back";
}

TEST_F(ShardLock, the_whole_keeps_its_lock_while_it_waits_and_is_told_that_it_did) {
  held_at(shard_dn("2-of-3"), "2/3");
  std::vector<std::string> meanwhile;
  std::jthread part([&](const std::stop_token& stop) {
    while (!stop.stop_requested() && !values()) std::this_thread::yield();
    meanwhile = held_shards();
    ASSERT_TRUE(file_->remove(shard_dn("2-of-3")));
  });
  const auto whole = take("m/1/1", 60s);
  part.join();
  ASSERT_TRUE(whole.has_value()) << whole.error().message;
  EXPECT_TRUE((*whole)->waited());
  EXPECT_THAT(told_, ElementsAre(HasSubstr("another run holds the lock of shard 2/3 since ")));
  EXPECT_THAT(meanwhile, ElementsAre("", "2/3"));
}

TEST_F(ShardLock, one_whose_time_is_over_is_no_rival) {
  held_at(shard_dn("2-of-3"), "2/3", -1);
  EXPECT_TRUE(take().has_value());
}

TEST_F(ShardLock, a_lock_of_an_environment_whose_name_begins_alike_is_none_of_this_one) {
  held_at("CN=gmsactl-lock-test-eu," + container_.text(), "");
  held_at("CN=gmsactl-lock-test-eu-shard-0-of-2," + container_.text(), "0/2");
  EXPECT_THAT(held_shards(), IsEmpty());
  EXPECT_TRUE(take().has_value());
  EXPECT_TRUE(take_shard("1/3", "m/1/1").has_value());
}

/// Of every lock that is there.
std::vector<std::string> common_names(ldap::Transport& directory, const model::Dn& container) {
  ldap::SearchRequest request;
  request.base = container.text();
  request.filter = "(objectClass=serviceConnectionPoint)";
  request.attributes = {"cn"};
  std::vector<std::string> names;
  const auto found = ldap::search_all(directory, request).value();
  for (const auto& entry : found) names.emplace_back(entry.first("cn").value());
  return names;
}

TEST_F(ShardLock, no_name_is_longer_than_a_cn_may_be_and_each_is_found_again) {
  std::set<std::string> seen;
  for (const size_t length : {1U, 7U, 50U, 51U, 52U, 63U, 64U}) {
    for (const char last : {'a', 'b'}) {
      environment_ = std::string(length - 1, 'e') + last;
      for (const std::string shard : {"", "0/2", "4294967294/4294967295"}) {
        auto lock = take_shard(shard, "m/1/1");
        ASSERT_TRUE(lock.has_value()) << lock.error().message;
        const auto names = common_names(*file_, container_);
        ASSERT_EQ(names.size(), 1U);
        EXPECT_LE(names[0].size(), 64U);
        EXPECT_TRUE(seen.insert(names[0]).second) << names[0] << " is of another environment or shard, too";
        EXPECT_THAT(held_shards(), ElementsAre(shard)) << names[0];
        EXPECT_EQ(take_shard(shard, "m/2/2").error().kind, ErrorKind::already_exists);
        if (!shard.empty()) {
          EXPECT_EQ(take("m/3/3").error().kind, ErrorKind::already_exists) << names[0];
        }
      }
    }
  }
}

TEST_F(Lock, whose_name_fits_is_called_as_ever) {
  environment_ = std::string(51, 'e');
  const auto lock = take();
  EXPECT_THAT(common_names(*file_, container_), ElementsAre("gmsactl-lock-" + environment_));
}

TEST_F(ShardLock, is_released_by_its_id) {
  held_at(shard_dn("2-of-3"), "2/3");
  EXPECT_TRUE(locks().release("0badcafe").has_value());
  EXPECT_THAT(held_shards(), IsEmpty());
}

TEST_F(Lock, texts_that_are_too_long_or_no_utf8_are_left_out) {
  const auto lock = locks().acquire({{}, std::string(300, 'x'), "\xff", {}, {}, std::string(256, 'y'), {}},
                                    {0ms, [](const std::string&) { return false; }}, {});
  ASSERT_TRUE(lock.has_value()) << lock.error().message;
  EXPECT_EQ(live().holder, "");
  EXPECT_EQ(live().host, "");
  EXPECT_EQ(live().url, std::string(256, 'y'));
}

}  // namespace
}  // namespace gmsactl
