// The file behind an LDIF directory: read whole, replaced whole. A reader sees the old file or the new one,
// never a part, and two processes that save do not undo each other's work.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace gmsactl::ldap::ldif {

class File {
 public:
  /// A file that is not there is `not_found`.
  [[nodiscard]] static Result<File> open(const std::string& path);

  const std::string& path() const { return path_; }
  /// What open() read, handed over once.
  std::string take_text() { return std::move(text_); }
  /// `conflict` where the file is not as it was read or last saved. Keeps its mode, and its owner where we
  /// may.
  [[nodiscard]] Result<void> save(std::string_view text);

 private:
  std::string path_;  // what a symbolic link leads to
  std::string text_;
  size_t size_ = 0;  // of the file as we know it
  size_t hash_ = 0;
};

}  // namespace gmsactl::ldap::ldif
