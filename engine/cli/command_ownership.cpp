// Whose objects are, and who is at work on them: adopt, forget, lock.
#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/base/text.h"
#include "engine/cli/apply_run.h"
#include "engine/cli/commands.h"
#include "engine/cli/environment_run.h"
#include "engine/cli/terminal.h"

namespace gmsactl::cli {

namespace {

/// What is asked of, or done to, the lock of one environment.
using LockAction = Result<void> (*)(const Options&, const std::string& environment, ports::Locks&);

ExitCode with_locks(const Options& options, LockAction action) {
  const auto loaded = load(options);
  if (!loaded) return loaded.error();
  ExitCode code = ExitCode::done;
  for (const auto& desired : loaded->environments) {
    const std::string& name = desired.environment.name;
    auto run = EnvironmentRun::start(options, desired, planning(options, *loaded, desired));
    auto locks = run ? run->locks() : Result<std::unique_ptr<ports::Locks>>(fail(std::move(run).error()));
    auto done = locks ? action(options, name, **locks) : Result<void>(fail(std::move(locks).error()));
    if (done) continue;
    print_error(options, "the lock of environment " + name, done.error());
    code = worst(code, exit_code(done.error().kind));
  }
  return code;
}

using Json = nlohmann::ordered_json;

void add_holder(Json& json, const ports::LockHolder& holder) {
  json["id"] = holder.id;
  json["holder"] = holder.holder;
  json["host"] = holder.host;
  json["since"] = holder.since;
  json["expires"] = holder.expires;
  json["url"] = holder.url;
}

Json holders_json(const std::string& environment, const std::vector<ports::LockHolder>& holders) {
  Json json;
  json["environment"] = environment;
  json["held"] = !holders.empty();
  for (const auto& holder : holders) {
    if (holder.shard.empty()) {
      add_holder(json, holder);
      continue;
    }
    Json one;
    one["shard"] = holder.shard;
    add_holder(one, holder);
    json["shards"].push_back(std::move(one));
  }
  return json;
}

Result<void> show_holders(const Options& options, const std::string& environment, ports::Locks& locks) {
  const auto holders = GMSACTL_TRY(locks.status());
  if (options.output == Output::json) {
    std::cout
        << holders_json(environment, holders).dump(2, ' ', true, nlohmann::json::error_handler_t::replace)
        << '\n';
    return {};
  }
  if (holders.empty()) std::cout << "Environment " << environment << ": not held.\n";
  for (const auto& holder : holders) {
    std::cout << "Environment " << environment
              << (holder.shard.empty() ? "" : ", shard " + printable(holder.shard)) << ": held by "
              << printable(holder.holder) << " on " << printable(holder.host) << " since "
              << printable(holder.since) << ", until " << printable(holder.expires)
              << " unless it is renewed; id " << printable(holder.id) << '\n';
    if (!holder.url.empty()) std::cout << "  " << printable(holder.url) << '\n';
  }
  return {};
}

Result<void> release(const Options& options, const std::string& environment, ports::Locks& locks) {
  GMSACTL_TRY(locks.release(options.lock_id));
  if (!options.quiet) std::cout << "Environment " << environment << ": released.\n";
  return {};
}

}  // namespace

ExitCode adopt(const Options& options) {
  Options adopting = options;
  adopting.aim = plan::Aim::adopt;
  return plan_and_write(adopting);
}

ExitCode forget(const Options& options) {
  Options forgetting = options;
  forgetting.aim = plan::Aim::forget;
  return plan_and_write(forgetting);
}

ExitCode lock_status(const Options& options) { return with_locks(options, show_holders); }
ExitCode lock_release(const Options& options) { return with_locks(options, release); }

}  // namespace gmsactl::cli
