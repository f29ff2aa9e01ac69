#include "engine/cli/environment_run.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "engine/cli/logging.h"
#include "engine/plan/make_plan.h"
#include "providers/directory/directory_provider.h"

namespace gmsactl::cli {

namespace {

std::string milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::to_string(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start)
          .count());
}

/// The declarations of these addresses, and the groups they name.
model::Desired only(const model::Desired& desired, const std::set<model::ResourceId>& wanted) {
  model::Desired part;
  part.environment = desired.environment;
  std::set<std::string> groups;
  const auto name_groups = [&](const std::vector<model::PrincipalRef>& refs) {
    for (const auto& ref : refs)
      if (ref.form == model::PrincipalRef::Form::host_group) groups.insert(ref.text);
  };
  for (const auto& account : desired.accounts) {
    if (!wanted.contains({model::Kind::gmsa, account.name})) continue;
    part.accounts.push_back(account);
    name_groups(account.spec.principals);
  }
  for (const auto& group : desired.host_groups)
    if (wanted.contains({model::Kind::host_group, group.name}) && group.spec.members)
      name_groups(*group.spec.members);
  for (const auto& group : desired.host_groups)
    if (groups.contains(group.name) || wanted.contains({model::Kind::host_group, group.name}))
      part.host_groups.push_back(group);
  return part;
}

}  // namespace

EnvironmentRun::EnvironmentRun(const Options& options, const model::Desired& desired,
                               std::unique_ptr<directory::DirectoryProvider> provider)
    : options_(&options), desired_(&desired), provider_(std::move(provider)) {}
EnvironmentRun::EnvironmentRun(EnvironmentRun&&) noexcept = default;
EnvironmentRun::~EnvironmentRun() = default;

Result<EnvironmentRun> EnvironmentRun::start(const Options& options, const model::Desired& desired) {
  const auto begin = std::chrono::steady_clock::now();
  directory::SessionOptions session;
  session.servers = options.servers;
  session.dns_servers = options.dns_servers;
  session.request_timeout = options.timeout;
  session.window = static_cast<int>(std::max<size_t>(options.parallelism, 1));
  auto provider = GMSACTL_TRY(directory::DirectoryProvider::create(desired.environment, session));
  log(LogLevel::info, "connected",
      {{"environment", desired.environment.name},
       {"server", provider->peer()},
       {"ms", milliseconds_since(begin)}});
  return EnvironmentRun(options, desired, std::move(provider));
}

ports::Provider& EnvironmentRun::provider() { return *provider_; }

Result<model::Plan> EnvironmentRun::plan_of(const model::Desired& desired, bool everything,
                                            ports::EventSink& events) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seen = GMSACTL_TRY(provider_->observe(desired, events));
  log(LogLevel::info, "observed",
      {{"environment", desired.environment.name}, {"ms", milliseconds_since(begin)}});
  const auto planning = std::chrono::steady_clock::now();
  plan::Options options;
  if (everything) {
    options.targets = options_->targets;
    options.excludes = options_->excludes;
  }
  options.allow_replace.insert(options_->allow_replace.begin(), options_->allow_replace.end());
  auto plan = plan::make_plan(desired, seen, options);
  log(LogLevel::info, "planned",
      {{"environment", desired.environment.name},
       {"changes", std::to_string(plan.changes.size())},
       {"ms", milliseconds_since(planning)}});
  return plan;
}

Result<model::Plan> EnvironmentRun::plan(ports::EventSink& events) {
  return plan_of(*desired_, true, events);
}

Result<model::Plan> EnvironmentRun::plan_again(const model::Plan& applied, ports::EventSink& events) {
  std::set<model::ResourceId> touched;
  for (const auto& change : applied.changes) touched.insert(change.id);
  auto plan = plan_of(only(*desired_, touched), false, events);
  // What the touched ones refer to was not asked for here: a --target run leaves it as it is.
  if (plan)
    std::erase_if(plan->changes, [&](const model::Change& change) { return !touched.contains(change.id); });
  return plan;
}

void EnvironmentRun::log_requests() const {
  const auto& counters = provider_->counters();
  log(LogLevel::debug, "ldap requests",
      {{"searches", std::to_string(counters.searches)},
       {"writes", std::to_string(counters.writes)},
       {"binds", std::to_string(counters.binds)},
       {"entries", std::to_string(counters.entries)}});
}

}  // namespace gmsactl::cli
