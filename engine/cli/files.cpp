#include "engine/cli/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace gmsactl::cli {

namespace {

Error system_error(const std::string& what, const std::string& path) {
  return {ErrorKind::internal, what + " " + path + " failed: " + std::strerror(errno), {}, {}};
}

}  // namespace

Result<void> write_file(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".gmsactl-" + std::to_string(getpid());
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return fail(system_error("creating", temporary));
  const auto give_up = [&](const std::string& what) {
    const Error error = system_error(what, temporary);
    close(file);
    unlink(temporary.c_str());
    return fail(error);
  };
  for (size_t at = 0; at < text.size();) {
    const ssize_t written = write(file, text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return give_up("writing");
    at += static_cast<size_t>(written);
  }
  if (fsync(file) != 0) return give_up("writing");
  close(file);
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const Error error = system_error("renaming to", path);
    unlink(temporary.c_str());
    return fail(error);
  }
  return {};
}

Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    return fail(ErrorKind::invalid,
                "the file " + path + " can't be read" +
                    (errno != 0 ? std::string(": ") + std::strerror(errno) : std::string()),
                {});
  return std::move(text).str();
}

}  // namespace gmsactl::cli
