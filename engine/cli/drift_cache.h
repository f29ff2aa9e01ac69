// Where drift --cache keeps what it remembers of an environment: one file in a folder. A file that is
// missing, damaged or another version's is no error; it only means that everything is read.
#pragma once

#include <optional>
#include <string>

#include "engine/drift/memory.h"
#include "engine/plan/shard.h"

namespace gmsactl::cli {

class DriftCache {
 public:
  /// An empty folder: nothing is kept. Each shard has a file of its own.
  DriftCache(const std::string& folder, const std::string& environment,
             const std::optional<plan::Shard>& shard);

  /// Says in the log why there is nothing.
  std::optional<drift::Memory> read() const;
  /// Replaces the file in one step, so that another run sees it as it was or as it is. Without a memory it
  /// goes.
  void write(const std::optional<drift::Memory>& memory) const;

 private:
  std::string folder_;
  std::string path_;
};

}  // namespace gmsactl::cli
