#include "engine/drift/news.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gmsactl::drift {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const model::ResourceId web{model::Kind::gmsa, "Web"};

model::Plan differing(std::string live) {
  model::Plan plan;
  model::Change change;
  change.id = web;
  change.fields = {{"description", std::move(live), std::string("declared"), {}, {}, model::cause::drift}};
  plan.changes.push_back(std::move(change));
  return plan;
}

TEST(News, a_difference_is_told_once) {
  Newsroom newsroom;
  EXPECT_FALSE(newsroom.compare({}).any());
  const auto plan = differing("x");
  const auto news = newsroom.compare(plan);
  ASSERT_THAT(news.different, SizeIs(1));
  EXPECT_EQ(news.different[0], &plan.changes[0]);
  EXPECT_FALSE(newsroom.compare(plan).any());
}

TEST(News, another_difference_at_the_same_address_is_news) {
  Newsroom newsroom;
  newsroom.compare(differing("x"));
  EXPECT_THAT(newsroom.compare(differing("y")).different, SizeIs(1));
  auto later = differing("y");
  later.changes[0].fields[0].last_write = model::LastWrite{1, "dc01", 2};
  EXPECT_THAT(newsroom.compare(later).different, SizeIs(1)) << "somebody wrote it once more";
}

TEST(News, what_is_in_order_again_is_news) {
  Newsroom newsroom;
  newsroom.compare(differing("x"));
  EXPECT_THAT(newsroom.compare({}).in_sync, testing::ElementsAre(web));
  EXPECT_FALSE(newsroom.compare({}).any());
}

TEST(News, what_cannot_be_read_is_neither) {
  Newsroom newsroom;
  newsroom.compare(differing("x"));
  model::Plan unread;
  unread.unreadable.push_back({web, Error{ErrorKind::denied, "no", {}, {}}});
  const auto news = newsroom.compare(unread);
  EXPECT_THAT(news.unreadable, SizeIs(1));
  EXPECT_THAT(news.in_sync, IsEmpty());
  EXPECT_THAT(newsroom.compare(differing("x")).different, SizeIs(1));
}

TEST(News, a_diagnostic_is_told_again_only_after_it_was_gone) {
  Newsroom newsroom;
  model::Plan plan;
  plan.diagnostics.push_back({Severity::warning, "GMSA0214", "s", "d", "h", std::nullopt, "GMSA/Web"});
  EXPECT_THAT(newsroom.compare(plan).diagnostics, SizeIs(1));
  EXPECT_THAT(newsroom.compare(plan).diagnostics, IsEmpty());
  newsroom.compare({});
  EXPECT_THAT(newsroom.compare(plan).diagnostics, SizeIs(1));
}

}  // namespace
}  // namespace gmsactl::drift
