#include <gtest/gtest.h>

#include <regex>

#include "engine/base/text.h"
#include "engine/report/render.h"
#include "tests/unit/engine/report/estate.h"
#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

std::string markdown(const std::vector<model::Plan>& plans) {
  return render(Format::markdown, sample::run(plans));
}

size_t occurrences(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++count;
  return count;
}

/// What Markdown is looked for in: without fences, code spans, and the lines of HTML, where <code> stands
/// around everything from outside. Fails where one of them is left open.
std::string outside_of_code(const std::string& text) {
  std::string rest;
  std::string fence;
  for (const auto line : split(text, '\n')) {
    const auto ticks = line.find_first_not_of('`');
    const size_t run = ticks == std::string_view::npos ? line.size() : ticks;
    if (!fence.empty()) {
      if (line == fence) fence.clear();
      continue;
    }
    if (run >= 3) {
      fence = std::string(run, '`');
      continue;
    }
    std::string kept(line);
    if (line.starts_with("<details>")) {
      kept = std::regex_replace(kept, std::regex("<code>[^<]*</code>"), "CODE");
    } else {
      for (size_t begin = 0; (begin = kept.find('`', begin)) != std::string::npos;) {
        const size_t end_of_ticks = std::min(kept.find_first_not_of('`', begin), kept.size());
        const std::string ends = kept.substr(begin, end_of_ticks - begin);
        size_t close = end_of_ticks;
        // The closing row has exactly as many backticks.
        while ((close = kept.find(ends, close)) != std::string::npos) {
          const size_t after = std::min(kept.find_first_not_of('`', close), kept.size());
          if (after - close == ends.size()) break;
          close = after;
        }
        if (close == std::string::npos) {
          ADD_FAILURE() << "an open code span: " << kept;
          break;
        }
        kept.replace(begin, close + ends.size() - begin, "CODE");
      }
    }
    rest += kept + "\n";
  }
  EXPECT_EQ(fence, "") << "an open fence";
  return rest;
}

void expect_whole(const std::string& text) {
  EXPECT_LT(text.size(), 65'536U);
  EXPECT_TRUE(valid_utf8(text));
  const std::string markdown = outside_of_code(text);
  EXPECT_EQ(occurrences(markdown, "\n<details>"), occurrences(markdown, "\n</details>"));
  // Nothing of what is left, but for our own words, is markup.
  const std::string rest = std::regex_replace(
      markdown, std::regex("</?(details|summary|sub)>|\n\\|[-:|]+\\||\\*\\*|### |## |^- |\n- "), "");
  for (const char* markup : {"<", ">", "[", "](", "@team", "evil", "http:", "&lt;"})
    EXPECT_EQ(rest.find(markup), std::string::npos) << markup << " in " << rest.substr(0, 2000);
}

TEST(Markdown, says_the_summary_first_and_what_is_lost_next) {
  const auto text = markdown({sample::busy_plan(), sample::quiet_plan()});
  EXPECT_TRUE(
      text.starts_with("## gmsactl plan\n\n"
                       "| environment | create | update | replace | delete | move | adopt | unchanged | |\n"
                       "|---|--:|--:|--:|--:|--:|--:|--:|---|\n"
                       "| `prod` | 4 | 2 | 1 | 2 | 1 | 1 | 41 | 1 unreadable |\n"
                       "| `test` | 0 | 1 | 0 | 0 | 0 | 0 | 41 | 1 error |\n\n"
                       "**1 error must be mended before this can be applied.**\n\n"
                       "### Delete\n\n"
                       "<details><summary><code>- CredentialSpec/docker-prod/Shop@HOST09</code> in "
                       "<code>prod</code></summary>\n"))
      << text;
  std::vector<size_t> order;
  for (const char* heading :
       {"\n### Delete\n", "\n### Replace: a new SID", "\n### Errors\n", "\n### Unreadable", "\n### Update\n",
        "\n### Move\n", "\n### Adopt\n", "\n### Create\n", "\n### Warnings\n"})
    order.push_back(text.find(heading));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end())) << testing::PrintToString(order);
  EXPECT_LT(order.back(), text.size());
}

TEST(Markdown, shows_a_change_as_a_diff) {
  const std::vector plans{sample::plan()};
  EXPECT_NE(markdown(plans).find("<details><summary><code>~ GMSA/WebApp01</code></summary>\n\n"
                                 "```diff\n"
                                 "  servicePrincipalNames\n"
                                 "+ \"http/a\"\n"
                                 "+ \"http/b\"\n"
                                 "- \"http/old\"\n"
                                 "  description\n"
                                 "- \"Web\"\n"
                                 "+ (cleared)\n"),
            std::string::npos)
      << markdown(plans);
}

TEST(Markdown, says_what_was_not_carried_out_first) {
  const std::vector plans{sample::busy_plan()};
  const auto text = render(Format::markdown, sample::applied_run(plans));
  EXPECT_LT(text.find("\n### Not carried out\n"), text.find("\n### Deleted\n")) << text;
  EXPECT_NE(text.find("<code>-/+ GMSA/Reports</code>: outcome unknown</summary>"), std::string::npos) << text;
  EXPECT_EQ(text.find("**, "), std::string::npos);
}

TEST(Markdown, ten_thousand_changes_fit_and_the_rest_is_counted) {
  const std::vector plans{sample::big_plan(10'000)};
  const auto text = markdown(plans);
  expect_whole(text);
  const size_t listed = occurrences(text, "<details>") + occurrences(text, "\n- `");
  EXPECT_NE(text.find("\n**" + std::to_string(10'000 - listed) + " more in the full report.**\n"),
            std::string::npos);
  EXPECT_GT(text.size(), 60'000U) << "there was room for more";
  EXPECT_LT(text.find("\n### Delete\n"), 200U);
  EXPECT_GT(occurrences(text, "<details>"), 50U) << "deletions are worth their details";
  for (size_t at = 0; (at = text.find("<summary><code>", at)) != std::string::npos; ++at)
    EXPECT_EQ(text.compare(at, 17, "<summary><code>- "), 0) << text.substr(at, 40);
}

TEST(Markdown, every_change_keeps_its_line_while_there_is_room) {
  const std::vector plans{sample::big_plan(900)};
  const auto text = markdown(plans);
  expect_whole(text);
  EXPECT_EQ(occurrences(text, "<details>") + occurrences(text, "\n- `"), 900U);
  EXPECT_EQ(text.find("more in the full report"), std::string::npos);
}

TEST(Markdown, one_huge_change_can_not_fill_the_page) {
  auto plan = sample::plan();
  std::vector<std::string> many;
  many.reserve(5'000);
  for (int i = 0; i < 5'000; ++i) many.push_back("http/host" + std::to_string(i));
  plan.changes[1].fields = {{"servicePrincipalNames", {}, many, many, {}},
                            {"description", std::string(100'000, 'x'), std::string(), {}, {}}};
  const auto text = markdown({plan});
  expect_whole(text);
  EXPECT_NE(text.find("\n+ ... and 4980 more\n"), std::string::npos);
  EXPECT_NE(text.find("x... and 99702 characters more\n"), std::string::npos) << text;
}

TEST(Markdown, a_thousand_environments_fit) {
  std::vector<model::Plan> plans;
  for (int i = 0; i < 1'000; ++i) {
    plans.push_back(sample::plan());
    plans.back().environment = std::string(600, 'e') + std::to_string(i);
  }
  const auto text = markdown(plans);
  expect_whole(text);
  EXPECT_NE(text.find("950 more environments in the full report."), std::string::npos);
}

TEST(Markdown, hostile_names_stay_names) {
  sample::RandomPlans random(31);
  for (int i = 0; i < 40 && !testing::Test::HasFailure(); ++i)
    expect_whole(markdown({random.next(), random.next()}));
}

}  // namespace
}  // namespace gmsactl::report
