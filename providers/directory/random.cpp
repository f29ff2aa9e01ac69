#include "providers/directory/random.h"

#include <sys/random.h>

namespace gmsactl::directory {

Result<std::string> random_bytes(size_t count) {
  std::string bytes(count, '\0');
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return fail(ErrorKind::internal, "the system gave no random bytes");
  return bytes;
}

}  // namespace gmsactl::directory
