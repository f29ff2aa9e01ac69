#include "providers/transport/ldap/small_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "providers/transport/ldap/libldap_endpoint.h"

namespace gmsactl::ldap {
namespace {

tl::unexpected<Error> cannot_read(int error) {
  if (error == ENOENT || error == ENOTDIR) return fail(ErrorKind::not_found, "does not exist");
  return fail(error == EACCES || error == EPERM ? ErrorKind::denied : ErrorKind::invalid,
              "cannot be read: " + std::system_category().message(error));
}

Result<std::string> read_all(int descriptor, const SmallFileOptions& options, bool waits) {
  const auto until = std::chrono::steady_clock::now() + options.patience;
  std::string bytes;
  std::array<char, 4096> part{};
  for (;;) {
    // Not asked of a regular file, which is always ready. A pipe that no writer has opened yet would say that
    // it is at its end.
    if (waits && !wait_for(descriptor, POLLIN, until))
      return fail(ErrorKind::invalid,
                  "gives no end of file in " + std::to_string(options.patience.count() / 1000) + " s");
    const auto size = read(descriptor, part.data(), part.size());
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (size < 0) return cannot_read(errno);
    if (size == 0) return bytes;
    bytes.append(part.data(), static_cast<size_t>(size));
    if (bytes.size() > options.most_bytes)
      return fail(ErrorKind::invalid, "is larger than " + std::to_string(options.most_bytes) + " bytes");
  }
}

}  // namespace

Result<SmallFile> read_small_file(const std::string& path, const SmallFileOptions& options) {
  const FileDescriptor descriptor(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (descriptor.get() < 0) return cannot_read(errno);
  struct stat status {};
  if (fstat(descriptor.get(), &status) != 0) return cannot_read(errno);
  if (S_ISDIR(status.st_mode)) return fail(ErrorKind::invalid, "is a directory");
  if (S_ISFIFO(status.st_mode) && !options.pipes)
    return fail(ErrorKind::invalid, "is a pipe, and is read more than once");
  SmallFile file;
  const bool regular = S_ISREG(status.st_mode);
  file.bytes = GMSACTL_TRY(read_all(descriptor.get(), options, !regular));
  file.others_may_read = regular && (status.st_mode & (S_IROTH | S_IWOTH)) != 0;
  return file;
}

}  // namespace gmsactl::ldap
