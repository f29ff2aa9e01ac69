// The seam to a directory's own account of what changed in it, for looking at a part of it again and for
// being told. Reads only. Implemented by providers/directory; an LDIF file answers `unsupported` to all of
// it.
#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/directory_changes.h"

namespace gmsactl::ports {

class ChangeFeed {
 public:
  virtual ~ChangeFeed() = default;

  /// Where the directory stands. To be asked before anything is read: what changes during the reading is then
  /// asked for the next time.
  [[nodiscard]] virtual Result<model::DirectoryPosition> position() = 0;

  /// Whether changed_since() tells of deleted objects, which takes a right that not every user has.
  [[nodiscard]] virtual Result<bool> sees_deleted() = 0;

  /// Each object of the domain that was changed after `usn`, once, in no order. `latest` is where position()
  /// has just said that the directory stands; what was changed since is told, too.
  [[nodiscard]] virtual Result<std::vector<model::ChangedObject>> changed_since(int64_t usn,
                                                                                int64_t latest) = 0;

  /// Calls `on_change` whenever something in the domain has changed, from now on and from a thread of its
  /// own, until `stop` is requested (`cancelled`) or the connection is lost (`unavailable`). What was deleted
  /// is only told to who sees deleted objects.
  [[nodiscard]] virtual Result<void> watch(const std::function<void()>& on_change, std::stop_token stop) = 0;
};

}  // namespace gmsactl::ports
