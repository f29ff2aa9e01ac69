#include "providers/transport/files/local_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "engine/base/text.h"

namespace gmsactl::files {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return value_; }
  /// The close itself may report what a write could not.
  int close_now() { return close(std::exchange(value_, -1)); }

 private:
  int value_;
};

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

Error error_of(int code, const std::string& doing) {
  Error error{
      ErrorKind::internal, doing + ": " + std::strerror(code), {}, NativeCode{code, std::strerror(code), {}}};
  switch (code) {
    case ENOENT:
      error.kind = ErrorKind::not_found;
      break;
    case EACCES:
    case EPERM:
      error.kind = ErrorKind::denied;
      error.hint = "Check the permissions of the folder and of the file";
      break;
    case EROFS:
      error.kind = ErrorKind::denied;
      error.hint = "The file system is mounted read-only";
      break;
    case ENOSPC:
    case EDQUOT:
      error.kind = ErrorKind::constraint;
      error.hint = "Free some space; nothing was changed";
      break;
    case ELOOP:
      error.kind = ErrorKind::constraint;
      error.hint = "It is a symbolic link, which is not followed";
      break;
    case ENOTDIR:
      error.kind = ErrorKind::constraint;
      break;
    case EEXIST:
      error.kind = ErrorKind::already_exists;
      break;
    default:
      break;
  }
  return error;
}

class LocalFolder : public FileStore {
 public:
  explicit LocalFolder(std::string path) : path_(std::move(path)) {}

  const std::string& place() const override { return path_; }

  Result<std::vector<FileEntry>> list() override {
    const auto opened = GMSACTL_TRY(open_folder());
    const int copy = fcntl(opened.get(), F_DUPFD_CLOEXEC, 0);
    const std::unique_ptr<DIR, CloseFolder> folder(copy < 0 ? nullptr : fdopendir(copy));
    if (!folder) return fail(error_of(errno, "reading the folder " + path_));
    std::vector<FileEntry> entries;
    errno = 0;
    for (const dirent* entry; (entry = readdir(folder.get())) != nullptr; errno = 0) {
      std::string name = entry->d_name;
      struct stat facts {};
      if (is_temporary(name) || fstatat(opened.get(), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
        continue;
      if (S_ISREG(facts.st_mode)) entries.push_back({std::move(name), static_cast<uint64_t>(facts.st_size)});
    }
    if (errno != 0) return fail(error_of(errno, "reading the folder " + path_));
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return entries;
  }

  Result<std::string> read(const std::string& name, uint64_t limit) override {
    GMSACTL_TRY(check_name(name));
    const auto folder = GMSACTL_TRY(open_folder());
    const Descriptor file(openat(folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) return fail(error_of(errno, "reading " + place_of(name)));
    std::string content;
    std::array<char, 65536> buffer{};
    for (;;) {
      const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail(error_of(errno, "reading " + place_of(name)));
      if (got == 0) return content;
      content.append(buffer.data(), static_cast<size_t>(got));
      if (content.size() > limit)
        return fail(ErrorKind::constraint,
                    place_of(name) + " is longer than " + std::to_string(limit) + " bytes");
    }
  }

  Result<void> write(const std::string& name, const std::string& content) override {
    GMSACTL_TRY(check_name(name));
    const auto folder = GMSACTL_TRY(open_folder());
    const std::string temporary = temporary_name(name);
    auto written = write_temporary(folder.get(), temporary, name, content);
    if (written && renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) != 0)
      written = fail(error_of(errno, "writing " + place_of(name)));
    if (!written) unlinkat(folder.get(), temporary.c_str(), 0);
    // The rename itself survives a power cut only once the folder is on disk; where that can't be asked, it
    // is not.
    if (written) (void)fsync(folder.get());
    return written;
  }

  Result<void> remove(const std::string& name) override {
    GMSACTL_TRY(check_name(name));
    const auto folder = GMSACTL_TRY(open_folder());
    if (unlinkat(folder.get(), name.c_str(), 0) != 0)
      return fail(error_of(errno, "removing " + place_of(name)));
    return {};
  }

  Result<void> create_folder() override {
    if (mkdir(path_.c_str(), 0755) == 0) return {};
    if (errno != EEXIST) return fail(error_of(errno, "creating the folder " + path_));
    GMSACTL_TRY(open_folder());
    return {};
  }

 private:
  std::string place_of(const std::string& name) const { return path_ + "/" + printable(name); }

  Result<Descriptor> open_folder() const {
    Descriptor folder(open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0) return fail(error_of(errno, "opening the folder " + path_));
    return folder;
  }

  Result<void> write_temporary(int folder, const std::string& temporary, const std::string& name,
                               const std::string& content) const {
    const std::string doing = "writing " + place_of(name);
    // As readable as the file that it replaces: the engine that reads it may run as somebody else.
    struct stat former {};
    const bool replaces = fstatat(folder, name.c_str(), &former, AT_SYMLINK_NOFOLLOW) == 0;
    if (replaces && !S_ISREG(former.st_mode))
      return fail(ErrorKind::constraint, doing + ": it is no regular file", "Move it away");
    Descriptor file(
        openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (file.get() < 0) return fail(error_of(errno, doing));
    if (replaces) {
      (void)!fchown(file.get(), former.st_uid, former.st_gid);
      (void)fchmod(file.get(), former.st_mode & 07777);
    }
    for (size_t done = 0; done < content.size();) {
      const ssize_t put = ::write(file.get(), content.data() + done, content.size() - done);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return fail(error_of(errno, doing));
      done += static_cast<size_t>(put);
    }
    if (fsync(file.get()) != 0 || file.close_now() != 0) return fail(error_of(errno, doing));
    return {};
  }

  std::string path_;
};

}  // namespace

std::unique_ptr<FileStore> local_folder(std::string path) {
  return std::make_unique<LocalFolder>(std::move(path));
}

}  // namespace gmsactl::files
