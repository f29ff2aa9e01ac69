#include "providers/transport/ldap/ldif_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>

#include "engine/base/text.h"

namespace gmsactl::ldap::ldif {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

tl::unexpected<Error> system_error(const std::string& doing, int code) {
  const ErrorKind kind = code == ENOENT                     ? ErrorKind::not_found
                         : code == EACCES || code == EPERM  ? ErrorKind::denied
                         : code == ENOSPC || code == EDQUOT ? ErrorKind::constraint
                                                            : ErrorKind::internal;
  return fail(Error{kind, doing + ": " + std::strerror(code), {}, NativeCode{code, {}, std::nullopt}});
}

Result<std::string> read_all(int number, const std::string& path) {
  struct stat info {};
  if (::fstat(number, &info) != 0) return system_error("reading " + path, errno);
  if (S_ISDIR(info.st_mode))
    return fail(ErrorKind::invalid, printable(path) + " is a folder, not an LDIF file");
  std::string text(static_cast<size_t>(info.st_size), '\0');
  size_t at = 0;
  for (;;) {
    if (at == text.size()) text.resize(text.size() + 4096);  // it may be a pipe, or have grown
    const ssize_t count = ::read(number, text.data() + at, text.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("reading " + path, errno);
    if (count == 0) break;
    at += static_cast<size_t>(count);
  }
  text.resize(at);
  return text;
}

Result<void> write_all(int number, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = ::write(number, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("writing " + path, errno);
    text.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

/// The file at `path`, with an exclusive lock, and certainly still the one that has that name.
Result<Descriptor> open_locked(const std::string& path) {
  for (;;) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.number() < 0) return system_error("opening " + path, errno);
    while (::flock(file.number(), LOCK_EX) != 0)
      if (errno != EINTR) return system_error("locking " + path, errno);
    struct stat held {};
    struct stat named {};
    if (::fstat(file.number(), &held) != 0 || ::stat(path.c_str(), &named) != 0)
      return system_error("opening " + path, errno);
    // Who had the lock before us may have put another file in its place; then the lock is on one that nobody
    // sees.
    if (held.st_ino == named.st_ino && held.st_dev == named.st_dev) return file;
  }
}

/// Writes the new content beside the file and gives it the file's name.
Result<void> replace(const std::string& path, std::string_view text, const struct stat& old) {
  std::string name = path + ".XXXXXX";
  Descriptor fresh(::mkostemp(name.data(), O_CLOEXEC));
  if (fresh.number() < 0) return system_error("creating a file beside " + path, errno);
  const auto abandon = [&](Error error) {
    ::unlink(name.c_str());
    return fail(std::move(error));
  };
  // The owner stays where we may set it; where we may not, the mode alone is what counts.
  if (::fchown(fresh.number(), old.st_uid, old.st_gid) != 0 && errno != EPERM)
    return abandon(system_error("setting the owner of " + name, errno).value());
  if (::fchmod(fresh.number(), old.st_mode & 07777U) != 0)
    return abandon(system_error("setting the mode of " + name, errno).value());
  if (auto written = write_all(fresh.number(), text, name); !written)
    return abandon(std::move(written).error());
  if (::fsync(fresh.number()) != 0) return abandon(system_error("writing " + name, errno).value());
  if (::rename(name.c_str(), path.c_str()) != 0)
    return abandon(system_error("replacing " + path, errno).value());
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.number() >= 0) (void)::fsync(directory.number());
  return {};
}

}  // namespace

Result<File> File::open(const std::string& path) {
  File file;
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  if (real == nullptr) return system_error("opening " + printable(path), errno);
  file.path_ = real.get();
  const Descriptor descriptor(::open(file.path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.number() < 0) return system_error("opening " + printable(path), errno);
  file.text_ = GMSACTL_TRY(read_all(descriptor.number(), path));
  file.size_ = file.text_.size();
  file.hash_ = std::hash<std::string_view>{}(file.text_);
  return file;
}

Result<void> File::save(std::string_view text) {
  const Descriptor locked = GMSACTL_TRY(open_locked(path_));
  const std::string now = GMSACTL_TRY(read_all(locked.number(), path_));
  if (now.size() != size_ || std::hash<std::string_view>{}(now) != hash_)
    return fail(ErrorKind::conflict, printable(path_) + " was changed by somebody else since it was read",
                "nothing was saved; plan again");
  struct stat info {};
  if (::fstat(locked.number(), &info) != 0) return system_error("saving " + path_, errno);
  GMSACTL_TRY(replace(path_, text, info));
  size_ = text.size();
  hash_ = std::hash<std::string_view>{}(text);
  return {};
}

}  // namespace gmsactl::ldap::ldif
