#include "engine/cli/saved_plan.h"

#include <gmsactl/version.h>

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "engine/base/text.h"
#include "engine/cli/terminal.h"
#include "engine/plan/saved_plan.h"
#include "engine/spec/validate.h"

namespace gmsactl::cli {

namespace {

bool deletes(const model::Plan& plan) {
  return std::any_of(plan.changes.begin(), plan.changes.end(),
                     [](const auto& change) { return change.action == model::Action::remove; });
}

/// A manifest may hold a password where none belongs. It shall not get into a file that is passed around.
bool holds_secret(const model::Desired& desired) {
  return std::any_of(desired.accounts.begin(), desired.accounts.end(), [](const auto& account) {
    const auto& delivery = account.spec.credential_spec;
    return delivery && delivery->host_account_config &&
           spec::looks_like_password(delivery->host_account_config->plugin_input);
  });
}

/// Seconds since 1970 of "2026-01-31T12:00:00Z", which the parser has checked.
std::time_t seconds_of(const std::string& time) {
  std::tm parts{};
  strptime(time.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  return timegm(&parts);
}

/// "7 days", "90 minutes": in the largest unit that leaves no rest.
std::string duration_text(std::chrono::seconds duration) {
  using Unit = std::pair<int64_t, std::string_view>;
  for (const auto& [seconds, name] : {Unit{86'400, "day"}, Unit{3600, "hour"}, Unit{60, "minute"}})
    if (duration.count() >= seconds && duration.count() % seconds == 0)
      return plural(static_cast<size_t>(duration.count() / seconds), name);
  return plural(static_cast<size_t>(duration.count()), "second");
}

/// Between the clocks of two machines: what Kerberos allows as well (RFC 4120 section 1.6).
constexpr std::time_t clock_tolerance = 300;

Result<void> check_age(const report::PlanDocument& document) {
  const std::time_t age = std::time(nullptr) - seconds_of(document.stamp.created_at);
  const auto valid_for = document.plan.inputs.valid_for.count();
  if (age < -clock_tolerance)
    return fail(
        ErrorKind::conflict,
        "the plan was made at " + document.stamp.created_at + ", which is in the future for this machine",
        "Set the clock of the machine that is wrong, plan again and review the difference.");
  if (age <= valid_for) return {};
  return fail(ErrorKind::conflict,
              "the plan was made at " + document.stamp.created_at + ", to be carried out within " +
                  duration_text(document.plan.inputs.valid_for) + ", and that time is over",
              "Plan again and review the difference.");
}

/// Where the manifests are at hand, they must say the same as when the plan was made.
Result<void> check_manifests_at_hand(const model::PlanInputs& inputs, const model::Desired& planned) {
  std::error_code failure;
  for (const auto& path : inputs.paths)
    if (path == "-" || !std::filesystem::exists(path, failure)) return {};
  if (inputs.paths.empty()) return {};
  const auto manifests = manifest::load(manifest::LoadRequest{inputs.paths, {}});
  // "." exists everywhere: where there are no manifests at all, they are not at hand.
  if (manifests.document_count() == 0 && !has_errors(manifests.diagnostics())) return {};
  Diagnostics found;
  const auto now = manifests.resolve(planned.environment.name, found);
  const std::string where = "the manifests in " + join(inputs.paths, ", ");
  const auto differs = [&](const std::string& what) {
    return fail(ErrorKind::conflict, where + " declare " + what + " otherwise than when the plan was made",
                "Plan again and review the difference.");
  };
  if (has_errors(manifests.diagnostics()) || has_errors(found))
    return fail(ErrorKind::conflict, where + " have mistakes that they had not when the plan was made",
                "Run gmsactl validate.");
  if (!(now.environment == planned.environment)) return differs("Environment " + planned.environment.name);
  const auto check = [&](const auto& then, const auto& all, const std::string& kind) -> Result<void> {
    for (const auto& declaration : then) {
      const auto found_now = std::find_if(all.begin(), all.end(),
                                          [&](const auto& each) { return each.name == declaration.name; });
      if (found_now == all.end() || !(*found_now == declaration) || found_now->protect != declaration.protect)
        return differs(kind + "/" + declaration.name);
    }
    return {};
  };
  GMSACTL_TRY(check(planned.host_groups, now.host_groups, "HostGroup"));
  GMSACTL_TRY(check(planned.accounts, now.accounts, "GMSA"));
  return check(planned.spec_targets, now.spec_targets, "SpecTarget");
}

}  // namespace

model::PlanInputs inputs_of(const Options& options, const model::PlanRequest& asked, const Loaded& loaded,
                            const model::Desired& desired, const model::Plan& plan) {
  model::PlanInputs inputs{asked};
  // Files below the current folder say nothing about manifests that were read from a commit, or elsewhere, or
  // about what was before an apply.
  if (options.revision.empty() && options.repository.empty() && !options.removals)
    inputs.paths = options.manifests.empty() ? std::vector<std::string>{"."} : options.manifests;
  inputs.servers = options.servers;
  if (options.shard) inputs.shard = options.shard->text();
  inputs.valid_for = std::chrono::duration_cast<std::chrono::seconds>(options.valid_for);
  if (holds_secret(desired)) {
    inputs.not_applicable =
        "a manifest that it was made from seems to hold a password, which belongs into a vault and not into "
        "a file";
    return inputs;
  }
  const bool everything = deletes(plan);
  const auto needed = plan::declarations_behind(desired, plan.changes);
  inputs.manifests = loaded.read.manifests.texts(desired.environment.name, [&](const std::string& address) {
    return everything || needed.contains(address);
  });
  return inputs;
}

Result<SavedInputs> reopen(const report::PlanDocument& document) {
  const model::PlanInputs& inputs = document.plan.inputs;
  if (document.tool_version != gmsactl::version)
    return fail(ErrorKind::conflict,
                "the plan was made by gmsactl " + document.tool_version + ", and this is " + gmsactl::version,
                "Plan again with this version.");
  GMSACTL_TRY(check_age(document));
  if (!inputs.not_applicable.empty())
    return fail(ErrorKind::invalid, inputs.not_applicable, "Make another one with gmsactl plan --out FILE.");
  SavedInputs saved{{{manifest::load(manifest::sources_of(inputs.manifests)), std::nullopt}, {}, {}, {}, {}},
                    {model::PlanRequest(inputs)}};
  Loaded& loaded = saved.loaded;
  Diagnostics found = loaded.read.manifests.diagnostics();
  auto desired = loaded.read.manifests.resolve(document.plan.environment, found);
  if (has_errors(found) || desired.environment.name != document.plan.environment)
    return fail(ErrorKind::corrupt, "the manifests in the plan can't be read by this version",
                "Plan again with this version.");
  desired.complete = std::any_of(document.plan.changes.begin(), document.plan.changes.end(),
                                 [](const auto& each) { return each.action == model::Action::remove; });
  GMSACTL_TRY(check_manifests_at_hand(inputs, desired));
  plan::Options& planning = saved.planning;
  if (const auto shard = plan::parse_shard(inputs.shard))
    planning.shard = plan::ShardMembers::all_of(desired, *shard);
  else if (!inputs.shard.empty())
    return fail(ErrorKind::corrupt, "the plan is of shard \"" + printable(inputs.shard) + "\", which is none",
                "Plan again.");
  loaded.environments.push_back(std::move(desired));
  planning.today = utc_now().substr(0, 10);
  return saved;
}

}  // namespace gmsactl::cli
