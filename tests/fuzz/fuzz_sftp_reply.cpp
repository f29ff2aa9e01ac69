// The answer to a rename over SFTP, which is read without libssh: never a crash, and only a status is one.
#include <libssh/sftp.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "providers/transport/sftp/posix_rename.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (gmsactl::sftp::status_of(text, 0) == SSH_FX_OK && (size < 9 || data[0] != SSH_FXP_STATUS)) std::abort();
  return 0;
}
