#include "engine/drift/check.h"

#include <algorithm>
#include <utility>

#include "engine/drift/fingerprint.h"
#include "engine/drift/settle.h"

namespace gmsactl::drift {

namespace {

/// How often a look starts over whose controller was lost on the way and another one took its place.
constexpr int attempts = 3;
/// Up to here declarations are always asked for one by one; beyond, if they are half of all, everything is.
constexpr size_t few = 100;

bool changed_live(const model::FieldChange& field) {
  return field.cause == model::cause::drift || field.cause == model::cause::both;
}

/// Says of each field that somebody changed live when and where that was.
Result<void> date(ports::Observer& observer, model::Plan& plan) {
  std::vector<model::Guid> objects;
  for (const auto& change : plan.changes)
    if (!change.guid.empty() && std::any_of(change.fields.begin(), change.fields.end(), changed_live))
      objects.push_back(change.guid);
  if (objects.empty()) return {};
  const auto writes = GMSACTL_TRY(observer.last_writes(objects));
  for (auto& change : plan.changes) {
    const auto of_object = writes.find(change.guid);
    if (of_object == writes.end()) continue;
    for (auto& field : change.fields) {
      const auto write = of_object->second.find(field.path);
      if (changed_live(field) && write != of_object->second.end()) field.last_write = write->second;
    }
  }
  return {};
}

/// Marks on the declarations are for one look.
class Settled {
 public:
  explicit Settled(model::Desired& desired) : desired_(desired) {}
  ~Settled() { unsettle(desired_); }
  Settled(const Settled&) = delete;
  Settled& operator=(const Settled&) = delete;

 private:
  model::Desired& desired_;
};

}  // namespace

Check::Check(ports::Observer& observer, ports::ChangeFeed& feed, model::Desired& desired,
             CheckOptions options, std::optional<Memory> memory)
    : observer_(observer),
      feed_(feed),
      desired_(desired),
      options_(std::move(options)),
      settings_(fingerprint(desired.environment, options_.planning, options_.program)),
      memory_(std::move(memory)) {}

Result<Look> Check::look(ports::EventSink& events) {
  for (int attempt = 1;; ++attempt) {
    const Settled marks(desired_);
    Look look;
    std::optional<model::DirectoryPosition> position;
    if (options_.remember) {
      auto asked = feed_.position();
      if (asked)
        position = std::move(*asked);
      else if (asked.error().kind == ErrorKind::unsupported)
        look.forgotten = std::move(asked).error();
      else
        return fail(std::move(asked).error());
    }
    const auto seen = GMSACTL_TRY(observe(position, look, events));
    if (position && seen.directory.server != position->server) {
      memory_.reset();
      if (attempt < attempts) continue;
      position.reset();
    }
    auto planning = options_.planning;
    planning.compared_only = true;
    look.plan = plan::make_plan(desired_, seen, planning);
    if (position)
      GMSACTL_TRY(remember(*position, seen, look));
    else
      memory_.reset();
    if (auto dated = date(observer_, look.plan); !dated) look.undated = std::move(dated).error();
    return look;
  }
}

Result<model::Observations> Check::observe(const std::optional<model::DirectoryPosition>& position,
                                           Look& look, ports::EventSink& events) {
  const size_t all = desired_.host_groups.size() + desired_.accounts.size();
  look.read_all = "there was no look before";
  if (position && memory_)
    look.read_all = reason_to_read_all(*memory_, settings_, *position, options_.full_every);
  if (!look.read_all) {
    const auto changes = GMSACTL_TRY(feed_.changed_since(memory_->position.usn, position->usn));
    look.changed = changes.size();
    look.read_all = reason_to_read_all(changes);
    if (!look.read_all) {
      look.compared = settle(*memory_, changes, options_.planning.shared_accounts, desired_);
      if (look.compared > few && look.compared * 2 > all) {
        look.read_all = "more than half of the declarations are to be compared";
      } else {
        auto seen = GMSACTL_TRY(observer_.observe(desired_, events));
        if (fingerprint(seen.directory) == memory_->facts) return seen;
        look.read_all = "the domain's names or well-known containers changed";
      }
    }
  }
  unsettle(desired_);
  look.compared = all;
  return observer_.observe(desired_, events);
}

Result<void> Check::remember(const model::DirectoryPosition& position, const model::Observations& seen,
                             Look& look) {
  const bool all = look.read_all.has_value();
  // With the right to see them gone, the container that they are in has changed, which leads to a look at
  // everything.
  if (all && !GMSACTL_TRY(feed_.sees_deleted())) {
    look.forgotten = Error{
        ErrorKind::denied,
        "this user may not see deleted objects, so what is missing shows only when everything is read",
        "Grant it List Contents and Read Property on the container Deleted Objects (dsacls … /G USER:LCRP).",
        std::nullopt};
    memory_.reset();
    return {};
  }
  const int64_t read_all_at = all ? position.server_time : memory_->read_all_at;
  memory_ = drift::remember(all ? nullptr : &*memory_, desired_, seen, look.plan,
                            options_.planning.shared_accounts);
  memory_->settings = settings_;
  memory_->position = position;
  memory_->read_all_at = read_all_at;
  return {};
}

}  // namespace gmsactl::drift
