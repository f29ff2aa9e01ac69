#include "providers/transport/files/file_store.h"

#include <random>

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
  // Process ids won't do: two containers on two machines often have the same.
  std::random_device random;
  return std::string(temporary_prefix) + std::to_string(random()) + "-" + std::to_string(random()) + "-" +
         name + std::string(temporary_suffix);
}

bool is_temporary(const std::string& name) {
  return name.starts_with(temporary_prefix) && name.ends_with(temporary_suffix);
}

Result<void> replace_in_steps(const Renaming& renaming, const std::string& place,
                              const std::string& temporary, const std::string& name) {
  const std::string aside = temporary_name("former-" + name);
  GMSACTL_TRY(renaming.rename(name, aside));
  auto replaced = renaming.rename(temporary, name);
  if (replaced) {
    (void)renaming.remove(aside);
    return {};
  }
  if (renaming.rename(aside, name)) return replaced;
  return fail(Error{ErrorKind::internal,
                    "writing " + place + "/" + printable(name) +
                        " failed, and the former file is now called " + printable(aside),
                    "Rename it back.",
                    {}});
}

}  // namespace gmsactl::files
