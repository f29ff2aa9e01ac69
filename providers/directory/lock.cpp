#include "providers/directory/lock.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <ctime>
#include <map>
#include <mutex>
#include <thread>

#include "engine/base/digest.h"
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
constexpr std::string_view name_begins = "gmsactl-lock-";
/// [MS-ADA1] 2.110: cn holds 64 UTF-16 units; the names of environments and shards are ASCII.
constexpr size_t longest_common_name = 64;
constexpr size_t digest_digits = 12;
/// Leaves room for "-shard-4294967294-of-4294967295".
constexpr size_t kept_of_environment = 7;
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

/// Whether two of them may be held at a time: different parts of the same split.
bool go_together(const std::string& a, const std::string& b) {
  const auto count = [](const std::string& shard) {
    return shard.substr(std::min(shard.find('/'), shard.size()));
  };
  return a != b && !a.empty() && !b.empty() && count(a) == count(b);
}

}  // namespace

std::string lock_text(const LockHolder& holder) {
  return std::string(version) + " id=" + percent_encode(holder.id) +
         " holder=" + percent_encode(holder.holder) + " host=" + percent_encode(holder.host) +
         " since=" + percent_encode(holder.since) + " expires=" + percent_encode(holder.expires) +
         " url=" + percent_encode(holder.url) + " process=" + percent_encode(holder.process) +
         (holder.shard.empty() ? "" : " shard=" + percent_encode(holder.shard));
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
  LockHolder holder{values["id"],      values["holder"], values["host"],    values["since"],
                    values["expires"], values["url"],    values["process"], values["shard"]};
  if (holder.id.empty() || holder.expires.empty()) return std::nullopt;
  return holder;
}

DirectoryLocks::Found::Found(const ldap::Entry& entry)
    : dn(entry.dn),
      value(entry.first(value_attribute).value_or("")),
      holder(parse_lock(value)),
      changed(seconds_since_1970(entry.first("whenChanged").value_or(""))) {}

bool DirectoryLocks::Found::expired(int64_t now) const {
  return holder ? holder->expires <= time_text(now) : changed + lock_lease.count() <= now;
}

bool DirectoryLocks::Found::is_free(const LockHolder& own, int64_t now, const Gone& gone) const {
  if (expired(now)) return true;
  if (!holder) return false;
  return gone(holder->process) || (!own.process.empty() && holder->process == own.process);
}

class DirectoryLocks::Held : public ports::Lock {
 public:
  /// `now` is the controller's time when it was taken.
  Held(std::shared_ptr<ldap::Transport> transport, std::string dn, LockHolder holder, int64_t now)
      : transport_(std::move(transport)), dn_(std::move(dn)), holder_(std::move(holder)), taken_(now) {
    renewing_ = std::jthread([this](const std::stop_token& stop) { renew(stop); });
  }
  ~Held() override {
    renewing_.request_stop();
    renewing_.join();
    // Where this fails, nobody is held up for longer than the lease.
    const auto held_for = std::chrono::duration_cast<Seconds>(std::chrono::steady_clock::now() - taken_at_);
    if (held_) (void)give_back(*transport_, dn_, lock_text(holder_), holder_, taken_ + held_for.count());
  }

  bool waited() const override { return waited_; }
  void set_waited() { waited_ = true; }

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
  bool waited_ = false;
  std::atomic<bool> held_{true};
  std::jthread renewing_;
};

Error DirectoryLocks::Found::error() const {
  if (!holder)
    return {
        ErrorKind::already_exists,
        "another run holds the lock, and what it says of itself can't be read: \"" + printable(value) + "\"",
        "Wait for it with --lock-timeout: " + std::to_string(lock_lease.count()) +
            " seconds after its last sign of life it is nobody's.",
        std::nullopt};
  const LockHolder& by = *holder;
  std::string who = printable(by.holder) + " on " + printable(by.host);
  if (!by.url.empty()) who += ", " + printable(by.url);
  return {
      ErrorKind::already_exists,
      "another run holds the lock" + (by.shard.empty() ? "" : " of shard " + printable(by.shard)) +
          " since " + by.since + ": " + who + " (id " + by.id + ", until " + by.expires +
          " unless it is renewed)",
      "Wait for it with --lock-timeout, or, if that run is gone, gmsactl lock release --id " + by.id + ".",
      std::nullopt};
}

DirectoryLocks::DirectoryLocks(std::shared_ptr<ldap::Transport> transport, const model::Dn& container,
                               std::string_view environment)
    : transport_(std::move(transport)),
      container_(container),
      name_(std::string(name_begins) + std::string(environment)),
      // The digest tells names apart that begin alike; what is left of the environment's is for people.
      short_name_(std::string(name_begins) + std::string(environment.substr(0, kept_of_environment)) + "~" +
                  sha256(fold(environment)).substr(0, digest_digits)) {}

std::string DirectoryLocks::dn_of(const std::string& shard) const {
  const size_t slash = shard.find('/');
  const std::string part = slash == std::string::npos
                               ? std::string()
                               : "-shard-" + shard.substr(0, slash) + "-of-" + shard.substr(slash + 1);
  const bool fits = name_.size() + part.size() <= longest_common_name;
  return container_.child("CN", (fits ? name_ : short_name_) + part).text();
}

Result<std::vector<DirectoryLocks::Found>> DirectoryLocks::find_all() {
  ldap::SearchRequest request;
  request.base = container_.text();
  request.scope = ldap::Scope::one_level;
  request.filter = "(&(objectClass=serviceConnectionPoint)(|(cn=" + model::escape_filter_value(name_) +
                   "*)(cn=" + model::escape_filter_value(short_name_) + "*)))";
  request.attributes = {value_attribute, "whenChanged"};
  const auto entries = GMSACTL_TRY(ldap::search_all(*transport_, request));
  std::vector<Found> all;
  const std::string own = model::dn_key(dn_of({}));
  for (const auto& entry : entries) {
    Found found(entry);
    // The name of another environment may begin with the name of this one.
    const bool is_shard = found.holder && !found.holder->shard.empty() &&
                          model::dn_key(dn_of(found.holder->shard)) == model::dn_key(entry.dn);
    if (is_shard || model::dn_key(entry.dn) == own) all.push_back(std::move(found));
  }
  const auto shard = [](const Found& found) { return found.holder ? found.holder->shard : std::string(); };
  std::sort(all.begin(), all.end(), [&](const Found& a, const Found& b) { return shard(a) < shard(b); });
  return all;
}

Result<DirectoryLocks::Attempt> DirectoryLocks::take(LockHolder& own, bool& waited, const Gone& gone) {
  const std::string dn = dn_of(own.shard);
  const int64_t now = GMSACTL_TRY(server_time(*transport_));
  own.since = time_text(now);
  own.expires = time_text(now + lock_lease.count());
  const auto held = [&] { return Attempt{std::make_unique<Held>(transport_, dn, own, now), std::nullopt}; };
  auto added = transport_->add(
      dn, {{attribute::object_class, {"serviceConnectionPoint"}}, {value_attribute, {lock_text(own)}}});
  if (added) return held();
  if (added.error().kind != ErrorKind::already_exists) return fail(std::move(added).error());
  waited = true;
  auto entry = ldap::read(*transport_, dn, {value_attribute, "whenChanged"});
  if (!entry && entry.error().kind == ErrorKind::not_found) return Attempt{};  // released in between
  if (!entry) return fail(std::move(entry).error());
  Found found(*entry);
  if (!found.is_free(own, now, gone)) return Attempt{nullptr, std::move(found)};
  auto taken = transport_->modify(dn, swap(found.value, lock_text(own)));
  if (taken) return held();
  if (taken.error().kind != ErrorKind::conflict && taken.error().kind != ErrorKind::not_found)
    return fail(std::move(taken).error());
  return Attempt{};  // somebody else was faster
}

Result<std::optional<DirectoryLocks::Found>> DirectoryLocks::find_rival(const LockHolder& own,
                                                                        const Gone& gone) {
  auto all = GMSACTL_TRY(find_all());
  if (all.empty()) return std::optional<Found>();
  const int64_t now = GMSACTL_TRY(server_time(*transport_));
  for (auto& found : all) {
    const std::string shard = found.holder ? found.holder->shard : std::string();
    if (shard != own.shard && !go_together(shard, own.shard) && !found.is_free(own, now, gone))
      return std::optional<Found>(std::move(found));
  }
  return std::optional<Found>();
}

Result<std::unique_ptr<ports::Lock>> DirectoryLocks::acquire(const LockHolder& wanted,
                                                             const ports::LockWait& wait,
                                                             std::stop_token stop) {
  LockHolder own = wanted;
  own.id = hex(GMSACTL_TRY(random_bytes(4)));
  for (auto* text : {&own.holder, &own.host, &own.url, &own.process})
    if (text->size() > longest_text || !valid_utf8(*text)) text->clear();
  const auto deadline = std::chrono::steady_clock::now() + wait.up_to;
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_ptr<Held> held;
  bool told = false;
  const auto tell = [&](const Found& holder) {
    if (!told && wait.begins) wait.begins(holder.error());
    told = true;
  };
  for (bool waited = false;;) {
    // Whoever takes a lock looks for rivals after that, so that of two at least one sees the other. The one
    // whose shard is first by its text, everything before all shards, keeps its lock while it waits: so no
    // two step back for each other for ever, and shards that come and go don't keep out a run over
    // everything.
    auto rival = GMSACTL_TRY(find_rival(own, wait.gone));
    if (held && !rival) {
      if (waited) held->set_waited();
      return held;
    }
    const bool goes_first = !rival || (rival->holder && own.shard < rival->holder->shard);
    const auto now = std::chrono::steady_clock::now();
    const bool patient = now < deadline;
    if (rival) {
      waited = true;
      if (!patient) return fail(rival->error());
      tell(*rival);
    }
    if (held && !goes_first) held.reset();
    if (!held && goes_first) {
      auto attempt = GMSACTL_TRY(take(own, waited, wait.gone));
      held = std::move(attempt.held);
      if (!attempt.holder) continue;
      if (!patient) return fail(attempt.holder->error());
      tell(*attempt.holder);
    }
    std::unique_lock lock(mutex);
    stopped.wait_until(lock, stop,
                       std::min<std::chrono::steady_clock::time_point>(deadline, now + look_again),
                       [] { return false; });
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "interrupted while waiting for the lock");
  }
}

Result<std::vector<LockHolder>> DirectoryLocks::status() {
  const auto all = GMSACTL_TRY(find_all());
  std::vector<LockHolder> holders;
  if (all.empty()) return holders;
  const int64_t now = GMSACTL_TRY(server_time(*transport_));
  for (const auto& found : all) {
    if (found.expired(now)) continue;
    if (!found.holder) return fail(found.error());
    holders.push_back(*found.holder);
  }
  return holders;
}

Result<void> DirectoryLocks::release(const std::string& id) {
  for (const auto& found : GMSACTL_TRY(find_all()))
    if (found.holder && found.holder->id == id)
      return give_back(*transport_, found.dn, found.value, *found.holder,
                       GMSACTL_TRY(server_time(*transport_)));
  return fail(ErrorKind::not_found, "no lock of this environment has the id " + id,
              "gmsactl lock status tells who holds it.");
}

}  // namespace gmsactl::directory
