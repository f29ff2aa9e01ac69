// The lock as an object in the directory: a serviceConnectionPoint in the accounts' container, whose one
// value says who holds it until when. Taken by adding the object, taken over and renewed by compare and swap,
// timed by the domain controller's clock, so that no machine's own clock matters. Internal to
// providers/directory.
#pragma once

#include <string>
#include <string_view>

#include "engine/model/dn.h"
#include "engine/ports/lock.h"
#include "providers/transport/ldap/transport.h"

namespace gmsactl::directory {

/// How long a lock outlives a holder that was killed. A living one renews it every third of that.
inline constexpr std::chrono::seconds lock_lease{60};

class DirectoryLocks : public ports::Locks {
 public:
  /// `container` is the accounts' container.
  DirectoryLocks(std::shared_ptr<ldap::Transport> transport, const model::Dn& container,
                 std::string_view environment);

  [[nodiscard]] Result<std::unique_ptr<ports::Lock>> acquire(
      const ports::LockHolder& holder, std::chrono::milliseconds patience,
      const std::function<bool(const std::string& process)>& gone, std::stop_token stop) override;
  [[nodiscard]] Result<std::optional<ports::LockHolder>> status() override;
  [[nodiscard]] Result<void> release(const std::string& id) override;

 private:
  std::shared_ptr<ldap::Transport> transport_;
  std::string dn_;
};

/// The value of serviceBindingInformation: "gmsactl-lock/1 id=… holder=… host=… since=… expires=… url=…
/// process=…".
std::string lock_text(const ports::LockHolder& holder);
/// Nothing where it is no such text.
std::optional<ports::LockHolder> parse_lock(std::string_view text);

}  // namespace gmsactl::directory
