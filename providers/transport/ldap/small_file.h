// Reads the small files that prove who somebody is: keytabs, certificates, passwords. Never waits for ever
// and never reads without end, whatever the path leads to: a folder, a pipe that nobody writes to, a device.
// Called by libldap_trust, keytab and providers/directory/password, which say what to do about a flaw.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "engine/base/result.h"

namespace gmsactl::ldap {

struct SmallFile {
  std::string bytes;
  bool others_may_read = false;  ///< a regular file that every user of the machine may read or write
};

struct SmallFileOptions {
  size_t most_bytes = 1 << 20;
  /// A pipe gives its bytes once, so it will do only where nobody opens the file a second time.
  bool pipes = false;
  std::chrono::milliseconds patience{10'000};  ///< for a pipe or a device to give all it has
};

/// The message of an error continues a sentence that begins with the file's name: "does not exist".
/// `not_found` and `denied` mean what they say; `invalid` means that it is not a file to read.
[[nodiscard]] Result<SmallFile> read_small_file(const std::string& path, const SmallFileOptions& options);

}  // namespace gmsactl::ldap
