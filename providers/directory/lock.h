// The lock as an object in the directory: a serviceConnectionPoint in the accounts' container, whose one
// value says who holds it until when; each shard has one of its own. Taken by adding the object, taken over
// and renewed by compare and swap, timed by the domain controller's clock, so that no machine's own clock
// matters. Internal to providers/directory.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/dn.h"
#include "engine/ports/lock.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// How long a lock outlives a holder that was killed. A living one renews it every third of that.
inline constexpr std::chrono::seconds lock_lease{60};

using Gone = std::function<bool(const std::string& process)>;

class DirectoryLocks : public ports::Locks {
 public:
  /// `container` is the accounts' container.
  DirectoryLocks(std::shared_ptr<ldap::Transport> transport, const model::Dn& container,
                 std::string_view environment);

  [[nodiscard]] Result<std::unique_ptr<ports::Lock>> acquire(const ports::LockHolder& holder,
                                                             const ports::LockWait& wait,
                                                             std::stop_token stop) override;
  [[nodiscard]] Result<std::vector<ports::LockHolder>> status() override;
  [[nodiscard]] Result<void> release(const std::string& id) override;

 private:
  /// What stands in the directory: the raw value is what a swap names.
  struct Found {
    std::string dn;
    std::string value;
    std::optional<ports::LockHolder> holder;  ///< absent where the value can't be read: another version's
    int64_t changed = 0;                      ///< seconds since 1970

    explicit Found(const ldap::Entry& entry);
    bool expired(int64_t now) const;
    /// Whether nobody is held up who lives: its time is over, or its process is, or it is this very
    /// process's, taken by a request whose answer was lost.
    bool is_free(const ports::LockHolder& own, int64_t now, const Gone& gone) const;
    Error error() const;
  };
  class Held;
  /// How one attempt to take a lock ended: with it, or with who has it; with neither it is worth another one.
  struct Attempt {
    std::unique_ptr<Held> held;
    std::optional<Found> holder;
  };

  std::string dn_of(const std::string& shard) const;
  [[nodiscard]] Result<std::vector<Found>> find_all();
  [[nodiscard]] Result<Attempt> take(ports::LockHolder& own, bool& waited, const Gone& gone);
  /// Somebody at work on what `own` is about under another lock than its own.
  [[nodiscard]] Result<std::optional<Found>> find_rival(const ports::LockHolder& own, const Gone& gone);

  std::shared_ptr<ldap::Transport> transport_;
  model::Dn container_;
  std::string name_;        ///< of the lock of everything
  std::string short_name_;  ///< where that, or that of a shard, is longer than a CN may be
};

/// The value of serviceBindingInformation: "gmsactl-lock/1 id=… holder=… host=… since=… expires=… url=…
/// process=… shard=…", the last of shards only.
std::string lock_text(const ports::LockHolder& holder);
/// Nothing where it is no such text.
std::optional<ports::LockHolder> parse_lock(std::string_view text);

}  // namespace gmsactl::directory
