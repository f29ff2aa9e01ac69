// One environment from what is wanted to a plan: connects, observes, plans. Shared by plan and apply, so that
// both see the same thing.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/cli/options.h"
#include "engine/model/desired.h"
#include "engine/model/plan.h"
#include "engine/plan/make_plan.h"
#include "engine/ports/provider.h"

namespace gmsactl::cli {

class Estate;

class EnvironmentRun {
 public:
  /// Connects and binds.
  [[nodiscard]] static Result<EnvironmentRun> start(const Options& options, const model::Desired& desired);
  EnvironmentRun(EnvironmentRun&&) noexcept;
  ~EnvironmentRun();

  [[nodiscard]] Result<model::Plan> plan(ports::EventSink& events);
  /// What plan() goes by.
  [[nodiscard]] Result<model::Observations> observe(ports::EventSink& events);
  /// Once more, after apply: only what `plan` touched, and what that refers to.
  [[nodiscard]] Result<model::Plan> plan_again(const model::Plan& applied, ports::EventSink& events);

  ports::Provider& provider();
  const model::Desired& desired() const { return *desired_; }
  void log_requests() const;

 private:
  EnvironmentRun(const Options& options, const model::Desired& desired, std::unique_ptr<Estate> estate);
  [[nodiscard]] Result<model::Plan> plan_of(const model::Desired& desired, const plan::Options& options,
                                            ports::EventSink& events);
  plan::Options plan_options() const;

  const Options* options_;
  const model::Desired* desired_;
  std::unique_ptr<Estate> estate_;
};

}  // namespace gmsactl::cli
