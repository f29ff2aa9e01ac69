// Environments of one FakeWorld, planned and judged together as a run does it.
#pragma once

#include "engine/plan/world.h"
#include "tests/unit/engine/plan/planning.h"

namespace gmsactl {

using model::Desired;

/// Two environments, "test" and "two", of one FakeWorld, planned and judged as a run does.
struct Together {
  fakes::FakeWorld& world;
  std::vector<Desired>& environments;
  plan::Options options = {};
  std::vector<model::Observations> seen = {};
  std::vector<model::Plan> plans = {};

  void plan() {
    fakes::NoEvents events;
    seen.clear();
    plans.clear();
    for (const auto& desired : environments) {
      seen.push_back(world.observe(desired, events).value());
      plans.push_back(plan::make_plan(desired, seen.back(), options));
    }
    std::vector<plan::Member> members;
    for (size_t i = 0; i < plans.size(); ++i)
      members.push_back({"world", &environments[i], &seen[i], &plans[i]});
    plan::check_world(members);
  }
  bool refused() const {
    return std::any_of(plans.begin(), plans.end(),
                       [](const auto& one) { return has_errors(one.diagnostics); });
  }
  std::string errors() const {
    std::string text;
    for (const auto& one : plans)
      for (const auto& each : one.diagnostics)
        if (each.severity == Severity::error) text += std::string(each.code) + " " + each.detail + "\n";
    return text;
  }
};

inline Desired environment(std::string name, std::vector<model::Declaration<model::HostGroup>> groups,
                           std::vector<model::Declaration<model::Gmsa>> accounts) {
  auto desired = fakes::desired(std::move(groups), std::move(accounts));
  desired.environment.name = std::move(name);
  return desired;
}

}  // namespace gmsactl
