#include "engine/apply/applier.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "engine/base/text.h"
#include "engine/model/fields.h"

namespace gmsactl::apply {

using model::Change;
using model::ChangeResult;
using model::Outcome;
using model::ResourceId;

namespace {

bool succeeded(Outcome outcome) { return outcome == Outcome::applied || outcome == Outcome::already_done; }

/// Credential specs go to places of their own: one that is lost says nothing about the others.
bool needs_directory(const ResourceId& id) { return id.kind != model::Kind::credential_spec; }

/// No answer came from the directory, and a second look got none either.
bool lost_server(const ChangeResult& result) {
  if (!needs_directory(result.id)) return false;
  return result.outcome == Outcome::unknown || (result.error && result.error->kind == ErrorKind::unavailable);
}

/// Of an account's SPNs what the change adds, or takes away.
std::set<std::string, LessFolded> spns(const Change& change,
                                       std::vector<std::string> model::FieldChange::*which) {
  constexpr auto key = model::field_of_hook(model::gmsa_fields, model::GmsaHook::service_principal_names).key;
  for (const auto& field : change.fields)
    if (field.path == key) return {(field.*which).begin(), (field.*which).end()};
  return {};
}

/// What an account was to take over and did not, while another has given it up: a service without a name.
void tell_what_nobody_has(const Change& taker, const std::vector<std::pair<const Change*, Outcome>>& required,
                          ChangeResult& result) {
  if (succeeded(result.outcome)) return;
  const auto wanted = spns(taker, &model::FieldChange::added);
  std::vector<std::string> parts;
  for (const auto& [giver, outcome] : required) {
    if (!succeeded(outcome)) continue;
    std::vector<std::string> names;
    for (const auto& spn : spns(*giver, &model::FieldChange::removed))
      if (wanted.contains(spn)) names.push_back(spn);
    if (!names.empty())
      parts.push_back(join(names, ", ") + ", which " + model::address(giver->id) + " gave up for it");
  }
  if (result.outcome == Outcome::partial)
    for (const auto& step : taker.set_aside)
      if (const auto& names = step.service_principal_names; !names.empty())
        parts.push_back(join(names, ", ") + ", which " + model::address(step.id) + " gave up for it");
  if (parts.empty()) return;
  const bool certain = result.outcome != Outcome::partial && result.outcome != Outcome::unknown;
  if (!result.error) result.error = Error{ErrorKind::cancelled, "it was not begun", {}, {}};
  result.error->message +=
      std::string(certain ? "; registered by nobody now: " : "; perhaps registered by nobody now: ") +
      join(parts, "; ");
  auto& hint = result.error->hint;
  hint += std::string(hint.empty() ? "" : " ") + "Apply again soon: that finishes the hand-over.";
}

/// Hands out changes whose requirements are met; every method is called with the lock held.
class Schedule {
 public:
  explicit Schedule(const model::Plan& plan)
      : changes_(plan.changes), waiting_for_(changes_.size()), next_(changes_.size()) {
    results_.resize(changes_.size());
    std::map<ResourceId, size_t> index;
    for (size_t i = 0; i < changes_.size(); ++i) index.emplace(changes_[i].id, i);
    required_.resize(changes_.size());
    for (size_t i = 0; i < changes_.size(); ++i) {
      results_[i] = {changes_[i].id, changes_[i].action, Outcome::stopped, std::nullopt, {}};
      for (const auto& id : changes_[i].requires_) {
        const auto required = index.find(id);
        if (required == index.end()) continue;
        ++waiting_for_[i];
        next_[required->second].push_back(i);
        required_[i].push_back(required->second);
      }
      if (waiting_for_[i] == 0) ready_.insert(i);
    }
    open_ = changes_.size();
  }

  bool finished() const { return open_ == 0; }
  bool has_ready() const { return !ready_.empty(); }
  /// What is left waits for itself. A plan that has a circle has an error too and is not applied; should one
  /// come here all the same, the run ends rather than hangs.
  bool stuck() const { return open_ > 0 && under_way_ == 0 && ready_.empty(); }
  void skip_rest() {
    for (size_t i = 0; i < changes_.size(); ++i)
      if (waiting_for_[i] > 0)
        skip_one(i, ErrorKind::cancelled, "it and what it requires wait for each other");
  }
  /// The server is lost: each further change would only wait for it again.
  void skip_ready() {
    const auto lost = ready_;
    for (const size_t i : lost) {
      if (!needs_directory(changes_[i].id)) continue;
      ready_.erase(i);
      skip_one(i, ErrorKind::unavailable, "it was not begun, since the server was lost before");
      for (const size_t dependent : next_[i]) skip(dependent, changes_[i].id);
    }
  }
  /// The plan's order wherever there is a choice, so that runs are alike.
  std::optional<size_t> take() {
    if (ready_.empty()) return std::nullopt;
    const size_t i = *ready_.begin();
    ready_.erase(ready_.begin());
    ++under_way_;
    return i;
  }

  void finish(size_t i, ChangeResult result) {
    const bool done = succeeded(result.outcome);
    results_[i] = std::move(result);
    --open_;
    --under_way_;
    for (const size_t dependent : next_[i]) {
      if (done) {
        if (--waiting_for_[dependent] == 0 && !skipped_.contains(dependent)) ready_.insert(dependent);
      } else {
        skip(dependent, changes_[i].id, results_[i].outcome);
      }
    }
  }

  /// Before a result is shown to anybody.
  void complete(size_t i, ChangeResult& result) const {
    std::vector<std::pair<const Change*, Outcome>> required;
    for (const size_t each : required_[i]) required.emplace_back(&changes_[each], results_[each].outcome);
    tell_what_nobody_has(changes_[i], required, result);
  }

  std::vector<ChangeResult> take_results() {
    for (size_t i = 0; i < changes_.size(); ++i)
      if (results_[i].outcome == Outcome::skipped || results_[i].outcome == Outcome::stopped)
        complete(i, results_[i]);
    return std::move(results_);
  }

 private:
  bool skip_one(size_t i, ErrorKind kind, std::string why) {
    if (!skipped_.insert(i).second) return false;
    results_[i].outcome = Outcome::skipped;
    results_[i].error = Error{kind, std::move(why), {}, {}};
    --open_;
    return true;
  }

  void skip(size_t i, const ResourceId& because, Outcome why = Outcome::skipped) {
    const std::string_view what = why == Outcome::unknown   ? ", whose outcome is unknown"
                                  : why == Outcome::partial ? ", which was applied only in part"
                                                            : ", which was not applied";
    if (!skip_one(i, ErrorKind::cancelled, "it requires " + model::address(because) + std::string(what)))
      return;
    for (const size_t dependent : next_[i]) skip(dependent, changes_[i].id);
  }

  const std::vector<Change>& changes_;
  std::vector<size_t> waiting_for_;
  std::vector<std::vector<size_t>> next_;
  std::vector<std::vector<size_t>> required_;
  std::vector<ChangeResult> results_;
  std::set<size_t> ready_;
  std::set<size_t> skipped_;
  size_t open_ = 0;
  size_t under_way_ = 0;
};

}  // namespace

std::vector<ChangeResult> run(const model::Plan& plan, ports::Provider& provider, const Limits& limits,
                              std::stop_token stop, ports::EventSink& events) {
  Schedule schedule(plan);
  std::mutex mutex;
  std::condition_variable_any changed;
  size_t finished = 0;
  bool server_lost = false;

  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (!schedule.finished()) {
      if (stop.stop_requested()) return;
      const auto next = schedule.take();
      if (!next) {
        if (schedule.stuck()) {
          schedule.skip_rest();
          changed.notify_all();
          return;
        }
        changed.wait(lock, stop, [&] { return schedule.finished() || schedule.has_ready(); });
        continue;
      }
      lock.unlock();
      const Change& change = plan.changes[*next];
      events.change_started(change);
      ChangeResult result = provider.apply(change);
      {
        const std::lock_guard results(mutex);
        schedule.complete(*next, result);
      }
      events.change_finished(change, result);
      lock.lock();
      server_lost |= lost_server(result);
      schedule.finish(*next, std::move(result));
      if (server_lost) schedule.skip_ready();
      events.progress("applying", ++finished, plan.changes.size());
      changed.notify_all();
    }
  };
  {
    const size_t count = std::min(std::max<size_t>(limits.parallelism, 1), plan.changes.size());
    std::vector<std::jthread> workers;
    for (size_t i = 0; i < count; ++i) workers.emplace_back(work);
  }
  return schedule.take_results();
}

}  // namespace gmsactl::apply
