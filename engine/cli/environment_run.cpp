#include "engine/cli/environment_run.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <set>

#include "engine/base/text.h"
#include "engine/cli/estate.h"
#include "engine/cli/logging.h"
#include "engine/cli/terminal.h"
#include "engine/model/account.h"
#include "engine/model/confined.h"
#include "engine/plan/names.h"
#include "engine/plan/spec_places.h"
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
  part.complete = false;
  std::set<std::string> groups;
  const auto name_groups = [&](const std::vector<model::PrincipalRef>& refs) {
    for (const auto& ref : refs)
      if (ref.form == model::PrincipalRef::Form::host_group) groups.insert(ref.text);
  };
  const auto is_wanted = [&](const model::Declaration<model::Gmsa>& account) {
    if (wanted.contains({model::Kind::gmsa, account.name})) return true;
    if (!account.spec.credential_spec) return false;
    return std::any_of(account.spec.credential_spec->targets.begin(),
                       account.spec.credential_spec->targets.end(), [&](const model::Located& target) {
                         // TARGET/ACCOUNT and TARGET/ACCOUNT@HOST
                         const auto first = plan::spec_id(target.text, account.name, {});
                         const auto found = wanted.lower_bound(first);
                         return found != wanted.end() && found->kind == first.kind &&
                                (found->name == first.name || found->name.starts_with(first.name + "@"));
                       });
  };
  part.spec_targets = desired.spec_targets;
  for (const auto& account : desired.accounts) {
    if (!is_wanted(account)) continue;
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

/// What names and DNs the changes touch: the old ones and the new ones, and the SIDs of what they replace.
class TouchedNames {
 public:
  explicit TouchedNames(const model::Plan& applied) {
    for (const auto& change : applied.changes) {
      if (change.guid.empty()) continue;
      const auto names = plan::names_of(change);
      if (!names) continue;
      const bool replaced = change.action == model::Action::replace;
      if (!replaced && !names->gives_up_name(names->sam_before) && !names->gives_up_place(names->dn_before))
        continue;
      for (const auto& sam : {names->sam_before, names->sam_after}) {
        names_.insert(fold(sam));
        names_.insert(fold(model::bare_name(sam)));
      }
      dns_.insert(names->dn_before.key());
      dns_.insert(names->dn_after.key());
      if (const auto* account = std::get_if<model::GmsaChange>(&change.detail); replaced && account->live)
        sids_.insert(account->live->id.sid.text());
    }
  }

  bool empty() const { return names_.empty(); }

  bool has(const std::vector<model::PrincipalRef>& refs) const {
    using Form = model::PrincipalRef::Form;
    return std::any_of(refs.begin(), refs.end(), [&](const model::PrincipalRef& ref) {
      switch (ref.form) {
        case Form::host_group:
          return false;  // means a declaration, whatever its group is called
        case Form::name:
          return names_.contains(fold(ref.text));
        case Form::qualified:
          return names_.contains(fold(model::qualified_name(ref.text).name));
        case Form::dn:
          return dns_.contains(model::dn_key(ref.text));
        case Form::sid:
          return sids_.contains(ref.text);
      }
      return false;
    });
  }

 private:
  std::set<std::string> names_;
  std::set<std::string> dns_;
  std::set<std::string> sids_;
};

/// What was in order before, and names something that was renamed, moved or replaced.
std::set<model::ResourceId> referring(const model::Desired& desired, const model::Plan& applied) {
  std::set<model::ResourceId> found;
  const TouchedNames names(applied);
  if (names.empty()) return found;
  const std::set<model::ResourceId> unchanged(applied.unchanged.begin(), applied.unchanged.end());
  const auto note = [&](const model::ResourceId& id, const std::vector<model::PrincipalRef>& refs) {
    if (unchanged.contains(id) && names.has(refs)) found.insert(id);
  };
  for (const auto& account : desired.accounts)
    note({model::Kind::gmsa, account.name}, account.spec.principals);
  for (const auto& group : desired.host_groups)
    if (group.spec.members) note({model::Kind::host_group, group.name}, *group.spec.members);
  return found;
}

}  // namespace

EnvironmentRun::EnvironmentRun(const model::Desired& desired, plan::Options planning,
                               std::unique_ptr<Estate> estate)
    : desired_(&desired), planning_(std::move(planning)), estate_(std::move(estate)) {}
EnvironmentRun::EnvironmentRun(EnvironmentRun&&) noexcept = default;
EnvironmentRun& EnvironmentRun::operator=(EnvironmentRun&&) noexcept = default;
EnvironmentRun::~EnvironmentRun() = default;

Result<EnvironmentRun> EnvironmentRun::start(const Options& options, const model::Desired& desired,
                                             plan::Options planning) {
  const auto begin = std::chrono::steady_clock::now();
  auto provider =
      GMSACTL_TRY(directory::DirectoryProvider::create(desired.environment, session_options(options)));
  log(LogLevel::info, "connected",
      {{"environment", desired.environment.name},
       {"server", provider->peer()},
       {"ms", milliseconds_since(begin)}});
  const credentialspec::TargetOptions targets{std::max<size_t>(options.parallelism, 1), options.timeout};
  return EnvironmentRun(desired, std::move(planning), std::make_unique<Estate>(std::move(provider), targets));
}

ports::Provider& EnvironmentRun::provider() { return *estate_; }
Result<std::unique_ptr<ports::Locks>> EnvironmentRun::locks() { return estate_->directory().locks(); }

Result<void> EnvironmentRun::check_permissions(model::Plan& plan, Severity severity) {
  if (plan.empty()) return {};
  for (auto& finding : estate_->directory().protected_objects(plan))
    plan.diagnostics.push_back(std::move(finding));
  for (auto& finding : GMSACTL_TRY(estate_->directory().still_in_use(plan)))
    plan.diagnostics.push_back(std::move(finding));
  for (auto& finding : GMSACTL_TRY(estate_->directory().preflight(plan, severity)))
    plan.diagnostics.push_back(std::move(finding));
  return {};
}

void EnvironmentRun::report_to(ports::EventSink* events) { estate_->directory().report_to(events); }
void EnvironmentRun::audit_to(ports::AuditLog* log) { estate_->audit_to(log); }

Result<model::Plan> EnvironmentRun::plan_of(const model::Desired& desired, const plan::Options& options,
                                            ports::EventSink& events) {
  const auto begin = std::chrono::steady_clock::now();
  estate_->limit_to(options);
  auto seen = GMSACTL_TRY(estate_->observe(desired, events));
  log(LogLevel::info, "observed",
      {{"environment", desired.environment.name}, {"ms", milliseconds_since(begin)}});
  const auto planning = std::chrono::steady_clock::now();
  auto plan = plan::make_plan(desired, seen, options);
  log(LogLevel::info, "planned",
      {{"environment", desired.environment.name},
       {"changes", std::to_string(plan.changes.size())},
       {"ms", milliseconds_since(planning)}});
  if (keeps_observations_ && &desired == desired_)
    seen_ = std::make_unique<model::Observations>(std::move(seen));
  return plan;
}

plan::Options planning(const Options& options, const Loaded& loaded, const model::Desired& desired) {
  plan::Options planning{model::PlanRequest(options)};
  planning.aim = options.aim;
  if (const auto limit = loaded.limits.find(desired.environment.name); limit != loaded.limits.end())
    planning.targets = limit->second.targets;
  if (options.shard) planning.shard.emplace(desired, *options.shard);
  planning.undeclared_excludes = loaded.undeclared_excludes;
  planning.today = utc_now().substr(0, 10);
  if (const auto shared = loaded.shared_accounts.find(desired.environment.name);
      shared != loaded.shared_accounts.end())
    planning.shared_accounts = shared->second;
  if (const auto named = loaded.named_elsewhere.find(desired.environment.name);
      named != loaded.named_elsewhere.end())
    planning.named_elsewhere = named->second;
  return planning;
}

Result<model::Plan> EnvironmentRun::plan(ports::EventSink& events) {
  return plan_of(*desired_, planning_, events);
}

Result<model::Observations> EnvironmentRun::observe(ports::EventSink& events) {
  estate_->limit_to(planning_);
  return estate_->observe(*desired_, events);
}

Result<model::Plan> EnvironmentRun::plan_again(const model::Plan& applied, ports::EventSink& events) {
  std::set<model::ResourceId> touched;
  for (const auto& change : applied.changes) touched.insert(change.id);
  touched.merge(referring(*desired_, applied));
  plan::Options options = planning_;
  options.targets.clear();
  options.excludes.clear();
  options.shard.reset();
  options.prune = false;  // what is not declared is not looked at again
  options.only_specs = touched;
  auto plan = plan_of(only(*desired_, touched), options, events);
  if (!plan) return plan;
  // What the touched ones refer to was not asked for here: a --target run leaves it as it is.
  std::erase_if(plan->changes, [&](const model::Change& change) { return !touched.contains(change.id); });
  std::erase_if(plan->unreadable, [&](const auto& resource) { return !touched.contains(resource.id); });
  std::set<std::string> addresses;
  for (const auto& id : touched) addresses.insert(model::address(id));
  std::erase_if(plan->diagnostics, [&](const Diagnostic& one) {
    return model::is_confined(one) && !addresses.contains(one.address);
  });
  return plan;
}

void EnvironmentRun::log_requests() const { cli::log_requests(estate_->directory().counters()); }

directory::SessionOptions session_options(const Options& options) {
  directory::SessionOptions session;
  session.servers = options.servers;
  session.dns_servers = options.dns_servers;
  session.site = options.site;
  session.known = options.known_controllers;
  if (!options.quiet)
    session.progress = [](const std::string& text) {
      std::cerr << "note: " << printable(text) << '\n' << std::flush;
    };
  session.request_timeout = options.timeout;
  session.window = static_cast<int>(std::max<size_t>(options.parallelism, 1));
  session.warn = [&options](const std::string& doubt) {
    print_diagnostics(options,
                      {{Severity::warning,
                        "GMSA0246",
                        "Doubtful password",
                        doubt + ".",
                        "A wrong password that is sent counts towards locking the account.",
                        std::nullopt,
                        {}}},
                      {});
  };
  return session;
}

void log_requests(const ldap::Counters& counters) {
  log(LogLevel::debug, "ldap requests",
      {{"searches", std::to_string(counters.searches)},
       {"writes", std::to_string(counters.writes)},
       {"binds", std::to_string(counters.binds)},
       {"entries", std::to_string(counters.entries)}});
}

}  // namespace gmsactl::cli
