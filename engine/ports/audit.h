// Where every write is noted down as it happens, for whoever asks later what was done to the directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/plan.h"

namespace gmsactl::ports {

/// One LDAP request that writes, and how it ended.
struct WriteRecord {
  std::string operation;                ///< "add", "modify", "rename" or "delete"
  std::string dn;                       ///< as it was asked: may be <GUID=…>
  std::vector<std::string> attributes;  ///< names only: values are in the directory, and in the report
  std::optional<Error> error;           ///< absent: success
  std::optional<uint64_t>
      usn_before;  ///< uSNChanged of the object; absent where it did not exist or can't be read
  std::optional<uint64_t> usn_after;
};

/// Thread-safe. A line that can't be written is an error, and from then on ready() is one, so that nothing is
/// written unnoticed.
class AuditLog {
 public:
  virtual ~AuditLog() = default;
  /// Asked before each write.
  [[nodiscard]] virtual Result<void> ready() = 0;
  virtual void record(const WriteRecord& write) = 0;
  /// A change with all its requests, whatever they went to.
  virtual void record(const model::Change& change, const model::ChangeResult& result) = 0;
  /// Requests that may have written and of which no line could be kept, "add CN=…", oldest first: those that
  /// were under way when the log failed, and the one that met the failure.
  virtual std::vector<std::string> unrecorded() const = 0;
};

}  // namespace gmsactl::ports
