// One environment from what is wanted to a plan: connects, observes, plans. Shared by plan and apply, so that
// both see the same thing.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/cli/loading.h"
#include "engine/cli/options.h"
#include "engine/model/desired.h"
#include "engine/model/plan.h"
#include "engine/plan/make_plan.h"
#include "engine/ports/audit.h"
#include "engine/ports/lock.h"
#include "engine/ports/provider.h"
#include "providers/directory/session.h"

namespace gmsactl::cli {

class Estate;

/// How to connect, as the command line has it.
directory::SessionOptions session_options(const Options& options);
/// Requests so far, at debug level.
void log_requests(const ldap::Counters& counters);

class EnvironmentRun {
 public:
  /// Connects and binds. `planning` is what the command line asks of the planner, see planning().
  [[nodiscard]] static Result<EnvironmentRun> start(const Options& options, const model::Desired& desired,
                                                    plan::Options planning);
  EnvironmentRun(EnvironmentRun&&) noexcept;
  EnvironmentRun& operator=(EnvironmentRun&&) noexcept;
  ~EnvironmentRun();

  [[nodiscard]] Result<model::Plan> plan(ports::EventSink& events);
  /// What plan() goes by.
  [[nodiscard]] Result<model::Observations> observe(ports::EventSink& events);
  /// Once more, after apply: only what `plan` touched, and what that refers to.
  [[nodiscard]] Result<model::Plan> plan_again(const model::Plan& applied, ports::EventSink& events);

  /// Adds to the plan what of it stands against its being carried out: what is protected, what others still
  /// use, and what of it this user may not write: as an error before an apply, else as a warning, since a
  /// plan may be made by a user who only reads.
  [[nodiscard]] Result<void> check_permissions(model::Plan& plan, Severity severity);

  /// Keeps what plan() goes by, for judging environments together; see seen().
  void keep_observations() { keeps_observations_ = true; }
  /// Of the last plan(); null where that was not to be kept.
  const model::Observations* seen() const { return seen_.get(); }

  ports::Provider& provider();
  [[nodiscard]] Result<std::unique_ptr<ports::Locks>> locks();
  void audit_to(ports::AuditLog* log);
  /// Told where a write waits; null: nobody. Not owned.
  void report_to(ports::EventSink* events);
  const model::Desired& desired() const { return *desired_; }
  const plan::Options& planned_with() const { return planning_; }
  void log_requests() const;

 private:
  EnvironmentRun(const model::Desired& desired, plan::Options planning, std::unique_ptr<Estate> estate);
  [[nodiscard]] Result<model::Plan> plan_of(const model::Desired& desired, const plan::Options& options,
                                            ports::EventSink& events);

  const model::Desired* desired_;
  plan::Options planning_;
  std::unique_ptr<Estate> estate_;
  bool keeps_observations_ = false;
  std::unique_ptr<model::Observations> seen_;
};

/// What the command line and the other environments say about planning this one, today.
plan::Options planning(const Options& options, const Loaded& loaded, const model::Desired& desired);

}  // namespace gmsactl::cli
