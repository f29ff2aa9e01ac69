#include "engine/cli/drift_cache.h"

#include <cstdio>
#include <filesystem>
#include <system_error>

#include "engine/base/text.h"
#include "engine/cli/files.h"
#include "engine/cli/logging.h"

namespace gmsactl::cli {

namespace {

/// For any environment's name: one that says itself where it can, and never a path.
std::string plain_name(const std::string& environment) {
  std::string name;
  for (const char c : environment) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    name += plain ? std::string(1, c) : "%" + hex({&c, 1});
  }
  return name;
}

}  // namespace

DriftCache::DriftCache(const std::string& folder, const std::string& environment,
                       const std::optional<plan::Shard>& shard)
    : folder_(folder) {
  if (folder.empty()) return;
  path_ = folder + "/" + plain_name(environment);
  if (shard) path_ += "." + std::to_string(shard->index) + "-of-" + std::to_string(shard->count);
  path_ += ".drift";
}

std::optional<drift::Memory> DriftCache::read() const {
  std::error_code ignored;
  if (path_.empty() || !std::filesystem::exists(path_, ignored)) return std::nullopt;
  const auto text = read_file(path_);
  auto memory = text ? drift::Memory::parse(*text) : Result<drift::Memory>(fail(text.error()));
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
  std::error_code ignored;  // that there is no folder shows in the next step
  std::filesystem::create_directories(folder_, ignored);
  if (const auto written = write_file(path_, memory->text()); !written)
    log(LogLevel::warn, "cache could not be written", {{"file", path_}, {"why", written.error().message}});
}

}  // namespace gmsactl::cli
