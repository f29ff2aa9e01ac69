// Files on this machine or another one: what a folder of credential specs needs of them. Implemented by local
// files (here), by SFTP and by SMB; all pass one contract suite (tests/contract/files). No word of gMSA in
// it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace gmsactl::files {

struct FileEntry {
  std::string name;
  uint64_t size = 0;
  bool operator==(const FileEntry&) const = default;
};

/// One folder. Paths are names in it, without separators: a name with one, "." and ".." are `invalid`.
/// Not thread-safe; one store belongs to one thread at a time.
class FileStore {
 public:
  virtual ~FileStore() = default;

  /// Where it is, for messages: "sftp://host01.contoso.com/C:/ProgramData/docker/CredentialSpecs".
  virtual const std::string& place() const = 0;

  /// Regular files, by name, without temporary ones. `not_found` where the folder does not exist.
  [[nodiscard]] virtual Result<std::vector<FileEntry>> list() = 0;
  /// The whole content; `constraint` where it is longer than `limit` bytes.
  [[nodiscard]] virtual Result<std::string> read(const std::string& name, uint64_t limit) = 0;
  /// Replaces or creates: written under a temporary name in the same folder, then renamed, so that a reader
  /// sees the old content or the new and never a part. Nothing is left behind where it fails.
  [[nodiscard]] virtual Result<void> write(const std::string& name, const std::string& content) = 0;
  [[nodiscard]] virtual Result<void> remove(const std::string& name) = 0;
  /// Makes the folder where its parent exists; fine where it is there already.
  [[nodiscard]] virtual Result<void> create_folder() = 0;
};

/// `invalid` where it is no plain name.
[[nodiscard]] Result<void> check_name(const std::string& name);
/// Beside `name`, not shown by list(), and another one with every call, on whatever machine.
std::string temporary_name(const std::string& name);
bool is_temporary(const std::string& name);

/// What a place can do with names in its folder; rename() does not replace.
struct Renaming {
  std::function<Result<void>(const std::string& from, const std::string& to)> rename;
  std::function<Result<void>(const std::string& name)> remove;
};
/// For a place that can't put a file over another one in one step: the former file steps aside for a moment,
/// and comes back if the new one can't take its place.
[[nodiscard]] Result<void> replace_in_steps(const Renaming& renaming, const std::string& place,
                                            const std::string& temporary, const std::string& name);

}  // namespace gmsactl::files
