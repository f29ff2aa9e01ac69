#include "engine/cli/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace gmsactl::cli {

namespace {

namespace fs = std::filesystem;

Error system_error(const std::string& what, const std::string& path) {
  return {ErrorKind::internal, what + " " + path + " failed: " + std::strerror(errno), {}, {}};
}

bool replaceable(const std::string& path) {
  std::error_code ignored;
  const auto status = fs::symlink_status(path, ignored);
  return !fs::exists(status) || fs::is_regular_file(status);
}

Result<void> write_all(int file, const std::string& text, const std::string& path) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t written = write(file, text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(system_error("writing", path));
    at += static_cast<size_t>(written);
  }
  return {};
}

}  // namespace

Result<void> write_file(const std::string& path, const std::string& text) {
  const bool replaces = replaceable(path);
  const std::string opened = replaces ? path + ".gmsactl-" + std::to_string(getpid()) : path;
  const int file = open(opened.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (replaces ? O_EXCL : O_TRUNC), 0666);
  if (file < 0) return fail(system_error("creating", opened));
  auto done = write_all(file, text, opened);
  if (done && replaces && fsync(file) != 0) done = fail(system_error("writing", opened));
  close(file);
  if (done && replaces && rename(opened.c_str(), path.c_str()) != 0)
    done = fail(system_error("renaming to", path));
  if (!done && replaces) unlink(opened.c_str());
  return done;
}

Result<void> check_writable(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return fail(ErrorKind::invalid, path + " is a folder");
  const auto folder = fs::path(path).parent_path().string();
  const std::string written = !replaceable(path) ? path : folder.empty() ? "." : folder;
  if (access(written.c_str(), W_OK) != 0)
    return fail(ErrorKind::invalid, written + ": " + std::strerror(errno));
  return {};
}

Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << (path == "-" ? std::cin : file).rdbuf()))
    return fail(ErrorKind::invalid,
                "it can't be read" + (errno != 0 ? std::string(": ") + std::strerror(errno) : std::string()),
                {});
  return std::move(text).str();
}

}  // namespace gmsactl::cli
