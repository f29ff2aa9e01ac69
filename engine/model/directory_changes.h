// How far a directory has got, and what changed in it since it was somewhere else: values of the change feed
// (engine/ports/change_feed.h), from which engine/drift works out what has to be looked at again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/model/guid.h"
#include "engine/model/sid.h"

namespace gmsactl::model {

/// A point in the life of one domain controller's copy of the directory, and who looks at it.
struct DirectoryPosition {
  std::string server;       ///< DNS name, as DirectoryFacts::server
  Guid invocation_id;       ///< another one on another controller, and on the same after it was restored
  int64_t usn = 0;          ///< every change up to this one was visible; only this controller counts so
  int64_t server_time = 0;  ///< 100 ns since 1601
  std::string observer;     ///< hash of the asking user's SID and groups: another one may see other objects
  bool operator==(const DirectoryPosition&) const = default;
};

/// An object of the domain that was changed, created or deleted, as it is now.
struct ChangedObject {
  Guid guid;
  Sid sid;                            ///< empty where it has none
  std::string sam_account_name;       ///< likewise
  std::optional<std::string> marker;  ///< the ownership attribute, whatever it holds
  bool deleted = false;
  bool created = false;  ///< it did not exist before
  /// Others stand below it, and get other DNs and permissions with it while they count as unchanged
  /// themselves.
  bool container = false;
  bool operator==(const ChangedObject&) const = default;
};

}  // namespace gmsactl::model
