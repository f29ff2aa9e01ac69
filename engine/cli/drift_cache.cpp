#include "engine/cli/drift_cache.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "engine/base/text.h"
#include "engine/cli/logging.h"

namespace gmsactl::cli {

namespace {

/// A file's name for any environment's: one that says itself where it can, and never a path.
std::string file_name(const std::string& environment) {
  std::string name;
  for (const char c : environment) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_';
    name += plain ? std::string(1, c) : "%" + hex({&c, 1});
  }
  return name + ".drift";
}

std::string system_message() { return std::system_category().message(errno); }

}  // namespace

DriftCache::DriftCache(const std::string& folder, const std::string& environment) : folder_(folder) {
  if (!folder.empty()) path_ = folder + "/" + file_name(environment);
}

std::optional<drift::Memory> DriftCache::read() const {
  if (path_.empty()) return std::nullopt;
  std::ifstream file(path_, std::ios::binary);
  if (!file) return std::nullopt;  // the first time
  std::ostringstream text;
  text << file.rdbuf();
  auto memory = drift::Memory::parse(std::move(text).str());
  if (memory) return std::move(*memory);
  log(LogLevel::info, "cache is not used", {{"file", path_}, {"why", memory.error().message}});
  return std::nullopt;
}

void DriftCache::write(const std::optional<drift::Memory>& memory) const {
  if (path_.empty()) return;
  if (!memory) {
    (void)std::remove(path_.c_str());
    return;
  }
  if (const auto written = replace(memory->text()); !written)
    log(LogLevel::warn, "cache could not be written", {{"file", path_}, {"why", written.error().message}});
}

Result<void> DriftCache::replace(const std::string& text) const {
  std::error_code ignored;  // that there is none shows in the next step
  std::filesystem::create_directories(folder_, ignored);
  std::string temporary = path_ + ".XXXXXX";
  const int file = mkstemp(temporary.data());
  if (file < 0) return fail(ErrorKind::unavailable, system_message());
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(file, text.data() + written, text.size() - written);
    if (count < 0) break;
    written += static_cast<size_t>(count);
  }
  // Not waited for until it is on the disk: what a power cut leaves of it is found to be damaged.
  if (close(file) == 0 && written == text.size() && std::rename(temporary.c_str(), path_.c_str()) == 0) return {};
  auto why = fail(ErrorKind::unavailable, system_message());
  (void)unlink(temporary.c_str());
  return why;
}

}  // namespace gmsactl::cli
