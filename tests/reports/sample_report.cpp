// Prints a report in a format, for the tests in Python beside it: sample_report FORMAT SAMPLE, with one of
//
//   estate     two environments in which something of everything happens
//   applied    the same, applied, where some of it failed
//   random N   three environments with random bytes for names, from the seed N
//   big N      N changes
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "engine/report/render.h"
#include "tests/unit/engine/report/estate.h"

namespace {

using namespace gmsactl;          // NOLINT: a program of thirty lines
using namespace gmsactl::report;  // NOLINT

std::vector<model::Plan> plans_of(const std::string& which, uint32_t number) {
  if (which == "random") {
    sample::RandomPlans random(number);
    return {random.next(), random.next(), random.next()};
  }
  if (which == "big") return {sample::big_plan(number)};
  return {sample::busy_plan(), sample::quiet_plan()};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string which = argv[2];
  const auto plans = plans_of(which, argc > 3 ? static_cast<uint32_t>(std::atol(argv[3])) : 0);
  RunReport report;
  report.command = which == "applied" ? Command::apply : Command::plan;
  for (const auto& plan : plans)
    report.environments.push_back(which == "applied" ? applied(plan, sample::results_of(plan))
                                                     : planned(plan));
  report.started_at = report.finished_at = "2026-01-31T12:00:00Z";
  report.took = std::chrono::milliseconds(1250);
  report.source = SourceCommit{"3f2c1a9d5b7e", true, "Ada Admin <ada@contoso.com>"};
  for (const auto format : all_formats)
    if (name(format) == argv[1]) std::cout << render(format, report);
  return 0;
}
