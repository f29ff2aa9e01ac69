#include "providers/directory/lock.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <ctime>
#include <map>
#include <mutex>
#include <thread>

#include "engine/base/text.h"
#include "providers/directory/decode.h"
#include "providers/directory/random.h"

namespace gmsactl::directory {

using ports::LockHolder;
using Seconds = std::chrono::seconds;

namespace {

constexpr std::string_view version = "gmsactl-lock/1";
constexpr char value_attribute[] = "serviceBindingInformation";
constexpr size_t longest_text = 256;
/// How often somebody who waits looks again.
constexpr std::chrono::milliseconds look_again{500};
/// What is left of a lock's time while it is being released.
constexpr Seconds last_moments{2};

std::string time_text(int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

/// Of "20260131120000.0Z"; 0 where it is no such text.
int64_t seconds_since_1970(std::string_view generalized_time) {
  const int64_t time = filetime(generalized_time);
  return time == 0 ? 0 : time / 10'000'000 - 11'644'473'600;
}

/// By the controller's clock.
Result<int64_t> server_time(ldap::Transport& transport) {
  const auto root = GMSACTL_TRY(ldap::read(transport, "", {"currentTime"}));
  const int64_t time = seconds_since_1970(root.first("currentTime").value_or(""));
  if (time == 0) return fail(ErrorKind::corrupt, "the server does not tell its time");
  return time;
}

/// What stands in the directory: the raw value is what a swap names.
struct Found {
  std::string value;
  std::optional<LockHolder> holder;  ///< absent where the value can't be read: another version may have it
  int64_t changed = 0;               ///< seconds since 1970

  bool expired(int64_t now) const {
    return holder ? holder->expires <= time_text(now) : changed + lock_lease.count() <= now;
  }
};

Result<std::optional<Found>> look(ldap::Transport& transport, const std::string& dn) {
  auto entry = ldap::read(transport, dn, {value_attribute, "whenChanged"});
  if (!entry && entry.error().kind == ErrorKind::not_found) return std::optional<Found>();
  if (!entry) return fail(std::move(entry).error());
  Found found;
  found.value = entry->first(value_attribute).value_or("");
  found.holder = parse_lock(found.value);
  found.changed = seconds_since_1970(entry->first("whenChanged").value_or(""));
  return std::optional<Found>(std::move(found));
}

std::vector<ldap::Modification> swap(const std::string& from, const std::string& to) {
  std::vector<ldap::Modification> changes;
  if (!from.empty()) changes.push_back({ldap::ModifyOperation::remove, value_attribute, {from}});
  if (!to.empty()) changes.push_back({ldap::ModifyOperation::add, value_attribute, {to}});
  return changes;
}

/// Says first that its time is as good as over: whoever has taken the lock over in between keeps it, nobody
/// takes it over before it is deleted, and a run that is killed before that holds nobody up.
Result<void> give_back(ldap::Transport& transport, const std::string& dn, const std::string& value,
                       LockHolder holder, int64_t now) {
  holder.expires = time_text(now + last_moments.count());
  GMSACTL_TRY(transport.modify(dn, swap(value, lock_text(holder))));
  return transport.remove(dn);
}

class HeldLock : public ports::Lock {
 public:
  /// `now` is the controller's time when it was taken.
  HeldLock(std::shared_ptr<ldap::Transport> transport, std::string dn, LockHolder holder, int64_t now,
           bool waited)
      : transport_(std::move(transport)),
        dn_(std::move(dn)),
        holder_(std::move(holder)),
        taken_(now),
        waited_(waited) {
    renewing_ = std::jthread([this](const std::stop_token& stop) { renew(stop); });
  }
  ~HeldLock() override {
    renewing_.request_stop();
    renewing_.join();
    // Where this fails, nobody is held up for longer than the lease.
    const auto held_for = std::chrono::duration_cast<Seconds>(std::chrono::steady_clock::now() - taken_at_);
    if (held_) (void)give_back(*transport_, dn_, lock_text(holder_), holder_, taken_ + held_for.count());
  }

  bool waited() const override { return waited_; }

 private:
  void renew(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    while (held_) {
      std::unique_lock lock(mutex);
      stopped.wait_for(lock, stop, lock_lease / 3, [] { return false; });
      if (stop.stop_requested()) return;
      const auto now = server_time(*transport_);
      if (!now) continue;
      LockHolder next = holder_;
      next.expires = time_text(*now + lock_lease.count());
      auto renewed = transport_->modify(dn_, swap(lock_text(holder_), lock_text(next)));
      if (renewed)
        holder_ = std::move(next);
      else if (!outcome_unknown(renewed.error()))
        held_ = false;  // somebody released it or took it over; the writes guard themselves
    }
  }

  const std::shared_ptr<ldap::Transport> transport_;
  const std::string dn_;
  LockHolder holder_;
  const int64_t taken_;
  const std::chrono::steady_clock::time_point taken_at_ = std::chrono::steady_clock::now();
  const bool waited_;
  std::atomic<bool> held_{true};
  std::jthread renewing_;
};

/// Whether nobody is held up who lives: its time is over, or its process is, or it is this very process's,
/// taken by a request whose answer was lost.
bool is_free(const Found& found, const LockHolder& own, int64_t now,
             const std::function<bool(const std::string& process)>& gone) {
  if (found.expired(now)) return true;
  if (!found.holder) return false;
  const std::string& process = found.holder->process;
  return gone(process) || (!own.process.empty() && process == own.process);
}

Error held_by(const Found& found) {
  if (!found.holder)
    return {ErrorKind::already_exists,
            "another run holds the lock, and what it says of itself can't be read: \"" +
                printable(found.value) + "\"",
            "Wait for it with --lock-timeout: " + std::to_string(lock_lease.count()) +
                " seconds after its last sign of life it is nobody's.",
            std::nullopt};
  const LockHolder& holder = *found.holder;
  std::string who = printable(holder.holder) + " on " + printable(holder.host);
  if (!holder.url.empty()) who += ", " + printable(holder.url);
  return {ErrorKind::already_exists,
          "another run holds the lock since " + holder.since + ": " + who + " (id " + holder.id + ", until " +
              holder.expires + " unless it is renewed)",
          "Wait for it with --lock-timeout, or, if that run is gone, gmsactl lock release --id " + holder.id +
              ".",
          std::nullopt};
}

}  // namespace

std::string lock_text(const LockHolder& holder) {
  return std::string(version) + " id=" + percent_encode(holder.id) +
         " holder=" + percent_encode(holder.holder) + " host=" + percent_encode(holder.host) +
         " since=" + percent_encode(holder.since) + " expires=" + percent_encode(holder.expires) +
         " url=" + percent_encode(holder.url) + " process=" + percent_encode(holder.process);
}

std::optional<LockHolder> parse_lock(std::string_view text) {
  const auto words = split(text, ' ');
  if (words.front() != version) return std::nullopt;
  std::map<std::string, std::string, std::less<>> values;
  for (size_t i = 1; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    auto value = percent_decode(words[i].substr(equals + 1));
    if (!value) return std::nullopt;
    values.emplace(words[i].substr(0, equals), std::move(*value));
  }
  LockHolder holder{values["id"],      values["holder"], values["host"],   values["since"],
                    values["expires"], values["url"],    values["process"]};
  if (holder.id.empty() || holder.expires.empty()) return std::nullopt;
  return holder;
}

DirectoryLocks::DirectoryLocks(std::shared_ptr<ldap::Transport> transport, const model::Dn& container,
                               std::string_view environment)
    : transport_(std::move(transport)),
      dn_(container.child("CN", "gmsactl-lock-" + std::string(environment)).text()) {}

Result<std::unique_ptr<ports::Lock>> DirectoryLocks::acquire(
    const LockHolder& wanted, std::chrono::milliseconds patience,
    const std::function<bool(const std::string& process)>& gone, std::stop_token stop) {
  LockHolder own = wanted;
  own.id = hex(GMSACTL_TRY(random_bytes(4)));
  for (auto* text : {&own.holder, &own.host, &own.url, &own.process})
    if (text->size() > longest_text || !valid_utf8(*text)) text->clear();
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::mutex mutex;
  std::condition_variable_any stopped;
  for (bool waited = false;; waited = true) {
    const int64_t now = GMSACTL_TRY(server_time(*transport_));
    own.since = time_text(now);
    own.expires = time_text(now + lock_lease.count());
    const auto take = [&](bool was_held) -> Result<std::unique_ptr<ports::Lock>> {
      return std::make_unique<HeldLock>(transport_, dn_, own, now, was_held);
    };
    auto added = transport_->add(
        dn_, {{attribute::object_class, {"serviceConnectionPoint"}}, {value_attribute, {lock_text(own)}}});
    if (added) return take(waited);
    if (added.error().kind != ErrorKind::already_exists) return fail(std::move(added).error());
    const auto found = GMSACTL_TRY(look(*transport_, dn_));
    if (!found) continue;  // released in between
    if (is_free(*found, own, now, gone)) {
      auto taken = transport_->modify(dn_, swap(found->value, lock_text(own)));
      if (taken) return take(true);
      if (taken.error().kind != ErrorKind::conflict && taken.error().kind != ErrorKind::not_found)
        return fail(std::move(taken).error());
      continue;  // somebody else was faster
    }
    if (std::chrono::steady_clock::now() >= deadline) return fail(held_by(*found));
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, look_again, [] { return false; });
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "interrupted while waiting for the lock");
  }
}

Result<std::optional<LockHolder>> DirectoryLocks::status() {
  const auto found = GMSACTL_TRY(look(*transport_, dn_));
  if (!found) return std::optional<LockHolder>();
  const int64_t now = GMSACTL_TRY(server_time(*transport_));
  if (found->expired(now)) return std::optional<LockHolder>();
  if (!found->holder) return fail(held_by(*found));
  return found->holder;
}

Result<void> DirectoryLocks::release(const std::string& id) {
  const auto found = GMSACTL_TRY(look(*transport_, dn_));
  if (!found || !found->holder || found->holder->id != id)
    return fail(ErrorKind::not_found, "no lock of this environment has the id " + id,
                "gmsactl lock status tells who holds it.");
  return give_back(*transport_, dn_, found->value, *found->holder, GMSACTL_TRY(server_time(*transport_)));
}

}  // namespace gmsactl::directory
