#include "providers/transport/files/file_store.h"

#include <unistd.h>

#include <atomic>

#include "engine/base/text.h"

namespace gmsactl::files {

namespace {
constexpr std::string_view temporary_prefix = ".gmsactl-";
constexpr std::string_view temporary_suffix = ".tmp";
}  // namespace

Result<void> check_name(const std::string& name) {
  if (name.empty() || name == "." || name == ".." ||
      name.find_first_of(std::string_view("/\\\0:", 4)) != std::string::npos)
    return fail(ErrorKind::invalid, "\"" + printable(name) + "\" is no name of a file");
  return {};
}

std::string temporary_name(const std::string& name) {
  static std::atomic<unsigned> counter{0};
  return std::string(temporary_prefix) + std::to_string(getpid()) + "-" + std::to_string(counter++) + "-" +
         name + std::string(temporary_suffix);
}

bool is_temporary(const std::string& name) {
  return name.starts_with(temporary_prefix) && name.ends_with(temporary_suffix);
}

}  // namespace gmsactl::files
