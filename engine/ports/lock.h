// One run at a time on one environment, or one on each of its shards: a courtesy among pipelines, so that the
// next waits or is told. It is not what keeps data safe: several domain controllers can each grant it.
// Compare and swap does that.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace gmsactl::ports {

struct LockHolder {
  std::string id;      ///< of this lock, to release it by
  std::string holder;  ///< who: a user's name
  std::string host;
  std::string since;       ///< "2026-01-31T12:00:00Z", by the directory's clock
  std::string expires;     ///< likewise: from then on anybody may take it over
  std::string url;         ///< of the pipeline's run, or empty
  std::string process;     ///< of this machine and no other, for `gone`; may be empty
  std::string shard = {};  ///< "0/3"; empty: of everything
  bool operator==(const LockHolder&) const = default;
};

/// How a run waits while somebody else holds the lock.
struct LockWait {
  std::chrono::milliseconds up_to{0};
  /// Whether a holder's process is known to have ended.
  std::function<bool(const std::string& process)> gone;
  /// Told once, as the waiting begins, who holds it: the error that not waiting would have ended in.
  std::function<void(const Error&)> begins = {};
};

/// Held, renewed and, at the end of its life, released.
class Lock {
 public:
  virtual ~Lock() = default;
  /// Whether somebody else held it first, so that what was planned before may be out of date.
  virtual bool waited() const = 0;
};

class Locks {
 public:
  virtual ~Locks() = default;

  /// `holder` needs holder, host, url, process and shard. Only shards of the same number go side by side.
  /// `already_exists`, with who that is, where somebody else holds it for longer than this run waits;
  /// `denied` where no lock can be made for want of rights; `not_found` where there is no place for one yet;
  /// `unsupported` where the directory needs none.
  [[nodiscard]] virtual Result<std::unique_ptr<Lock>> acquire(const LockHolder& holder, const LockWait& wait,
                                                              std::stop_token stop) = 0;
  /// All that are held: that of everything first.
  [[nodiscard]] virtual Result<std::vector<LockHolder>> status() = 0;
  /// `not_found` where no lock has this id.
  [[nodiscard]] virtual Result<void> release(const std::string& id) = 0;
};

}  // namespace gmsactl::ports
