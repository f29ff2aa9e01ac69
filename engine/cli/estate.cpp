#include "engine/cli/estate.h"

#include <future>
#include <utility>
#include <vector>

#include "engine/plan/spec_places.h"
#include "providers/directory/directory_provider.h"

namespace gmsactl::cli {

using model::Declaration;
using model::SpecHost;

/// One target about to be observed.
struct Estate::Look {
  const Declaration<model::SpecTarget>* declaration;
  std::vector<SpecHost> hosts;
  std::vector<const Declaration<model::Gmsa>*> accounts;
  Result<ports::SpecTarget*> target;
};

Estate::Estate(std::unique_ptr<directory::DirectoryProvider> directory, credentialspec::TargetOptions options)
    : directory_(std::move(directory)), options_(options) {}
Estate::~Estate() = default;

Result<ports::SpecTarget*> Estate::target(const Declaration<model::SpecTarget>& declaration,
                                          const model::Environment& environment) {
  auto& opened = targets_[declaration.name];
  if (!opened)
    opened = GMSACTL_TRY(
        credentialspec::open_target(declaration, {environment.owner, environment.name}, options_));
  return opened.get();
}

/// Specs of accounts that are delivered there no longer, which only a run over everything can tell.
bool Estate::may_have_leftovers(const model::Desired& desired, const std::string& target,
                                const SpecHost& host) const {
  return desired.complete && selection_.targets.empty() &&
         plan::is_selected(selection_, plan::spec_id(target, "*", host));
}

Result<model::Observations> Estate::observe(const model::Desired& desired, ports::EventSink& events) {
  auto seen = GMSACTL_TRY(directory_->observe(desired, events));
  std::vector<Look> looks;
  for (const auto& declaration : desired.spec_targets) {
    Look look{&declaration, {}, plan::delivered_to(declaration.name, desired), nullptr};
    for (auto& host : plan::spec_places(declaration.spec, desired, seen).hosts)
      if (plan::concerns_target(selection_, declaration.name, desired, {host}) ||
          may_have_leftovers(desired, declaration.name, host))
        look.hosts.push_back(std::move(host));
    if (look.hosts.empty()) continue;
    look.target = target(declaration, desired.environment);
    looks.push_back(std::move(look));
  }
  using Places = std::map<std::string, model::Observation<model::LivePlace>>;
  std::vector<std::future<Places>> places;
  for (const auto& look : looks)
    places.push_back(std::async(std::launch::async, [&look, &events] {
      if (look.target) return (*look.target)->observe(look.hosts, look.accounts, events);
      Places none;
      for (const auto& host : look.hosts) none.emplace(host.name, model::Unreadable{look.target.error()});
      return none;
    }));
  for (size_t i = 0; i < looks.size(); ++i)
    for (auto& [host, place] : places[i].get())
      seen.spec_places.insert_or_assign(model::place_key(looks[i].declaration->name, host), std::move(place));
  return seen;
}

void Estate::audit_to(ports::AuditLog* log) {
  audit_ = log;
  directory_->audit_to(log);
}

model::ChangeResult Estate::apply(const model::Change& change) {
  if (audit_ != nullptr)
    if (auto ready = audit_->ready(); !ready)
      return {change.id, change.action, model::Outcome::failed, std::move(ready).error(), {}};
  const auto* spec = std::get_if<model::CredentialSpecChange>(&change.detail);
  // A change is planned only for what was observed.
  auto result = spec == nullptr ? directory_->apply(change) : targets_.at(spec->target)->apply(change);
  if (audit_ != nullptr) audit_->record(change, result);
  return result;
}

Result<void> Estate::begin_writes() { return directory_->begin_writes(); }
Result<void> Estate::flush() { return directory_->flush(); }

}  // namespace gmsactl::cli
