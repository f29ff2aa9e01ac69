// The page as text; what a browser makes of it is in tests/reports.
#include <gtest/gtest.h>

#include <gmsactl/page.h>

#include "engine/report/render.h"
#include "tests/unit/engine/report/estate.h"
#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

size_t occurrences(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++count;
  return count;
}

/// Without its one style and its one script.
std::string contents(const std::string& page) {
  std::string text = page;
  for (const auto part : {page::style, page::script}) {
    const auto at = text.find(part);
    EXPECT_NE(at, std::string::npos);
    if (at != std::string::npos) text.erase(at, part.size());
  }
  return text;
}

TEST(Html, loads_nothing_and_forbids_it) {
  const std::vector<model::Plan> plans{sample::busy_plan(), sample::quiet_plan()};
  const auto page = render(Format::html, sample::run(plans));
  EXPECT_TRUE(page.starts_with("<!doctype html>\n"));
  EXPECT_NE(
      page.find("content=\"default-src &#39;none&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;; "
                "style-src &#39;sha256-"),
      std::string::npos);
  for (const char* loading :
       {" src=", "<link", "<img", "<iframe", "<object", "@import", "url(", "http:", "https://"})
    EXPECT_EQ(contents(page).find(loading), std::string::npos) << loading;
}

TEST(Html, a_name_stays_text) {
  sample::RandomPlans random(71);
  for (int i = 0; i < 60; ++i) {
    const std::vector<model::Plan> plans{random.next(), random.next()};
    const auto page = contents(render(Format::html, sample::run(plans)));
    ASSERT_EQ(occurrences(page, "<script"), 1U);
    ASSERT_EQ(occurrences(page, "</script"), 1U);
    ASSERT_EQ(occurrences(page, "<style"), 1U);
    ASSERT_EQ(page.find("<!--"), std::string::npos);
    ASSERT_EQ(page.find("<b>]"), std::string::npos);
    ASSERT_EQ(occurrences(page, "<details"), occurrences(page, "</details>"));
  }
}

TEST(Html, groups_by_environment_and_kind) {
  const std::vector<model::Plan> plans{sample::busy_plan(), sample::quiet_plan()};
  const auto page = render(Format::html, sample::run(plans));
  std::vector<size_t> order;
  for (const char* heading :
       {"<h2>prod</h2>", "<h3>What it touches</h3>", "<h3>Accounts</h3>", "<h3>Host groups</h3>",
        "<h3>Credential specs</h3>", "<h3>Containers</h3>", "<h2>test</h2>"})
    order.push_back(page.find(heading));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end())) << testing::PrintToString(order);
  EXPECT_LT(order.back(), page.size());
}

TEST(Html, says_so_where_there_is_nothing_to_do) {
  const std::vector plans{sample::empty_plan()};
  const auto page = contents(render(Format::html, sample::run(plans)));
  EXPECT_NE(page.find("No changes. Live state matches the manifests."), std::string::npos);
  EXPECT_EQ(page.find("class=\"filters\""), std::string::npos);
}

}  // namespace
}  // namespace gmsactl::report
