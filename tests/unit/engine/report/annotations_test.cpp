// Workflow commands of GitHub Actions and metrics of Prometheus: two formats that are lines.
#include <gtest/gtest.h>

#include "engine/base/text.h"
#include "engine/report/render.h"
#include "tests/unit/engine/report/estate.h"
#include "tests/unit/engine/report/sample.h"

namespace gmsactl::report {
namespace {

TEST(GitHub, annotates_the_lines_that_a_change_comes_from) {
  const std::vector plans{sample::quiet_plan()};
  EXPECT_EQ(
      render(Format::github, sample::run(plans)),
      "::error file=accounts.yaml,line=2,col=3,title=GMSA0113 Unknown key::GMSA/WebApp01 has no field "
      "\"dnsHostNam\".%0Ahelp: Did you mean \"dnsHostName\"?\n"
      "::notice file=accounts.yaml,line=12,col=1,title=plan for test::update GMSA/Shop: description \"Web\" "
      "-> "
      "(cleared)\n"
      "::notice title=plan for test::0 to create, 1 to update, 0 to replace, 0 to delete; 41 unchanged\n");
}

TEST(GitHub, what_is_lost_comes_first_since_ten_are_shown) {
  const std::vector plans{sample::busy_plan()};
  const auto text = render(Format::github, sample::run(plans));
  EXPECT_LT(text.find("delete GMSA/Fax"), text.find("replace GMSA/Reports"));
  EXPECT_LT(text.find("replace GMSA/Reports"), text.find("update GMSA/Shop (drift)"));
  EXPECT_LT(text.find("update GMSA/Shop (drift)"), text.find("create GMSA/Batch"));
}

TEST(GitHub, a_name_can_not_be_a_command) {
  auto plan = sample::quiet_plan();
  plan.environment = "a,b:c%d\n::error::x";
  plan.changes[0].declared_at.file = "a,line=1::x%.yaml";
  plan.changes[0].id.name = "x\n::add-mask::y";
  const std::vector plans{plan};
  const std::string text = render(Format::github, sample::run(plans));
  for (const auto line : split(text, '\n'))
    EXPECT_TRUE(line.empty() || line.starts_with("::error ") || line.starts_with("::notice ")) << line;
  EXPECT_NE(text.find("::notice file=a%2Cline=1%3A%3Ax%25.yaml,line=12,col=1,title=plan for "
                      "a%2Cb%3Ac%25d\\x0a%3A%3Aerror%3A%3Ax::update GMSA/x\\x0a::add-mask::y: "),
            std::string::npos)
      << text;
}

TEST(Prometheus, counts_changes_by_what_they_are) {
  const std::vector<model::Plan> plans{sample::busy_plan(), sample::quiet_plan()};
  RunReport report = sample::run(plans);
  report.command = Command::drift;
  report.took = std::chrono::milliseconds(12'034);
  const auto text = render(Format::prometheus, report);
  for (const char* line :
       {"# TYPE gmsactl_changes gauge",
        "gmsactl_last_run_timestamp_seconds{command=\"drift\",environment=\"test\"} 1769860800",
        "gmsactl_last_run_duration_seconds{command=\"drift\"} 12.034",
        R"(gmsactl_changes{command="drift",environment="prod",kind="GMSA",action="update",cause="drift"} 1)",
        "gmsactl_drifted_resources{command=\"drift\",environment=\"prod\"} 3",
        "gmsactl_drifted_resources{command=\"drift\",environment=\"test\"} 0",
        "gmsactl_unreadable_resources{command=\"drift\",environment=\"prod\"} 1",
        "gmsactl_diagnostics{command=\"drift\",environment=\"test\",severity=\"error\"} 1"})
    EXPECT_NE(text.find(std::string(line) + "\n"), std::string::npos) << line << "\n" << text;
  EXPECT_EQ(text.find("gmsactl_results"), std::string::npos) << "of an apply only";
}

TEST(Prometheus, tells_what_became_of_an_apply) {
  const std::vector plans{sample::busy_plan()};
  const auto text = render(Format::prometheus, sample::applied_run(plans));
  EXPECT_NE(text.find("gmsactl_results{command=\"apply\",environment=\"prod\",outcome=\"notBegun\"} 1\n"),
            std::string::npos)
      << text;
}

TEST(Prometheus, labels_are_escaped) {
  auto plan = sample::empty_plan();
  plan.environment = "a\"b\\c\nd";
  const std::vector plans{plan};
  EXPECT_NE(render(Format::prometheus, sample::run(plans)).find("environment=\"a\\\"b\\\\c\\\\x0ad\"} "),
            std::string::npos);
}

}  // namespace
}  // namespace gmsactl::report
