#include "providers/credentialspec/swarm_target.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "engine/base/digest.h"
#include "engine/base/text.h"
#include "engine/spec/json.h"
#include "providers/transport/docker/engine.h"

namespace gmsactl::credentialspec {

namespace {

using model::Change;
using model::ChangeResult;
using model::CredentialSpecChange;
using model::LivePlace;
using model::LiveSpec;
using model::Outcome;
using Places = std::map<std::string, model::Observation<LivePlace>>;

constexpr std::string_view label_account = "gmsactl.account";
constexpr std::string_view label_owner = "gmsactl.owner";
constexpr std::string_view label_environment = "gmsactl.environment";
constexpr int attempts = 5;

std::string label(const docker::Labels& labels, std::string_view key) {
  const auto found = labels.find(std::string(key));
  return found == labels.end() ? std::string() : found->second;
}

/// Contents decide the name, so that the same spec never gets two, and another never the same.
std::string config_name(const std::string& base, const std::string& contents) {
  return base + "-" + sha256(contents).substr(0, 12);
}

LiveSpec live_spec(const docker::Config& config, const std::vector<docker::Service>& services) {
  LiveSpec live;
  live.name = config.name;
  live.revision = config.id;
  live.account = label(config.labels, label_account);
  live.owner = label(config.labels, label_owner);
  live.environment = label(config.labels, label_environment);
  if (auto spec = spec::parse(config.data))
    live.spec = std::move(*spec);
  else
    live.problem = spec.error().message;
  for (const auto& service : services)
    if (service.credential_config == config.id) live.users.push_back(service.name);
  std::sort(live.users.begin(), live.users.end());
  return live;
}

class SwarmTarget : public ports::SpecTarget {
 public:
  SwarmTarget(const model::SwarmTarget& target, const Owner& owner, const TargetOptions& options)
      : target_(target),
        owner_(owner),
        engine_({target.endpoint, target.ca_file, target.cert_file, target.key_file, options.timeout}) {}

  Places observe(std::span<const model::SpecHost> hosts,
                 std::span<const model::Declaration<model::Gmsa>* const> accounts,
                 ports::EventSink&) override {
    Places places;
    auto seen = look(accounts);
    for (const auto& host : hosts)
      places.emplace(host.name,
                     seen ? model::Observation<LivePlace>(*seen) : model::Unreadable{seen.error()});
    return places;
  }

  ChangeResult apply(const Change& change) override {
    const std::lock_guard lock(mutex_);  // two accounts may share a service by mistake
    ChangeResult result{change.id, change.action, Outcome::applied, std::nullopt, {}};
    if (auto done = carry_out(std::get<CredentialSpecChange>(change.detail), result); !done) {
      result.outcome = done.error().kind == ErrorKind::conflict ? Outcome::conflict
                       : result.written.empty()                 ? Outcome::failed
                                                                : Outcome::partial;
      result.error = std::move(done).error();
    }
    return result;
  }

 private:
  Result<LivePlace> look(std::span<const model::Declaration<model::Gmsa>* const> accounts) {
    GMSACTL_TRY(engine_.check_manager());
    const auto configs = GMSACTL_TRY(engine_.configs());
    const auto services = GMSACTL_TRY(engine_.services());
    LivePlace place;
    for (const auto& config : configs) {
      LiveSpec live = live_spec(config, services);
      // Configs hold anything; what neither is marked as ours nor reads as a spec is not our affair.
      if (!live.owner.empty() || live.spec) place.specs.push_back(std::move(live));
    }
    std::sort(place.specs.begin(), place.specs.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    assign_services(services, accounts, place);
    return place;
  }

  void assign_services(const std::vector<docker::Service>& services,
                       std::span<const model::Declaration<model::Gmsa>* const> accounts,
                       LivePlace& place) const {
    std::set<std::string> missing(target_.services.begin(), target_.services.end());
    for (const auto& service : services) {
      const bool listed = missing.erase(service.name) != 0;
      std::string account = label(service.labels, label_account);
      if (account.empty() && listed && accounts.size() == 1) account = accounts.front()->name;
      if (account.empty() && listed)
        place.notes.push_back(
            {"GMSA0235", "It is not known which account a service is to use",
             "The service " + printable(service.name) +
                 " is listed, and several accounts are delivered to this swarm.",
             "Give it the label gmsactl.account=NAME instead: docker service update --label-add"});
      if (!account.empty()) place.services[account].push_back(service.name);
    }
    for (auto& [account, names] : place.services) std::sort(names.begin(), names.end());
    for (const auto& name : missing)
      place.notes.push_back({"GMSA0236", "A listed service does not exist",
                             "There is no service " + printable(name) + " at " + engine_.place() + ".",
                             "Correct SpecTarget.spec.services, or create it."});
  }

  Result<void> carry_out(const CredentialSpecChange& detail, ChangeResult& result) {
    if (result.action == model::Action::remove) return remove(detail, result);
    const docker::Config config = GMSACTL_TRY(ensure_config(detail, result));
    for (const auto& name : detail.services) GMSACTL_TRY(move_service(name, config, result));
    return remove_former(detail, config, result);
  }

  /// The engine itself refuses to remove a config that a service uses.
  Result<void> remove(const CredentialSpecChange& detail, ChangeResult& result) {
    auto removed = engine_.remove_config(detail.live->revision);
    if (!removed && removed.error().kind == ErrorKind::not_found) {
      result.outcome = Outcome::already_done;
      return {};
    }
    if (removed) result.written.push_back("removed config " + detail.live->name);
    return removed;
  }

  /// The config of these contents, made where there is none.
  Result<docker::Config> ensure_config(const CredentialSpecChange& detail, ChangeResult& result) {
    docker::Config wanted;
    wanted.data = spec::render(detail.spec);
    wanted.name = config_name(detail.name, wanted.data);
    wanted.labels = {{std::string(label_account), detail.account},
                     {std::string(label_owner), owner_.owner},
                     {std::string(label_environment), owner_.environment}};
    const auto configs = GMSACTL_TRY(engine_.configs());
    for (const auto& config : configs) {
      const bool ours = config.labels == wanted.labels;
      const auto spec = spec::parse(config.data);
      if (ours && spec && spec::equal(*spec, detail.spec)) return config;
      if (config.name == wanted.name)
        return fail(ErrorKind::already_exists,
                    "the config " + config.name + " exists and is not of this account",
                    "Remove it, or choose another credentialSpec.fileName.");
    }
    wanted.id = GMSACTL_TRY(engine_.create_config(wanted));
    result.written.push_back("created config " + wanted.name);
    return wanted;
  }

  /// A service that changed in the meantime is read again; only its credential spec is ours to change.
  Result<void> move_service(const std::string& name, const docker::Config& config, ChangeResult& result) {
    for (int attempt = 1;; ++attempt) {
      const auto service = GMSACTL_TRY(engine_.service(name));
      if (service.credential_config == config.id) return {};
      auto moved = engine_.use_config(service, config);
      if (moved) {
        result.written.push_back("moved service " + name + " to " + config.name);
        return {};
      }
      if (moved.error().kind != ErrorKind::conflict || attempt == attempts) return moved;
    }
  }

  Result<void> remove_former(const CredentialSpecChange& detail, const docker::Config& current,
                             ChangeResult& result) {
    const auto configs = GMSACTL_TRY(engine_.configs());
    const auto services = GMSACTL_TRY(engine_.services());
    for (const auto& config : configs) {
      if (config.id == current.id || config.labels != current.labels ||
          label(config.labels, label_account) != detail.account)
        continue;
      const auto user = std::find_if(services.begin(), services.end(), [&](const auto& service) {
        return service.credential_config == config.id;
      });
      if (user != services.end()) {
        result.written.push_back("kept config " + config.name + ", which service " + user->name + " uses");
        continue;
      }
      auto removed = engine_.remove_config(config.id);
      if (removed) {
        result.written.push_back("removed config " + config.name);
      } else if (removed.error().kind == ErrorKind::conflict) {
        result.written.push_back("kept config " + config.name + ", which is in use");
      } else if (removed.error().kind != ErrorKind::not_found) {
        return removed;
      }
    }
    return {};
  }

  model::SwarmTarget target_;
  Owner owner_;
  docker::Engine engine_;
  std::mutex mutex_;
};

}  // namespace

std::unique_ptr<ports::SpecTarget> swarm_target(const model::SwarmTarget& target, const Owner& owner,
                                                const TargetOptions& options) {
  return std::make_unique<SwarmTarget>(target, owner, options);
}

}  // namespace gmsactl::credentialspec
